"""In which lines two texts differ."""

from __future__ import annotations

from collections.abc import Sequence


def changed_lines(old: Sequence[str], new: Sequence[str]) -> tuple[int, int, int]:
    """The one stretch in which two texts differ: its first line (from 0), and its end in either, exclusive."""
    most = min(len(old), len(new))
    start = next((at for at in range(most) if old[at] != new[at]), most)
    most -= start
    same = 0
    while same < most and old[len(old) - 1 - same] == new[len(new) - 1 - same]:
        same += 1
    return start, len(old) - same, len(new) - same
