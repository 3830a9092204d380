"""Keys and values of one context, all layers, in one growing buffer. Rows behind the context are scratch: a canvas
writes its own there, and the next forward writes over them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from coderdiff.model.attention import Attend, attention
from coderdiff.model.spec import ModelSpec

RUN = 128
"""Rows that attend together on a CPU: what none of a run sees is not computed: up to half of a prompt read at once."""


class KvCache:
    """`length` rows are known; `capacity` rows have room. Shapes are [layers, 1, kv_heads, capacity, head_dim]."""

    def __init__(self, spec: ModelSpec, capacity: int, device: torch.device, dtype: torch.dtype) -> None:
        shape = (spec.layers, 1, spec.kv_heads, capacity, spec.head_dim)
        self._keys = torch.empty(shape, device=device, dtype=dtype)
        self._values = torch.empty(shape, device=device, dtype=dtype)
        self.length = 0

    @property
    def capacity(self) -> int:
        """Rows there is room for."""
        return self._keys.shape[3]

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes."""
        return self._keys.nbytes + self._values.nbytes

    def rows(self, start: int, end: int) -> tuple[Tensor, Tensor]:
        """Copies of the keys and values of some rows, [layers, kv_heads, rows, head_dim] each."""
        assert 0 <= start <= end <= self.capacity
        return self._keys[:, 0, :, start:end].clone(), self._values[:, 0, :, start:end].clone()

    def append(self, keys: Tensor, values: Tensor) -> None:
        """Rows that were computed elsewhere, as `rows` gives them, behind the known ones."""
        start, end = self.length, self.length + keys.shape[2]
        assert end <= self.capacity
        self._keys[:, 0, :, start:end], self._values[:, 0, :, start:end] = keys, values
        self.length = end

    def attend(self, mask: Tensor, wanted: Sequence[int] | None = None) -> Attend:
        """Attention of new rows, written behind the known ones, by a boolean mask [new rows, known + new rows]
        on the CPU. Where fewer are asked about than are written, it is about `wanted`, or the last ones."""
        start = self.length
        end = start + mask.shape[0]
        assert mask.shape[1] == end <= self.capacity
        bias: Tensor | None = None
        if not mask.all():  # made a bias once, not in every layer
            bias = torch.zeros(mask.shape, dtype=self._keys.dtype).masked_fill_(~mask, -torch.inf)
            bias = bias.to(self._keys.device)
        runs = _runs(mask) if self._keys.device.type == "cpu" else []

        def attend(layer: int, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
            keys, values = self._keys[layer], self._values[layer]
            keys[:, :, start:end], values[:, :, start:end] = key, value
            asked = query.shape[2]
            if bias is not None and len(runs) > 1 and asked == len(bias):
                mixed = [
                    attention(query[:, :, own], keys[:, :, :far], values[:, :, :far], mask=bias[own, :far])
                    for own, far in runs
                ]
                return torch.cat(mixed, dim=2)
            seen = bias
            if bias is not None and asked < len(bias):
                seen = bias[len(bias) - asked :] if wanted is None else bias[list(wanted)]
            return attention(query, keys[:, :, :end], values[:, :, :end], mask=seen) if asked else query

        return attend


def _runs(mask: Tensor) -> list[tuple[slice, int]]:
    """Runs of rows of a mask, and behind which column none of them sees anything."""
    if len(mask) <= RUN:
        return []
    owns = [slice(first, first + RUN) for first in range(0, len(mask), RUN)]
    seen = mask.numpy()  # much quicker than torch on so little
    return [(own, int(np.flatnonzero(seen[own].any(0))[-1]) + 1) for own in owns]
