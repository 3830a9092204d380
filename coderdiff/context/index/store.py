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

import numpy as np

from coderdiff.context.index import codec, segments
from coderdiff.context.index.intake import Taken
from coderdiff.context.index.postings import Segment

KEPT_SECONDS = 14 * 24 * 3600.0
KEPT_BYTES = 32 << 20

_AT_ONCE = 500
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


def all_files(connection: sqlite3.Connection) -> dict[str, FileRow]:
    """Every file, those left out for what is in them included, by path."""
    rows = connection.execute(f"SELECT {_FILE} FROM files")
    return {row[0]: FileRow(*row) for row in rows}


def files_below(connection: sqlite3.Connection, path: str) -> dict[str, FileRow]:
    """The file of this path, and those in the folder of this path."""
    rows = connection.execute(
        f"SELECT {_FILE} FROM files WHERE path = ? OR (path > ? AND path < ?)",
        # "0" is the character after "/".
        (path, path + "/", path + "0"),
    )
    return {row[0]: FileRow(*row) for row in rows}


def known_contents(connection: sqlite3.Connection, hashes: Iterable[bytes]) -> dict[bytes, int]:
    """The ids of those of these contents that were parsed before."""
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
    """Store new contents and their search terms; their ids by hash. In `segment`, 1 is the first of `taken`.

    A content that another process has stored meanwhile keeps its id, and its chunks here are of no content.
    """
    ids = known_contents(connection, (each.hash for each in taken))
    numbers = [0]
    for each in taken:
        if each.hash in ids:
            numbers.append(0)
        else:
            numbers.append(_put_content(connection, each))
            ids[each.hash] = numbers[-1]
    contents = np.array(numbers, dtype=np.int64)[segment.chunks.contents]
    segments.add(connection, replace(segment, chunks=replace(segment.chunks, contents=contents)))
    return ids


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


def _put_content(connection: sqlite3.Connection, taken: Taken) -> int:
    number = connection.execute(
        "INSERT INTO contents (hash, size, lines, definitions, unused_since) VALUES (?, ?, ?, ?, ?)",
        (taken.hash, taken.size, taken.lines, taken.definitions, time.time()),
    ).lastrowid
    assert number is not None
    connection.execute("INSERT INTO texts VALUES (?, ?)", (number, taken.text))
    blobs = taken.blobs
    connection.execute("INSERT INTO records VALUES (?, ?, ?)", (number, blobs.definitions, blobs.rest))
    connection.executemany("INSERT INTO defined VALUES (?, ?)", ((name, number) for name in taken.defined))
    return number


def _drop_content(connection: sqlite3.Connection, number: int) -> None:
    (blob,) = connection.execute("SELECT definitions FROM records WHERE content = ?", (number,)).fetchone()
    names = {definition.name for definition in codec.definitions_of(blob)}
    connection.executemany(
        "DELETE FROM defined WHERE name = ? AND content = ?", ((name, number) for name in names)
    )
    for table in ("texts", "records"):
        connection.execute(f"DELETE FROM {table} WHERE content = ?", (number,))
    connection.execute("DELETE FROM contents WHERE id = ?", (number,))


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
