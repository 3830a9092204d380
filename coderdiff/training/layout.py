"""Attention for a context with many canvases behind it, all in one forward.

Context rows attend causally. A canvas row attends to the context before its canvas' start and to its own
canvas in both directions. So canvases never see one another, nor the clean text they hide (arXiv 2503.09573
trains its blocks the same way).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from coderdiff.model.attention import Attend
from coderdiff.training.batches import Batch
from coderdiff.training.matmul_attention import trained_attention


@dataclass(frozen=True)
class ContextAndCanvases:
    """`mask` [batch, 1, canvas rows, all rows] says whom the rows behind the first `context` see; None where there
    are no canvases. `among` [batch, 1, context, context] says it of the first rows; None if they are plainly causal.
    """

    context: int
    mask: Tensor | None
    among: Tensor | None = None

    def __call__(self, layer: int, query: Tensor, key: Tensor, value: Tensor) -> Tensor:  # noqa: ARG002
        """One layer's attention (see `model.attention.Attend`)."""
        split = self.context
        context = query[:, :, :split], key[:, :, :split], value[:, :, :split]
        first = trained_attention(*context, mask=self.among, is_causal=True)
        if self.mask is None:
            return first
        # With a mask no fast kernel of a GPU shares key heads: without this the scores would be stored.
        shared = query.shape[1] // key.shape[1]
        if shared > 1:
            key, value = key.repeat_interleave(shared, dim=1), value.repeat_interleave(shared, dim=1)
        return torch.cat((first, trained_attention(query[:, :, split:], key, value, mask=self.mask)), dim=2)


Layout = Callable[[Batch, bool], Attend]
"""A batch, and whether its canvases are in the forward -> the attention of its rows."""


def by_masks(batch: Batch, with_canvases: bool) -> ContextAndCanvases:
    """The plain layout."""
    return ContextAndCanvases(
        batch.ids.shape[1], canvas_mask(batch) if with_canvases else None, context_mask(batch)
    )


def canvas_mask(batch: Batch) -> Tensor:
    """Who the canvas rows see: bool [rows, 1, canvases * canvas, context + canvases * canvas]."""
    rows, context = batch.ids.shape
    _, canvases, canvas = batch.seen.shape
    device = batch.ids.device
    to_context = torch.arange(context, device=device) < batch.starts[..., None]  # [rows, canvases, context]
    to_context = to_context[:, :, None, :].expand(rows, canvases, canvas, context)
    own = torch.eye(canvases, dtype=torch.bool, device=device)[None, :, None, :, None]
    inside = torch.arange(canvas, device=device) < batch.lengths[:, None, None, :, None]
    to_canvas = (own & inside).expand(rows, canvases, canvas, canvases, canvas)
    mask = torch.cat((to_context, to_canvas.reshape(rows, canvases, canvas, canvases * canvas)), dim=-1)
    return mask.reshape(rows, 1, canvases * canvas, -1)


def context_mask(batch: Batch) -> Tensor | None:
    """Who sees whom in the context: bool [rows, 1, context, context]; None where all see all before them."""
    if batch.sees is None:
        return None
    place = torch.arange(batch.ids.shape[1], device=batch.ids.device)
    first, start = batch.sees[..., 0, None], batch.sees[..., 1, None]
    mask: Tensor = (place <= place[:, None]) & ((place >= first) | (place == start))
    return mask[:, None]


def rows_and_positions(batch: Batch, with_canvases: bool) -> tuple[Tensor, Tensor]:
    """Ids and positions [rows, context (+ canvases * canvas)] of one forward."""
    if not with_canvases:
        return batch.ids, batch.positions
    canvas = torch.arange(batch.seen.shape[-1], device=batch.ids.device)
    places = (batch.positions.gather(1, batch.starts)[..., None] + canvas).flatten(1)
    return torch.cat((batch.ids, batch.seen.flatten(1)), dim=1), torch.cat((batch.positions, places), dim=1)
