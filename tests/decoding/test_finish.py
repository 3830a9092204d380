from __future__ import annotations

import ast
import random
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from coderdiff.decoding.finish import Finished, drop_repeated_lines, finish, first_line, is_stuck, trim_end
from coderdiff.decoding.syntax import SyntaxGuard, guard_for

GUARD = guard_for("x.py")
WITHDRAWN = Finished("", withdrawn=True)
STDLIB = Path(ast.__file__).parent


def kept(text: str) -> Finished:
    return Finished(text, withdrawn=False)


@pytest.mark.parametrize("guard", [GUARD, None], ids=["guarded", "unguarded"])
@pytest.mark.parametrize(
    ("prefix", "middle", "suffix", "text"),
    [
        # brackets and quotes that the line closes already
        ("print(", "x)", ")\n", "x"),
        ("print(f(", "x)", ")\n", "x)"),  # both are needed
        ("print(", "f(x)", ")\n", "f(x)"),
        ("foo(bar(x", ")", ")\n", ")"),
        ("x = [", "1, 2]", "]\n", "1, 2"),
        ("x = [f(", "1), 2]", "]\n", "1), 2"),
        ('print("', 'hello")', '")\n', "hello"),
        ('print("', "hello", '")\n', "hello"),
        ("d = {'", "a': 1}", "}\n", "a': 1"),
        ("if f(", "x):", "):\n    y = 1\n", "x"),
        # words and lines that come again
        ("f(self.", "name)", "name)\n", ""),
        ("def g():\n    f(", "a)\n    return x", ")\n    return x\n", "a"),
        ("x = f(a", ",\n    b,\n    c\n)\ny = g(x)", "\ny = g(x)\n", ",\n    b,\n    c\n)"),
        ("def f():\n    ", "a = 1\n    return a", "\n    return a\n", "a = 1"),
        ("def f():\n    ", "a = 1\n\n\ndef g():\n    return 2", "\n\n\ndef g():\n    return 3\n", "a = 1"),
        ("", "a = f(1)\nb = f(2)\nc = f(3)\nd =", "\nb = f(2)\nc = f(3)\ne = 5\n", "a = f(1)"),
        ("f(re", "name)", "name)\n", ""),
        # nothing that only looks like it
        ("", "rename", "\nname\n", "rename"),
        ("x = ", "a.name", "\nname = 1\n", "a.name"),
        ("if x:\n    ", "pass\nelif y:\n    z = 1", "\nelse:\n    pass\n", "pass\nelif y:\n    z = 1"),
        ("", "x = 1\nx = 2", "\nx = 3\n", "x = 1\nx = 2"),
    ],
)  # fmt: skip
def test_what_the_suffix_has_is_dropped(
    guard: SyntaxGuard | None, prefix: str, middle: str, suffix: str, text: str
) -> None:
    assert finish(prefix, middle, suffix, guard) == Finished(text, withdrawn=not text)


@pytest.mark.parametrize(
    ("prefix", "middle", "suffix", "text"),
    [
        ('print("a (", f(', "x)", ")\n", "x)"),  # a bracket in a string misleads counting, not parsing
        ("x = f(", "a, b) c", "\n", "a, b)"),
        ("x = f(", "a, b", ")\n", "a, b"),
    ],
)
def test_the_guard_knows_better_than_counting(prefix: str, middle: str, suffix: str, text: str) -> None:
    assert finish(prefix, middle, suffix, GUARD) == kept(text)


def test_a_repetition_that_the_file_needs_stays_where_a_guard_sees_it() -> None:
    middle, suffix = "x = f(g(1\n  + a)", "\n  + a)\n"
    assert drop_repeated_lines(middle, suffix) == "x = f(g(1"
    assert finish("", middle, suffix, GUARD) == kept(middle)


def test_without_grammar_nothing_is_judged() -> None:
    assert finish("fn main() {\n    ", "let x = f(1;", "\n}\n") == kept("let x = f(1;")


@pytest.mark.parametrize(
    ("text", "suffix", "trimmed"),
    [
        ("x = 1  ", "\ny", "x = 1"),
        ("x = 1 \t", "\r\ny", "x = 1"),
        ("x = 1\n    ", "\n", "x = 1\n"),
        ("x = ", "1\n", "x = "),  # the line goes on
        ("x\n    ", "y\n", "x\n    "),
        ("x\n\n", "\ny", "x\n\n"),  # two blank lines
        ("x\n\n\n\n", "\ny", "x\n\n"),
        ("x\n", "\n\ny", "x\n"),
        ("x\n\n", "\n\ny", "x\n"),
        ("x\n\n", "\n\n\n\ny", "x"),
        ("x\r\n\r\n", "\r\n\r\ny", "x\r\n"),
        ("x\n\n", "", "x\n"),
        ("x", "", "x"),
        ("  \n ", "\n", "\n"),
    ],
)
def test_blanks_at_the_end(text: str, suffix: str, trimmed: str) -> None:
    assert trim_end(text, suffix) == trimmed


@pytest.mark.parametrize("middle", ["", " ", "\n", "\n\n    \n", "\t"])
@pytest.mark.parametrize("suffix", ["", "\n", " x\n"])
def test_only_whitespace_is_nothing_and_not_withdrawn(middle: str, suffix: str) -> None:
    assert finish("x = 1\n", middle, suffix, GUARD) == kept("")


@pytest.mark.parametrize(
    "middle",
    [
        "foo " * 6,
        "self.a.a.a.a.a.a.a.a",
        "((((((((",
        "[[]]" * 6,
        "x, y, " * 10,
    ],
)
def test_a_cycle_of_tokens_is_withdrawn(middle: str) -> None:
    assert is_stuck(middle)
    assert finish("", middle, "\n") == WITHDRAWN


@pytest.mark.parametrize(
    ("prefix", "middle", "text"),
    [
        ("", "x = 1\n" * 4, "x = 1"),
        ("", "a = 0\n" + "    self.x = x\n" * 12, "a = 0\n    self.x = x"),
        ("", "if a:\n    b()\nif a:\n    b()\nif a:\n    b()\nif a:\n    b()\n", "if a:\n    b()"),
        ("        self.name = ", "name" + "\n        self.name = name" * 5, "name"),
        ("y = 0\nx = ", "1\n" + "print(x)\n" * 9, "1\nprint(x)"),
    ],
)
def test_of_a_cycle_of_lines_the_first_round_is_left(prefix: str, middle: str, text: str) -> None:
    assert is_stuck(middle)
    assert finish(prefix, middle, "\nz = 3\n") == kept(text)


@pytest.mark.parametrize(
    ("prefix", "middle", "text"),
    [
        ("def f(n):\n    return ", "n\n\n\nprint(f(1))\n# Verify", "n"),
        ("x = g(", "a,\n      b)\ny = 1\n", "a,\n      b)"),
        ("def f(n):", "\n    return n\n\nf(2)\n", "\n    return n"),
        ("if a", " and \\\n        b:\n    c()\nd()\n", " and \\\n        b:\n    c()"),
        ("s = ", '"""one\ntwo\n"""\nt = 1\n', '"""one\ntwo\n"""'),
    ],
)
def test_with_nothing_behind_a_begun_line_is_all_that_is_answered(
    prefix: str, middle: str, text: str
) -> None:
    for suffix in ("", "\n", "\n  \n\n"):
        assert finish(prefix, middle, suffix, GUARD).text == text
    assert first_line(prefix, middle, "\nz = 1\n") == middle
    assert first_line("", middle, "") == middle


@pytest.mark.parametrize(
    "middle",
    [
        "",
        "# " + "-" * 70,
        '"""\n=====\nTitle\n=====\n',
        "x = 1\nx = 1\nx = 1",
        "[0, 0, 0, 0]",
        "def f(a, b, c, d, e, f, g): ...",
        "self.a = a\nself.b = b\nself.c = c\nself.d = d\nself.e = e",
        "matrix = [\n    [1, 0, 0, 0],\n    [0, 1, 0, 0],\n    [0, 0, 1, 0],\n    [0, 0, 0, 1],\n]",
    ],
)
def test_what_repeats_for_a_reason_is_not_stuck(middle: str) -> None:
    assert not is_stuck(middle)


@pytest.mark.parametrize(
    ("prefix", "middle", "suffix", "text"),
    [
        ("def f(a):\n    return ", "a\n    return a\n    return a", "\n", "a"),
        (
            "def f(a):\n    ",
            "raise ValueError(\n        a\n    )\n    a = 1",
            "\n",
            "raise ValueError(\n        a\n    )",
        ),
        (
            "for a in b:\n    ",
            "if a:\n        continue\n        a()\n    a()",
            "\n",
            "if a:\n        continue",
        ),
        ("def f(a):\n    ", "return a  # so\n    # and so\n    a()", "\n", "return a"),
    ],
)
def test_what_nothing_reaches_is_dropped(prefix: str, middle: str, suffix: str, text: str) -> None:
    assert finish(prefix, middle, suffix, guard_for("a.py")).text == text


@pytest.mark.parametrize(
    ("prefix", "middle", "suffix"),
    [
        ("def f(a):\n    ", "if a:\n        return 1\n    return 2", "\n"),
        ("def f(a):\n    ", "return\n    yield", "\n"),
        ("def f(a):\n    ", 'text = """\n    return\n    a\n    """', "\n"),
        ("def f(a):\n    return ", "a\n\n\ndef g(a):\n    return a", "\nx = 1\n"),
        ("def f(a):\n    return\n    ", "a()", "\n"),
    ],
)
def test_what_is_reached_stays(prefix: str, middle: str, suffix: str) -> None:
    assert finish(prefix, middle, suffix, guard_for("a.py")).text == middle


def test_a_completion_that_fits_nowhere_is_withdrawn() -> None:
    assert finish("x = ", "= (", "\n", GUARD) == WITHDRAWN
    assert finish("", "y = 1\nreturn return", "\n", GUARD) == kept("y = 1")


@pytest.mark.parametrize("name", ["contextlib", "fractions", "json/decoder", "queue", "shlex", "textwrap"])
def test_right_middles_stay_as_they_are(name: str) -> None:
    source = (STDLIB / f"{name}.py").read_text(encoding="utf-8")
    rng = random.Random(name)
    for _ in range(40):
        start = rng.randrange(len(source))
        end = source.find("\n", start + int(300 ** rng.random()))
        middle = source[start:end]
        if end > start and middle.strip() and (source[end:].strip() or "\n" not in middle):
            for guard in (GUARD, None):
                finished = finish(source[:start], middle, source[end:], guard)
                assert finished.text.rstrip() == middle.rstrip()
                assert not finished.withdrawn


PIECES = st.lists(
    st.sampled_from(
        ["x", "foo", " = ", "(", ")", "[", "]", "'", '"', ":", "\n", "    ", "def f", "\r\n", "# a", ","]
    ),
    max_size=14,
).map("".join)


@settings(max_examples=200)
@given(prefix=PIECES, middle=PIECES, suffix=PIECES, guarded=st.booleans())
@example(prefix="", middle="\n", suffix="", guarded=False)
@example(prefix="", middle="\n)", suffix=")", guarded=False)
@example(prefix="x", middle="x\r\n", suffix="    ", guarded=False)
@example(prefix="x", middle="\r\nx" * 8, suffix="    ", guarded=False)
def test_what_comes_out_is_clean_and_was_in_the_middle(
    prefix: str, middle: str, suffix: str, guarded: bool
) -> None:
    finished = finish(prefix, middle, suffix, GUARD if guarded else None)
    assert not (finished.text and finished.withdrawn)
    assert finished.text == "" or finished.text.strip()
    assert middle.replace("\r\n", "\n").startswith(finished.text.replace("\r\n", "\n").rstrip("\n"))
    if suffix[:1] == "\n":
        assert finished.text == finished.text.rstrip(" \t")
