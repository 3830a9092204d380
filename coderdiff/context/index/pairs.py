"""Pairs of numbers as one number each, the first one's bits above the second's: so they are sorted, and told apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Pairs = npt.NDArray[np.integer[Any]]


def width_of(firsts: int, bits: int) -> np.dtype[np.unsignedinteger[Any]]:
    """The numbers for pairs with so many first ones, and second ones of so many bits.

    Half as wide ones are sorted in half the time.
    """
    return np.dtype(np.uint32) if firsts << bits <= 1 << 32 else np.dtype(np.uint64)


def distinct(pairs: Pairs) -> Pairs:
    """Each of the pairs once, in order. What is given is sorted in its place."""
    pairs.sort()
    is_new = np.ones(len(pairs), dtype=np.bool_)
    np.not_equal(pairs[1:], pairs[:-1], out=is_new[1:])
    return pairs[is_new]
