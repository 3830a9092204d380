"""A finished canvas is read over: is each token still right, now that all the others stand, and does none lack?

Masks are answered, and decide how many they are, with little of the text around them in sight. Once all stands the
network can say it better. One forward looks at the canvas six times: every fifth token masked, from the first, the
second, ..., and last all of it with a mask in every gap:

    answer    self  .  count  ,  self  .  count
    masked    ?     .  count  ,  self  ?  count      and so on: what is said of each says how well it is held
    gaps      ? self ? . ? count ? , ? self ...      `delete` is right, where nothing lacks

What is not held is opened again, and so is a gap where something lacks, whose mask may not say `delete` at once. Then
the canvas is denoised on, and read over anew. Of all that was read over the answer is the first without a fault, else
what the network thinks most probable: the product of all that it said (the pseudo-likelihood of Besag, 1975).

This is for networks that met masks to delete in any gap when they were trained (`ModelSpec.deletes_anywhere`).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from coderdiff.decoding.canvas import Canvas

MOST_READINGS = 4
"""A canvas is read over at most so often."""

SPACING = 5
"""Masked at once are tokens so far apart: lists repeat every two, three or four, which would all be masked together."""

HELD = 0.5
"""A token stays that is at least so probable."""

LACKING = 0.08
"""A gap is opened where it is at least so probable that something lacks. Both were chosen on validation holes."""

_LEAST = 1e-6


class Review:
    """One fill's readings. Nothing is read over whose gaps and tokens are more than `most` together.

    `asking`: the next look is a reading. `best`: the canvas that has read best; None before there was a reading.
    `barred` (bool [canvas]): masks in gaps, while they may not say `delete`.
    """

    def __init__(self, mask_id: int, delete_id: int, most: int) -> None:
        self._mask_id, self._delete_id, self._most = mask_id, delete_id, most
        self._read: set[tuple[int, ...]] = set()
        self._score: tuple[bool, float] | None = None
        self.asking = False
        self.best: Canvas | None = None
        self.barred = torch.zeros(0, dtype=torch.bool)

    def ask(self, canvas: Canvas) -> bool:
        """All of the canvas stands: whether it is to be read over."""
        known = tuple(canvas.tokens.tolist()) in self._read
        fits = 2 * len(canvas.tokens) + 1 <= self._most
        self.asking = fits and not known and len(self._read) < MOST_READINGS
        return self.asking

    def looks(self, canvas: Canvas) -> list[list[int]]:
        """The canvases of a reading."""
        ids = canvas.tokens.tolist()
        gaps = [self._mask_id] * (2 * len(ids) + 1)
        gaps[1::2] = ids
        apart = range(min(SPACING, len(ids)))
        masked = [
            [self._mask_id if at % SPACING == first else id_ for at, id_ in enumerate(ids)] for first in apart
        ]
        return [*masked, gaps]

    def take(self, canvas: Canvas, logits: Sequence[Tensor]) -> Canvas | None:
        """The canvas with what is to be decided again opened, by the logits [length, vocab] of its looks; None if that
        is nothing. Fixed positions, which spell what stood before the cursor, stay, and nothing comes before them."""
        self.asking = False
        size = len(canvas.tokens)
        places = torch.arange(size)
        held = torch.ones(size)
        for first, masked in enumerate(logits[:-1]):
            at = places[first::SPACING]
            held[at] = masked[at].softmax(-1).gather(1, canvas.tokens[at, None])[:, 0]
        whole = logits[-1][::2].softmax(-1)[:, self._delete_id]
        start = int(canvas.fixed.nonzero()[-1]) + 1 if bool(canvas.fixed.any()) else 0
        held[:start], whole[:start] = 1.0, 1.0
        doubted, lacking = held < HELD, 1 - whole >= LACKING
        faultless = not bool(doubted.any() or lacking.any())
        sure = float(torch.cat((held, whole)).clamp_min(_LEAST).log().sum())
        self._read.add(tuple(canvas.tokens.tolist()))
        if self._score is None or (faultless, sure) > self._score:
            self._score, self.best = (faultless, sure), canvas
        return None if faultless else self._opened(canvas, doubted, lacking)

    def _opened(self, canvas: Canvas, doubted: Tensor, lacking: Tensor) -> Canvas:
        """The canvas without `doubted` tokens (bool [canvas]), and a mask in each `lacking` gap (bool [canvas + 1])."""
        size = len(canvas.tokens)
        counts = torch.ones(2 * size + 1, dtype=torch.long)
        counts[::2] = lacking.long()
        order = torch.arange(2 * size + 1).repeat_interleave(counts)
        self.barred = order % 2 == 0
        opened = canvas.opened_at(doubted, self._mask_id).followed_by(Canvas.open(1, self._mask_id))
        return opened.at(torch.where(self.barred, size, order // 2))

    def follow(self, committed: Tensor, order: Tensor | None) -> None:
        """What has been `committed` (bool [canvas]) may say anything if it is opened again; then each position moves,
        from `order` if that is given."""
        if len(self.barred):
            self.barred = self.barred & ~committed
            self.barred = self.barred if order is None else self.barred[order]
