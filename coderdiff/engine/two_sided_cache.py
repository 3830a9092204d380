"""Keys and values of a context on both sides of a hole, all layers, in one buffer.

    rows     suffix, the nearest first | prefix, the nearest last | what a forward computes
    [layers, kv_heads, rows, head_dim]

The rows nearest the hole stand at both outer edges of what is kept, so what a forward does not compute again is one
slice, and what it computes goes right behind it: attention needs neither a mask nor a copy. Where the suffix stands is
a number: inserting or deleting in the hole turns its keys by the difference and computes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from coderdiff.model.rope import moved
from coderdiff.model.spec import ModelSpec

Rows = tuple[Tensor, Tensor]
"""Keys and values, [layers, kv_heads, rows, head_dim] each."""


@dataclass(frozen=True)
class Sides:
    """How many rows next to the hole on either side."""

    prefix: int
    suffix: int

    @property
    def rows(self) -> int:
        """Both together."""
        return self.prefix + self.suffix

    def most(self, other: Sides) -> Sides:
        """The larger of two on either side."""
        return Sides(max(self.prefix, other.prefix), max(self.suffix, other.suffix))

    def least(self, other: Sides) -> Sides:
        """The smaller of two on either side."""
        return Sides(min(self.prefix, other.prefix), min(self.suffix, other.suffix))


class TwoSidedCache:
    """The context's rows; `sides` of them, the suffix's first row turned for position `suffix_at`."""

    def __init__(self, spec: ModelSpec, inverse: Tensor, device: torch.device, dtype: torch.dtype) -> None:
        self._inverse = inverse
        shape = (spec.layers, spec.kv_heads, 0, spec.head_dim)
        self._keys = torch.empty(shape, device=device, dtype=dtype)
        self._values = torch.empty(shape, device=device, dtype=dtype)
        self.sides = Sides(0, 0)
        self.suffix_at = 0

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes."""
        return self._keys.nbytes + self._values.nbytes

    def empty(self, rows: int) -> Rows:
        """Room for rows that a forward will fill."""
        layers, heads, _, head_dim = self._keys.shape
        return self._keys.new_zeros(layers, heads, rows, head_dim), self._values.new_zeros(
            layers, heads, rows, head_dim
        )

    def prefix(self, count: int) -> Rows:
        """The first `count` rows of the prefix."""
        start = self.sides.suffix
        return self._keys[:, :, start : start + count], self._values[:, :, start : start + count]

    def suffix(self, count: int) -> Rows:
        """The last `count` rows of the suffix."""
        start, end = self.sides.suffix - count, self.sides.suffix
        return self._keys[:, :, start:end], self._values[:, :, start:end]

    def replace(self, prefix: list[Rows], suffix: list[Rows], suffix_at: int) -> None:
        """Another context, put together from pieces in the order of the document."""
        self._keys, self._values = (torch.cat([rows[at] for rows in (*suffix, *prefix)], 2) for at in (0, 1))
        counts = [sum(rows[0].shape[2] for rows in side) for side in (prefix, suffix)]
        self.sides, self.suffix_at = Sides(*counts), suffix_at

    def reserve(self, rows: int) -> None:
        """Room behind the context for a forward's rows."""
        lacking = self.sides.rows + rows - self._keys.shape[2]
        if lacking > 0:
            self._keys, self._values = (
                torch.cat((kept, more), 2)
                for kept, more in zip((self._keys, self._values), self.empty(lacking), strict=True)
            )

    def move_suffix(self, position: int) -> None:
        """Let the suffix begin at another position."""
        own = self._keys[:, :, : self.sides.suffix]
        own.copy_(moved(own, position - self.suffix_at, self._inverse))
        self.suffix_at = position

    def near(self, layer: int, sides: Sides) -> Rows:
        """Copies of one layer's rows nearest the hole, prefix then suffix: [1, kv_heads, rows, head_dim]."""
        end = self.sides.rows
        keys, values = self._keys[layer], self._values[layer]
        both = [
            torch.cat((side[:, end - sides.prefix : end], side[:, : sides.suffix]), 1)[None]
            for side in (keys, values)
        ]
        return both[0], both[1]

    def put(self, layer: int, near: Sides, key: Tensor, value: Tensor) -> Rows:
        """Take a forward's rows of one layer, [1, kv_heads, rows, head_dim]: near prefix, canvas, near suffix.

        The near rows replace what was kept of them. Returns all that these rows attend to, [1, kv_heads, ...].
        """
        start = self.sides.rows - near.prefix
        end = start + key.shape[2]
        keys, values = self._keys[layer], self._values[layer]
        keys[:, start:end], values[:, start:end] = key[0], value[0]
        if near.suffix:
            keys[:, : near.suffix], values[:, : near.suffix] = (
                key[0, :, -near.suffix :],
                value[0, :, -near.suffix :],
            )
        return keys[None, :, near.suffix : end], values[None, :, near.suffix : end]

    def around(self, layer: int, near: Sides, delta: int, key: Tensor, value: Tensor) -> Rows:
        """All that the rows of a canvas attend to which leaves no trace: the context without its nearest rows, the
        suffix `delta` positions further on, then the rows themselves."""
        middle, end = self.sides.suffix, self.sides.rows - near.prefix
        keys, values = self._keys[layer][None], self._values[layer][None]
        suffix = moved(keys[:, :, near.suffix : middle], delta, self._inverse)
        return (
            torch.cat((suffix, keys[:, :, middle:end], key), 2),
            torch.cat((values[:, :, near.suffix : end], value), 2),
        )
