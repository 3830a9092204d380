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

    def view(self, logits: Tensor, canvas: Canvas, allowed: Tensor | None) -> View:
        """Score a canvas from logits [canvas, vocab]; `allowed` (ids) binds the leftmost open position."""
        logits = logits.masked_fill(self._banned, -torch.inf)
        if allowed is not None:
            leftmost = canvas.leading
            bound = torch.full_like(logits[leftmost], -torch.inf)
            bound[allowed] = logits[leftmost][allowed]
            logits[leftmost] = bound
        logs = logits.log_softmax(-1)
        probabilities = logs.exp()
        best = self.choose(logits)
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

    def check(self, logits: Tensor, draft: Sequence[int], tolerance: float) -> int:
        """Read a draft left to right and say how many of its tokens hold.

        logits [len(draft), vocab] are the causal reading's. Greedy, a token holds while its probability is at least
        `tolerance` times the first choice's; at a temperature, if it is the token drawn for its place.
        """
        logits = logits.masked_fill(self._banned, -torch.inf)
        proposed = torch.tensor(draft)
        holds = self.choose(logits) == proposed
        if self._temperature == 0 and tolerance < 1:
            scores = logits.gather(1, proposed[:, None])[:, 0]
            holds |= (scores - logits.max(-1).values).exp() >= tolerance
        return int(holds.long().cumprod(0).sum())
