from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderdiff.evaluation.context.lexemes import cost, count_lexemes, identifiers
from coderdiff.types import Snippet


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        (" \n\t", 0),
        ("x", 1),
        ("self.client_2.get(0x1F)", 8),
        ("a != b", 4),
        ("1.5e3 + 1_000", 3),
        ("größe = 'ü'", 5),
    ],
)
def test_a_lexeme_is_an_identifier_a_number_or_a_punctuation_mark(text: str, count: int) -> None:
    assert count_lexemes(text) == count


@given(st.text(alphabet="ab1_. (\n"), st.text(alphabet="ab1_. (\n"))
def test_lines_cost_what_they_cost_alone(first: str, second: str) -> None:
    assert count_lexemes(f"{first}\n{second}") == count_lexemes(first) + count_lexemes(second)


def test_a_pack_is_charged_its_headings() -> None:
    snippet = Snippet("pkg/a.py", 1, 1, "x = 1", "body", 0.0, "")
    assert cost([snippet, snippet]) == 2 * (len(["#", "pkg", "/", "a", ".", "py"]) + 3)


def test_identifiers_are_whole_words() -> None:
    assert identifiers("get_user(userId, 2nd)  # naïve") == ["get_user", "userId", "naïve"]
