"""Attention to train with on GPUs: FlexAttention (arXiv 2412.05496) over the tiles in which somebody sees somebody.

It says what `layout.ContextAndCanvases` says, which needs a mask as large as the scores and, given one, has no kernel
that leaves out what nobody sees. Here whom a row sees is a function of two numbers, and tiles of 128 x 128 that are all
unseen cost nothing. Uncompiled it would store the scores: only compiled layers get it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.attention.flex_attention import BlockMask, create_block_mask, flex_attention

from coderdiff.training.batches import Batch

Sees = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
"""(row of the batch, head, query, key), indices -> whether the query's row sees the key's."""


@dataclass(frozen=True)
class TiledContextAndCanvases:
    """`blocks` says whom each row sees, the canvases' rows behind those of the context (`model.attention.Attend`)."""

    blocks: BlockMask

    @classmethod
    def of(cls, batch: Batch, with_canvases: bool) -> TiledContextAndCanvases:
        """The attention of a batch's rows."""
        rows, context = batch.ids.shape
        length = context + batch.seen[0].numel() * with_canvases
        device = str(batch.ids.device)
        return cls(create_block_mask(whom(batch), rows, None, length, length, device=device))

    def __call__(self, layer: int, query: Tensor, key: Tensor, value: Tensor) -> Tensor:  # noqa: ARG002
        """One layer's attention."""
        shared = query.shape[1] != key.shape[1]
        out = flex_attention(query, key, value, block_mask=self.blocks, enable_gqa=shared)
        assert isinstance(out, Tensor)
        return out


def whom(batch: Batch) -> Sees:
    """Whom the rows of one forward see (`layout.rows_and_positions` has their order)."""
    context, canvas = batch.ids.shape[1], batch.seen.shape[-1]
    last = batch.seen.shape[1] - 1
    starts, lengths = batch.starts, batch.lengths
    # Without packs everybody sees from the first row on, said in the same terms: so there is one kernel, compiled once.
    snippets = batch.ids.new_zeros(*batch.ids.shape, 2) if batch.sees is None else batch.sees

    def sees(row: Tensor, head: Tensor, query: Tensor, key: Tensor) -> Tensor:  # noqa: ARG001
        within = torch.clamp(query, max=context - 1)
        shown = (key >= snippets[row, within, 0]) | (key == snippets[row, within, 1])
        before = (key <= query) & (key < context) & shown
        behind, asked = query - context, key - context
        number = torch.clamp(behind // canvas, min=0, max=last)
        own = (asked >= 0) & (asked // canvas == number) & (asked % canvas < lengths[row, number])
        from_canvas = ((key < context) & (key < starts[row, number])) | own
        return torch.where(query < context, before, from_canvas)

    return sees
