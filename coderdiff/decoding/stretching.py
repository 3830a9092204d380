"""A canvas between two sides whose length changes: committed expand tokens become two masks, delete tokens go."""

from __future__ import annotations

from torch import Tensor

from coderdiff.decoding.canvas import Canvas

EXPANSIONS = 2
"""A fill may expand so many times its token limit, all in all: expanding and deleting by turns has an end."""


class Stretching:
    """One fill's changes of length. A canvas has at most `most` positions; `turns` is how often one that grew may begin
    to shrink before it grows no more (None: as often as it likes); where deletion `spreads`, all that did not stand
    goes from the first delete token on, `past_text` that stands or up to it. Without either id nothing ever changes."""

    def __init__(
        self,
        expand_id: int | None,
        delete_id: int | None,
        most: int,
        turns: int | None,
        spreads: bool,
        past_text: bool,
    ) -> None:
        self.expand_id = expand_id
        self._delete_id = delete_id
        self._most, self._turns, self._spreads, self._past_text = most, turns, spreads, past_text
        self._expansions = EXPANSIONS * most
        self._grew, self._turned = False, 0

    def restart(self) -> None:
        """The canvas is asked anew: it may begin to shrink as often as at first."""
        self._grew, self._turned = False, 0

    def barred(self, canvas: Canvas) -> int | None:
        """The expand token where the canvas may grow no more."""
        longest = self._expansions <= 0 or len(canvas.tokens) >= self._most
        longest |= self._turns is not None and self._turned >= self._turns
        return self.expand_id if longest else None

    def carry_out(self, canvas: Canvas, mask_id: int, stood: Tensor) -> tuple[Canvas, Tensor] | None:
        """The canvas with its changes carried out, and where each of its positions comes from; None without any.
        `stood` (bool) is what was committed before this step."""
        order = canvas.stretched(
            self.expand_id, self._delete_id, self._most, ~stood if self._spreads else None, self._past_text
        )
        if order is None:
            return None
        grows = len(order) > len(canvas.tokens)
        self._turned += self._grew and not grows
        self._grew = grows
        canvas = canvas.at(order)
        opened = canvas.committed & ~canvas.given & (canvas.tokens == self.expand_id)
        self._expansions -= int(opened.sum()) // 2
        return canvas.opened_at(opened, mask_id), order
