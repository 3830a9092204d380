"""The open document: what it says after any edit is what a document opened afresh says."""

from __future__ import annotations

import random
import sys
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tree_sitter import Tree

from coderdiff.context.syntax import kept
from coderdiff.context.syntax.document import OpenDocument
from coderdiff.context.syntax.languages import Language
from coderdiff.context.syntax.parts import Part
from coderdiff.context.syntax.reader import read_part
from coderdiff.context.syntax.source import Source
from coderdiff.context.syntax.symbols import from_tree, read_symbols

from .unfinished import PYTHON, TYPINGS, Typing

PIECES = st.sampled_from(
    [
        *(
            "\n",
            "\r\n",
            " ",
            "    ",
            "x",
            "(",
            ")",
            "{",
            "}",
            "[",
            '"',
            "'",
            '"""',
            "`",
            "/*",
            "*/",
            "//",
            "#",
            ":",
        ),
        *("é", "日本", "😀", "\x00", ";", ",", ".", "=", "\r"),
        *(
            "def f(a):\n    return a\n",
            "class A:\n    x = 1\n",
            "    def g(self): pass\n",
            "import os\n",
            "# note\n",
        ),
        *(
            "int f(int a) { return a; }\n",
            "class B { int x; }\n",
            "function h(a) { return a }\n",
            "// note\n",
        ),
        *(
            "func f() {}\n",
            "fn f() {}\n",
            "@property\n",
            "end\n",
            "fi\n",
            "a.b(c)",
            "x = 1\n",
            "x: T = y(1)\n",
        ),
    ]
)
EDITS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 30), PIECES), min_size=1, max_size=6)


def assert_exact(document: OpenDocument) -> None:
    """What is kept is what the document's mended text says, all of it read at once.

    Where the text has errors there is no other measure: what a parser makes of broken code depends on where it
    comes from. Where it has none, and no comment that is not closed, a document opened afresh must say the same.
    """
    symbols = document.symbols()
    healed = document.healed
    assert healed is not None
    assert document.language is not None
    afresh = from_tree(document.language, healed.tree, Source(healed.content))
    assert document.tree is not None
    for field in ("definitions", "references", "imports", "bindings", "lines", "language"):
        assert getattr(symbols, field) == getattr(afresh, field), field
    assert symbols.broken == document.tree.root_node.has_error
    if not symbols.broken and not healed.weight and healed.content.decode() == document.text:
        assert symbols == replace(read_symbols(document.path, document.text.encode()), chunks=())


def edited(text: str, place: float, removed: int, added: str) -> str:
    at = round(place * len(text))
    return text[:at] + added + text[at + removed :]


@pytest.mark.parametrize("typing", TYPINGS, ids=lambda typing: typing.path)
@settings(max_examples=25)
@given(edits=EDITS)
def test_any_edits_leave_what_reading_it_all_gives(
    typing: Typing, edits: list[tuple[float, int, str]]
) -> None:
    document = OpenDocument(typing.path, typing.whole() + "\n" + typing.whole())
    assert_exact(document)
    for edit in edits:
        document.update(edited(document.text, *edit))
        assert_exact(document)


def test_what_a_line_end_cuts_off_a_comment_is_looked_at() -> None:
    """`# It's round.` became two lines, the second of which runs into the class below."""
    [typing] = [each for each in TYPINGS if each.path == "a.rb"]
    document = OpenDocument(typing.path, typing.whole() + "\n" + typing.whole())
    assert_exact(document)
    comment = document.text.rindex("round.")
    document.update(document.text[:comment] + "\n" + document.text[comment:])
    assert_exact(document)
    assert document.symbols().definitions[-4].name == "Shape"


def test_a_line_that_could_not_be_ended_is_looked_at_again() -> None:
    """Ending it made an `end` too few, until the class further down was broken as well."""
    [typing] = [each for each in TYPINGS if each.path == "a.rb"]
    document = OpenDocument(typing.path, typing.whole() + "\n" + typing.whole())
    for edit in ((0.06640625, 10, "class A:\n    x = 1\n"), (0.609375, 0, "\n")):
        document.update(edited(document.text, *edit))
        assert_exact(document)


def test_what_stood_in_a_comment_is_looked_at_when_its_sign_goes() -> None:
    """`# It's round.` became `s round.`, which runs into the class below: only the line above was suspected."""
    [typing] = [each for each in TYPINGS if each.path == "a.rb"]
    document = OpenDocument(typing.path, typing.whole() + "\n" + typing.whole())
    for edit in ((0.0, 15, "\n"), (0.046875, 9, "\n")):
        document.update(edited(document.text, *edit))
        assert_exact(document)
    assert ("Shape", "class") in {(each.name, each.kind) for each in document.symbols().definitions[:3]}


def test_a_class_without_a_body_takes_no_names_from_its_functions() -> None:
    """Its head then reaches to its end; read in part, a variable of a function before it counted as the class's."""
    [typing] = [each for each in TYPINGS if each.path == "a.rs"]
    document = OpenDocument(typing.path, typing.whole() + "\n" + typing.whole())
    for at, removed, added in ((347, 4, "\n"), (660, 0, "\n"), (773, 0, ")")):
        assert_exact(document)
        document.update(document.text[:at] + added + document.text[at + removed :])
    assert_exact(document)


@pytest.fixture
def stretches(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The stretches that kept symbols read, as they read them."""
    read: list[tuple[int, int]] = []

    def watching(
        language: Language, tree: Tree, source: Source, start: int = 0, end: int = sys.maxsize
    ) -> Part:
        read.append((start, end))
        return read_part(language, tree, source, start, end)

    monkeypatch.setattr(kept, "read_part", watching)
    return read


def test_typing_at_the_end_of_a_file_reads_its_last_definition_alone(
    stretches: list[tuple[int, int]],
) -> None:
    text = "import os\n\n\ndef first():\n    return os\n\n\ndef last():\n    return first()\n"
    document = OpenDocument("a.py", text)
    document.symbols()
    stretches.clear()
    document.update(text + "    # more\n\n\nlimit = last()\n")
    assert [each.name for each in document.symbols().definitions] == ["first", "last", "limit"]
    assert stretches == [(text.index("def last"), sys.maxsize)]
    assert_exact(document)


def test_typing_among_the_imports_reads_no_further_than_the_definitions_next(
    stretches: list[tuple[int, int]],
) -> None:
    functions = "".join(f"\n\ndef f{at}():\n    return os\n" for at in range(9))
    document = OpenDocument("a.py", f"import os\n{functions}")
    document.symbols()
    stretches.clear()
    document.update(f"import os\nimport sys\n{functions}")
    assert [each.module for each in document.symbols().imports] == ["os", "sys"]
    assert stretches == [(0, document.text.index("def f1"))]
    assert_exact(document)


@pytest.mark.parametrize("typing", TYPINGS, ids=lambda typing: typing.path)
def test_typing_a_function_letter_by_letter(typing: Typing) -> None:
    """Every line of the file is typed into another copy of it, and taken away again."""
    text = typing.whole() * 2
    lines = typing.whole().splitlines(keepends=True)
    draw = random.Random(5)
    document = OpenDocument(typing.path, text)
    known = {each.qualified for each in document.symbols().definitions}
    for _ in range(4):
        at = len("".join(lines[: draw.randrange(len(lines))]))
        line = draw.choice([line for line in lines if line.strip()])
        for length in range(len(line) + 1):
            document.update(text[:at] + line[:length] + text[at:])
            assert_exact(document)
        document.update(text)
        assert_exact(document)
    assert {each.qualified for each in document.symbols().definitions} == known


def test_a_line_left_unfinished_stays_mended_while_another_is_typed() -> None:
    text = PYTHON.typed("body", "x = foo(a, [")
    document = OpenDocument("a.py", text)
    known = {each.qualified for each in document.symbols().definitions}
    assert known == {each.qualified for each in OpenDocument("a.py", PYTHON.whole()).symbols().definitions}
    for length in range(1, 12):
        document.update(text + "y = bar(1, 2)"[:length])
        assert known <= {each.qualified for each in document.symbols().definitions}
        assert_exact(document)


def test_a_comment_above_a_definition_is_its_documentation() -> None:
    text = "func a() {}\n\n// Old.\nfunc b() {}\n\nfunc c() {}\n\nfunc d() {}\n"
    document = OpenDocument("a.go", text)
    document.symbols()
    document.update(text.replace("Old", "New"))
    assert [each.doc for each in document.symbols().definitions] == ["", "New.", "", ""]


def test_what_a_callback_is_given_holds_to_its_end_however_long_it_grows() -> None:
    classes = "".join(
        f"  class A{at} {{\n    run() {{\n      return circle;\n    }}\n  }}\n\n" for at in range(4)
    )
    document = OpenDocument(
        "a.ts", f"const circles: Circle[] = [];\ncircles.forEach(circle => {{\n{classes}}});\n"
    )
    [until] = {each.until for each in document.symbols().bindings if each.until}
    document.update(document.text.replace("  class A2 {\n", "  class A2 {\n    size = 1;\n"))
    assert {each.until for each in document.symbols().bindings if each.until} == {until + 1}
    assert_exact(document)


def test_a_class_that_gets_another_name() -> None:
    text = "".join(f"class A{at}:\n    def f(self): pass\n    def g(self): pass\n\n" for at in range(9))
    document = OpenDocument("a.py", text)
    document.symbols()
    document.update(text.replace("class A4", "class Other"))
    assert "Other.g" in {each.qualified for each in document.symbols().definitions}
    assert_exact(document)


def test_an_unknown_language_has_only_lines() -> None:
    document = OpenDocument("notes.txt", "one\ntwo\n")
    assert document.tree is None
    assert document.healed is None
    assert document.symbols().language is None
    document.update("one\n" * 30)
    assert document.symbols().lines == 30


def test_a_lone_surrogate_is_read_as_a_question_mark() -> None:
    document = OpenDocument("a.py", "x = '\ud800'\n")
    assert [each.name for each in document.symbols().definitions] == ["x"]
