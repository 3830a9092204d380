"""Every shortcut against `masked` with the mask written out."""

from __future__ import annotations

from itertools import product

import pytest
import torch
from torch import Tensor

from coderdiff.model.attention import Attend, bidirectional, block_causal, causal, masked

ROWS, HEADS, HEAD_DIM = 13, 4, 8


def drawn(kv_heads: int = HEADS) -> tuple[Tensor, Tensor, Tensor]:
    torch.manual_seed(0)
    return (
        torch.randn(2, HEADS, ROWS, HEAD_DIM),
        torch.randn(2, kv_heads, ROWS, HEAD_DIM),
        torch.randn(2, kv_heads, ROWS, HEAD_DIM),
    )


def literally(query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
    """Softmax attention in plain steps, for as many key heads as query heads."""
    scores = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5
    return scores.masked_fill(~mask, -torch.inf).softmax(-1) @ value


def who_sees_whom(block_size: int) -> Tensor:
    mask = torch.zeros(ROWS, ROWS, dtype=torch.bool)
    for row, column in product(range(ROWS), range(ROWS)):
        mask[row, column] = column < (row // block_size + 1) * block_size
    return mask


CASES = [
    pytest.param(causal, torch.ones(ROWS, ROWS).tril().bool(), id="causal"),
    pytest.param(bidirectional, torch.ones(ROWS, ROWS).bool(), id="bidirectional"),
    *(
        pytest.param(block_causal(ROWS, size), who_sees_whom(size), id=f"blocks of {size}")
        for size in (1, 4, 13, 32)
    ),
]


@pytest.mark.parametrize("kv_heads", [4, 2, 1])
@pytest.mark.parametrize(("attend", "mask"), CASES)
def test_equals_the_literal_mask(attend: Attend, mask: Tensor, kv_heads: int) -> None:
    query, key, value = drawn(kv_heads)
    found = attend(0, query, key, value)
    repeats = HEADS // kv_heads
    repeated = key.repeat_interleave(repeats, dim=1), value.repeat_interleave(repeats, dim=1)
    torch.testing.assert_close(found, masked(mask)(0, query, key, value))
    torch.testing.assert_close(found, literally(query, *repeated, mask))


def test_blocks_of_one_are_causal_and_one_block_is_bidirectional() -> None:
    rows = drawn()
    torch.testing.assert_close(block_causal(ROWS, 1)(0, *rows), causal(0, *rows))
    torch.testing.assert_close(block_causal(ROWS, ROWS)(0, *rows), bidirectional(0, *rows))


def test_a_mask_may_differ_by_sequence() -> None:
    query, key, value = drawn(2)
    torch.manual_seed(3)
    mask = (torch.rand(2, 1, ROWS, ROWS) > 0.5) | torch.eye(ROWS).bool()
    found = masked(mask)(0, query, key, value)
    for at in range(2):
        alone = masked(mask[at, 0])(0, query[at : at + 1], key[at : at + 1], value[at : at + 1])
        torch.testing.assert_close(found[at : at + 1], alone)
