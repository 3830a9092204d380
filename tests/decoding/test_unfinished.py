"""Statements that are not finished yet: right beginnings of them are shown, and nothing else than before is."""

from __future__ import annotations

import ast
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coderdiff.decoding.syntax import PYTHON, SyntaxGuard
from coderdiff.decoding.unfinished import lacking, nothing_follows

GUARD = SyntaxGuard(PYTHON)
ENDS = ("", "\n", "\n\n\n")
SOURCES = [
    (Path(ast.__file__).parent / f"{name}.py").read_text(encoding="utf-8")
    for name in ("bisect", "dataclasses", "json/decoder", "queue", "shlex", "textwrap")
]


@pytest.mark.parametrize(
    ("prefix", "text", "kept"),
    [
        ("x = call(a,\n         ", "b,", "b,"),
        ("def f(a,\n      ", "b):", "b):"),
        ("x = {'a': ", "1,", "1,"),
        ("x = ", "call(", "call("),
        ("def f():\n    '''", "What it does", "What it does"),
        ("i", "f x:", "f x:"),
        ("f", "or y in x:", "or y in x:"),
        ("d", "ef f(x):", "ef f(x):"),
        ("if a:\n    b\nel", "se:", "se:"),
        ("try:\n    a\nexce", "pt ValueError:", "pt ValueError:"),
        ("match ", "command:", "command:"),
        ("try", ":", ":"),
        ("@", "functools.cache", "functools.cache"),
        ("with open(a) as f, \\\n     ", "open(b) as g:", "open(b) as g:"),
        ("def f(x):\n    ", "for y in x:", "for y in x:"),
        # what the text itself began must be whole, or is cut
        ("def f():\n    ", "return compute(a", None),
        ("x = call(a, ", "b, c=d(1", "b,"),
        ("x = [\n    ", "1,\n    2, 'three", "1,\n    2,"),
        ("", "import os\nfor x in", "import os"),
        ("x = (", "= 1", None),
    ],
)
def test_where_writing_stopped_a_statement_may_be_unfinished(prefix: str, text: str, kept: str | None):
    for suffix in ENDS:
        found = GUARD.fit(prefix, text, suffix)
        assert (found and found.rstrip()) == kept


def test_the_next_definition_ends_what_is_written_in_the_one_before():
    prefix, text = "def f(a):\n    x = call(a,\n             ", "b,"
    assert GUARD.fit(prefix, text, "\n\n\ndef g():\n    pass\n") == text
    assert GUARD.fit(prefix, text, "\n    y = 1\n") is None, "the statement behind it is of the same block"


@pytest.mark.parametrize(
    ("prefix", "suffix", "stopped"),
    [
        ("x = f(", "", True),
        ("x = f(", ")\n", True),
        ("x = f(", "\ny = 1\n", False),
        ("def f():\n    x = f(", "\n\n\ndef g(): ...\n", True),
        ("def f():\n    x = f(\n", "\n\n\ndef g(): ...\n", True),
        ("def f():\n    x = f(", "\n    y = 1\n", False),
        ("def f():\n    x = f(", " + 1\n", False),
    ],
)
def test_where_writing_stopped(prefix: str, suffix: str, stopped: bool):
    assert nothing_follows(prefix, suffix) == stopped


@pytest.mark.parametrize("seed", range(6))
def test_the_rest_of_any_line_is_kept_at_the_end_of_a_file(seed: int):
    """All but a few: of a string over several lines, or of a line that goes on in ways that no ending tells."""
    draw, source = random.Random(seed), SOURCES[seed]
    lines = [number for number, line in enumerate(source.split("\n")) if line.strip()]
    kept = asked = 0
    for number in draw.sample(lines, 60):
        before = "\n".join(source.split("\n")[:number])
        line = source.split("\n")[number]
        at = draw.randrange(len(line) - len(line.lstrip()), len(line.rstrip()))
        prefix = f"{before}\n{line[:at]}" if before else line[:at]
        asked += 1
        kept += GUARD.fit(prefix, line[at:], "\n") == line[at:]
    assert kept >= 0.9 * asked


@settings(max_examples=200)
@given(st.text("ab([{)]}'\"\n:# \\@,", max_size=30), st.text("ab([{)]}'\"\n:# \\@,", max_size=30))
def test_anything_can_be_asked_about(prefix: str, text: str):
    found = lacking(prefix, text)
    assert all(found.endings)
    assert found.begun <= bool(prefix.strip())


_PIECES = (
    "def f(",
    "x",
    "(",
    "[",
    ")",
    "\n",
    "    ",
    "return ",
    "# a",
    '"',
    "\\\n",
    "if x:",
    ",",
    "\r\n",
    "@d\n",
    "'" * 3,
)
_CODE = st.lists(st.sampled_from(_PIECES)).map("".join)


@given(prefix=_CODE, text=_CODE)
def test_what_is_lacking_does_not_depend_on_where_the_text_was_cut(prefix: str, text: str):
    """What is above the cut is read once and kept: as if all had been read at once."""
    whole, parted = lacking("", prefix + text), lacking(prefix, text)
    assert (parted.closers, parted.bodies, parted.headed) == (whole.closers, whole.bodies, whole.headed)
