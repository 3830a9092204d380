"""Blocks whose tokens are edited, deleted and inserted until they are still: LLaDA2.2's decoding (SGLang's
`JointThresholdInDel`).

At every step open positions are committed and standing ones replaced where the network now reads otherwise. Two tokens
are no text: the one that deletes takes its position out, the one that inserts puts an open position before the token
that stands in its place. The block keeps its length: what is pushed out at its end is gone, what is missing there is
open.

It ends, though it may edit without end: so many steps may find none of the block's first open positions open (`edits`),
so many there may be in all, and the last one writes text alone. A block that comes back as it was before takes another
token at the place it is least sure of: one that was not written there yet.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from coderdiff.decoding.canvas import Canvas, Decision, View


@dataclass(frozen=True)
class IndelSettings:
    """Commit above `threshold`, replace above `edit`; at most `edits` steps find the first masks gone."""

    threshold: float
    edit: float
    edits: int


class Indel:
    """What one fill remembers of the block that it is at. `delete_id` and `insert_id` are no text."""

    def __init__(self, settings: IndelSettings, delete_id: int, insert_id: int, canvas: Canvas) -> None:
        self._settings = settings
        self._ids = (delete_id, insert_id)
        self.restart(canvas)

    def restart(self, canvas: Canvas) -> None:
        """A new block, with nothing on it but what is given."""
        self._first = ~canvas.committed
        self._steps = self._edited = 0
        self._seen: set[tuple[int, ...]] = set()
        self._tried: defaultdict[int, set[int]] = defaultdict(set)

    def decide(self, view: View, logits: Tensor, canvas: Canvas) -> tuple[View, Decision]:
        """What to write where: the view with its proposals, and the decision. `logits` [canvas, vocab] are those of
        what may be written."""
        settings, opened, size = self._settings, ~canvas.committed, len(canvas.tokens)
        first = self._first & opened
        self._steps += 1
        self._edited += not bool(first.any())
        last = self._steps > size + settings.edits
        if settings.edits:
            last |= self._edited >= settings.edits
        else:
            last |= not bool(first.any())
        commit = opened if last else self._to_commit(view, first, opened)
        if not settings.edits and not bool((first & ~commit).any()):
            last, commit = True, opened
        edit = (
            canvas.committed
            & ~canvas.given
            & (view.confidence > settings.edit)
            & (view.best != canvas.tokens)
        )
        written = commit | edit
        best = view.best.clone()
        if last:
            self._only_text(best, written, logits)
        else:
            self._another(best, written, view, logits, canvas)
        for place in written.nonzero()[:, 0].tolist():
            self._tried[place].add(int(best[place]))
        none = torch.zeros_like(commit)
        done = last or not bool(written.any())
        return replace(view, best=best), Decision(commit, none, commit, none, edit, final=done)

    def _to_commit(self, view: View, first: Tensor, opened: Tensor) -> Tensor:
        """All above the threshold; or so many of the surest that one of the block's first masks is among them."""
        if not bool(first.any()):
            return opened
        least = 1 + int(opened.sum()) - int(first.sum())
        high = opened & (view.confidence > self._settings.threshold)
        if int(high.sum()) >= least:
            return high
        chosen = torch.zeros_like(opened)
        chosen[torch.where(opened, view.confidence, -torch.inf).topk(least).indices] = True
        return chosen

    def _only_text(self, best: Tensor, written: Tensor, logits: Tensor) -> None:
        """The first choices among what is text."""
        for place in written.nonzero()[:, 0].tolist():
            if int(best[place]) in self._ids:
                row = logits[place].clone()
                row[list(self._ids)] = -torch.inf
                best[place] = row.argmax()

    def _another(self, best: Tensor, written: Tensor, view: View, logits: Tensor, canvas: Canvas) -> None:
        """For a block that stood like this before: another token at the place that is least sure of its change."""
        block = tuple(canvas.tokens.tolist())
        changing = (written & (best != canvas.tokens)).nonzero()[:, 0]
        if block in self._seen and len(changing):
            place = int(changing[view.confidence[changing].argmin()])
            row = logits[place].clone()
            row[list(self._tried[place])] = -torch.inf
            if bool(row.isfinite().any()):
                best[place] = row.argmax()
        self._seen.add(block)

    def reshape(self, before: Canvas, canvas: Canvas, mask_id: int) -> Canvas:
        """The canvas, decided from `before`, with its deletions and insertions carried out."""
        delete_id, insert_id = self._ids
        size = len(canvas.tokens)
        fresh = iter(range(2 * size, 4 * size))
        order: list[int] = []
        for place, (token, given) in enumerate(
            zip(canvas.tokens.tolist(), canvas.given.tolist(), strict=True)
        ):
            if not given and token == insert_id:
                order += (next(fresh), size + place)
            elif given or token != delete_id:
                order.append(place)
        order = [*order, *(next(fresh) for _ in range(size - len(order)))][:size]
        if order == list(range(size)):
            return canvas
        new = Canvas.open(2 * size, mask_id)
        taken = torch.tensor(order)
        never = torch.zeros(2 * size, dtype=torch.bool)
        self._first = torch.cat((self._first, self._first, never))[taken]
        return canvas.followed_by(before, new).at(taken)
