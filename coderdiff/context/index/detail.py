"""What only a file's tree tells, made from its bytes: safe text, symbols, and the names that it does define.

Made once for each content and kept in the index, by the background pass (`fill.py`) or by the first question that
needs it. The bytes are read from disk again; only those that still have the content's hash count, so that nothing
of another state gets into an answer.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from coderdiff.context.index import codec
from coderdiff.context.index.codec import Blobs
from coderdiff.context.index.intake import Raw, hash_of, read_file, safe_text
from coderdiff.context.records import FileSymbols
from coderdiff.context.syntax.symbols import read_symbols


@dataclass(frozen=True, slots=True)
class Detail:
    """A content at high resolution: its text, safe to show, and its symbols but for its references."""

    hash: bytes
    text: str
    symbols: FileSymbols


@dataclass(frozen=True, slots=True)
class Packed:
    """A `Detail` ready to be stored. `names` are those that the content defines, each once."""

    hash: bytes
    definitions: int
    names: frozenset[str]
    text: bytes
    blobs: Blobs


@dataclass(frozen=True, slots=True)
class Details:
    """What came of some files: details ready to be stored, and by hash why one has none."""

    packed: list[Packed]
    failed: dict[bytes, str]


def read_detail(raw: Raw) -> Detail:
    """Parse one file."""
    text = safe_text(raw.content)
    return Detail(raw.hash, text, read_symbols(raw.path, text.encode(errors="replace"), uses=False))


def pack(detail: Detail) -> Packed:
    """Make a detail ready to be stored."""
    definitions = detail.symbols.definitions
    return Packed(
        detail.hash,
        len(definitions),
        frozenset(definition.name for definition in definitions),
        codec.pack_text(detail.text),
        codec.encode(detail.symbols),
    )


def read_details(files: Sequence[Raw]) -> Details:
    """Parse some files: what a worker process of the background pass runs."""
    return Details([pack(read_detail(file)) for file in files], {})


def bytes_of(connection: sqlite3.Connection, root: Path, content: int) -> Raw | None:
    """A content's bytes, from a file that has it; None if no file of that content is on disk as it was indexed."""
    row = connection.execute("SELECT hash, size FROM contents WHERE id = ?", (content,)).fetchone()
    if row is None:
        return None
    files = connection.execute("SELECT path FROM files WHERE content = ? ORDER BY path", (content,))
    for (path,) in files:
        raw = bytes_at(root, path, *row)
        if raw is not None:
            return raw
    return None


def bytes_at(root: Path, path: str, hash_: bytes, size: int) -> Raw | None:
    """A file's bytes if they have this hash."""
    with contextlib.suppress(OSError):
        content, _ = read_file(root / path, size)
        if hash_of(path, content) == hash_:
            return Raw(path, hash_, content)
    return None
