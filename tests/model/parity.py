"""One check for every published family: our logits are its reference's, and would not be with another mask."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from coderdiff.model.attention import bidirectional, block_causal, causal
from coderdiff.model.loader import Checkpoint

TOLERANCE = 1e-4


def who_sees_whom(rows: int, block: int | None) -> Tensor:
    """Bool [rows, rows]: a row sees all, or its own block and those before it."""
    mask = torch.ones(rows, rows, dtype=torch.bool)
    for row in range(rows if block else 0):
        mask[row, (row // (block or 1) + 1) * (block or 1) :] = False
    return mask


@torch.no_grad()
def check_logits(checkpoint: Checkpoint, reference: Callable[[Tensor, Tensor], Tensor], rows: int) -> None:
    """Compare on random ids; `reference` takes ids [batch, rows] and a mask, and gives logits."""
    network, block = checkpoint.network, checkpoint.spec.block_size
    torch.manual_seed(1)
    ids = torch.randint(checkpoint.spec.vocab_size, (2, rows))
    positions = torch.arange(rows).expand(2, -1)
    expected = reference(ids, who_sees_whom(rows, block))
    attend = bidirectional if block is None else block_causal(rows, block)
    found = network.logits(network(ids, positions, attend))
    assert expected.abs().max() > 0.5, "logits near zero would agree by themselves"
    assert (found - expected).abs().max() <= TOLERANCE
    wrong = network.logits(network(ids, positions, causal))
    assert (wrong - expected).abs().max() > 100 * TOLERANCE, "the mask is in force"
