"""One batch through the network -> its losses: those that train, and those that a person compares.

For contexts with canvases behind them; `infill_losses.py` has those of a canvas between its sides.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from coderdiff.model.transformer import Transformer
from coderdiff.training.batches import Batch
from coderdiff.training.head_loss import Loss
from coderdiff.training.layout import Layout, rows_and_positions
from coderdiff.training.ways import PLAIN, Ways

DTYPE = torch.bfloat16
"""What flows through the network in training."""


@dataclass(frozen=True)
class Losses:
    """`total` trains. Mean nats a token: causal on the context, denoising on the canvases; None where none is asked."""

    total: Tensor
    causal: Tensor | None
    canvas: Tensor | None


@dataclass(frozen=True)
class Checked:
    """Mean nats a token: next-token loss on the context, loss on hidden canvas tokens, on the first token of wholly
    hidden canvases, and where the answer is to expand or to delete. None where an objective has no such thing."""

    causal: float | None = None
    canvas: float | None = None
    first: float | None = None
    length: float | None = None


def losses(network: Transformer, batch: Batch, canvas_weight: float, ways: Ways = PLAIN) -> Losses:
    """The losses that train, on a batch on the network's device, in one forward."""
    context, canvases = _hidden(network, batch, ways.layout, canvas_weight > 0)
    causal = _next_token_loss(network, context, batch, ways.loss)
    if canvases is None:
        return Losses(causal, causal, None)
    canvas = ways.loss(
        canvases.flatten(0, 1), network.head_weight, batch.targets.flatten(), batch.weights.flatten()
    )
    return Losses(causal + canvas_weight * canvas, causal, canvas)


@torch.no_grad()
def check(network: Transformer, batches: Iterable[Batch], ways: Ways = PLAIN) -> Checked:
    """The losses that a person compares, on batches on the network's device."""
    sums = torch.zeros(3, 2)  # of losses, and of what they are means over
    for batch in batches:
        context, canvases = _hidden(network, batch, ways.layout, with_canvases=True)
        assert canvases is not None
        causal = _next_token_loss(network, context, batch, ways.loss)
        logits = network.logits(canvases).float().flatten(0, 1)
        each = F.cross_entropy(logits, batch.targets.flatten(), reduction="none").view_as(batch.targets)
        masked, counts = batch.seen == network.spec.mask_id, batch.weights > 0
        hidden = masked & counts
        first = masked.all(-1) & counts[..., 0]
        weight = batch.next_weights.sum()
        sums += torch.stack(
            (
                torch.stack((causal * weight, weight)),
                torch.stack((each[hidden].sum(), hidden.sum())),
                torch.stack((each[..., 0][first].sum(), first.sum())),
            )
        ).cpu()
    return Checked(*means(sums))


def means(sums: Tensor) -> list[float]:
    """Sums and what they are over [losses, 2] -> means; 0 of nothing."""
    return [round(mean, 4) for mean in (sums[:, 0] / sums[:, 1].clamp(min=1)).tolist()]


def _hidden(
    network: Transformer, batch: Batch, layout: Layout, with_canvases: bool
) -> tuple[Tensor, Tensor | None]:
    """Hidden states of the context rows [rows, context, width] and of the canvas rows, if these are wanted.

    They are parted before they become logits: a copy of logits is `vocab / width` times as large.
    """
    context = batch.ids.shape[1]
    ids, positions = rows_and_positions(batch, with_canvases)
    hidden = network(ids, positions, layout(batch, with_canvases), dtype=DTYPE)
    return hidden[:, :context], hidden[:, context:] if with_canvases else None


def _next_token_loss(network: Transformer, context: Tensor, batch: Batch, loss: Loss) -> Tensor:
    """The loss of foretelling the token behind each context row; `next_weights` leaves out the last row's."""
    behind = batch.ids.roll(-1, dims=1)
    return loss(context.flatten(0, 1), network.head_weight, behind.flatten(), batch.next_weights.flatten())
