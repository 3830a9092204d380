"""What a repository holds, asked for by name, by path and by likeness. Reads only; `build.refresh` writes.

Any thread or process may read while another writes. Every answer is of one state of the index, and only of files
that are in the repository now: contents of other branches are kept, but nothing leads to them.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from coderdiff.context.index import codec, symbol_search
from coderdiff.context.index.bm25 import ChunkHit, Searcher
from coderdiff.context.index.codec import Blobs, DamagedError
from coderdiff.context.index.database import Database, Say, silent
from coderdiff.context.index.location import default_location, index_file, remove_other_formats
from coderdiff.context.index.recent import Recent
from coderdiff.context.index.symbol_match import parse_query
from coderdiff.context.records import Definition, FileSymbols, Reference
from coderdiff.context.syntax.symbols import read_symbols

_KEPT_FILES = 512
_KEPT_USES = 64
_AT_ONCE = 500
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Placed:
    """A definition and the file it is in."""

    path: str
    definition: Definition


@dataclass(frozen=True, slots=True)
class PlacedReference:
    """A use of a name and the file it is in."""

    path: str
    reference: Reference


@dataclass(frozen=True, slots=True)
class Totals:
    """What is in an index: files, the definitions in them, and their bytes."""

    files: int
    symbols: int
    bytes: int


class Index:
    """The index of one repository. `open` one, and close it or use it as a context manager."""

    def __init__(self, root: Path, database: Database) -> None:
        self.root = root
        self.database = database
        self._definitions: Recent[int, tuple[Definition, ...]] = Recent(_KEPT_FILES)
        self._symbols: Recent[int, FileSymbols] = Recent(_KEPT_FILES)
        self._texts: Recent[int, str] = Recent(_KEPT_FILES)
        self._uses: Recent[int, tuple[Reference, ...]] = Recent(_KEPT_USES)
        self._searcher = Searcher()

    @staticmethod
    def open(root: Path, location: Path | None = None, say: Say = silent) -> Index:
        """Open the index of a folder, empty if there is none of this format yet.

        `location` is the folder for its file; by default one of the user's cache folder, by root. What happens to
        the file (built anew, kept in memory) is told to `say`, one line each.
        """
        root = Path(os.path.realpath(root))
        path = index_file(location or default_location(root))
        if not path.exists() and remove_other_formats(path.parent):
            say("the index is of another version of coderdiff and is built anew")
        return Index(root, Database(path, say))

    @staticmethod
    def in_memory(root: Path) -> Index:
        """An empty index that leaves no file."""
        return Index(Path(os.path.realpath(root)), Database(None, silent))

    @property
    def generation(self) -> int:
        """Grows with every change that can be seen, whichever process made it."""
        return self.database.ask(
            lambda connection: int(
                connection.execute("SELECT value FROM meta WHERE key = 'generation'").fetchone()[0]
            )
        )

    def paths(self) -> list[str]:
        """Every file of the index, sorted."""
        return self.database.ask(
            lambda connection: [
                path
                for (path,) in connection.execute(
                    "SELECT path FROM files WHERE content IS NOT NULL ORDER BY path"
                )
            ]
        )

    def totals(self) -> Totals:
        """How much is in it."""
        return self.database.ask(
            lambda connection: Totals(
                *connection.execute(
                    "SELECT count(*), coalesce(sum(definitions), 0), coalesce(sum(contents.size), 0)"
                    " FROM files JOIN contents ON contents.id = files.content"
                ).fetchone()
            )
        )

    def symbols(self, path: str) -> FileSymbols | None:
        """All that was read of a file but its references; None if it is not in the index."""
        return self._of_file(path, self._symbols, _read_symbols)

    def definitions_in(self, path: str) -> tuple[Definition, ...]:
        """The definitions of a file, in its order; none if it is not in the index."""
        return self._of_file(path, self._definitions, _read_definitions) or ()

    def text(self, path: str) -> str | None:
        """The text of a file as it was indexed, safe to show (`intake.safe_text`); None if not in the index."""
        return self._of_file(path, self._texts, _read_text)

    def definitions(self, name: str, limit: int = 50) -> list[Placed]:
        """The definitions of a name, by path and line."""

        return self.database.ask(lambda connection: self._defining(connection, name, limit))

    def references(self, name: str, limit: int = 50) -> list[PlacedReference]:
        """The uses of a name, by path and line. The files that may have one are parsed for it."""

        def question(connection: sqlite3.Connection) -> list[PlacedReference]:
            found: list[PlacedReference] = []
            candidates = self._searcher.contents_with(connection, name)
            for path, content in _files_with(connection, candidates):
                if len(found) >= limit:
                    break
                uses = self._uses.get(content, partial(_read_uses, connection, content, path))
                found += [PlacedReference(path, each) for each in uses if each.name == name]
            return found[:limit]

        return self.database.ask(question)

    def search(
        self,
        weights: Mapping[str, float] | Sequence[str],
        limit: int = 20,
        without: Collection[str] = (),
    ) -> list[ChunkHit]:
        """The chunks most like a bag of words (BM25), best first, none of the files `without`.

        Words are written as in code ("getUser", "user"); each counts for its subwords too.
        """
        weighted = weights if isinstance(weights, Mapping) else dict.fromkeys(weights, 1.0)
        return self.database.ask(
            lambda connection: self._searcher.search(connection, weighted, limit, without)
        )

    def find_symbols(self, query: str, limit: int = 50, below: str = "") -> list[Placed]:
        """The definitions whose names match what somebody typed (`symbol_match.py`), best first.

        `below` is a file or folder to stay in.
        """
        wanted = parse_query(query)
        if not wanted.letters:
            return []
        return self.database.ask(
            lambda connection: [
                Placed(path, definition)
                for path, definition in symbol_search.search(
                    connection,
                    wanted,
                    limit,
                    below,
                    lambda name: [
                        (each.path, each.definition) for each in self._defining(connection, name, limit=-1)
                    ],
                )
            ]
        )

    def close(self) -> None:
        """Close the index's connections."""
        self.database.close()

    def __enter__(self) -> Index:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def lines(self, places: Sequence[tuple[str, int, int]]) -> list[str | None]:
        """The text of some lines of files, one for each place (path, first line, last line); None for a file that is
        not in the index. No file is inflated whole for it."""

        def question(connection: sqlite3.Connection) -> list[str | None]:
            blobs: dict[str, bytes | None] = {}
            for path in {path for path, _, _ in places}:
                row = connection.execute(
                    "SELECT text FROM files JOIN texts ON texts.content = files.content WHERE path = ?",
                    (path,),
                ).fetchone()
                blobs[path] = row[0] if row else None
            return [
                codec.unpack_lines(blob, first, last) if (blob := blobs[path]) is not None else None
                for path, first, last in places
            ]

        return self.database.ask(question)

    def defined(self, names: Iterable[str]) -> set[str]:
        """Those of these names that some file defines."""
        asked = json.dumps(list(names))
        return self.database.ask(
            lambda connection: {
                name
                for (name,) in connection.execute(
                    "SELECT value FROM json_each(?) WHERE EXISTS (SELECT 1 FROM defined"
                    " JOIN files ON files.content = defined.content WHERE name = value)",
                    (asked,),
                )
            }
        )

    def _defining(self, connection: sqlite3.Connection, name: str, limit: int) -> list[Placed]:
        rows = connection.execute(
            "SELECT path, files.content FROM defined JOIN files ON files.content = defined.content"
            " WHERE name = ? ORDER BY path LIMIT ?",
            (name, limit),
        ).fetchall()
        placed = [
            Placed(path, definition)
            for path, content in rows
            for definition in self._definitions.get(content, partial(_read_definitions, connection, content))
            if definition.name == name
        ]
        return placed if limit < 0 else placed[:limit]

    def _of_file(
        self,
        path: str,
        kept: Recent[int, T],
        read: Callable[[sqlite3.Connection, int], T],
    ) -> T | None:
        """What is stored of a file's content, read from disk or kept from the last time."""

        def question(connection: sqlite3.Connection) -> T | None:
            row = connection.execute("SELECT content FROM files WHERE path = ?", (path,)).fetchone()
            if row is None or row[0] is None:
                return None
            content: int = row[0]
            return kept.get(content, partial(read, connection, content))

        return self.database.ask(question)


def _read_definitions(connection: sqlite3.Connection, content: int) -> tuple[Definition, ...]:
    return codec.definitions_of(_stored(connection, "definitions", content)[0])


def _read_symbols(connection: sqlite3.Connection, content: int) -> FileSymbols:
    return codec.decode(Blobs(*_stored(connection, "definitions, rest", content)))


def _read_text(connection: sqlite3.Connection, content: int) -> str:
    row = connection.execute("SELECT text FROM texts WHERE content = ?", (content,)).fetchone()
    if row is None:
        raise DamagedError(f"content {content} has no text")
    return codec.unpack_text(row[0])


def _read_uses(connection: sqlite3.Connection, content: int, path: str) -> tuple[Reference, ...]:
    return read_symbols(path, _read_text(connection, content).encode(errors="replace")).references


def _stored(connection: sqlite3.Connection, columns: str, content: int) -> tuple[bytes, ...]:
    row: tuple[bytes, ...] | None = connection.execute(
        f"SELECT {columns} FROM records WHERE content = ?", (content,)
    ).fetchone()
    if row is None:
        raise DamagedError(f"content {content} has no records")
    return row


def _files_with(connection: sqlite3.Connection, contents: Sequence[int]) -> list[tuple[str, int]]:
    """The files that have one of these contents now, by path."""
    found: list[tuple[str, int]] = []
    for start in range(0, len(contents), _AT_ONCE):
        part = contents[start : start + _AT_ONCE]
        found += connection.execute(
            f"SELECT path, content FROM files WHERE content IN ({', '.join('?' * len(part))})", part
        )
    return sorted(found)
