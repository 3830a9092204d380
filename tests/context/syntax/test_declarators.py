"""Names in declarators, through the symbols of one declaration."""

from __future__ import annotations

import pytest

from coderdiff.context.syntax.symbols import read_symbols


def declared(path: str, text: str) -> list[tuple[str, str]]:
    return [(each.kind, each.qualified) for each in read_symbols(path, text.encode()).definitions]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("int a;", [("variable", "a")]),
        ("int *a, b[3], **c = 0;", [("variable", "a"), ("variable", "b"), ("variable", "c")]),
        ("int (*f)(int);", [("variable", "f")]),
        ("int *(*handlers[4])(void);", [("variable", "handlers")]),
        ("int f(int a);", [("function", "f")]),
        ("int *f(void);", [("function", "f")]),
        ("int (f)(void) { return 1; }", [("function", "f")]),
        ("typedef int (*compare)(int, int);", [("type", "compare")]),
    ],
)
def test_in_c(text: str, expected: list[tuple[str, str]]) -> None:
    assert declared("a.c", text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("int A::f() { return 1; }", [("method", "A.f")]),
        ("int a::B<T>::f() { return 1; }", [("method", "a.B.f")]),
        ("A::~A() {}", [("method", "A.~A")]),
        ("bool operator==(A a, A b) { return true; }", [("function", "operator==")]),
        ("int A::count = 0;", [("field", "A.count")]),
        ("int &a = b;", [("variable", "a")]),
    ],
)
def test_in_cpp(text: str, expected: list[tuple[str, str]]) -> None:
    assert declared("a.cpp", text) == expected
