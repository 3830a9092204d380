"""What all kinds of batch share: fixed shapes made of rows, chance by number, tensors that travel together.

Batch i is a function of (seed, i), so that a run resumes just where it stopped.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

T = TypeVar("T", bound="Tensors")
B = TypeVar("B", bound="Tensors")

LEAST = 64
"""A packed row takes another sample while at least this many positions are free."""


@dataclass(frozen=True)
class Tensors:
    """A dataclass whose fields are tensors, or None where there is nothing to say."""

    def to(self: T, device: torch.device) -> T:
        """The same on another device."""
        return self._each(lambda value: value.to(device, non_blocking=True))

    def pin_memory(self: T) -> T:
        """In memory that a GPU can read from while the CPU goes on (`DataLoader` calls this)."""
        return self._each(torch.Tensor.pin_memory)

    def _each(self: T, act: Callable[[Tensor], Tensor]) -> T:
        kept = {name: None if value is None else act(value) for name, value in vars(self).items()}
        return type(self)(**kept)


def chance(seed: int, number: int) -> tuple[random.Random, np.random.Generator]:
    """The chance that batch `number` of a run is made by: for places, and for noise."""
    return random.Random(f"{seed}/{number}"), np.random.default_rng((seed, number))


def sample_size(room: int, rng: random.Random) -> int:
    """How large the next sample of a row may be where `room` positions are left: all, or a part of them."""
    return room if rng.random() < 0.5 or room < 3 * LEAST else rng.randint(2 * LEAST, room)


def stacked(rows: Sequence[Any]) -> dict[str, Tensor]:
    """Rows, dataclasses of arrays, as one tensor a field: [rows, ...]."""
    return {name: torch.from_numpy(np.stack([vars(row)[name] for row in rows])) for name in vars(rows[0])}
