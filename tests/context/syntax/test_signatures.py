"""Signatures, documentation and bases, as text."""

from __future__ import annotations

import pytest

from coderdiff.context.records import SIGNATURE_CHARS
from coderdiff.context.syntax.signatures import (
    DOC_CHARS,
    comment_line,
    docstring_line,
    one_line,
    short_decorators,
    split_bases,
)
from coderdiff.context.syntax.source import Source


def test_one_line_without_comments() -> None:
    assert one_line("def f(\n    a,  # the first\n    b='#x',\n)", "#") == "def f( a, b='#x', )"
    assert one_line("int f(int a, // one\n  /* two */ int b)", "//") == "int f(int a, int b)"


def test_a_long_head_loses_its_innermost_brackets_first() -> None:
    head = f"def f(a: Annotated[int, Doc('{'x' * 300}')], b: int) -> str"
    assert one_line(head, "#") == "def f(a: Annotated[int, Doc(...)], b: int) -> str"
    assert one_line(f"def f({', '.join(f'argument_{at}: int' for at in range(60))})", "#") == "def f(...)"
    assert len(one_line("x" * 500, "#")) == SIGNATURE_CHARS


def test_long_annotations_go_short_ones_stay() -> None:
    assert one_line("@Override public void f()", "//") == "@Override public void f()"
    assert one_line(f'@Route(path = "{"x" * 60}") public void f()', "//") == "public void f()"
    assert short_decorators("@property\n@app.get('" + "x" * 60 + "')\n") == "@property"


@pytest.mark.parametrize(
    ("text", "bases"),
    [
        ("(A, B[int, str], metaclass=M)", ["A", "B[int, str]", "metaclass=M"]),
        ("extends A<B, C> implements D, E", ["A<B, C>", "D", "E"]),
        (": public A, private virtual B<T>", ["A", "B<T>"]),
        (": A + B", ["A", "B"]),
        ("< Base::Thing", ["Base::Thing"]),
        ("()", []),
        ("", []),
    ],
)
def test_bases(text: str, bases: list[str]) -> None:
    assert split_bases(text) == bases


def test_the_first_line_of_a_docstring() -> None:
    assert docstring_line('"""One.\n\n    Two."""\n') == "One."
    assert docstring_line("r'''\n    One.\n'''") == "One."
    assert docstring_line("'One.'") == "One."
    assert docstring_line("x = 1") == ""
    assert docstring_line('"""' + "x" * 500 + '"""') == "x" * DOC_CHARS


def test_the_comment_above_a_line() -> None:
    def above(text: str, comment: str = "//") -> str:
        content = text.encode()
        return comment_line(Source(content), content.count(b"\n") + 1, comment)

    assert above("// One.\n// Two.\n") == "One."
    assert above("/**\n * One.\n * @param a b\n */\n") == "One."
    assert above("/** One. */\n@Override\n") == "One."
    assert above("// One.\n\n") == ""
    assert above("# One.\n", "#") == "One."
    assert above("#!/bin/sh\n", "#") == ""
    assert above("/// <summary>\n/// One.\n/// </summary>\n") == "One."
    assert above("/** @type {A} */\n") == ""
    assert above("// -----\n// One.\n") == "One."
