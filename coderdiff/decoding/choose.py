"""Logits -> what the network proposes at each canvas position, and how sure it is."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from coderdiff.decoding.canvas import Canvas, View
from coderdiff.types import Sampling


class Chooser:
    """Chooses tokens: greedily, or at a temperature with a generator of its own. `banned` [vocab] are never chosen."""

    def __init__(self, sampling: Sampling, banned: Tensor) -> None:
        self._temperature = sampling.temperature
        self._generator = torch.Generator().manual_seed(sampling.seed)
        self._banned = banned

    def view(self, logits: Tensor, canvas: Canvas, allowed: Tensor | None, first: int | None = None) -> View:
        """Score a canvas from logits [canvas, vocab].

        `allowed` (ids) binds the leftmost open position; `first` is a token already chosen for position 0.
        """
        logits = logits.masked_fill(self._banned, -torch.inf)
        if allowed is not None:
            leftmost = canvas.leading
            bound = torch.full_like(logits[leftmost], -torch.inf)
            bound[allowed] = logits[leftmost][allowed]
            logits[leftmost] = bound
        logs = logits.log_softmax(-1)
        probabilities = logs.exp()
        best = self.choose(logits)
        if first is not None:
            best[0] = first
        held = probabilities.gather(1, canvas.tokens[:, None])[:, 0]
        return View(
            best=best,
            confidence=probabilities.gather(1, best[:, None])[:, 0],
            entropy=-(probabilities * logs.nan_to_num(neginf=0.0)).sum(-1),
            held=torch.where(canvas.committed, held, 0.0),
            committed=canvas.committed,
            sure=canvas.sure,
        )

    def choose(self, logits: Tensor) -> Tensor:
        """A token for each row of logits [rows, vocab] -> [rows]."""
        if self._temperature == 0:
            return logits.argmax(-1)
        weights = (logits / self._temperature).softmax(-1)
        return torch.multinomial(weights, 1, generator=self._generator)[:, 0]

    def check(self, logits: Tensor, draft: Sequence[int], tolerance: float) -> tuple[int, int]:
        """Read a draft left to right: how many of its tokens hold, and the token that follows those.

        logits [len(draft) + 1, vocab]. Greedy, a token holds while its probability is at least `tolerance` times the
        first choice's. At a temperature it holds if it is the token drawn for its place, so that the text is
        distributed as if written one by one.
        """
        logits = logits.masked_fill(self._banned, -torch.inf)
        chosen = self.choose(logits)
        proposed = torch.tensor(draft)
        holds = chosen[:-1] == proposed
        if self._temperature == 0 and tolerance < 1:
            scores = logits[:-1].gather(1, proposed[:, None])[:, 0]
            holds |= (scores - logits[:-1].max(-1).values).exp() >= tolerance
        kept = int(holds.long().cumprod(0).sum())
        return kept, int(chosen[kept])
