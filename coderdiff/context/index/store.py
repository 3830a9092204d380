"""What a refresh writes, statement by statement; each function is called inside one transaction.

Contents outlive their files for a while, so that switching branches back and forth parses nothing:
* a content that no file has is kept for `KEPT_SECONDS`,
* but all of those together at most as many bytes of source as the files have, or `KEPT_BYTES` if that is more;
  the longest unused go first.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from operator import itemgetter

import numpy as np

from coderdiff.context.index import codec, segments
from coderdiff.context.index.codec import DamagedError
from coderdiff.context.index.detail import Packed
from coderdiff.context.index.intake import Taken
from coderdiff.context.index.postings import Segment

KEPT_SECONDS = 14 * 24 * 3600.0
KEPT_BYTES = 32 << 20

_AT_ONCE = 500
_ROWS_AT_ONCE = 128
_FILE = "path, content, size, mtime_ns, wanted, skipped"


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file as the index knows it. `content` None has `skipped` say why; `wanted` is as in `scan.Found`.

    `mtime_ns` is -1 where the file was too young to be told from one changed a moment later.
    """

    path: str
    content: int | None
    size: int
    mtime_ns: int
    wanted: bool = False
    skipped: str | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """A content without details, a file that has it, and its size in bytes."""

    hash: bytes
    path: str
    size: int


def all_files(connection: sqlite3.Connection) -> dict[str, FileRow]:
    """Every file, those left out for what is in them included, by path. Raises DamagedError."""
    rows = connection.execute(f"SELECT {_FILE} FROM files")
    return {_path(row[0]): FileRow(*row) for row in rows}


def files_below(connection: sqlite3.Connection, path: str) -> dict[str, FileRow]:
    """The file of this path, and those in the folder of this path. Raises DamagedError."""
    rows = connection.execute(
        f"SELECT {_FILE} FROM files WHERE path = ? OR (path > ? AND path < ?)",
        # "0" is the character after "/".
        (path, path + "/", path + "0"),
    )
    return {_path(row[0]): FileRow(*row) for row in rows}


def known_contents(connection: sqlite3.Connection, hashes: Iterable[bytes]) -> dict[bytes, int]:
    """The ids of those of these contents that are known."""
    found: dict[bytes, int] = {}
    for part in _parts(list(hashes)):
        rows = connection.execute(
            f"SELECT hash, id FROM contents WHERE hash IN ({', '.join('?' * len(part))})", part
        )
        found.update(rows)
    return found


def put_contents(
    connection: sqlite3.Connection, taken: Sequence[Taken], segment: Segment
) -> dict[bytes, int]:
    """Store new contents at low resolution: their ids by hash. In `segment`, 1 is the first of `taken`.

    A content that another process has stored meanwhile keeps its id, and its chunks here are of no content.
    """
    ids = known_contents(connection, (each.hash for each in taken))
    new = [each for each in taken if each.hash not in ids]
    now = time.time()
    (last,) = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'contents'").fetchone()
    own = {each.hash: number for number, each in enumerate(new, last + 1)}
    connection.executemany(
        "INSERT INTO contents (id, hash, size, lines, unused_since) VALUES (?, ?, ?, ?, ?)",
        ((own[each.hash], each.hash, each.size, each.lines, now) for each in new),
    )
    connection.executemany(
        "INSERT INTO plain VALUES (?, ?)", ((own[each.hash], "\n".join(each.names)) for each in new)
    )
    # By name alone, since contents ascend already: strings sort faster than pairs.
    defined = sorted(((name, own[each.hash]) for each in new for name in each.names), key=itemgetter(0))
    _define(connection, defined)
    numbers = [0, *(own.get(each.hash, 0) for each in taken)]
    ids |= own
    contents = np.array(numbers, dtype=np.int64)[segment.chunks.contents]
    segments.add(connection, replace(segment, chunks=replace(segment.chunks, contents=contents)))
    return ids


def pending(connection: sqlite3.Connection) -> list[Pending]:
    """The contents that files have and that are known at low resolution only, those of the newest files first.

    Raises DamagedError.
    """
    # A time that is not trusted is that of a file just written.
    rows = connection.execute(
        "SELECT hash, path, contents.size, max(CASE WHEN mtime_ns < 0 THEN 9e18 ELSE mtime_ns END) AS newest"
        " FROM plain JOIN contents ON contents.id = plain.content JOIN files ON files.content = plain.content"
        " GROUP BY plain.content ORDER BY newest DESC, path"
    )
    return [Pending(hash_, _path(path), size) for hash_, path, size, _ in rows]


def put_details(connection: sqlite3.Connection, packed: Sequence[Packed]) -> int:
    """Store details of contents that have none yet; of how many.

    Where a name shows that nobody expected, an answer may be new: the generation grows.
    """
    ids = known_contents(connection, (each.hash for each in packed))
    stored = 0
    surprise = False
    for each in packed:
        number = ids.get(each.hash)
        likely = _likely_names(connection, number) if number is not None else None
        if number is None or likely is None:
            continue
        connection.execute("DELETE FROM plain WHERE content = ?", (number,))
        connection.execute("UPDATE contents SET definitions = ? WHERE id = ?", (each.definitions, number))
        connection.execute("INSERT INTO texts VALUES (?, ?)", (number, each.text))
        connection.execute(
            "INSERT INTO records VALUES (?, ?, ?)", (number, each.blobs.definitions, each.blobs.rest)
        )
        _undefine(connection, number, likely - each.names)
        _define(connection, [(name, number) for name in sorted(each.names - likely)])
        surprise = surprise or bool(each.names - likely)
        stored += 1
    if surprise:
        _grow_generation(connection)
    return stored


def leave_out(connection: sqlite3.Connection, hash_: bytes, reason: str) -> None:
    """Let no file have a content, for a reason that is told as that of any file left out."""
    for number in known_contents(connection, [hash_]).values():
        connection.execute("UPDATE files SET content = NULL, skipped = ? WHERE content = ?", (reason, number))
        _mark_unused(connection, [number])
        _grow_generation(connection)


def put_files(connection: sqlite3.Connection, rows: Sequence[FileRow]) -> bool:
    """Store what files are like now; whether anything changed that can be seen."""
    before: dict[str, int | None] = {}
    for part in _parts([row.path for row in rows]):
        before.update(
            connection.execute(
                f"SELECT path, content FROM files WHERE path IN ({', '.join('?' * len(part))})", part
            )
        )
    connection.executemany(
        f"INSERT OR REPLACE INTO files ({_FILE}) VALUES (?, ?, ?, ?, ?, ?)",
        ((row.path, row.content, row.size, row.mtime_ns, row.wanted, row.skipped) for row in rows),
    )
    changed = [row for row in rows if before.get(row.path) != row.content]
    _mark_used(connection, {row.content for row in changed if row.content is not None})
    _mark_unused(connection, {before.get(row.path) for row in changed})
    if changed:
        _grow_generation(connection)
    return bool(changed)


def remove_files(connection: sqlite3.Connection, paths: Sequence[str]) -> bool:
    """Forget files; whether one of them could be seen."""
    contents: set[int | None] = set()
    for part in _parts(list(paths)):
        marks = ", ".join("?" * len(part))
        rows = connection.execute(f"SELECT content FROM files WHERE path IN ({marks})", part)
        contents.update(content for (content,) in rows)
        connection.execute(f"DELETE FROM files WHERE path IN ({marks})", part)
    contents.discard(None)
    _mark_unused(connection, contents)
    if contents:
        _grow_generation(connection)
    return bool(contents)


def collect_garbage(connection: sqlite3.Connection, now: float | None = None) -> int:
    """Delete the contents that no file has had for too long, or that are too many; how many were deleted."""
    now = time.time() if now is None else now
    (used,) = connection.execute(
        "SELECT coalesce(sum(size), 0) FROM contents WHERE unused_since IS NULL"
    ).fetchone()
    allowed = max(used, KEPT_BYTES)
    kept = 0
    dropped = []
    unused = connection.execute(
        "SELECT id, size, unused_since FROM contents WHERE unused_since IS NOT NULL ORDER BY unused_since DESC, id"
    )
    for number, size, since in unused:
        kept += size
        if kept > allowed or now - since > KEPT_SECONDS:
            dropped.append(number)
    for number in dropped:
        _drop_content(connection, number)
    if dropped:
        segments.thin_out(connection)
        connection.execute("PRAGMA incremental_vacuum").fetchall()
    return len(dropped)


def _path(value: object) -> str:
    """A stored path, which will be asked of the file system. Raises DamagedError for what no file can be called."""
    if isinstance(value, str) and value and "\0" not in value:
        return value
    raise DamagedError(f"{value!r} is no path")


def _drop_content(connection: sqlite3.Connection, number: int) -> None:
    names = _likely_names(connection, number)
    if names is None:
        row = connection.execute("SELECT definitions FROM records WHERE content = ?", (number,)).fetchone()
        if row is None:
            raise DamagedError(f"content {number} is known at no resolution")
        names = {definition.name for definition in codec.definitions_of(row[0])}
    _undefine(connection, number, names)
    for table in ("plain", "texts", "records"):
        connection.execute(f"DELETE FROM {table} WHERE content = ?", (number,))
    connection.execute("DELETE FROM contents WHERE id = ?", (number,))


def _likely_names(connection: sqlite3.Connection, number: int) -> set[str] | None:
    """The names that a content seems to define; None for one whose tree was read."""
    row = connection.execute("SELECT names FROM plain WHERE content = ?", (number,)).fetchone()
    return set(row[0].split("\n")) - {""} if row is not None else None


def _define(connection: sqlite3.Connection, rows: Sequence[tuple[str, int]]) -> None:
    """Say which contents define which names, many a statement: a row by itself takes twice as long."""
    whole = len(rows) - len(rows) % _ROWS_AT_ONCE
    statement = f"INSERT INTO defined VALUES {', '.join(['(?, ?)'] * _ROWS_AT_ONCE)}"
    for start in range(0, whole, _ROWS_AT_ONCE):
        part = rows[start : start + _ROWS_AT_ONCE]
        connection.execute(statement, tuple(chain.from_iterable(part)))
    connection.executemany("INSERT INTO defined VALUES (?, ?)", rows[whole:])


def _undefine(connection: sqlite3.Connection, number: int, names: Iterable[str]) -> None:
    connection.executemany(
        "DELETE FROM defined WHERE name = ? AND content = ?", ((name, number) for name in names)
    )


def _mark_used(connection: sqlite3.Connection, contents: Iterable[int]) -> None:
    connection.executemany(
        "UPDATE contents SET unused_since = NULL WHERE id = ? AND unused_since IS NOT NULL",
        ((content,) for content in contents),
    )


def _mark_unused(connection: sqlite3.Connection, contents: Iterable[int | None]) -> None:
    now = time.time()
    connection.executemany(
        "UPDATE contents SET unused_since = ? WHERE id = ? AND unused_since IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM files WHERE content = id)",
        ((now, content) for content in contents if content is not None),
    )


def _grow_generation(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'generation'")


def _parts(values: list[object] | list[str] | list[bytes]) -> Iterator[list[object]]:
    for start in range(0, len(values), _AT_ONCE):
        yield list(values[start : start + _AT_ONCE])
