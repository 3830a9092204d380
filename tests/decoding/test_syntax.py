from __future__ import annotations

import ast
import random
import re
import warnings
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from coderdiff.decoding.syntax import GRAMMARS, MOST_CUTS, PYTHON, SyntaxGuard, guard_for, python_error

STDLIB = Path(ast.__file__).parent
FILES = (
    "bisect",
    "contextlib",
    "dataclasses",
    "fractions",
    "json/decoder",
    "queue",
    "shlex",
    "textwrap",
    "timeit",
)
SOURCES = [(STDLIB / f"{name}.py").read_text(encoding="utf-8") for name in FILES]
SHORT_SOURCES = [source for source in SOURCES if len(source) < 20_000]
GUARD = SyntaxGuard(PYTHON)
TOKEN = re.compile(r"\w+|[^\w\s]")


def parses(source: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(source)
        except (SyntaxError, ValueError):
            return False
    return True


@dataclass(frozen=True)
class Case:
    prefix: str
    middle: str
    suffix: str

    def with_middle(self, middle: str) -> str:
        return self.prefix + middle + self.suffix


def cut_hole(rng: random.Random, source: str) -> Case:
    """A hole as an editor makes it: any span, to the line end, whole lines."""
    start = rng.randrange(len(source) - 1)
    end = min(len(source), start + int(300 ** rng.random()))
    kind = rng.choice(("span", "rest", "lines"))
    if kind != "span":
        end = source.find("\n", end) if source.find("\n", end) >= 0 else len(source)
    if kind == "lines":
        line = source.rfind("\n", 0, start) + 1
        start = line + len(source[line:end]) - len(source[line:end].lstrip())
    return Case(source[:start], source[start:end], source[end:])


def drop_token(rng: random.Random, middle: str) -> str:
    token = rng.choice(list(TOKEN.finditer(middle)))
    return middle[: token.start()] + middle[token.end() :]


def add_bracket(rng: random.Random, middle: str) -> str:
    at = rng.choice([token.end() for token in TOKEN.finditer(middle)])
    return middle[:at] + rng.choice("()[]{}") + middle[at:]


def drop_bracket(rng: random.Random, middle: str) -> str:
    places = [at for at, char in enumerate(middle) if char in "()[]{}"] or [len(middle) - 1]
    at = rng.choice(places)
    return middle[:at] + middle[at + 1 :]


def shift_line(rng: random.Random, middle: str) -> str:
    lines = middle.split("\n")
    at = rng.randrange(len(lines))
    lines[at] = " " * rng.choice((1, 3, 4)) + lines[at]
    return "\n".join(lines)


def stop_early(rng: random.Random, middle: str) -> str:
    return middle[: rng.randrange(len(middle))]


def stop_in_string(rng: random.Random, middle: str) -> str:
    return middle[: rng.randrange(len(middle))] + rng.choice(('"', "'", 'f"{', '"""', "'a"))


def run_on(rng: random.Random, middle: str) -> str:
    return middle + rng.choice((" x", ")", ":", "\n  y =", "\nreturn", " = 1", "\n\n\ndef f(", " print x"))


CORRUPTIONS = (drop_token, add_bracket, drop_bracket, shift_line, stop_early, stop_in_string, run_on)


@pytest.mark.parametrize("path", ["a.py", "stubs/b.pyi", "C:\\x\\main.PY", "gui.pyw"])
def test_a_guard_is_found_by_file_suffix(path: str) -> None:
    assert guard_for(path) is not None


@pytest.mark.parametrize("path", [None, "", "Makefile", "a.rs", ".py", "notes.py.txt"])
def test_no_grammar_means_no_guard(path: str | None) -> None:
    assert guard_for(path) is None


def test_every_grammar_accepts_the_empty_file() -> None:
    assert all(grammar.first_error("") is None for grammar in GRAMMARS.values())


@pytest.mark.parametrize(
    "source",
    [
        "", "x = 1", "\ufeffx = 1\n", "x = 1\r\ny = 2\r\n", "return 1", "await x", "nonlocal x", "def f(a, a): pass",
        "x = '\\d'", "if x:\n\tpass\n", "async def f():\n    [x async for x in y]", "def f():\n  x = 1\n  global x",
    ],
)  # fmt: skip
def test_what_cpython_parses_is_no_error(source: str) -> None:
    assert parses(source.removeprefix("\ufeff"))
    assert python_error(source) is None


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("x = = 1", "x = ="),
        ("print x", "print x"),
        ("a = 1\nf(b=1, 2)", "a = 1\nf(b=1, 2)"),
        ("a = 1\n1 = x", "a = 1\n1"),
        ("\ufeffa = 1\nf() = x", "\ufeffa = 1\nf()"),
        ("try:\n    x\nfinally: y\nexcept: z", "try:\n    x\nfinally: y\nexcept"),
        ("é = 'ü'; x = 'never closed", "é = 'ü'; x = "),
        ("x = (1,\ny = 2", "x = "),
        ("x = 1\n\0", "x = 1\n\0"),
        ("x = '\ud800'", "x = '\ud800'"),
    ],
)
def test_an_error_is_placed_where_it_first_shows(source: str, seen: str) -> None:
    assert python_error(source) == len(seen)


@pytest.mark.parametrize(
    "source", ["if x:\n  a\n    b", "if x:\n    a\n  b", "f'{'", "f'{a b}'", "if x:\n", "x = 1 $"]
)
def test_cpython_is_stricter_than_its_grammar_looks(source: str) -> None:
    assert python_error(source) is not None


def test_nesting_too_deep_for_the_interpreter_is_left_to_tree_sitter() -> None:
    deep = "x = " + "-" * 20_000 + "1"
    with pytest.raises((RecursionError, MemoryError)):
        ast.parse(deep)
    assert python_error(deep) is None
    assert python_error(deep + " )") is not None


def test_judging_warns_of_nothing_and_leaves_the_filters_alone() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        before = list(warnings.filters)
        assert python_error("x = '\\d' is 1") is None
        assert warnings.filters == before


@settings(max_examples=60)
@given(st.randoms(use_true_random=False))
def test_the_guard_and_ast_agree_on_damaged_files(rng: random.Random) -> None:
    case = cut_hole(rng, SOURCES[0])
    if case.middle.strip():
        source = case.with_middle(rng.choice(CORRUPTIONS)(rng, case.middle))
        assert (python_error(source) is None) == parses(source)


@pytest.mark.parametrize("seed", range(len(SOURCES)))
def test_the_right_middle_is_always_kept_whole(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(40):
        case = cut_hole(rng, SOURCES[seed])
        assert GUARD.fit(case.prefix, case.middle, case.suffix) == case.middle


@pytest.mark.parametrize(
    ("prefix", "middle", "suffix", "shown"),
    [
        ("x = f(a, ", "b[0]", "\ny = 1\n", "b[0])"),
        ("try:\n    f()\nexcept (KeyError, ", "ValueError", "\n    pass\n", "ValueError):"),
        ("def f(", "a, b: int", "\n    return a\n", "a, b: int):"),
        ("x = [\n    ", "f(1", ",\n    2,\n]\n", "f(1)"),
        ("while ", "x", "\n    y()\n", "x:"),
    ],
)
def test_brackets_and_a_colon_that_an_answer_lacks_are_put_behind_it(
    prefix: str, middle: str, suffix: str, shown: str
) -> None:
    assert GUARD.fit(prefix, middle, suffix) == shown


@pytest.mark.parametrize(
    ("prefix", "middle", "suffix"),
    [
        ("x = f(a, ", "b +", "\ny = 1\n"),
        ("x = f(a, ", "b,", "\ny = 1\n"),
        ("x = f(((((((", "b", "\ny = 1\n"),
    ],
)
def test_nothing_is_closed_behind_what_is_no_value_nor_more_than_a_few(
    prefix: str, middle: str, suffix: str
) -> None:
    assert GUARD.fit(prefix, middle, suffix) is None


def test_where_writing_stopped_brackets_stay_open() -> None:
    assert GUARD.fit("def f():\n    x = g(a, ", "b", "\n") == "b"


def test_of_the_completions_shown_in_files_that_parsed_98_in_100_leave_files_that_parse() -> None:
    rng = random.Random(5)
    shown = shortened = broken = tried = 0
    while tried < 300:
        case = cut_hole(rng, rng.choice(SHORT_SOURCES))
        if not case.middle.strip():
            continue
        middle = rng.choice(CORRUPTIONS)(rng, case.middle)
        tried += 1
        kept = GUARD.fit(case.prefix, middle, case.suffix)
        if parses(case.with_middle(middle)):
            assert kept == middle
        if not kept:
            continue
        assert middle.startswith(kept) or re.fullmatch(r"[)\]}\"']*:?", kept.removeprefix(middle))
        shown += 1
        shortened += kept != middle
        broken += not parses(case.with_middle(kept))
    assert shortened >= 30  # it does not only withdraw
    assert broken <= 0.02 * shown


@pytest.mark.parametrize(
    ("prefix", "text", "suffix", "kept"),
    [
        # at the last line end that leaves a whole
        ("def f():\n    ", "a = g(1)\n    b = h(2)\n    c = (", "\n", "a = g(1)\n    b = h(2)"),
        ("def f():\n    ", "if a:\n        b()\n    else", "\n\nx = 1\n", "if a:\n        b()"),
        ("def f():\n    ", "a = 1\n   b = 2\n    c = 3", "\n", "a = 1"),
        ("", "import os\nfor x in", "", "import os"),
        ("x = [\n", "    1,\n    2,\n    'three", "\n]\n", "    1,\n    2,"),
        # between tokens
        ("x = f(", "a, b))", "\n", "a, b)"),
        ("x = f(", "a, b) c", "\n", "a, b)"),
        ("x = f(", "a, 'b", ")\n", "a, "),
        ("if ", "x == 1 and y ==", ":\n    pass\n", "x == 1 "),
        ("return ", "1 + 2 +", "\n", "1 + 2"),
        # nothing worth showing is left
        ("x = 1\n", "total = compute(a", "\n", None),
        ("x = 1\n", "self.items.append(", "\n", None),
        ("def f():\n    ", "return compute(a", "\n", None),
        ("x = 1\n", "cmd cmd.finalize()", "\n", None),
        ("x = 1\n", "y: dict[str, int] = {", "\n", None),
        ("x = 1\n", "from distutils.command.bui import", "\n", None),
        ("x = 1\n", "pass pass", "\n", None),
    ],
)
def test_a_broken_completion_is_cut_to_its_longest_sound_start(
    prefix: str, text: str, suffix: str, kept: str | None
) -> None:
    assert GUARD.fit(prefix, text, suffix) == kept


def test_cuts_that_are_asked_for_come_first() -> None:
    prefix, text, suffix = "x = f(", "a, b) + c)", ")\n"
    assert GUARD.fit(prefix, text, suffix) == "a, b"
    assert GUARD.fit(prefix, text, suffix, cuts=[1]) == "a"
    assert GUARD.fit(prefix, text, suffix, cuts=[2]) == "a,"


@pytest.mark.parametrize(
    ("prefix", "text"),
    [
        ("for i in ", "range(10):"),
        ("x = 1\ndef ", "f(a, b):"),
        ("class A:\n    def f(self):\n        if ", "self.x:"),
        ("class A:\n\tdef f(self):\n\t\twhile ", "self.x:"),
        ("with open(p) as ", "f:"),
        ("if x:\n    y\nelse", ":"),
    ],
)
def test_the_header_that_the_user_began_needs_no_body_yet(prefix: str, text: str) -> None:
    for suffix in ("", "\n", "\n\nz = 1\n"):
        assert not parses(prefix + text + suffix)
        assert GUARD.fit(prefix, text, suffix) == text


@pytest.mark.parametrize(
    ("prefix", "text"), [("x = 1\n", "for i in range(10):"), ("if ", "x:\n    for y in z:"), ("if ", "x y:")]
)
def test_any_other_header_without_a_body_is_not_kept(prefix: str, text: str) -> None:
    assert GUARD.fit(prefix, text, "\n\nz = 1\n") != text


EDITED = '''"""A module."""
import os

LIMITS = {
    "a": 1,
}


@decorated
class Store:
    """Keeps things.

    For long.
    """

    def get(self, key):
        """Return one."""
        value = self.items[key]
        return value

    def put(self, key, value):
        # store
        if key in self.items:
            self.items[key] = value
        else:
            self.items.append(key, value)
        return value


def main():
    store = Store()
    store.put(1, 2)
'''
FAULTS = (
    "x = (",
    "x = = 1",
    "def",
    "if x",
    "foo(bar, ",
    "x = 'abc",
    ")",
    "for x in:",
    "    y = 1",
    "else:",
    "return return",
)

ASKING = (")", "    y = 1", "else:")  # right behind the hole, these are its own to mend


def with_fault(line: str, fault: str) -> str:
    """`EDITED` with a broken line above one of its lines, indented like it."""
    at = EDITED.index(line)
    start = EDITED.rindex("\n", 0, at) + 1
    indent = EDITED[start:at]
    return f"{EDITED[:start]}{indent}{fault}\n{EDITED[start:]}"


HOLES = [
    ("self.items[key] = value", "self.items[key]", " = value"),
    ("        return value\n\n    def put", "return value", ""),
    ("store = Store()", "store = Store()", ""),
    ("# store", "# store", ""),
    ('"""Return one."""', "Return one", '."""'),
]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(
    "broken", ["import os", "LIMITS", "def get", "value = self.items[key]", "store.put(1, 2)"]
)
@pytest.mark.parametrize(("place", "middle", "rest"), HOLES)
def test_another_broken_line_does_not_silence_the_guard(
    broken: str, fault: str, place: str, middle: str, rest: str
) -> None:
    source = with_fault(broken, fault)
    at = source.index(place)
    at = source.index(middle, at)
    prefix, suffix = source[:at], source[at + len(middle) :]
    if parses(source) or (fault in ASKING and suffix.lstrip('."\n ').startswith(fault.strip())):
        return
    assert GUARD.fit(prefix, middle, suffix) == middle


@pytest.mark.parametrize("fault", FAULTS)
def test_in_a_file_broken_elsewhere_a_broken_completion_is_still_cut(fault: str) -> None:
    source = with_fault("store.put(1, 2)", fault)
    place = "self.items[key] = value"
    at = source.index(place)
    prefix, suffix = source[:at], source[at + len(place) :]
    assert GUARD.fit(prefix, "self.items[key] = value\n            self.dirty = (", suffix) == place
    assert GUARD.fit(prefix, "self.items[key = value", suffix) is None


@pytest.mark.parametrize(
    ("prefix", "text", "suffix"),
    [
        ("f(\n    a,\n    ", "b = 1; c", "\n)\nx = 1\n"),  # a statement of its own, but not inside a call
        ("x = {\n", "    y = 3", "\n}\n"),
        ("class A:\n    x = f(a,\n          ", "b", "\n\n    y = 1\n"),  # the bracket stays open
        ("    ", "x = 1", "\n    args)\n\n\ndef f(): pass\n"),  # the hole must open what the suffix closes
        ("def f():\n    ", '""', '\n    More words.\n    """\n    x = 1\n'),  # and the docstring
        ("@dec\n", "x = 1", "\ndef f(): pass\n"),
        ("class A:\n    x = 1  # one\n           ", "# two", "\n        self.y = 1\n"),  # a header is missing
        ("match x:\n    ", "y = 1", "\n    case 2:\n        pass\n"),
    ],
)
def test_only_the_hole_to_blame(prefix: str, text: str, suffix: str) -> None:
    kept = GUARD.fit(prefix, text, suffix)
    assert kept is None or parses(prefix + kept + suffix)


def test_line_ends_of_windows_and_tabs() -> None:
    prefix, suffix = "def f():\r\n\t", "\r\n\r\nx = 1\r\n"
    assert GUARD.fit(prefix, "return 1", suffix) == "return 1"
    assert GUARD.fit(prefix, "a = 1\r\n\tb = (", suffix) == "a = 1"
    assert GUARD.fit("x = (\r\n" + prefix, "a = 1\r\n\tb = (", suffix) == "a = 1"


class Counting:
    """Python's parser, counting calls and characters."""

    def __init__(self) -> None:
        self.calls = self.chars = 0

    def __call__(self, source: str) -> int | None:
        self.calls += 1
        self.chars += len(source)
        return python_error(source)


def test_the_good_case_costs_one_parse_and_the_worst_a_bounded_number() -> None:
    counting = Counting()
    guard = SyntaxGuard(replace(PYTHON, first_error=counting))
    source = SOURCES[1]
    at = source.index("        ", len(source) // 2)
    assert guard.fit(source[:at], "", source[at:]) == ""
    assert counting.calls == 1
    nasty = "f(a, b, 'c' 'd'), " * 60 + ")"
    guard.fit(source[:at], nasty, source[at:])
    assert counting.calls < 2 * MOST_CUTS


def test_of_a_large_file_only_the_statement_around_the_hole_is_parsed() -> None:
    counting = Counting()
    guard = SyntaxGuard(replace(PYTHON, first_error=counting))
    filler = "".join(f"def f{number}():\n    return {number}\n\n\n" for number in range(6000))
    prefix, suffix = f"{filler}def g():\n    ", f"\n\n\n{filler}"
    assert guard.fit(prefix, "return 1", suffix) == "return 1"
    assert guard.fit(prefix, "x = 1\n    return (", suffix) == "x = 1"
    assert guard.fit(prefix, "return (", suffix) is None
    assert counting.chars < len(filler) / 10


@settings(max_examples=150)
@example(prefix="[", text="b", suffix="")
@given(
    prefix=st.text(alphabet="ax=(['\"\\\n \t:#\r", max_size=25),
    text=st.text(alphabet="bdef=)]'\"\\\n \t:#\r,\x00", max_size=25),
    suffix=st.text(alphabet="cy=)]'\"\\\n \t:#\r", max_size=25),
)
def test_anything_goes_in_and_a_start_of_it_or_all_of_it_closed_comes_out(
    prefix: str, text: str, suffix: str
) -> None:
    kept = GUARD.fit(prefix, text, suffix)
    assert kept is None or text.startswith(kept) or set(kept.removeprefix(text)) <= set(")]}:")
    if parses(prefix + text + suffix):
        assert kept == text
