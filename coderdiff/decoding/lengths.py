"""How long a canvas between two sides should be, where the network has no tokens to change it on the way.

An empty canvas of the right length is the one the network is surest of at first sight, once its liking for short
ones is divided out (CAL, arXiv 2602.00476). Candidates are looked at in one packed forward, the lengths around the best
of them in a second; the bias is fitted for each model (`fit`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import torch

from coderdiff.errors import CheckpointError

CANDIDATES = (1, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64)
"""Lengths of the first packed forward."""

AROUND = 8
"""Lengths at most of the second one, on both sides of the best so far."""

_FAST = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0)
_SLOW = (0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.12, 0.16, 0.2)


@dataclass(frozen=True)
class LengthBias:
    """Mean first-sight confidence of a canvas that is not the right one, by its length L: `fast_height *
    exp(-fast * L) + slow_height * exp(-slow * L) + floor`."""

    fast_height: float
    fast: float
    slow_height: float
    slow: float
    floor: float

    def at(self, length: int) -> float:
        """The bias of one length, above 0."""
        value = self.fast_height * math.exp(-self.fast * length) + self.slow_height * math.exp(
            -self.slow * length
        )
        return max(value + self.floor, 1e-6)


DREAM_CODER_BIAS = LengthBias(1.00, 1.77, 0.56, 0.06, 0.24)
"""As published for Dream-Coder 7B: what a model is taken to have that was not calibrated."""


@dataclass(frozen=True)
class Lengths:
    """What to look for: candidates, rising, and the model's bias."""

    bias: LengthBias = DREAM_CODER_BIAS
    candidates: tuple[int, ...] = CANDIDATES


class LengthSearch:
    """`ask` which lengths to look at, `take` their confidences, until one is `found`; two rounds at most."""

    def __init__(self, lengths: Lengths, most: int) -> None:
        self._bias = lengths.bias
        self._scores: dict[int, float] = {}
        fitting = [length for length in lengths.candidates if length <= most]
        self._asked = fitting or [max(1, most)]
        self._most = most
        self._rounds = 0
        self.found: int | None = None

    def ask(self) -> list[int]:
        """The lengths to look at next, in one forward."""
        return self._asked

    def take(self, confidences: Sequence[float]) -> None:
        """The mean confidences of canvases of these lengths."""
        for length, confidence in zip(self._asked, confidences, strict=True):
            self._scores[length] = confidence / self._bias.at(length)
        self._rounds += 1
        best = max(self._scores, key=lambda length: self._scores[length])
        self._asked = self._around(best) if self._rounds == 1 else []
        if not self._asked:
            self.found = best

    def _around(self, best: int) -> list[int]:
        """Lengths between the best and its neighbours, as evenly as there are places for."""
        known = sorted(self._scores)
        at = known.index(best)
        low = known[at - 1] if at else 0
        high = known[at + 1] if at + 1 < len(known) else min(self._most, best + best // 2) + 1
        between = [length for length in range(low + 1, high) if length != best]
        step = max(1, -(-len(between) // AROUND))
        return between[step // 2 :: step]


def fit(confidences: Mapping[int, float]) -> LengthBias:
    """The curve through mean confidences by length, at least five of them; least squares over a grid of rates.

    Raises CheckpointError where no falling curve fits.
    """
    assert len(confidences) >= 5
    lengths = torch.tensor(sorted(confidences), dtype=torch.float64)
    wanted = torch.tensor([confidences[int(length)] for length in lengths], dtype=torch.float64)
    best: tuple[float, LengthBias] | None = None
    for fast, slow in product(_FAST, _SLOW):
        waves = torch.stack(((-fast * lengths).exp(), (-slow * lengths).exp(), torch.ones_like(lengths)), 1)
        heights = torch.linalg.lstsq(waves, wanted[:, None]).solution[:, 0]
        if bool((heights < 0).any()):
            continue
        error = float((waves @ heights - wanted).square().sum())
        if best is None or error < best[0]:
            best = error, LengthBias(float(heights[0]), fast, float(heights[1]), slow, float(heights[2]))
    if best is None:
        raise CheckpointError(
            "the model's confidence does not fall with the length of a canvas: no bias to fit"
        )
    return best[1]
