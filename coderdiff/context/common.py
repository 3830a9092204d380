"""How much two versions of one text have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def in_common(old: Sequence[object], new: Sequence[object]) -> tuple[int, int]:
    """How many items (bytes, lines) are the same at the start, and how many of the others at the end."""
    most = min(len(old), len(new))
    start = _same(most, lambda low, high: old[low:high] == new[low:high])
    end = _same(
        most - start,
        lambda low, high: old[len(old) - high : len(old) - low] == new[len(new) - high : len(new) - low],
    )
    return start, end


def _same(most: int, equal: Callable[[int, int], bool]) -> int:
    """How many items are the same, by halves: slices compare at the speed of memory."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if equal(low, middle):
            low = middle
        else:
            high = middle - 1
    return low
