"""`keeping.json`: what is written is read, and what is wrong with it is said in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from coderdiff.errors import CheckpointError
from coderdiff.model.keep_weights import FEATURES, NAME, KeepWeights, read_keep_weights, write_keep_weights

WEIGHTS = KeepWeights((0.25, 1.0, -0.5, 0.125, -2.0, 0.5))


def test_what_is_written_is_read(tmp_path: Path) -> None:
    assert read_keep_weights(tmp_path) is None
    write_keep_weights(tmp_path, WEIGHTS, "how")
    assert read_keep_weights(tmp_path) == WEIGHTS
    assert json.loads((tmp_path / NAME).read_text())["notes"] == "how"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "other"}, "another version"),
        ({"features": [*FEATURES, "more"]}, "another version"),
        ({"weights": [1.0]}, "list of 6 numbers"),
        ({"weights": ["a"] * 6}, "list of 6 numbers"),
        ({"weights": None}, "list of 6 numbers"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, change: dict[str, object], said: str) -> None:
    write_keep_weights(tmp_path, WEIGHTS, "how")
    path = tmp_path / NAME
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(CheckpointError, match=said) as told:
        read_keep_weights(tmp_path)
    assert NAME in str(told.value)
