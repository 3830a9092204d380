"""Files of a checkpoint: JSON read with one-line errors, and writes that nobody ever sees half done."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coderdiff.errors import CheckpointError


def existing(path: Path) -> Path:
    """`path`; raises CheckpointError if there is no such file."""
    if not path.is_file():
        raise CheckpointError(f"{path.parent} has no {path.name}: give the folder of a whole model")
    return path


def read_json(path: Path) -> dict[str, object]:
    """The JSON object in a file; raises CheckpointError if there is none."""
    try:
        values = json.loads(existing(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:  # ValueError: not UTF-8 or not JSON
        raise CheckpointError(
            f"{path} is not readable JSON ({one_line(error)}): download or save it again"
        ) from error
    if not isinstance(values, dict):
        raise CheckpointError(f"{path} is not a JSON object: download or save it again")
    return values


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """Yield a new file's path beside `path`; in the end it takes `path`'s place, or is dropped on an error.

    Its rights are any new file's, whatever the writer gives it. Raises OSError like the write itself.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        partial.touch()
        mode = partial.stat().st_mode
        yield partial
        partial.chmod(mode)
        with partial.open("rb+") as file:
            os.fsync(file.fileno())  # else a power cut could leave the new name with no content
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def about(path: Path) -> Iterator[None]:
    """Put `path` before the message of a CheckpointError raised within."""
    try:
        yield
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from error


def one_line(error: Exception) -> str:
    """An error's text without line ends."""
    return " ".join(str(error).split())
