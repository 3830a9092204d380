"""What the decode loop asks of a network: read tokens into the context and look at canvases, in one forward.

`engine/session.py` implements it for causal contexts, `engine/bidirectional.py` for a hole between two sides,
`engine/block.py` for contexts that attend by blocks. Tests implement each without a cache and compare.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from torch import Tensor

from coderdiff.model.spec import ModelSpec


@dataclass(frozen=True)
class Look:
    """What one forward is asked. `read` is appended to the context; canvas i stands behind `read[:cuts[i]]` and sees
    the context up to there and itself; there may be none. `scored` asks for causal logits of the last rows of `read`.

    Where the context is on both sides of the canvas nothing is read: canvases, each of its own length, stand in the
    same hole and do not see one another. Block by block, whole blocks are read and a canvas is a block. `before` is
    what the canvas was decided on at the step before, logits [canvas, vocab], for a network that is shown that; None
    at its first.
    """

    read: Sequence[int]
    canvases: Sequence[Sequence[int]]
    cuts: Sequence[int]
    scored: int
    twins: bool = False
    before: Tensor | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Scores:
    """Logits of one forward, float32: `causal` [scored, vocab] for what follows each of the last rows read, `canvas`
    [canvas, vocab] of each canvas for every position itself, whether the network's own logits are shifted or not;
    `twins` [canvas, vocab] of the first canvas' masked twins, None where there are none."""

    causal: Tensor
    canvas: Sequence[Tensor]
    twins: Tensor | None = None


class Session(Protocol):
    """One context, and canvases at its open end or between its two sides that leave no trace."""

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
