"""Who attends to whom, as an argument of the forward: the network calls `attend(layer, q, k, v)` and asks no more.

These need no cache. `engine/kv_cache.py` has the cached one, `training/layout.py` the one for contexts with many
canvases; all are compared with `masked` in tests.
"""

from __future__ import annotations

from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor


class Attend(Protocol):
    """One layer's attention, queries and keys already turned."""

    def __call__(self, layer: int, query: Tensor, key: Tensor, value: Tensor, /) -> Tensor:
        """query [batch, heads, rows, head_dim], key and value [batch, kv_heads, rows, head_dim] -> as query."""
        ...


def causal(_layer: int, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Every row attends to itself and the rows before it."""
    return attention(query, key, value, is_causal=True)


def bidirectional(_layer: int, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Every row attends to every row."""
    return attention(query, key, value)


def masked(mask: Tensor) -> Attend:
    """Attention by a boolean mask [rows, rows] or [batch, 1, rows, rows]: True where a query may look."""

    def attend(_layer: int, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        return attention(query, key, value, mask=mask)

    return attend


def block_causal(rows: int, block_size: int, device: torch.device | None = None) -> Attend:
    """Rows attend to their own block of `block_size` in both directions and to all blocks before it (BD3-LM)."""
    block = torch.arange(rows, device=device) // block_size
    return masked(block[:, None] >= block[None, :])


def attention(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None, is_causal: bool = False
) -> Tensor:
    """Scaled dot-product attention; key heads are shared by groups of query heads (GQA, arXiv 2305.13245)."""
    shared = query.shape[1] != key.shape[1]
    if shared and mask is not None and query.is_cuda:
        # Only the kernel that makes the whole square of scores takes a mask and shared heads both.
        groups = query.shape[1] // key.shape[1]
        key, value = (rows.repeat_interleave(groups, 1) for rows in (key, value))
        shared = False
    return F.scaled_dot_product_attention(
        query, key, value, attn_mask=mask, is_causal=is_causal, enable_gqa=shared
    )
