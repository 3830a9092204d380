"""Copied drafts: the longest known run, where it stood last."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from coderdiff.decoding.lookup import LONGEST, Lookup

IDS = st.lists(st.integers(0, 3), max_size=40)


def literal(ids: list[int], more: list[int], shortest: int, most: int) -> list[int]:
    """Every run tried at every place, from the longest and the last."""
    tail = [*ids, *more]
    for size in range(min(LONGEST, len(tail)), shortest - 1, -1):
        for at in range(len(ids) - 1, size - 1, -1):
            if ids[at - size : at] == tail[len(tail) - size :]:
                return ids[at : at + most]
    return []


def test_what_followed_last_time() -> None:
    lookup = Lookup([1, 2, 3, 4, 9, 1, 2, 3, 5], shortest=2)
    assert lookup.after([1, 2, 3], 2) == [5]
    assert lookup.after([9, 1, 2], 3) == [3, 5]
    assert lookup.after([7, 2, 3], 3) == [5]
    assert lookup.after([3, 1], 3) == []


def test_a_longer_run_counts_more_than_a_later_one() -> None:
    lookup = Lookup([1, 2, 3, 4, 8, 2, 3, 5, 5], shortest=2)
    assert lookup.after([1, 2, 3], 1) == [4]


@given(IDS, IDS, st.lists(st.integers(0, 3), max_size=6), st.integers(1, LONGEST), st.integers(0, 9))
def test_it_is_what_a_plain_search_finds(
    ids: list[int], added: list[int], more: list[int], shortest: int, most: int
) -> None:
    lookup = Lookup(ids, shortest)
    lookup.add(added)
    assert lookup.after(more, most) == literal([*ids, *added], more, shortest, most)
