"""`FileSymbols` <-> the two blobs that the index keeps of it: definitions, the rest. References are not kept.

A blob is a JSON list, deflated. JSON rather than pickle or marshal, because a cache file must not be able to run code
or crash the process; zlib's checksum tells a damaged blob from a sound one.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import Any

from coderdiff.context.records import Binding, Definition, FileSymbols, Import

_LEVEL = 1
_ENCODER = json.JSONEncoder(separators=(",", ":"), check_circular=False)


class DamagedError(Exception):
    """A blob that is not what was written: the index has to be built anew. Never leaves the room."""


@dataclass(frozen=True, slots=True)
class Blobs:
    """The symbols of one file, ready to be stored."""

    definitions: bytes
    rest: bytes


def encode(symbols: FileSymbols) -> Blobs:
    """Pack the symbols of one file, its references left out."""
    rest = (
        symbols.language,
        symbols.lines,
        symbols.broken,
        symbols.chunks,
        [(each.module, each.name, each.alias, each.line) for each in symbols.imports],
        [(each.target, each.type, each.made, each.line, each.scope) for each in symbols.bindings],
    )
    return Blobs(pack([_row(each) for each in symbols.definitions]), pack(rest))


def decode(blobs: Blobs) -> FileSymbols:
    """What was packed. Raises DamagedError."""
    language, lines, broken, chunks, imports, bindings = _columns(blobs.rest, 6)
    try:
        return FileSymbols(
            language,
            lines,
            definitions_of(blobs.definitions),
            (),
            tuple(Import(*each) for each in imports),
            tuple(Binding(*each) for each in bindings),
            tuple((first, last) for first, last in chunks),
            broken,
        )
    except (TypeError, ValueError) as error:
        raise DamagedError(str(error)) from error


def definitions_of(blob: bytes) -> tuple[Definition, ...]:
    """All definitions of one file. Raises DamagedError."""
    try:
        return tuple(
            Definition(name, kind, scope, start, end, signature, doc, tuple(bases), declared)
            for name, kind, scope, start, end, signature, doc, bases, declared in unpack(blob)
        )
    except (TypeError, ValueError) as error:
        raise DamagedError(str(error)) from error


def pack(value: object) -> bytes:
    """Any JSON value, deflated."""
    return zlib.compress(_ENCODER.encode(value).encode(), _LEVEL)


def unpack(blob: bytes) -> Any:
    """The value that was packed. Raises DamagedError."""
    try:
        return json.loads(zlib.decompress(blob))
    except (zlib.error, TypeError, ValueError) as error:
        raise DamagedError(str(error)) from error


def pack_text(text: str) -> bytes:
    """A file's text, deflated; what UTF-8 cannot hold becomes a question mark."""
    return zlib.compress(text.encode(errors="replace"), _LEVEL)


def unpack_text(blob: bytes) -> str:
    """The text that was packed. Raises DamagedError."""
    try:
        return zlib.decompress(blob).decode()
    except (zlib.error, TypeError, UnicodeDecodeError) as error:
        raise DamagedError(str(error)) from error


def _row(definition: Definition) -> tuple[object, ...]:
    return (
        definition.name,
        definition.kind,
        definition.scope,
        definition.start_line,
        definition.end_line,
        definition.signature,
        definition.doc,
        definition.bases,
        definition.type,
    )


def _columns(blob: bytes, count: int) -> list[Any]:
    columns = unpack(blob)
    if not isinstance(columns, list) or len(columns) != count:
        raise DamagedError(f"{count} columns expected")
    return columns
