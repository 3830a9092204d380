"""`FileSymbols` <-> the two blobs that the index keeps of it: definitions, the rest. References are not kept.

A blob is a JSON list, deflated. JSON rather than pickle or marshal, because a cache file must not be able to run code
or crash the process; zlib's checksum tells a damaged blob from a sound one.
"""

from __future__ import annotations

import json
import struct
import zlib
from bisect import bisect_right
from dataclasses import dataclass
from typing import Any

from coderdiff.context.records import Binding, Definition, FileSymbols, Import

_LEVEL = 1
_KEPT_OF_BINDING = 5
"""Fields of a binding that files have which nobody edits: no steps, no last line (`reader.py`)."""

_BLOCK_BYTES = 4 << 10
"""A text is deflated in blocks of whole lines, at least so long: whoever wants ten lines inflates no whole file."""

_BLOCK = struct.Struct("<II")
_HEADER = struct.Struct("<I")
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
        symbols.imports,
        [each[:_KEPT_OF_BINDING] for each in symbols.bindings],
    )
    return Blobs(pack(symbols.definitions), pack(rest))


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
    """A file's text, deflated in blocks; what UTF-8 cannot hold becomes a question mark.

    The blob is the length of a table, the table (the first line and the bytes of each block), and the blocks.
    """
    content = text.encode(errors="replace")
    table: list[bytes] = []
    blocks: list[bytes] = []
    start, line = 0, 1
    while not blocks or start:
        end = content.find(b"\n", start + _BLOCK_BYTES) + 1
        part = content[start : end or None]
        blocks.append(zlib.compress(part, _LEVEL))
        table.append(_BLOCK.pack(line, len(blocks[-1])))
        start, line = end, line + part.count(b"\n")
    packed = zlib.compress(b"".join(table), _LEVEL)
    return b"".join((_HEADER.pack(len(packed)), packed, *blocks))


def unpack_text(blob: bytes) -> str:
    """The text that was packed. Raises DamagedError."""
    try:
        return b"".join(zlib.decompress(block) for _, block in _blocks(blob)).decode()
    except (zlib.error, struct.error, TypeError, UnicodeDecodeError) as error:
        raise DamagedError(str(error)) from error


class PackedLines:
    """The lines of a text that was packed; of several questions each inflates what no other has."""

    def __init__(self, blob: bytes) -> None:
        """Raises DamagedError."""
        try:
            blocks = _blocks(blob)
        except (zlib.error, struct.error, TypeError) as error:
            raise DamagedError(str(error)) from error
        self._starts = [line for line, _ in blocks]
        self._blocks = [block for _, block in blocks]
        self._inflated: dict[int, list[bytes]] = {}

    def __call__(self, first: int, last: int) -> str:
        """Some lines (1-based, inclusive), as far as the text has them. Raises DamagedError."""
        try:
            lines: list[bytes] = []
            starts = self._starts
            for at in range(bisect_right(starts, first) - 1, bisect_right(starts, last)):
                lines += self._lines(at)[max(0, first - starts[at]) : last - starts[at] + 1]
            return b"\n".join(lines).decode()
        except (zlib.error, UnicodeDecodeError, IndexError) as error:
            raise DamagedError(str(error)) from error

    def _lines(self, at: int) -> list[bytes]:
        """The lines of one block. It ends with the end of its last line, but for the text's last one."""
        if at not in self._inflated:
            lines = zlib.decompress(self._blocks[at]).split(b"\n")
            if at + 1 < len(self._blocks):
                lines.pop()
            self._inflated[at] = lines
        return self._inflated[at]


def _blocks(blob: bytes) -> list[tuple[int, memoryview]]:
    """The first line of each block, and the block, deflated as it is."""
    (size,) = _HEADER.unpack_from(blob)
    at = _HEADER.size + size
    view = memoryview(blob)
    found = []
    for line, length in _BLOCK.iter_unpack(zlib.decompress(view[_HEADER.size : at])):
        found.append((line, view[at : at + length]))
        at += length
    return found


def _columns(blob: bytes, count: int) -> list[Any]:
    columns = unpack(blob)
    if not isinstance(columns, list) or len(columns) != count:
        raise DamagedError(f"{count} columns expected")
    return columns
