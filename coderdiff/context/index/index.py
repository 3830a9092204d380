"""What a repository holds, asked for by name, by path and by likeness; `build.refresh` and `fill.fill_in` write it.

Any thread or process may read while another writes. Every answer is of one state of the index, and only of files
that are in the repository now: contents of other branches are kept, but nothing leads to them.

Two resolutions, one set of answers. Where the answer needs the tree of a content that has no details yet, its file
is read again and parsed, and what comes of it is kept. A file that has changed on disk since it was indexed, before
its details were made, is as one that is not in the index until the next refresh: answers never mix states.
Two answers are estimates until all trees are read: `defined`, and `totals`, which says of how many files it
knows the symbols. A name that `syntax/names.py` does not see (1 of 1,000) is found once the file's tree is read.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from coderdiff.context.index import codec, store, symbol_search
from coderdiff.context.index.bm25 import ChunkHit, Searcher
from coderdiff.context.index.codec import Blobs, DamagedError
from coderdiff.context.index.database import Database, Say, silent
from coderdiff.context.index.detail import Detail, bytes_of, pack, read_detail
from coderdiff.context.index.intake import safe_text
from coderdiff.context.index.location import default_location, index_file, remove_other_formats
from coderdiff.context.index.recent import Recent
from coderdiff.context.index.symbol_match import parse_query
from coderdiff.context.records import Definition, FileSymbols, Reference
from coderdiff.context.syntax.symbols import read_symbols
from coderdiff.errors import InputError

_KEPT_FILES = 512
_KEPT_USES = 64
_KEPT_DETAILS = 256
_TRIES = 3
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
    """What is in an index: files, their bytes, and the definitions in those `detailed` files whose trees were read."""

    files: int
    symbols: int
    bytes: int
    detailed: int


class Index:
    """The index of one repository. `open` one, and close it or use it as a context manager."""

    def __init__(self, root: Path, database: Database) -> None:
        self.root = root
        self.database = database
        self._definitions: Recent[int, tuple[Definition, ...] | None] = Recent(_KEPT_FILES)
        self._symbols: Recent[int, FileSymbols | None] = Recent(_KEPT_FILES)
        self._texts: Recent[int, str | None] = Recent(_KEPT_FILES)
        self._uses: Recent[int, Sequence[Reference] | None] = Recent(_KEPT_USES)
        self._made: Recent[int, Detail | None] = Recent(_KEPT_DETAILS)
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
                    "SELECT count(*), coalesce(sum(definitions), 0), coalesce(sum(contents.size), 0),"
                    " count(definitions)"
                    " FROM files JOIN contents ON contents.id = files.content"
                ).fetchone()
            )
        )

    def symbols(self, path: str) -> FileSymbols | None:
        """All that was read of a file but its references; None if it is not in the index."""
        return self._of_file(path, self._symbols_of)

    def definitions_in(self, path: str) -> tuple[Definition, ...]:
        """The definitions of a file, in its order; none if it is not in the index."""
        return self._of_file(path, self._definitions_of) or ()

    def text(self, path: str) -> str | None:
        """The text of a file as it was indexed, safe to show (`intake.safe_text`); None if not in the index."""
        return self._of_file(path, self._text_of)

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
                uses = self._uses.get(content, lambda: self._read_uses(connection, content, path))  # noqa: B023
                found += [PlacedReference(path, each) for each in uses or () if each.name == name]
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

    def keep(self) -> int:
        """Store the details that questions have made since the last time, so that they are made once; how many.

        Raises InputError when another process keeps the index locked.
        """
        made = self._made.take()
        if not made:
            return 0
        packed = [pack(detail) for detail in made if detail is not None]
        return self.database.change(lambda connection: store.put_details(connection, packed)) or 0

    def close(self) -> None:
        """Keep what questions have made, and close the index's connections."""
        with contextlib.suppress(InputError):
            self.keep()
        self.database.close()

    def __enter__(self) -> Index:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def lines(self, places: Sequence[tuple[str, int, int]]) -> list[str | None]:
        """The text of some lines of files, one for each place (path, first line, last line); None for a file that is
        not in the index, or has changed. Where a file's text is stored, it is not inflated whole for them."""

        def question(connection: sqlite3.Connection) -> list[str | None]:
            stored = {path: self._lines_of(connection, path) for path in {path for path, _, _ in places}}
            return [read(first, last) if (read := stored[path]) else None for path, first, last in places]

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
            " WHERE name = ? ORDER BY path",
            (name,),
        )
        placed: list[Placed] = []
        for path, content in rows:
            if 0 <= limit <= len(placed):
                return placed[:limit]
            definitions = self._definitions_of(connection, content) or ()
            placed += [Placed(path, each) for each in definitions if each.name == name]
        return placed if limit < 0 else placed[:limit]

    def _lines_of(self, connection: sqlite3.Connection, path: str) -> Callable[[int, int], str] | None:
        """What reads lines of a file, 1-based and inclusive; None if its text cannot be had."""
        row = connection.execute(
            "SELECT files.content, text FROM files LEFT JOIN texts ON texts.content = files.content WHERE path = ?",
            (path,),
        ).fetchone()
        if row is None or row[0] is None:
            return None
        content, blob = row
        if blob is not None:
            return codec.PackedLines(blob)
        text = self._text_of(connection, content)
        if text is None:
            return None
        lines = text.split("\n")
        return lambda first, last: "\n".join(lines[first - 1 : last])

    def _of_file(self, path: str, read: Callable[[sqlite3.Connection, int], T | None]) -> T | None:
        """What is known of a file's content; None also for one that has changed on disk.

        A file that is saved while the question is answered may be indexed by then: it is asked about again.
        """

        def question(connection: sqlite3.Connection) -> tuple[bool, T | None]:
            row = connection.execute("SELECT content FROM files WHERE path = ?", (path,)).fetchone()
            if row is None or row[0] is None:
                return False, None
            return True, read(connection, row[0])

        for _ in range(_TRIES):
            is_there, answer = self.database.ask(question)
            if answer is not None or not is_there:
                return answer
        return None

    def _symbols_of(self, connection: sqlite3.Connection, content: int) -> FileSymbols | None:
        def read() -> FileSymbols | None:
            stored = _stored(connection, "definitions, rest", content)
            if stored is not None:
                return codec.decode(Blobs(*stored))
            detail = self._detail_of(connection, content)
            return detail.symbols if detail is not None else None

        return self._symbols.get(content, read)

    def _definitions_of(self, connection: sqlite3.Connection, content: int) -> tuple[Definition, ...] | None:
        def read() -> tuple[Definition, ...] | None:
            stored = _stored(connection, "definitions", content)
            if stored is not None:
                return codec.definitions_of(stored[0])
            symbols = self._symbols_of(connection, content)
            return symbols.definitions if symbols is not None else None

        return self._definitions.get(content, read)

    def _text_of(self, connection: sqlite3.Connection, content: int) -> str | None:
        def read() -> str | None:
            row = connection.execute("SELECT text FROM texts WHERE content = ?", (content,)).fetchone()
            if row is not None:
                return codec.unpack_text(row[0])
            _check_plain(connection, content)
            raw = bytes_of(connection, self.root, content)
            return safe_text(raw.content) if raw is not None else None

        return self._texts.get(content, read)

    def _detail_of(self, connection: sqlite3.Connection, content: int) -> Detail | None:
        """The details of a content that is known at low resolution only, made now; None if its file has changed."""

        def read() -> Detail | None:
            _check_plain(connection, content)
            raw = bytes_of(connection, self.root, content)
            return read_detail(raw) if raw is not None else None

        return self._made.get(content, read)

    def _read_uses(
        self, connection: sqlite3.Connection, content: int, path: str
    ) -> Sequence[Reference] | None:
        text = self._text_of(connection, content)
        return read_symbols(path, text.encode(errors="replace")).references if text is not None else None


def _check_plain(connection: sqlite3.Connection, content: int) -> None:
    """Raise DamagedError for a content that should have details and has none."""
    if connection.execute("SELECT 1 FROM plain WHERE content = ?", (content,)).fetchone() is None:
        raise DamagedError(f"content {content} has no details")


def _stored(connection: sqlite3.Connection, columns: str, content: int) -> tuple[bytes, ...] | None:
    """Some columns of a content's records; None if it has none yet."""
    row: tuple[bytes, ...] | None = connection.execute(
        f"SELECT {columns} FROM records WHERE content = ?", (content,)
    ).fetchone()
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
