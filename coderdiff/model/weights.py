"""Safetensors files <-> a network's weights: checked by name, shape and type before anything is read.

Where published weights are cut otherwise than ours, a `Place` says how: it is data, so the files are checked against
it by shape before a byte of a weight is read.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from coderdiff.errors import CheckpointError
from coderdiff.model.files import one_line, read_json, replaced

WEIGHTS_NAME = "model.safetensors"
INDEX_NAME = "model.safetensors.index.json"

_TYPES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}
"""The stored types that are read, and the bytes of a number."""

_TOGETHER = "take config and weights from the same model"
_NAMED = 3
"""How many weights an error names before it only counts the rest."""


@dataclass(frozen=True)
class Piece:
    """The place of a weight that is a piece of one of ours: of `ours[at]`, part `part` of `parts` equal ones by rows.

    The experts of a layer are one weight of ours, [experts, rows, columns], and often many of theirs.
    """

    ours: str
    at: int
    part: int = 0
    parts: int = 1


Place = str | tuple[str, ...] | Piece | None
"""Where a published weight belongs: it is one of ours; or several, one after the other by rows; or a piece of one; or
nowhere (None): it carries nothing of its own and may be absent."""


def weight_files(folder: Path) -> dict[Path, set[str]]:
    """The weight files of a checkpoint, and which weights the index says each has (none without an index).

    Raises CheckpointError if there is no file, or one of those the index names is not there.
    """
    if (folder / WEIGHTS_NAME).is_file():
        return {folder / WEIGHTS_NAME: set()}
    index = folder / INDEX_NAME
    if not index.is_file():
        raise CheckpointError(
            f"{folder} has no {WEIGHTS_NAME}: give a model folder whose weights are safetensors"
        )
    located = read_json(index).get("weight_map")
    if not isinstance(located, dict) or not located:
        raise CheckpointError(f"{index} has no weight_map: download it again")
    files: dict[Path, set[str]] = {}
    for name, file in located.items():
        if not isinstance(file, str) or Path(file).name != file:
            raise CheckpointError(f"{index} places {name} in {file!r}: only files beside it can be used")
        files.setdefault(folder / file, set()).add(name)
    absent = [path.name for path in files if not path.is_file()]
    if absent:
        raise CheckpointError(f"{folder} lacks {_some(absent)}, named by {INDEX_NAME}: download it again")
    return files


def stored_names(folder: Path) -> set[str]:
    """The names of all weights in a checkpoint's files, by its index or by the one file's header."""
    files = weight_files(folder)
    listed = {name for names in files.values() for name in names}
    if listed:
        return listed
    [path] = files
    with _open(path) as file:
        return set(file.keys())


@dataclass(frozen=True)
class Stored:
    """What a checkpoint's files hold of a network: bytes of its weights, and the types they are stored as."""

    bytes: int
    types: tuple[str, ...]


def check_weights(
    files: Mapping[Path, set[str]], places: Mapping[str, Place], shapes: Mapping[str, torch.Size]
) -> Stored:
    """All that `read_weights` checks, by the files' headers: no weight is read. Raises as that does."""
    with ExitStack() as stack:
        used = _checked(stack, files, places, shapes)
        types = {name: file.get_slice(name).get_dtype() for name, (file, _) in used.items()}
        total = sum(
            math.prod(_stored_shape(place, shapes)) * _TYPES[types[name]] for name, (_, place) in used.items()
        )
        return Stored(total, tuple(sorted(set(types.values()))))


def read_weights(
    files: Mapping[Path, set[str]],
    places: Mapping[str, Place],
    shapes: Mapping[str, torch.Size],
    device: torch.device | str,
    dtype: torch.dtype,
    wide: Collection[str] = (),
) -> dict[str, Tensor]:
    """Weights by our names, in `dtype` on `device` (those named in `wide` in float32), read one at a time.

    `places` has every name that may be in the files; `shapes` is every weight of ours that must be there. On the
    CPU, weights already of `dtype` stay mapped to their file and take no memory of their own, unless they are put
    together from pieces. Raises CheckpointError for a corrupt file and for weights missing, unexpected, of another
    shape or type.
    """
    with ExitStack() as stack:
        used = _checked(stack, files, places, shapes)
        weights: dict[str, Tensor] = {}
        for name, (file, place) in used.items():
            stored = file.get_tensor(name)
            if isinstance(place, Piece):
                kept = torch.float32 if place.ours in wide else dtype
                if place.ours not in weights:
                    weights[place.ours] = torch.empty(shapes[place.ours], dtype=kept, device=device)
                rows = slice(place.part * len(stored), (place.part + 1) * len(stored))
                weights[place.ours][place.at, rows] = stored
                continue
            several = (place,) if isinstance(place, str) else place
            parts = stored.split([shapes[ours][0] for ours in several])
            for ours, part in zip(several, parts, strict=True):
                weights[ours] = part.to(device=device, dtype=torch.float32 if ours in wide else dtype)
        return {ours: weights[ours] for ours in shapes}


def write_weights(
    path: Path, weights: Mapping[str, Tensor], dtype: torch.dtype | None, wide: Collection[str] = ()
) -> None:
    """Write `weights` atomically, in `dtype` if given; those named in `wide` as they are."""
    plain = {
        name: tensor.detach().to("cpu", None if name in wide else dtype).contiguous()
        for name, tensor in weights.items()
    }
    with replaced(path) as partial:
        save_file(plain, partial, metadata={"format": "pt"})


def _checked(
    stack: ExitStack,
    files: Mapping[Path, set[str]],
    places: Mapping[str, Place],
    shapes: Mapping[str, torch.Size],
) -> dict[str, tuple[Any, str | tuple[str, ...] | Piece]]:
    """Their name of each weight -> the open file it is in and its place among ours, once all of them fit."""
    opened = {path: stack.enter_context(_open(path)) for path in files}
    found = _locate(files, opened)
    used = _match(found, places, where=next(iter(files)).parent)
    for name, place in used.items():
        _check(opened[found[name]], found[name], name, _stored_shape(place, shapes))
    return {name: (opened[found[name]], place) for name, place in used.items()}


def _open(path: Path) -> Any:
    try:
        return safe_open(path, framework="pt")
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"{path} is corrupt or cut off ({one_line(error)}): download or save it again"
        ) from error


def _locate(files: Mapping[Path, set[str]], opened: Mapping[Path, Any]) -> dict[str, Path]:
    """Where each weight is, by the files themselves; raises CheckpointError if the index says otherwise."""
    found = {name: path for path, file in opened.items() for name in file.keys()}  # noqa: SIM118
    for path, listed in files.items():
        absent = [name for name in listed if found.get(name) != path]
        if absent:
            raise CheckpointError(
                f"{path} lacks {_some(absent)}, which {INDEX_NAME} names: download it again"
            )
    return found


def _match(
    found: Mapping[str, Path], places: Mapping[str, Place], where: Path
) -> dict[str, str | tuple[str, ...] | Piece]:
    """The weights to be read and their places; raises CheckpointError for weights missing or unexpected."""
    unexpected = [name for name in found if name not in places]
    if unexpected:
        raise CheckpointError(f"{where}: the config has no place for {_some(unexpected)}: {_TOGETHER}")
    used = {name: place for name, place in places.items() if place is not None}
    missing = [name for name in used if name not in found]
    if missing:
        raise CheckpointError(f"{where}: the weights lack {_some(missing)}: {_TOGETHER}")
    return used


def _stored_shape(place: str | tuple[str, ...] | Piece, shapes: Mapping[str, torch.Size]) -> tuple[int, ...]:
    """The shape in the file of a weight that belongs to `place`."""
    if isinstance(place, Piece):
        _, rows, *rest = shapes[place.ours]
        return (rows // place.parts, *rest)
    several = (place,) if isinstance(place, str) else place
    return (sum(shapes[ours][0] for ours in several), *shapes[several[0]][1:])


def _check(file: Any, path: Path, name: str, shape: tuple[int, ...]) -> None:
    """Raise CheckpointError unless the weight `name` has `shape` and holds plain numbers."""
    stored = file.get_slice(name)
    if tuple(stored.get_shape()) != shape:
        raise CheckpointError(
            f"{path}: {name} has shape {list(stored.get_shape())}, the config says {list(shape)}: {_TOGETHER}"
        )
    if stored.get_dtype() not in _TYPES:
        raise CheckpointError(
            f"{path}: {name} is stored as {stored.get_dtype()}: coderdiff needs float32, float16 or bfloat16"
        )


def _some(names: Iterable[str]) -> str:
    """The first few of `names`, and how many more there are."""
    ordered = sorted(names)
    more = f" and {len(ordered) - _NAMED} more" if len(ordered) > _NAMED else ""
    return ", ".join(ordered[:_NAMED]) + more
