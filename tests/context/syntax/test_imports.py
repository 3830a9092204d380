"""Nested imports, taken apart."""

from __future__ import annotations

from coderdiff.context.syntax.imports import cpp_using, php_use, rust_use
from coderdiff.context.syntax.symbols import read_symbols


def rust(text: str) -> list[tuple[str, str | None, str]]:
    return [(part.module, part.name, part.alias) for part in rust_use(text)]


def php(text: str) -> list[tuple[str, str]]:
    return [(part.module, part.alias) for part in php_use(text)]


def test_rust_paths() -> None:
    assert rust("std::fmt::Display") == [("std::fmt", "Display", "Display")]
    assert rust("serde") == [("serde", None, "serde")]
    assert rust("a::b as c") == [("a", "b", "c")]
    assert rust("a::*") == [("a", "*", "*")]


def test_rust_braces() -> None:
    assert rust("a::{b, c::{d as e, self}, f::*,}") == [
        ("a", "b", "b"),
        ("a::c", "d", "e"),
        ("a::c", None, "c"),
        ("a::f", "*", "*"),
    ]
    assert rust("{a::b, c}") == [("a", "b", "b"), ("c", None, "c")]


def test_rust_comments_and_broken_text() -> None:
    assert rust("a::{\n  b, // and c\n  /* d, */ e\n}") == [("a", "b", "b"), ("a", "e", "e")]
    assert rust("a::{b, c") == [("a", "b", "b"), ("a", "c", "c")]
    assert rust("") == []


def test_offsets_are_where_the_names_stand() -> None:
    text = "a::{b,\n c::d as e}"
    assert [text[part.offset] for part in rust_use(text)] == ["b", "c"]


def test_php_uses() -> None:
    assert php("use App\\Reader;") == [("App\\Reader", "Reader")]
    assert php("use App\\{Store, Link as L};") == [("App\\Store", "Store"), ("App\\Link", "L")]
    assert php("use function App\\f;") == [("App\\f", "f")]
    assert php("use \\App\\A, B;") == [("App\\A", "A"), ("B", "B")]
    assert php("use App\\{function f, const C};") == [("App\\f", "f"), ("App\\C", "C")]


def test_cpp_using() -> None:
    assert [(part.module, part.name) for part in cpp_using("a::b::C")] == [("a::b", "C")]


INLINE = """\
use super::model::Order;
mod tests {
    use super::*;
    use super::{self, Order as O, lines::Line};
    use super::super::{Shop, till::*};
    use crate::a::B;
    mod deep {
        use super::helper;
        use super::super::Order;
        use super::super::super::Shop;
    }
}
"""


def test_rust_in_modules_that_are_written_as_blocks() -> None:
    found = read_symbols("a.rs", INLINE.encode()).imports
    assert [(each.line, each.module, each.name, each.alias) for each in found] == [
        (1, "super::model", "Order", "Order"),
        (4, "self", "Order", "O"),
        (4, "self::lines", "Line", "Line"),
        (5, "super", "Shop", "Shop"),
        (5, "super::till", "*", "*"),
        (6, "crate::a", "B", "B"),
        (9, "self", "Order", "Order"),
        (10, "super", "Shop", "Shop"),
    ]
