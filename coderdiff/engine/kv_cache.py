"""Keys and values of one context, all layers, in one growing buffer. Rows behind the context are scratch: a canvas
writes its own there, and the next forward writes over them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from coderdiff.model.attention import Attend, attention
from coderdiff.model.spec import ModelSpec


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

        def attend(layer: int, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
            keys, values = self._keys[layer], self._values[layer]
            keys[:, :, start:end], values[:, :, start:end] = key, value
            asked = query.shape[2]
            seen = bias
            if bias is not None and asked < len(bias):
                seen = bias[len(bias) - asked :] if wanted is None else bias[list(wanted)]
            return attention(query, keys[:, :, :end], values[:, :, :end], mask=seen) if asked else query

        return attend
