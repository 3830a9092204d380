from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderdiff.context.index.symbol_match import Match, in_scope, match, parse_query, pattern


@pytest.mark.parametrize(
    ("typed", "name", "expected"),
    [
        ("total_area", "total_area", Match.EXACT),
        ("totalArea", "total_area", Match.SAME_LETTERS),
        ("TOTAL_AREA", "totalArea", Match.SAME_LETTERS),
        ("total", "total_area", Match.PREFIX),
        ("totalar", "total_area", Match.PREFIX),
        ("area", "total_area", Match.SUBWORDS),
        ("tot ar", "total_area", Match.SUBWORDS),
        ("totAr", "total_area", Match.SUBWORDS),
        ("ta", "total_area", Match.SUBWORDS),
        ("GR", "getResponse", Match.SUBWORDS),
        ("http", "getHTTPResponse", Match.SUBWORDS),
        ("get resp", "getHTTPResponse", Match.SUBWORDS),
        ("rea", "total_area", Match.PART),
        ("otalar", "total_area", Match.PART),
        ("at", "total_area", None),
        ("areas", "total_area", None),
        ("init", "__init__", Match.SAME_LETTERS),
        ("größe", "max_größe", Match.SUBWORDS),
        ("", "area", None),
        ("..", "area", None),
    ],
)
def test_how_a_name_matches(typed: str, name: str, expected: Match | None) -> None:
    assert match(parse_query(typed), name) == expected


@pytest.mark.parametrize(
    ("typed", "scope", "expected"),
    [
        ("area", "", True),
        ("area", "Circle", True),
        ("Circle.area", "Circle", True),
        ("circ.area", "shapes.Circle", True),
        ("shapes.Circle.area", "shapes.Circle", True),
        ("Circle.shapes.area", "shapes.Circle", False),
        ("Circle::area", "Circle", True),
        ("Circle#area", "Circle", True),
        ("Square.area", "Circle", False),
        ("Circle.area", "", False),
    ],
)
def test_a_dot_asks_for_the_scope(typed: str, scope: str, expected: bool) -> None:
    assert in_scope(parse_query(typed), scope) is expected


@given(
    st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,12}", fullmatch=True),
    st.from_regex(r"[A-Za-z0-9_ ]{1,6}", fullmatch=True),
)
def test_every_name_that_matches_meets_the_pattern(name: str, typed: str) -> None:
    query = parse_query(typed)
    if match(query, name) is not None:
        assert re.fullmatch(pattern(query).replace("%", ".*"), name, re.IGNORECASE)


@given(st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,12}", fullmatch=True), st.data())
def test_a_part_of_a_name_always_matches(name: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(name) - 1))
    part = name[start : data.draw(st.integers(start + 1, len(name)))]
    if any(character.isalnum() for character in part):
        assert match(parse_query(part), name) is not None
