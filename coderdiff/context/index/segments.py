"""Segments as they are stored: adding one, reading what a search needs of them, and keeping them few.

A save adds a segment of a few chunks. `tidy` joins segments of about the same size (each tier is `FACTOR` times
the one before), so that there are at most `FACTOR - 1` in a tier and every posting is rewritten at most once a
tier. A full segment is only rewritten when half of its chunks are of contents that are gone.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from coderdiff.context.index import blocks, postings
from coderdiff.context.index.postings import MOST_CHUNKS, Chunks, Segment

FACTOR = 4

_AT_ONCE = 500

_MOST_DEAD = 0.5


@dataclass(frozen=True, slots=True)
class Stored:
    """A segment that is on disk: how many chunks it has, and how many terms they have together."""

    number: int
    size: int
    terms: int


def add(connection: sqlite3.Connection, segment: Segment) -> None:
    """Store a segment whose terms are sorted, as `postings.join` makes it."""
    size = len(segment.chunks)
    if not size:
        return
    terms = int(segment.chunks.lengths.sum())
    packed = postings.pack_chunks(segment.chunks)
    cursor = connection.execute(
        "INSERT INTO segments (size, terms, chunks) VALUES (?, ?, ?)", (size, terms, packed)
    )
    number = cursor.lastrowid
    connection.executemany(
        "INSERT INTO postings VALUES (?, ?, ?, ?)", ((number, *each) for each in blocks.common(segment))
    )
    connection.executemany(
        "INSERT INTO blocks VALUES (?, ?, ?)", ((number, *each) for each in blocks.rare(segment))
    )


def stored(connection: sqlite3.Connection) -> list[Stored]:
    """The segments there are, oldest first."""
    rows = connection.execute("SELECT id, size, terms FROM segments ORDER BY id")
    return [Stored(*row) for row in rows]


def chunks_of(connection: sqlite3.Connection, number: int) -> Chunks:
    """The chunk table of a segment. Raises DamagedError."""
    (packed,) = connection.execute("SELECT chunks FROM segments WHERE id = ?", (number,)).fetchone()
    return postings.unpack_chunks(packed)


def tidy(connection: sqlite3.Connection, most_chunks: int = MOST_CHUNKS) -> int:
    """Join segments where a tier has too many of them, up to `most_chunks` together; how many were joined."""
    joined = 0
    while True:
        group = _crowded(stored(connection), most_chunks)
        if not group:
            return joined
        _rewrite(connection, group)
        joined += len(group)


def thin_out(connection: sqlite3.Connection) -> None:
    """Rewrite the segments most of whose chunks are of contents that are gone."""
    alive = _alive(connection)
    for each in stored(connection):
        contents = chunks_of(connection, each.number).contents
        if float(np.isin(contents, alive).mean()) < 1 - _MOST_DEAD:
            _rewrite(connection, [each])


def _crowded(segments: Sequence[Stored], most_chunks: int) -> list[Stored]:
    """Segments of the smallest tier that has `FACTOR` of them which fit together; none if there is no such."""
    tiers: defaultdict[int, list[Stored]] = defaultdict(list)
    for each in segments:
        tiers[_tier(each.size)].append(each)
    for tier in sorted(tiers):
        group: list[Stored] = []
        total = 0
        for each in sorted(tiers[tier], key=lambda each: each.size):
            if total + each.size <= min(most_chunks, MOST_CHUNKS):
                group.append(each)
                total += each.size
        if len(group) >= FACTOR:
            return sorted(group, key=lambda each: each.number)
    return []


def _tier(size: int) -> int:
    tier = 0
    while size >= FACTOR:
        size //= FACTOR
        tier += 1
    return tier


def _rewrite(connection: sqlite3.Connection, group: Sequence[Stored]) -> None:
    """Put one segment in the place of some, without the chunks of contents that are gone."""
    alive = _alive(connection)
    segments = [_load(connection, each.number) for each in group]
    keep = [np.isin(segment.chunks.contents, alive) for segment in segments]
    for each in group:
        for table in ("postings", "blocks"):
            connection.execute(f"DELETE FROM {table} WHERE segment = ?", (each.number,))
        connection.execute("DELETE FROM segments WHERE id = ?", (each.number,))
    add(connection, postings.join(segments, keep))


def _load(connection: sqlite3.Connection, number: int) -> Segment:
    stored: list[tuple[str, bytes]] = connection.execute(
        "SELECT term, places FROM postings WHERE segment = ?", (number,)
    ).fetchall()
    for (block,) in connection.execute("SELECT terms FROM blocks WHERE segment = ?", (number,)):
        stored += blocks.lists(block)
    return postings.from_lists(stored, chunks_of(connection, number))


def lists_of(
    connection: sqlite3.Connection, number: int, terms: Collection[str], most: float
) -> dict[str, bytes | None]:
    """The packed chunk numbers of those of these terms that a segment has; None for one with more than `most`
    (at least `blocks.RARE`).

    Raises DamagedError.
    """
    found: dict[str, bytes | None] = {}
    listed = list(terms)
    for start in range(0, len(listed), _AT_ONCE):
        part = listed[start : start + _AT_ONCE]
        found.update(
            connection.execute(
                "SELECT term, CASE WHEN size <= ? THEN places END FROM postings "
                f"WHERE segment = ? AND term IN ({', '.join('?' * len(part))})",
                (most, number, *part),
            )
        )
    for term in listed:
        if term not in found:
            row = connection.execute(
                "SELECT terms FROM blocks WHERE segment = ? AND first <= ? ORDER BY first DESC LIMIT 1",
                (number, term),
            ).fetchone()
            packed = blocks.find(row[0], term) if row else None
            if packed is not None:
                found[term] = packed
    return found


def _alive(connection: sqlite3.Connection) -> postings.Ids:
    rows = connection.execute("SELECT id FROM contents").fetchall()
    return np.fromiter((number for (number,) in rows), np.int64, len(rows))
