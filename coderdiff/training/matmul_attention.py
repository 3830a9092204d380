"""Attention to train with on CPUs: its backward pass as plain matrix products.

Torch's fused attention has a quick forward on CPUs, but a backward pass that does not use the matrix units well: it
took a quarter of a step. Here the scores are made once more, for some queries at a time, and what stands between the
products is left to the compiler to fuse. Uncompiled that is slower than torch's own, so only compiled code gets it.
It is also slower for long rows in which all may see all (`infill_losses.py`): there are no products to leave out.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from coderdiff.model.attention import attention

TILE = 256
"""Queries a tile. Where nobody looks ahead a tile has no products with the keys behind it: smaller ones save more of
them, but matrix products of little depth are slow."""


def trained_attention(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None, is_causal: bool = False
) -> Tensor:
    """`model.attention.attention`, the way that trains fastest. Here `is_causal` may stand beside a `mask`, which then
    lets nobody look ahead."""
    if query.device.type == "cpu" and torch.compiler.is_compiling():
        return by_products(query, key, value, mask, is_causal)
    return attention(query, key, value, mask, is_causal and mask is None)


def by_products(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None, is_causal: bool = False
) -> Tensor:
    """`trained_attention` on any device, with the backward pass of this file. Every query must see a key."""
    shared = query.shape[1] // key.shape[1]
    if shared > 1:
        key, value = key.repeat_interleave(shared, dim=1), value.repeat_interleave(shared, dim=1)
    out: Tensor = _ByProducts.apply(query, key, value, mask, is_causal)  # type: ignore[no-untyped-call]
    return out


class _ByProducts(torch.autograd.Function):
    """Attention with as many key heads as query heads."""

    @staticmethod
    def forward(
        ctx: Any, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, is_causal: bool
    ) -> Tensor:
        """As `model.attention.attention`."""
        ctx.save_for_backward(query, key, value, mask)
        ctx.is_causal = is_causal
        return attention(query, key, value, mask, is_causal and mask is None)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        """The gradients by query, key and value."""
        query, key, value, mask = ctx.saved_tensors
        query, key, value, outer = (part.contiguous() for part in (query, key, value, grads[0]))
        scale = query.shape[-1] ** -0.5
        by_query = []
        by_key = torch.zeros(key.shape, device=key.device)
        by_value = torch.zeros(value.shape, device=value.device)
        for first in range(0, query.shape[2], TILE):
            last = min(first + TILE, query.shape[2])
            keys = last if ctx.is_causal else key.shape[2]
            rows = slice(first, last)
            asking, given = query[:, :, rows], outer[:, :, rows]
            scores = (asking @ key[:, :, :keys].mT).float() * scale
            if mask is not None:
                scores = scores.masked_fill(~mask[:, :, rows, :keys], float("-inf"))
            elif ctx.is_causal:
                scores = scores.masked_fill(_ahead(first, last, keys, query.device), float("-inf"))
            shares = scores.softmax(-1)
            by_shares = (given @ value[:, :, :keys].mT).float()
            by_scores = shares * (by_shares - (shares * by_shares).sum(-1, keepdim=True)) * scale
            shares, by_scores = shares.to(query.dtype), by_scores.to(query.dtype)
            by_query.append(by_scores @ key[:, :, :keys])
            by_key[:, :, :keys] += by_scores.mT @ asking
            by_value[:, :, :keys] += shares.mT @ given
        return torch.cat(by_query, dim=2), by_key.to(key.dtype), by_value.to(value.dtype), None, None


def _ahead(first: int, last: int, keys: int, device: torch.device) -> Tensor:
    """Which keys stand behind the queries `first` to `last`: bool [queries, keys]."""
    # 32 bits: compiled for CPUs, comparing numbers of 64 costs more than the softmax.
    queries = torch.arange(first, last, dtype=torch.int32, device=device)
    return torch.arange(keys, dtype=torch.int32, device=device) > queries[:, None]
