"""The baseline without a network finds the longest run, and no other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderdiff.evaluation.nearest import LONGEST, SHORTEST, NearestNeighbour, following_line
from coderdiff.types import Document, FillRequest, Hole, complete

CODE = st.text("ab\n", max_size=40)


def plain(prefix: str, texts: list[str]) -> str:
    """Every length at every place."""
    for length in range(min(LONGEST, len(prefix)), SHORTEST - 1, -1):
        for text in texts:
            places = [
                at
                for at in range(len(text) - length)
                if text[at : at + length] == prefix[len(prefix) - length :]
            ]
            if places:
                return text[places[-1] + length :].split("\n")[0]
    return ""


@given(CODE, st.lists(CODE, max_size=3))
def test_it_is_the_line_behind_the_longest_run(prefix: str, others: list[str]) -> None:
    assert following_line(prefix, [prefix, *others]) == plain(prefix, [prefix, *others])


@pytest.mark.parametrize(
    ("before", "related", "answer"),
    [
        ("total = price * count\nprint(total)\ntotal = pri", (), "ce * count"),
        ("total = pri", (Document("x = 1\ntotal = price + 1\n"),), "ce + 1"),
        ("nothing like it", (), ""),
    ],
)
def test_it_answers_as_a_completer(before: str, related: tuple[Document, ...], answer: str) -> None:
    document = Document(before + "\n", "a.py")
    completion = complete(
        NearestNeighbour(), FillRequest(document, Hole(len(before), len(before)), related=related)
    )
    assert completion.text == answer
    assert completion.confidence is None
