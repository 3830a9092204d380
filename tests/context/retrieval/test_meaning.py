"""Which of thousands of members are listed, and in which order: held against rules that look at each name alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from coderdiff.context.retrieval.lookup import Here, placed
from coderdiff.context.retrieval.meaning import preferred
from coderdiff.context.syntax.symbols import read_symbols

NAMES = st.lists(st.sampled_from("abcdefgh"), unique=True)


@given(
    NAMES,
    st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from([1.0, 2.0, 3.0])),
    NAMES.map(frozenset),
)
def test_names_with_votes_come_first_and_unusual_ones_last(
    names: list[str], votes: dict[str, float], unusual: frozenset[str]
) -> None:
    def merit(name: str) -> tuple[int, float, int]:
        rank = 0 if name in votes else 2 if name in unusual else 1
        return rank, -votes.get(name, 0.0), names.index(name)

    assert list(preferred(names, votes, unusual)) == sorted(names, key=merit)


def test_definitions_at_their_place_are_the_same_as_made_one_by_one() -> None:
    definitions = read_symbols("a.py", b"class A:\n    def b(self): ...\n").definitions
    assert definitions
    assert list(placed("a.py", definitions)) == [Here("a.py", each) for each in definitions]
