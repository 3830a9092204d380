"""Credit: what the network has kept proposing counts for more than what it proposes once (CreditDecoding, arXiv
2510.06133). Evidence of earlier steps is added to the logits, so that a stable proposal passes a threshold sooner."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class CreditSettings:
    """`weight` of the credit in the logits, `decay` of the credit from step to step, `power` that the probability of a
    step's first choice is raised to before it is added."""

    weight: float
    decay: float
    power: float


class Credit:
    """The credit of every token at every position of one canvas, [canvas, vocab]."""

    def __init__(self, settings: CreditSettings) -> None:
        self._settings = settings
        self._credit: Tensor | None = None

    def added(self, logits: Tensor) -> Tensor:
        """Take note of a step's logits [canvas, vocab], and give them with the credit so far."""
        best = logits.softmax(-1).max(-1)
        credit = torch.zeros_like(logits) if self._credit is None else self._credit * self._settings.decay
        credit[torch.arange(len(logits)), best.indices] += best.values**self._settings.power
        self._credit = credit
        return logits + self._settings.weight * credit.log1p()

    def follow(self, order: Tensor | None) -> None:
        """The canvas' positions have moved: where each comes from; None for a new canvas."""
        if self._credit is not None:
            self._credit = None if order is None else self._credit[order]
