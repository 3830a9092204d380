"""In which lines two texts differ."""

from __future__ import annotations

from collections.abc import Sequence

from coderdiff.context.common import in_common


def changed_lines(old: Sequence[str], new: Sequence[str]) -> tuple[int, int, int]:
    """The one stretch in which two texts differ: its first line (from 0), and its end in either, exclusive."""
    start, same = in_common(old, new)
    return start, len(old) - same, len(new) - same
