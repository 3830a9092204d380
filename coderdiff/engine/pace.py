"""How quickly rows are computed, at best and lately: what cannot be in time even so is not begun."""

from __future__ import annotations

LEAST_ROWS = 64
"""A forward of fewer says nothing: what it costs whatever its rows are would be counted as theirs."""

FORGET = 1.02
"""Each forward that is slower makes the best so far slower by this: machines become busy."""


class Pace:
    """Milliseconds a row of the quickest forward of late; 0 before there is one."""

    def __init__(self) -> None:
        self.row_ms = 0.0

    def took(self, ms: float, rows: int) -> None:
        """A forward of so many rows took so long."""
        if rows >= LEAST_ROWS:
            self.row_ms = min(ms / rows, self.row_ms * FORGET if self.row_ms else ms / rows)

    def at_best_ms(self, rows: int) -> float:
        """What so many rows take at least."""
        return rows * self.row_ms
