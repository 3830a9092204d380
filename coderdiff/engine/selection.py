"""Which of many chunks are worth reading in full: those that share rare tokens with what stands around the hole.

Two resolutions of far context: its ids, which cost nothing to compare, and its keys and values, which cost a forward.
Retrieving chunks instead of reading all of them is what Landmark Attention (arXiv 2305.16300) and Quest (arXiv
2406.10774) do by keys; by ids, as BM25 does for texts, it is known before anything was read.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

Feature = int | tuple[int, int]

HALF = 32
"""So many tokens from the hole a token counts half as much as right beside it."""


def most_alike(texts: Sequence[Sequence[int]], near: Sequence[int], hole: int, most: int) -> list[int]:
    """Numbers of the at most `most` texts that have most in common with `near`, in the order of the texts.

    Common are ids, and pairs of them side by side, each worth the more the fewer texts have it, and the closer it
    stands to place `hole` of `near`. The first text is always among them: what a file begins with, its imports, speaks
    of all of it. Of equal ones the last are taken.
    """
    if len(texts) <= most:
        return list(range(len(texts)))
    counts = [Counter(_features(text)) for text in texts]
    having = Counter(feature for counted in counts for feature in counted)
    closeness: dict[Feature, float] = {}
    sequences: tuple[Sequence[Feature], ...] = (near, [*pairwise(near)])
    for features in sequences:
        for at, feature in enumerate(features):
            closeness[feature] = max(closeness.get(feature, 0.0), HALF / (HALF + abs(at - hole)))
    wanted = {
        feature: weight * math.log(len(texts) / having[feature])
        for feature, weight in closeness.items()
        if feature in having
    }

    def worth(number: int) -> float:
        common = counts[number].keys() & wanted.keys()
        return sum(wanted[feature] * (1 - 1 / (counts[number][feature] + 1)) for feature in common)

    others = sorted(range(1, len(texts)), key=lambda number: (worth(number), number), reverse=True)
    return sorted([0, *others[: most - 1]]) if most else []


def _features(ids: Sequence[int]) -> list[Feature]:
    return [*ids, *pairwise(ids)]
