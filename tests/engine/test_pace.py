"""What rows take at best: by the quickest forward of late, never by what a small forward costs anyway."""

from __future__ import annotations

import pytest

from coderdiff.engine.pace import FORGET, LEAST_ROWS, Pace


def test_nothing_is_expected_of_what_is_not_known() -> None:
    assert Pace().at_best_ms(500) == 0


def test_the_quickest_counts_and_is_forgotten_slowly() -> None:
    pace = Pace()
    for ms in (200, 100, 400):
        pace.took(ms, 100)
    assert pace.at_best_ms(200) == pytest.approx(200 * FORGET)
    for _ in range(1000):
        pace.took(400, 100)
    assert pace.at_best_ms(200) == pytest.approx(800)


def test_any_number_of_small_forwards_leaves_it_as_it_was() -> None:
    """Of one row in 15 ms, as `reference` makes them by the thousand: a prompt of 450 is not read in 6.8 s for that."""
    pace = Pace()
    pace.took(120, 450)
    for _ in range(5000):
        pace.took(15, 1)
        pace.took(20, LEAST_ROWS - 1)
    assert pace.at_best_ms(450) == pytest.approx(120)
