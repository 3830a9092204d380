"""How likely a completion is to be kept: always a probability, surer with surer tokens."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderdiff.decoding.keeping import features, keep_probability, line_begun
from coderdiff.model.keep_weights import FEATURES, KeepWeights

KNOWS_ITSELF = KeepWeights((0.0, 1.0, 0.0, 0.0, 0.0, 0.0))
LOGS = st.lists(st.floats(-60, 0), min_size=1, max_size=40)


@given(
    LOGS,
    st.sampled_from(["stop", "length", "deadline"]),
    st.lists(st.floats(-50, 50), min_size=len(FEATURES), max_size=len(FEATURES)),
    st.booleans(),
)
def test_it_is_a_probability_whatever_the_weights(
    logs: list[float], reason: str, weights: list[float], begun: bool
) -> None:
    assert len(features(logs, reason, begun)) == len(FEATURES)  # type: ignore[arg-type]
    assert 0 <= keep_probability(KeepWeights(tuple(weights)), logs, reason, begun) <= 1  # type: ignore[arg-type]


@pytest.mark.parametrize("chances", [[0.5], [0.9, 0.8], [0.99] * 20, [0.3, 0.1]])
def test_one_that_knows_itself_gives_the_product_of_its_tokens(chances: list[float]) -> None:
    logs = [math.log(each) for each in chances]
    assert keep_probability(KNOWS_ITSELF, logs, "stop", True) == pytest.approx(math.prod(chances))


def test_certain_and_impossible_tokens_have_an_end() -> None:
    assert keep_probability(KNOWS_ITSELF, [0.0, 0.0], "stop", True) > 0.999
    assert keep_probability(KNOWS_ITSELF, [-math.inf], "stop", True) < 1e-6


@pytest.mark.parametrize(
    ("before", "begun"),
    [("", False), ("x = ", True), ("x = 1\n", False), ("x = 1\n    ", False), ("a\n  b", True)],
)
def test_a_line_is_begun_by_what_stands_before_the_hole(before: str, begun: bool) -> None:
    assert line_begun(before + "\nmore", len(before)) is begun
