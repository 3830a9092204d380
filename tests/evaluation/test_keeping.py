"""Fitting how likely completions are to be kept, and judging it."""

from __future__ import annotations

import math
import random

import pytest

from coderdiff.evaluation.infill import Answer
from coderdiff.evaluation.keeping import (
    Bin,
    Judged,
    answered_at,
    calibration_error,
    coverage,
    fit,
    judged,
    reliability,
    sureness,
)
from coderdiff.types import Completion


def answer(exact: bool, logs: tuple[float, ...], confidence: float | None = None, text: str = "x") -> Answer:
    completion = Completion(text, "stop", len(logs), 1, 1.0, "m", "p", logs=logs, confidence=confidence)
    return Answer("rest", exact, 1.0, not text, True, True, completion)


def overconfident(count: int) -> list[Answer]:
    """A model that is right with half the odds that it believes."""
    drawn = random.Random(3)
    found = []
    for _ in range(count):
        logs = tuple(math.log(drawn.uniform(0.4, 1.0)) for _ in range(drawn.randrange(1, 5)))
        believed = math.exp(sum(logs))
        odds = believed / (1 - believed) / 2
        found.append(answer(drawn.random() < odds / (1 + odds), logs))
    return found


def test_a_fit_mends_an_overconfident_model() -> None:
    weights = fit(overconfident(4000))
    fresh = overconfident(5000)[4000:]
    error = calibration_error(reliability(judged(fresh, weights)))
    believed = [Judged(math.exp(sum(each.completion.logs)), each.exact) for each in fresh]
    assert error < 0.05 < calibration_error(reliability(believed))


def test_nothing_to_fit_leaves_a_model_that_knows_itself() -> None:
    assert fit([]).weights == (0.0, 1.0, 0.0, 0.0, 0.0, 0.0)
    assert fit([answer(False, (), text="")]).weights == (0.0, 1.0, 0.0, 0.0, 0.0, 0.0)


def test_errors_and_coverage_by_hand() -> None:
    listed = [
        Judged(0.95, True),
        Judged(0.92, True),
        Judged(0.91, False),
        Judged(0.3, False),
        Judged(0.31, True),
    ]
    bins = reliability(listed)
    assert bins == [Bin(2, pytest.approx(0.305), 0.5), Bin(3, pytest.approx(2.78 / 3), pytest.approx(2 / 3))]
    assert calibration_error(bins) == pytest.approx((2 * 0.195 + 3 * 0.26) / 5)
    assert coverage(listed, 10, 0.9).answered == 0.3
    assert coverage(listed, 10, 0.9).precision == pytest.approx(2 / 3)
    assert coverage(listed, 10, 0.99).precision is None
    assert answered_at(listed, 10) == 0.2
    assert answered_at(listed, 10, precision=0.6) == 0.5
    assert calibration_error([]) == 0.0
    assert answered_at([], 10) == 0.0


def test_figures_are_of_those_that_carry_a_confidence() -> None:
    [rest, everything] = sureness("p", [answer(True, (-0.1,), 0.9), answer(False, (-3.0,), None)])
    assert (rest.kind, rest.holes, rest.completions) == ("rest", 2, 1)
    assert everything.kind == "all"
    assert sureness("p", [answer(True, (-0.1,))]) == []
