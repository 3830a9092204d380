"""How likely a completion is to be what its author writes, by how sure the model was of its tokens: `keeping.json`
beside a model's weights, made by `coderdiff calibrate --confidence` (`decoding/keeping.py` says how it is used)."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

from coderdiff.errors import CheckpointError
from coderdiff.model.files import about, read_json, replaced

NAME = "keeping.json"
FORMAT = "coderdiff keeping"
VERSION = 1

FEATURES = (
    "always", "odds of all tokens", "least log probability", "log of tokens", "cut off", "line begun"
)  # fmt: skip
"""What is known of a completion (`decoding.keeping.features`), in the order of the weights."""


@dataclass(frozen=True)
class KeepWeights:
    """Weights of a logistic regression, one for each of `FEATURES`."""

    weights: tuple[float, ...]


def read_keep_weights(folder: Path) -> KeepWeights | None:
    """A model's own; None if it has none. Raises CheckpointError for a file that is corrupt or of other features."""
    path = folder / NAME
    if not path.is_file():
        return None
    content = read_json(path)
    with about(path):
        expected = {"format": FORMAT, "version": VERSION, "features": [*FEATURES]}
        if {key: content.get(key) for key in expected} != expected:
            raise CheckpointError(
                "it is of another version of coderdiff: "
                "delete it, and make it anew with `coderdiff calibrate --confidence --write`"
            )
        weights = content.get("weights")
        if (
            not isinstance(weights, list)
            or len(weights) != len(FEATURES)
            or not all(isinstance(each, int | float) and math.isfinite(each) for each in weights)
        ):
            raise CheckpointError(f"'weights' is no list of {len(FEATURES)} numbers")
        return KeepWeights(tuple(map(float, weights)))


def write_keep_weights(folder: Path, weights: KeepWeights, notes: str) -> None:
    """Put them beside a model; `notes` say for people what they were fitted on."""
    content = {
        "format": FORMAT,
        "version": VERSION,
        "notes": notes,
        "features": [*FEATURES],
        "weights": [round(each, 4) for each in weights.weights],
    }
    with replaced(folder / NAME) as partial:
        partial.write_text(json.dumps(content) + "\n", encoding="utf-8")
