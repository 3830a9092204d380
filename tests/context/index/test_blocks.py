"""Lists of rare terms, many in a row."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderdiff.context.index import blocks
from coderdiff.context.index.blocks import RARE
from coderdiff.context.index.codec import DamagedError
from coderdiff.context.index.postings import EMPTY, PLACE, Chunks, Segment, join

SIZE = 2 * RARE
LISTS = st.dictionaries(
    st.text(alphabet=st.sampled_from("ab_1é𝔸"), min_size=1, max_size=4),
    st.one_of(
        st.sets(st.integers(0, SIZE - 1), min_size=1, max_size=4),
        st.integers(RARE - 1, SIZE).map(lambda size: set(range(size))),
    ),
    max_size=100,
)


def segment_of(lists: dict[str, set[int]]) -> Segment:
    places = [place for each in lists.values() for place in sorted(each)]
    return Segment(
        list(lists),
        np.array([len(each) for each in lists.values()], dtype=np.uint32),
        np.array(places, dtype=np.uint16),
        Chunks(np.zeros(SIZE, dtype=np.int64), *(np.zeros(SIZE, dtype=np.uint32) for _ in range(3))),
    )


def unpacked(packed: bytes) -> list[int]:
    return np.frombuffer(packed, dtype=PLACE).tolist()


@given(LISTS)
def test_every_term_is_in_one_place_and_has_its_chunks(lists: dict[str, set[int]]) -> None:
    ordered = join([segment_of(lists)])
    rows = list(blocks.rare(ordered))
    own = {term: packed for term, _, packed in blocks.common(ordered)}
    shared = [pair for _, block in rows for pair in blocks.lists(block)]
    assert {term: unpacked(packed) for term, packed in [*own.items(), *shared]} == {
        term: sorted(each) for term, each in lists.items()
    }
    assert own.keys() == {term for term, each in lists.items() if len(each) >= RARE}
    assert [term for term, _ in shared] == sorted(lists.keys() - own.keys())


@given(LISTS, st.text(alphabet=st.sampled_from("ab_1é𝔸"), min_size=1, max_size=4))
def test_a_term_is_found_in_the_last_block_that_begins_at_or_before_it(
    lists: dict[str, set[int]], other: str
) -> None:
    rows = list(blocks.rare(join([segment_of(lists)])))
    rare = {term for term, each in lists.items() if len(each) < RARE}
    for term in {*lists, other}:
        before = [block for first, block in rows if first <= term]
        packed = blocks.find(before[-1], term) if before else None
        assert (unpacked(packed) if packed is not None else None) == (
            sorted(lists[term]) if term in rare else None
        )


def test_an_empty_segment_has_no_rows() -> None:
    assert list(blocks.rare(EMPTY)) == list(blocks.common(EMPTY)) == []


@pytest.mark.parametrize("cut", [b"", b"\x01", None])
def test_a_damaged_block_is_told(cut: bytes | None) -> None:
    with pytest.raises(DamagedError):
        blocks.find(cut, "a")  # type: ignore[arg-type]


def test_a_block_that_lacks_its_end_is_told() -> None:
    [(_, block)] = blocks.rare(segment_of({"a": {1, 2}, "b": {3}}))
    for size in range(len(block)):
        with pytest.raises(DamagedError):
            blocks.lists(block[:size])
