"""The first choice of one row, with what was copied mixed in, without mixing the row.

Mixing scales all of a distribution but the few tokens that were copied. So the first choice is the network's own or
one of those, and a greedy reader needs no more of the row than its first choice and its sum: `CopyModel.mix` makes
the whole distribution for those that draw from it, and tests hold the two against each other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Row = npt.NDArray[np.float32]


class Own:
    """The network's probabilities for one row of logits [vocab], of which some may be -inf; worked out when asked."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.best = int(row.argmax())
        self._top = float(row[self.best])
        self._whole = math.log(float(np.exp(row - row[self.best]).sum(dtype=np.float64)))

    def __call__(self, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Of some tokens, as many."""
        found: npt.NDArray[np.float64] = np.exp(self.row[ids].astype(np.float64) - self._top - self._whole)
        return found

    def of(self, token: int) -> float:
        """Of one token."""
        return math.exp(self.log_of(token))

    def log_of(self, token: int) -> float:
        """The log of that."""
        return float(self.row[token]) - self._top - self._whole


@dataclass(frozen=True)
class First:
    """A row's first choice: the `token` and its log probability (its logit, where nothing was `mixed` in)."""

    token: int
    score: float
    mixed: Mixture | None
    row: Row

    def share(self, token: int) -> float:
        """A token's probability as a share of the first choice's."""
        own = float(self.row[token]) if self.mixed is None else self.mixed.score(token)
        return math.exp(own - self.score)

    def log_of(self, token: int) -> float:
        """A token's log probability."""
        return Own(self.row).log_of(token) if self.mixed is None else self.mixed.score(token)


@dataclass(frozen=True)
class Mixture:
    """The network's `own` probabilities times `scale`, and on top what was copied: `extra`, token to probability."""

    own: Own
    scale: float
    extra: Mapping[int, float]

    def score(self, token: int) -> float:
        """The log probability of a token, rounded as a row of logits is."""
        probability = self.own.of(token) * self.scale + self.extra.get(token, 0.0)
        return float(np.float32(math.log(probability))) if probability > 0 else -math.inf

    def first(self) -> First:
        """The most probable token; of equals the one with the smallest id, as `argmax` has it."""
        tokens = {self.own.best, *self.extra}
        score, negative = max((self.score(token), -token) for token in tokens)
        return First(-negative, score, self, self.own.row)
