"""Which chunks are read: those with the rare tokens of what stands near, wherever in a long file they are."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderdiff.engine.selection import most_alike

LISTS = st.lists(st.integers(0, 20), max_size=12)


@given(st.lists(LISTS, max_size=12), LISTS, st.integers(0, 6))
def test_so_many_in_order_the_first_among_them(texts: list[list[int]], near: list[int], most: int):
    chosen = most_alike(texts, near, len(near) // 2, most)
    assert chosen == sorted(set(chosen))
    assert len(chosen) == min(most, len(texts))
    assert not chosen or chosen[0] == 0
    assert chosen == most_alike(texts, near, len(near) // 2, most)


@pytest.mark.parametrize("depth", [1, 500, 1000, 2047, 3905])
def test_a_needle_is_found_at_any_depth_of_a_million_tokens(depth: int):
    """Common words everywhere; one pair of them, near the hole, stands together in one chunk alone."""
    draw = random.Random(depth)
    words = list(range(400))
    texts = [draw.choices(words, k=256) for _ in range(3906)]
    needle = [1001, 1002, 1003]
    texts[depth][100:103] = needle
    near = [*draw.choices(words, k=500), *needle[:2], *draw.choices(words, k=500)]
    assert depth in most_alike(texts, near, 502, 8)


def test_pairs_tell_what_single_tokens_do_not():
    """Each text has both tokens, one has them side by side."""
    texts = [[7, 1, 8] for _ in range(6)]
    texts[3] = [1, 7, 8]
    assert most_alike(texts, [7, 8], 1, 2) == [0, 3]
