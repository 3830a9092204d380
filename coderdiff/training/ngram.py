"""A cheap language model to compare vocabularies by: interpolated Kneser-Ney n-grams of token ids.

Vocabularies cannot be compared by loss per token; bits per byte of held-out text can be. The order is high
enough that data, not the window, limits the model; or else longer tokens would win by seeing further. After
Kneser and Ney (1995), with one discount an order, as in Chen and Goodman (1999), section 2.7.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Order:
    """The counts of one n-gram length. `grams` and `contexts` are sorted hashes; the rest goes with them."""

    grams: Keys
    counts: Floats
    contexts: Keys
    totals: Floats
    followers: Floats
    discount: float


class KneserNey:
    """An n-gram model of token ids below `vocab_size`, trained on `ids` (documents one after the other)."""

    def __init__(self, ids: Ids, vocab_size: int, order: int = 6) -> None:
        self._vocab_size = vocab_size
        # A random linear hash of 64 bits: collisions among millions of n-grams are not to be expected.
        self._multipliers: Keys = np.random.default_rng(0).integers(1, 2**64, size=order, dtype=np.uint64)
        self._orders: list[_Order] = []
        first: npt.NDArray[np.intp] | None = None
        for size in range(order, 0, -1):
            contexts, grams = self._hashes(ids, size)
            if first is not None:
                # Lower orders count in how many contexts an n-gram was seen: once for each n-gram one longer.
                contexts, grams = contexts[first], grams[first]
            keys, index, counts = _distinct(grams)
            context_keys, inverse = np.unique(contexts[index], return_inverse=True)
            once, twice = int((counts == 1).sum()), int((counts == 2).sum())
            self._orders.append(
                _Order(
                    grams=keys,
                    counts=counts.astype(np.float64),
                    contexts=context_keys,
                    totals=np.bincount(inverse, weights=counts).astype(np.float64),
                    followers=np.bincount(inverse).astype(np.float64),
                    discount=once / (once + 2 * twice) if once else 0.5,
                )
            )
            first = index if first is None else first[index]
        self._orders.reverse()

    def bits(self, ids: Ids) -> float:
        """The bits that the model spends on `ids`, all told."""
        probability: Floats = np.full(len(ids), 1.0 / self._vocab_size)
        for size, order in enumerate(self._orders, start=1):
            contexts, grams = self._hashes(ids, size)
            totals = _look_up(order.contexts, order.totals, contexts)
            followers = _look_up(order.contexts, order.followers, contexts)
            counts = _look_up(order.grams, order.counts, grams)
            seen = np.maximum(counts - order.discount, 0.0) + order.discount * followers * probability
            probability = np.divide(seen, totals, out=probability, where=totals > 0)
        return float(-np.log2(probability).sum())

    def _hashes(self, ids: Ids, size: int) -> tuple[Keys, Keys]:
        """Hashes of the context and of all of the n-gram that ends at each position; zeros stand in front."""
        codes = ids.astype(np.uint64) + np.uint64(1)
        contexts = np.zeros(len(ids), dtype=np.uint64)
        for back in range(1, size):
            contexts[back:] += codes[:-back] * self._multipliers[back]
        return contexts, contexts + codes * self._multipliers[0]


def _distinct(grams: Keys) -> tuple[Keys, npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The distinct hashes, sorted, with a place and the count of each; `np.unique` would be far slower."""
    order = np.argsort(grams)
    ordered = grams[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    return ordered[starts], order[starts], np.diff(np.append(starts, len(grams)))


def _look_up(keys: Keys, values: Floats, wanted: Keys) -> Floats:
    """The value of each wanted key; 0 for those there are not."""
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, values[at], 0.0)
