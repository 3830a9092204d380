"""The cursor's file as retrieval sees it: the scope of every line, its words, the receiver before a dot."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coderdiff.context.records import Definition, FileSymbols
from coderdiff.context.retrieval.view import WORD, View, Words, receiver_before, scope_at, view_of, words_in
from coderdiff.context.syntax.symbols import read_symbols


def view(path: str, text: str, line: int) -> View:
    return view_of(path, tuple(text.split("\n")), line, read_symbols(path, text.encode()), Words())


PYTHON = [
    ("import math", ""),
    ("", ""),
    ("class Outer:", ""),
    ("    size = 1", "Outer"),
    ("", "Outer"),
    ("    def area(self):", "Outer"),
    ("        total = 1", "Outer.area"),
    ("        return total", "Outer.area"),
    ("", "Outer.area"),
    ("    class Inner:", "Outer"),
    ("        def deep(self):", "Outer.Inner"),
    ("            return 2", "Outer.Inner.deep"),
    ("", "Outer.Inner.deep"),
    ("        ", "Outer.Inner"),
    ("    ", "Outer"),
    ("total = 3", ""),
]
SCRIPT = [
    ("class Shop {", ""),
    ("  price(item) {", "Shop"),
    ("    const rate = 2;", "Shop.price"),
    ("    return item * rate;", "Shop.price"),
    ("  }", "Shop.price"),
    ("  close() {", "Shop"),
    ("    return 1;", "Shop.close"),
    ("  }", "Shop.close"),
    ("}", "Shop"),
    ("const late = 1;", ""),
]


DECORATED = [
    ("class A:", ""),
    ("    @property", "A"),
    ("    def area(self):", "A"),
    ("        return 1", "A.area"),
    ("@cache", ""),
    ("def f(): return 1", ""),
]


JAVA = [
    ("package acme;", ""),
    ("class Shop {", ""),
    ("    int size = 1;", "Shop"),
    ("    int price(int item) {", "Shop"),
    ("        return item;", "Shop.price"),
    ("    }", "Shop.price"),
    ("", "Shop"),
    ("    class Till {", "Shop"),
    ("        int open() {", "Shop.Till"),
    ("            return 1;", "Shop.Till.open"),
    ("        }", "Shop.Till.open"),
    ("    }", "Shop.Till"),
    ("}", "Shop"),
]


@pytest.mark.parametrize(
    ("path", "table"), [("a.py", PYTHON), ("b.py", DECORATED), ("a.js", SCRIPT), ("Shop.java", JAVA)]
)
def test_every_line_has_its_scope(path: str, table: list[tuple[str, str]]) -> None:
    text = "\n".join(line for line, _ in table)
    assert [view(path, text, number).scope for number in range(1, len(table) + 1)] == [
        scope for _, scope in table
    ]


@pytest.mark.parametrize(
    ("written", "scope"),
    [("        ", "Circle.area"), ("    ", "Circle"), ("", "Circle.area"), ("x", "")],
)
def test_a_new_line_behind_a_body_is_in_what_it_is_indented_into(written: str, scope: str) -> None:
    text = f"class Circle:\n    def area(self):\n        return 1\n{written}"
    assert view("a.py", text, 4).scope == scope


def test_a_new_line_behind_a_head_is_in_its_body() -> None:
    assert view("a.py", "def first():\n    return 1\n\n\ndef second():\n", 6).scope == "second"


def test_a_closed_body_takes_no_more_lines() -> None:
    assert view("a.js", "function first() {\n  return 1;\n}\n  ", 4).scope == ""


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from([*(line for line, _ in (*PYTHON, *SCRIPT)), "\t}", "def é(", "é"]), max_size=12)
)
def test_every_line_of_anything_has_a_scope_of_the_file(lines: list[str]) -> None:
    text = "\n".join(lines)
    symbols = read_symbols("a.py", text.encode())
    scopes = {"", *(each.qualified for each in symbols.definitions)}
    for number in range(1, text.count("\n") + 2):
        assert view_of("a.py", tuple(text.split("\n")), number, symbols, Words()).scope in scopes


def test_the_line_being_written_is_left_out() -> None:
    text = "first = 1\nsecond = secret\nthird = first"
    here = view("a.py", text, 2)
    assert here.known == {"first", "third"}
    assert here.others == [(1, "first = 1"), (3, "third = first")]
    assert here.around(10, 10) == [(-1, "first = 1"), (1, "third = first")]
    assert here.around(0, 1) == [(1, "third = first")]


def test_a_word_of_the_cursors_line_counts_where_another_line_has_it() -> None:
    assert view("a.py", "same\nsame", 2).known == {"same"}


LINES = st.lists(st.text(alphabet="ab1_ .é", max_size=6), min_size=1, max_size=6)


@settings(max_examples=60)
@given(st.lists(st.tuples(LINES, st.integers(0, 5)), min_size=1, max_size=4))
def test_remembered_words_are_those_of_the_lines_as_they_are_now(asked: list[tuple[list[str], int]]) -> None:
    words = Words()
    for lines, but in asked:
        plain = {word for at, line in enumerate(lines) if at != but for word in WORD.findall(line)}
        assert words.of_lines(lines, but) == plain


@pytest.mark.parametrize(
    ("before", "receiver"),
    [
        ("x = self.client.ge", "self.client"),
        ("return a.", "a"),
        ("shapes .area", "shapes"),
        ("f(a, g(b))[1].na", "f(a, g(b))[1]"),
        ("print(circle.", "circle"),
        ("if a.b(c.d", "c"),
        ("this.pool?.take", "this.pool"),
        ("this.pool!.take", "this.pool"),
        ("$this->pool->ta", "$this->pool"),
        ("std::vec", "std"),
        ("ptr->", "ptr"),
        ("user&.na", "user"),
        ("@client.get", "@client"),
        ("this.#pool.take", "this.#pool"),
        ("x = \\Acme\\Ring::of", "Acme\\Ring"),
        ("größe.wert", "größe"),
        ("no dot", None),
        ("(await x).", "(await x)"),
        ("y = (await this.pool.take(1)).na", "(await this.pool.take(1))"),
        ("if (new Ring(1)).turn().", "(new Ring(1)).turn()"),
        ("(a + b).", None),
        ("(a-b).", None),
        ("(a>b).", None),
        ("(make<A<B>>()).", "(make<A<B>>())"),
        ("(a + b).turn().", None),
        ("'text'.upper().", None),
        ("[1].map().", None),
        ("f(...many.", "many"),
        ("x = foo<Bar>().", "foo<Bar>()"),
        ("it.collect::<Vec<Ring>>().", "it.collect::<Vec<Ring>>()"),
        ("if a < b(c).", "b(c)"),
        ("x = foo\n    .", "foo"),
        ("x = foo\n  .bar(1)\n  .ba", "foo.bar(1)"),
        ("x = y.filter(x)\\\n    .", "y.filter(x)"),
        (
            "const a = this.pool // ours\n  // all of it\n  ?.take(\n    1,\n    [2],\n  )\n  .",
            "this.pool?.take( 1, [2], )",
        ),
        ("$query\n    ->where(1)\n    ->", "$query->where(1)"),
        ("(\n  foo\n  .bar\n  .", "foo.bar"),
        ("foo;\n  .", None),
        ("foo\n\n  .", None),
        ("foo\nbar.", "bar"),
        ("foo\n...rest.", "rest"),
        ("foo.\n", None),
        ("a.b c", None),
        ("1.", None),
        ("'text'.", None),
        (".", None),
        ("", None),
    ],
)
def test_receivers(before: str, receiver: str | None) -> None:
    assert receiver_before(before) == receiver


def test_a_long_line_is_looked_at_from_its_end_alone() -> None:
    assert receiver_before("(" * 100_000 + "self.client.ge") == "self.client"
    written = receiver_before("a." * 100_000)
    assert written is not None
    assert len(written) < 200


@settings(max_examples=300)
@given(st.text(alphabet="ab1.()[]<->:?!&$@ \"'é", max_size=240))
def test_a_receiver_is_text_right_before_the_last_dot(before: str) -> None:
    receiver = receiver_before(before)
    if receiver is not None:
        assert receiver
        assert re.search(re.escape(receiver) + r"\s*[?!&]?(\.|->|::)\w*$", before)


LINES = st.lists(
    st.sampled_from(["", "  ", "x", "  x", "    x", "      x", "}", "  }", "end"]), min_size=1, max_size=14
)


@given(LINES, st.data())
def test_the_scope_is_that_of_the_last_definition_that_nothing_outside_of_it_ends(
    lines: list[str], data: st.DataObject
) -> None:
    """Beside the plain way: the lines between a definition and the cursor, read again for each."""
    starts = data.draw(st.lists(st.integers(1, len(lines)), max_size=4, unique=True).map(sorted))
    ends = [data.draw(st.integers(start, len(lines))) for start in starts]
    definitions = tuple(
        Definition(f"f{start}", "function", "", start, end, "")
        for start, end in zip(starts, ends, strict=True)
    )
    line = data.draw(st.integers(1, len(lines)))
    own = lines[line - 1]
    above = next((text for text in reversed(lines[: line - 1]) if text.strip()), "")
    indent = depth(own or above)

    def holds(start: int, end: int) -> bool:
        head, last = depth(lines[start - 1]), lines[end - 1]
        closed = end > start and last.strip() in {"}", "end"} and depth(last) <= head
        between = [text for text in lines[end : line - 1] if text.strip()]
        return line <= end or (not closed and indent > head and all(depth(text) > head for text in between))

    around = [
        f"f{start}" for start, end in zip(starts, ends, strict=True) if start < line and holds(start, end)
    ]
    found = scope_at(FileSymbols("python", len(lines), definitions), lines, line)
    assert found == (around[-1] if around else "")


def depth(text: str) -> int:
    return len(text) - len(text.lstrip())


@given(st.text(alphabet="aZ_09 .-\n\x00\x1c") | st.text())
def test_words_of_plain_text_are_the_same_by_the_quick_way(text: str) -> None:
    assert words_in(text) == WORD.findall(text)
