"""How a canvas' length is searched for, and the bias that is divided out."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderdiff.decoding.lengths import AROUND, CANDIDATES, LengthBias, Lengths, LengthSearch, fit
from coderdiff.errors import CheckpointError

BIAS = LengthBias(0.5, 1.0, 0.4, 0.06, 0.2)


@given(st.integers(1, 64), st.integers(1, 200))
def test_a_peak_is_found_in_two_rounds_of_few_lengths(true: int, most: int):
    """Confidence is the bias, higher the nearer to the true length."""
    search = LengthSearch(Lengths(BIAS), most)
    rounds = 0
    while search.found is None:
        asked = search.ask()
        assert 0 < len(asked) <= max(len(CANDIDATES), AROUND)
        assert all(1 <= length <= most for length in asked)
        search.take([BIAS.at(length) * (1 + math.exp(-abs(length - true) / 4)) for length in asked])
        rounds += 1
    assert rounds <= 2
    assert abs(search.found - min(true, most)) <= 3


def test_without_the_bias_short_canvases_would_always_win():
    flat = LengthSearch(Lengths(LengthBias(0, 1, 0, 1, 1.0)), 64)
    search = LengthSearch(Lengths(BIAS), 64)
    for each in (flat, search):
        while each.found is None:
            each.take([BIAS.at(length) + 0.1 * (length == 24) for length in each.ask()])
    assert (flat.found, search.found) == (1, 24)


def test_a_bias_is_fitted_to_what_was_measured():
    measured = {length: BIAS.at(length) for length in CANDIDATES}
    found = fit(measured)
    for length in range(1, 65):
        assert found.at(length) == pytest.approx(BIAS.at(length), abs=0.02)


def test_no_bias_fits_a_confidence_that_rises():
    with pytest.raises(CheckpointError, match="does not fall"):
        fit({length: length / 100 for length in CANDIDATES})
