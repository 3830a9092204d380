"""Which positions of a canvas may be decided, and how often they have been looked at: what a schedule goes by."""

from __future__ import annotations

import torch

from coderdiff.decoding.canvas import Canvas
from coderdiff.decoding.choose import Turn


class Turns:
    """The parts of one canvas, taken from the left: `block` positions each, or all at once where it is None.

    `alone`: the first position is a part of its own. Where logits are shifted and contexts attend by blocks, it is
    foretold by the row before it, from the block before, and all others are looked at with it in sight.
    """

    def __init__(self, block: int | None, alone: bool) -> None:
        self._block, self._alone = block, alone
        self._part: int | None = None
        self._turn = Turn(torch.zeros(0, dtype=torch.bool))

    def now(self, canvas: Canvas) -> Turn:
        """The turn that the canvas is in; a part that is looked at for the first time begins at step 0."""
        size, leftmost = len(canvas.tokens), canvas.leading
        places = torch.arange(size)
        part = leftmost // self._block if self._block else 0
        within = places // self._block == part if self._block else places >= 0
        if self._alone and leftmost == 0:
            part, within = -1, places == 0
        if part != self._part:
            self._part = part
            self._turn = Turn(within, first=int((within & ~canvas.committed).sum()))
        self._turn = Turn(within, self._turn.step, self._turn.first, self._turn.last)
        return self._turn

    def took(self, commits: int) -> None:
        """A decision has been taken."""
        self._turn = Turn(self._turn.within, self._turn.step + 1, self._turn.first, commits)

    def restart(self) -> None:
        """Another canvas."""
        self._part = None
