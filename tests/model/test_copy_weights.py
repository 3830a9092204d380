"""`copying.json`: what is written is read; anything else is one line that says so."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from coderdiff.errors import CheckpointError
from coderdiff.model.copy_weights import (
    HALVES,
    NAME,
    SHAPE,
    WORDS,
    WORDS_SHAPE,
    CopyWeights,
    read_copy_weights,
    write_copy_weights,
)


def test_a_model_without_them_has_none(tmp_path: Path) -> None:
    assert read_copy_weights(tmp_path) is None


def test_round_trip(tmp_path: Path) -> None:
    draw = np.random.default_rng(1)
    weights = CopyWeights(draw.random(SHAPE), draw.random(SHAPE))
    write_copy_weights(tmp_path, weights, "a test")
    read = read_copy_weights(tmp_path)
    assert read is not None
    np.testing.assert_allclose(read.near, weights.near, atol=1e-4)
    np.testing.assert_allclose(read.far, weights.far, atol=1e-4)
    assert read.words is None


def test_round_trip_of_those_for_words(tmp_path: Path) -> None:
    draw = np.random.default_rng(2)
    weights = CopyWeights(draw.random(SHAPE), draw.random(SHAPE), draw.random(WORDS_SHAPE))
    write_copy_weights(tmp_path, weights, "a test")
    read = read_copy_weights(tmp_path)
    assert read is not None
    assert read.words is not None
    np.testing.assert_allclose(read.words, weights.words, atol=1e-4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "another version"),
        ({"classes": {}}, "another version"),
        ({"near": [[1]]}, "'near' is no table"),
        ({"far": "much"}, "'far' is no table"),
        ({"far": np.full(SHAPE, 1.5).tolist()}, "'far' is no table"),
        ({"words": np.zeros(WORDS_SHAPE).tolist()}, "another version"),
        (
            {"words": [[1]], "classes of words": {"halves": [*HALVES], "words": [*WORDS]}},
            "'words' is no table",
        ),
    ],
)
def test_what_does_not_fit(tmp_path: Path, change: dict[str, object], message: str) -> None:
    write_copy_weights(tmp_path, CopyWeights(np.zeros(SHAPE), np.zeros(SHAPE)), "a test")
    path = tmp_path / NAME
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(CheckpointError, match=message):
        read_copy_weights(tmp_path)
