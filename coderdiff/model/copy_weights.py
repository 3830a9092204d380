"""How far a model trusts what followed the same tokens before: `copying.json` beside its weights, made by
`coderdiff calibrate` (`decoding/copying.py` says how the weights are used)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from coderdiff.errors import CheckpointError
from coderdiff.model.files import about, read_json, replaced

NAME = "copying.json"
FORMAT = "coderdiff copying"
VERSION = 1

RUNS = (3, 4, 6, 9, 14)
PLACES = (2, 4)
SHARES = (0.5, 0.99)
SHAPE = (len(RUNS) + 1, len(PLACES) + 1, len(SHARES) + 1)
"""Classes of what was found: by length of the run in tokens, number of places it stood at, and share of the most
frequent token behind it. Each border belongs to the class above it."""

HALVES = (2, 3, 5, 8)
WORDS = (2, 4, 10)
WORDS_SHAPE = (len(HALVES) + 1, len(WORDS) + 1)
"""Classes of half-written words: by how many characters are written, and by how many words in sight begin so."""


@dataclass(frozen=True)
class CopyWeights:
    """The weight of what followed before against all else, [*SHAPE] each, in [0, 1]: in the file itself, and in
    related files; and that of the words in sight for a half-written one, [*WORDS_SHAPE], None: they do not count."""

    near: npt.NDArray[np.float64]
    far: npt.NDArray[np.float64]
    words: npt.NDArray[np.float64] | None = None


_ANEW = (
    "it is of another version of coderdiff: delete it, and make it anew with `coderdiff calibrate --write`"
)


def read_copy_weights(folder: Path) -> CopyWeights | None:
    """A model's own; None if it has none. Raises CheckpointError for a file that is corrupt or of other classes."""
    path = folder / NAME
    if not path.is_file():
        return None
    content = read_json(path)
    with about(path):
        expected = {"format": FORMAT, "version": VERSION, "classes": _classes()}
        if {key: content.get(key) for key in expected} != expected:
            raise CheckpointError(_ANEW)
        near, far = (_table(name, content.get(name), SHAPE) for name in ("near", "far"))
        if "words" not in content:
            return CopyWeights(near, far)
        if content.get("classes of words") != _classes_of_words():
            raise CheckpointError(_ANEW)
        return CopyWeights(near, far, _table("words", content["words"], WORDS_SHAPE))


def write_copy_weights(folder: Path, weights: CopyWeights, notes: str) -> None:
    """Put them beside a model; `notes` say for people what they were fitted on."""
    tables = {name: getattr(weights, name).round(4).tolist() for name in ("near", "far")}
    content = {"format": FORMAT, "version": VERSION, "notes": notes, "classes": _classes(), **tables}
    if weights.words is not None:
        content |= {"classes of words": _classes_of_words(), "words": weights.words.round(4).tolist()}
    with replaced(folder / NAME) as partial:
        partial.write_text(json.dumps(content) + "\n", encoding="utf-8")


def _classes() -> dict[str, list[float]]:
    return {"runs": [*RUNS], "places": [*PLACES], "shares": [*SHARES]}


def _classes_of_words() -> dict[str, list[int]]:
    return {"halves": [*HALVES], "words": [*WORDS]}


def _table(name: str, values: object, shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    try:
        table = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        table = np.empty(0)
    if table.shape != shape or not ((table >= 0) & (table <= 1)).all():
        raise CheckpointError(f"{name!r} is no table of {shape} numbers from 0 to 1")
    return table
