"""The n-gram model is a probability, and learns."""

from __future__ import annotations

import numpy as np
import pytest

from coderdiff.training.ngram import KneserNey

VOCABULARY = 7
NOISE = np.random.default_rng(0).integers(0, VOCABULARY, 500)


@pytest.mark.parametrize("context", [[1, 2], [3], [], [6, 6, 6, 6]])
def test_the_next_tokens_sum_to_one(context: list[int]) -> None:
    model = KneserNey(NOISE, VOCABULARY, order=3)
    known = model.bits(np.array(context, dtype=np.int64)) if context else 0.0
    following = [model.bits(np.array([*context, token])) - known for token in range(VOCABULARY)]
    assert sum(2.0**-bits for bits in following) == pytest.approx(1.0)


def test_noise_costs_its_entropy_and_a_pattern_nearly_nothing() -> None:
    fresh = np.random.default_rng(1).integers(0, VOCABULARY, 500)
    assert KneserNey(NOISE, VOCABULARY, order=3).bits(fresh) / 500 > np.log2(VOCABULARY) - 0.1
    pattern = np.tile(np.arange(VOCABULARY), 100)
    assert KneserNey(pattern, VOCABULARY, order=3).bits(pattern[:70]) / 70 < 0.1
