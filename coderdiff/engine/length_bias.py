"""The length bias of a model (`decoding/lengths.py`) in a file beside its weights."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from coderdiff.decoding.lengths import LengthBias
from coderdiff.errors import CheckpointError

BIAS_NAME = "length_bias.json"


def read_bias(folder: Path) -> LengthBias | None:
    """The bias beside a model's weights; None if there is none. Raises CheckpointError for a file that is damaged."""
    path = folder / BIAS_NAME
    if not path.is_file():
        return None
    try:
        return LengthBias(
            **{name: float(value) for name, value in json.loads(path.read_text("utf-8")).items()}
        )
    except (OSError, ValueError, TypeError, AttributeError):
        raise CheckpointError(f"{path} is no length bias: remove it, or calibrate the model again") from None


def write_bias(folder: Path, bias: LengthBias) -> Path:
    """Put a bias beside a model's weights; returns the file."""
    path = folder / BIAS_NAME
    path.write_text(json.dumps(asdict(bias), indent=1) + "\n", encoding="utf-8")
    return path
