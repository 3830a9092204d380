"""What the decode loop asks of a network: read tokens into the context and look at canvases, in one forward.

`engine/session.py` implements it over a KV cache. Tests implement it without one and compare.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from coderdiff.model.spec import ModelSpec


@dataclass(frozen=True)
class Look:
    """What one forward is asked. `read` is appended to the context; canvas i stands behind `read[:cuts[i]]` and sees
    the context up to there and itself. `scored` asks for causal logits of the last rows of `read`."""

    read: Sequence[int]
    canvases: Sequence[Sequence[int]]
    cuts: Sequence[int]
    scored: int


@dataclass(frozen=True)
class Scores:
    """Logits of one forward, float32: `causal` [scored, vocab] for what follows each of the last rows read, `canvas`
    [branches, canvas, vocab] for every canvas position itself."""

    causal: Tensor
    canvas: Tensor


class Session(Protocol):
    """One context that grows at its end, and canvases behind it that leave no trace."""

    @property
    def spec(self) -> ModelSpec:
        """The network's sizes and capabilities."""
        ...

    @property
    def length(self) -> int:
        """Context rows read so far."""
        ...

    def forward(self, look: Look) -> Scores:
        """One network evaluation."""
        ...

    def keep(self, length: int) -> None:
        """Forget context rows from `length` on: a draft's rejected tokens."""
        ...
