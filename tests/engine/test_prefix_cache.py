"""The prefix cache gives back what was put in, for exactly the same beginnings, in bounded memory."""

from __future__ import annotations

import random

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from coderdiff.engine.prefix_cache import PrefixCache, Rows

ROW_BYTES = 2 * 4


def rows_of(root: str, ids: list[int]):
    """Rows that say what stands before them: any mix-up shows. Keys and values, one float a row each."""

    def rows(start: int, end: int) -> Rows:
        said = [float(hash((root, *ids[: at + 1])) % 2**20) for at in range(start, end)]
        keys = torch.tensor(said).view(1, 1, -1, 1)
        return keys, -keys

    return rows


def joined(found: list[Rows]) -> torch.Tensor:
    return torch.cat([keys for keys, _ in found], 2) if found else torch.zeros(1, 1, 0, 1)


SEQUENCES = st.lists(
    st.tuples(st.sampled_from("ab"), st.lists(st.integers(0, 1), max_size=14)), min_size=1, max_size=30
)


@given(SEQUENCES, st.integers(1, 4))
def test_the_longest_known_beginning_in_whole_blocks(sequences: list[tuple[str, list[int]]], block: int):
    cache = PrefixCache(block, 10**6)
    known: set[tuple[str, tuple[int, ...]]] = set()
    for root, ids in sequences:
        ends = range(block, len(ids) + 1, block)
        expected = max((end for end in ends if (root, tuple(ids[:end])) in known), default=0)
        assert cache.match(root, ids) == expected
        given_out = joined(cache.recall(root, ids))
        assert torch.equal(given_out, rows_of(root, ids)(0, expected)[0])
        cache.insert(root, ids, rows_of(root, ids))
        known |= {(root, tuple(ids[:end])) for end in ends}
        assert cache.nbytes == len(known) * block * ROW_BYTES


@given(SEQUENCES, st.integers(0, 9))
def test_memory_is_bounded_and_what_is_left_is_right(sequences: list[tuple[str, list[int]]], blocks: int):
    cache = PrefixCache(2, blocks * 2 * ROW_BYTES)
    for root, ids in sequences:
        cache.insert(root, ids, rows_of(root, ids))
        assert cache.nbytes <= cache.most_bytes
        for other, others in sequences:
            found = joined(cache.recall(other, others))
            assert torch.equal(found, rows_of(other, others)(0, found.shape[2])[0])
    cache.shrink(0)
    assert cache.nbytes == 0
    assert not cache._roots


def test_what_was_used_longest_ago_goes_first():
    cache = PrefixCache(4, 6 * 4 * ROW_BYTES)
    first = list(range(8))
    cache.insert("", first, rows_of("", first))
    for seed in range(20):
        draw = random.Random(seed)
        other = [100 + draw.randrange(1000) for _ in range(8)]
        cache.recall("", first)
        cache.insert("", other, rows_of("", other))
        assert cache.match("", first) == 8
        assert cache.match("", other) == 8
    assert cache.hit_rows == 20 * 8


@pytest.mark.parametrize("size", [0, 1, 3])
def test_less_than_a_block_is_not_kept(size: int):
    cache = PrefixCache(4, 1000)
    cache.insert("", list(range(size)), rows_of("", list(range(size))))
    assert cache.nbytes == 0
    assert cache.match("", list(range(9))) == 0
    assert not cache._roots
