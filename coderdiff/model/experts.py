"""A mixture of experts in place of the feed-forward (arXiv 1701.06538): each row is sent to a few of many.

The rows are sorted by expert, so that each of the two products is one grouped product over all experts, with no
copy of weights and no wait for the device. The loop over experts that it is compared with is in the tests.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from coderdiff.model.spec import ExpertsSpec

_LEAST = 1e-20
"""Keeps a division by the sum of scores finite, as the published networks do."""
_ALIGNED = 16
"""Bytes that a row of a matrix must be a multiple of for the grouped product."""


class Experts(nn.Module):
    """Router, experts and the shared expert of one layer.

    Gate and up projections of an expert are one matrix, so that a layer takes two products. The router computes
    in float32 whatever the activations are: a rounded score sends rows elsewhere. The correction is a buffer, for
    loading keeps buffers in float32.
    """

    def __init__(
        self, width: int, spec: ExpertsSpec, block_size: int | None, shared: nn.Module | None
    ) -> None:
        super().__init__()
        self.spec, self.block_size = spec, block_size
        self.router = nn.Parameter(torch.empty(spec.count, width))
        self.gate_up = nn.Parameter(torch.empty(spec.count, 2 * spec.hidden, width))
        self.down = nn.Parameter(torch.empty(spec.count, width, spec.hidden))
        self.shared = shared
        self.register_buffer("correction", torch.empty(spec.count) if spec.corrected else None)
        self.correction: Tensor | None
        for weight in (self.router, self.gate_up, self.down):
            bound = 1 / math.sqrt(weight.shape[-1])
            nn.init.uniform_(weight, -bound, bound)
        if self.correction is not None:
            nn.init.zeros_(self.correction)

    def forward(self, x: Tensor, positions: Tensor) -> Tensor:
        """x [batch, rows, width] and positions [batch, rows] -> as x.

        With a pool of experts, rows that stand together and in one block of positions share it: a block must be
        run whole.
        """
        logits = F.linear(x.float(), self.router.float())
        blocks = None
        if self.spec.pool is not None:
            assert self.block_size is not None
            blocks = positions // self.block_size
        numbers, weights = route(logits, self.correction, self.spec, blocks)
        rows = x.flatten(0, 1)
        out = mix(rows, numbers.flatten(0, 1), weights.flatten(0, 1), self.gate_up, self.down).view_as(x)
        return out if self.shared is None else out + self.shared(x)


def route(
    logits: Tensor, correction: Tensor | None, spec: ExpertsSpec, blocks: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Which experts take each row: their numbers and their weights, each [batch, rows, chosen].

    `logits` are the router's [batch, rows, experts], `correction` [experts]; `blocks` [batch, rows] numbers the
    block of each row and is needed with a pool.
    """
    scores = logits.softmax(-1) if spec.scoring == "softmax" else logits.sigmoid()
    merits = scores if correction is None else scores + correction
    if spec.groups > 1:
        merits = _within_groups(merits, spec)
    if spec.pool is not None:
        assert blocks is not None
        merits = _within_pool(merits, blocks, spec.pool)
    numbers = merits.topk(spec.chosen, dim=-1).indices
    weights = scores.gather(-1, numbers)
    if spec.normalized:
        weights = weights / (weights.sum(-1, keepdim=True) + _LEAST)
    return numbers, weights * spec.scale


def _within_groups(merits: Tensor, spec: ExpertsSpec) -> Tensor:
    """`merits`, with the experts outside each row's best groups out of reach; the two best speak for a group."""
    grouped = merits.view(*merits.shape[:-1], spec.groups, -1)
    best = grouped.topk(min(2, grouped.shape[-1]), dim=-1).values.sum(-1)
    taken = torch.zeros_like(best, dtype=torch.bool)
    taken = taken.scatter(-1, best.topk(spec.chosen_groups, dim=-1).indices, True)
    return grouped.masked_fill(~taken[..., None], -math.inf).flatten(-2)


def _within_pool(merits: Tensor, blocks: Tensor, pool: int) -> Tensor:
    """`merits`, with the experts outside the pool of each row's block out of reach; a block is a run of rows.

    A block's pool are the experts that any of its rows rates highest.
    """
    runs = (blocks.diff(dim=-1, prepend=blocks[..., :1]) != 0).cumsum(-1)
    index = runs[..., None].expand_as(merits)
    best = torch.full_like(merits, -math.inf).scatter_reduce(1, index, merits, "amax")
    taken = torch.zeros_like(merits, dtype=torch.bool)
    taken = taken.scatter(-1, best.topk(pool, dim=-1).indices, True)
    return merits.masked_fill(~taken.gather(1, index), -math.inf)


def mix(x: Tensor, numbers: Tensor, weights: Tensor, gate_up: Tensor, down: Tensor) -> Tensor:
    """Rows [rows, width] through their experts (`numbers` [rows, chosen]), added up by `weights` -> as `x`.

    `gate_up` is [experts, 2 * hidden, width], `down` [experts, width, hidden]. The sum is taken in float32.
    """
    chosen, count = numbers.shape[-1], gate_up.shape[0]
    sorted_numbers, order = numbers.flatten().sort(stable=True)
    every = torch.arange(count, device=x.device)
    ends = torch.searchsorted(sorted_numbers, every, right=True, out_int32=True)
    gate, up = grouped_product(x[order // chosen], gate_up.to(x.dtype), ends).chunk(2, dim=-1)
    sorted_out = grouped_product(F.silu(gate) * up, down.to(x.dtype), ends)
    out = torch.empty_like(sorted_out).index_copy_(0, order, sorted_out)
    out = out.view(*numbers.shape, x.shape[-1])
    return (out.float() * weights[..., None]).sum(1).to(x.dtype)


def grouped_product(x: Tensor, matrices: Tensor, ends: Tensor) -> Tensor:
    """Rows [rows, in], sorted by group, each times its group's matrix of [groups, out, in] -> [rows, out].

    `ends` (int32 [groups]) is where each group's rows end. Where the device has no grouped product, the groups
    are multiplied one after the other.
    """
    if _has_grouped_product(x, matrices):
        return torch._grouped_mm(x, matrices.transpose(-1, -2), offs=ends)
    parts = x.tensor_split(ends[:-1].tolist())
    return torch.cat([F.linear(part, matrix) for part, matrix in zip(parts, matrices, strict=True)])


def _has_grouped_product(x: Tensor, matrices: Tensor) -> bool:
    """Whether torch multiplies these in one call: on a GPU bfloat16 alone, from compute capability 8.0 on."""
    fits = all(size * x.element_size() % _ALIGNED == 0 for size in matrices.shape[1:])
    fits = fits and hasattr(torch, "_grouped_mm")  # torch does not promise it
    if x.device.type == "cuda":
        recent = torch.cuda.get_device_capability(x.device) >= (8, 0)
        return fits and recent and x.dtype == torch.bfloat16
    return fits and x.device.type == "cpu"
