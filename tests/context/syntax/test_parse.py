"""Parsing in bounded time, and the edit between two texts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from coderdiff.context.syntax.languages import Language, language_of
from coderdiff.context.syntax.parse import MOST_DEPTH, edit_between, parse

from ..cpu_time import cpu_seconds

TEXT = st.binary(max_size=60) | st.text("ab\n", max_size=60).map(str.encode)


def language(path: str) -> Language:
    found = language_of(path)
    assert found is not None
    return found


@given(old=TEXT, new=TEXT)
def test_an_edit_makes_one_text_the_other(old: bytes, new: bytes) -> None:
    start, old_end, new_end, *points = edit_between(old, new)
    assert old[:start] + new[start:new_end] + old[old_end:] == new
    assert old[:start] == new[:start]
    for content, offset, point in zip((old, old, new), (start, old_end, new_end), points, strict=True):
        lines = content[:offset].split(b"\n")
        assert point == (len(lines) - 1, len(lines[-1]))


@given(
    st.lists(
        st.sampled_from(["def f(a):\n    return a\n", "x = (1,\n  2)\n", "'''\n", "é = 1\n"]), max_size=6
    )
)
def test_parsing_on_from_an_old_tree_gives_the_whole_text(parts: list[str]) -> None:
    old = b"y = 1\n" * 3
    new = old[:6] + "".join(parts).encode() + old[6:]
    tree = parse(language("a.py"), old)
    tree.edit(*edit_between(old, new))
    again = parse(language("a.py"), new, tree)
    afresh = parse(language("a.py"), new)
    if not afresh.root_node.has_error:
        assert str(again.root_node) == str(afresh.root_node)


def test_what_takes_too_long_is_read_in_part() -> None:
    content = b"a < b < " * 200_000
    tree = parse(language("a.cpp"), content)
    assert cpu_seconds(lambda: parse(language("a.cpp"), content), 1.0) < 1.0
    assert 0 < tree.root_node.end_byte <= len(content)


def test_brackets_as_deep_as_allowed_are_read() -> None:
    text = b"x = " + b"[" * (MOST_DEPTH - 1) + b"y" + b"]" * (MOST_DEPTH - 1) + b"\n"
    assert b"identifier" in str(parse(language("a.py"), text).root_node).encode()
    deeper = b"x = " + b"[" * (MOST_DEPTH + 9) + b"y" + b"]" * (MOST_DEPTH + 9) + b"\n"
    assert str(parse(language("a.py"), deeper).root_node).count("identifier") == 1


def test_many_brackets_side_by_side_are_no_depth() -> None:
    text = b"f(g[1], {2: (3)})\n" * 2_000
    tree = parse(language("a.py"), text)
    assert str(tree.root_node).count("integer") == 6_000
