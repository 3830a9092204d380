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

    def view(self, logits: Tensor, canvas: Canvas, allowed: Tensor | None, entropy: bool = True) -> View:
        """Score a canvas from logits [canvas, vocab]; `allowed` (ids) binds the leftmost open position.

        Entropies are left at 0 if `entropy` is off: they take as long as all the rest.
        """
        logits = logits.masked_fill(self._banned, -torch.inf)
        if allowed is not None:
            leftmost = canvas.leading
            bound = torch.full_like(logits[leftmost], -torch.inf)
            bound[allowed] = logits[leftmost][allowed]
            logits[leftmost] = bound
        whole = logits.logsumexp(-1, keepdim=True)
        best = self.choose(logits)
        chosen, held = (logits.gather(1, torch.stack((best, canvas.tokens), 1)) - whole).exp().unbind(1)
        return View(
            best=best,
            confidence=chosen,
            entropy=_entropy(logits - whole) if entropy else torch.zeros_like(held),
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


def _entropy(logs: Tensor) -> Tensor:
    """In nats, of log probabilities [rows, vocab]."""
    return -(logs.exp() * logs.nan_to_num(neginf=0.0)).sum(-1)
