"""Search in the stored segments: BM25 over chunks, and the contents that may use a name.

BM25 after Robertson and Zaragoza (2009), with a term counted once a chunk: in 10 to 20 lines it seldom tells more
that a word stands there twice. Terms that stand in more than a fifth of a large repository's chunks are left
out: that lost nothing on eight packages, and they would cost most of the time.
"""

from __future__ import annotations

import math
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from coderdiff.context.index import segments
from coderdiff.context.index.postings import Chunks, places_of
from coderdiff.context.index.segments import Stored
from coderdiff.context.index.terms import terms_of

K1 = 1.2
B = 0.75

COMMON_SHARE = 0.2
COMMON_CHUNKS = 4_000
"""A term in more chunks than both of these says nothing."""

MOST_PLACES = 400_000
"""Rarest terms first, a query reads at most so many places: its time stays bounded in huge repositories."""

MOST_LISTS = 4_000
"""Terms whose places are kept from one search to the next: some 10 MB of a repository of 3,000 files."""

_AT_ONCE = 500
_BLOCK = 64


@dataclass(frozen=True, slots=True)
class ChunkHit:
    """A chunk that a search found: lines of a file, and a score that only compares within one search."""

    path: str
    start_line: int
    end_line: int
    score: float


@dataclass(frozen=True, slots=True)
class _Found:
    """What one segment has of a query: for each term the chunks that have it."""

    segment: Stored
    places: dict[str, npt.NDArray[np.uint16]]


class Searcher:
    """Reads segments; keeps their chunk tables, which never change. One for each epoch of a database."""

    def __init__(self) -> None:
        self._chunks: dict[int, Chunks] = {}
        self._lists: dict[tuple[int, str], npt.NDArray[np.uint16] | None] = {}
        self._lists_of: list[Stored] = []
        self._by_length: npt.NDArray[np.float64] = np.empty(0)
        self._lock = threading.Lock()

    def search(
        self,
        connection: sqlite3.Connection,
        weights: Mapping[str, float],
        limit: int,
        without: Collection[str] = (),
    ) -> list[ChunkHit]:
        """The best chunks of files that are there now, best first, none of the files `without`.

        `weights` are of words as they stand in code; each counts for all its terms.
        """
        stored = segments.stored(connection)
        total = sum(each.size for each in stored)
        if not total or limit <= 0:
            return []
        for gone in self._chunks.keys() - {each.number for each in stored}:
            self._chunks.pop(gone, None)
        wanted = _weights_of_terms(weights)
        most = max(COMMON_CHUNKS, COMMON_SHARE * total)
        with self._lock:
            if self._lists_of != stored:
                self._by_length = self._factors(connection, stored)
                self._lists_of = stored
                self._lists.clear()
            found = [self._known(connection, each, wanted, most) for each in stored]
            by_length = self._by_length
        scores = _sums(found, _values(found, wanted, total))
        scores *= by_length
        return self._best(connection, stored, scores, limit, frozenset(without))

    def contents_with(self, connection: sqlite3.Connection, name: str) -> list[int]:
        """The contents that have a chunk with all the terms of a name: all those that use it, and maybe others."""
        terms = terms_of(name)
        contents: set[int] = set()
        if not terms:
            return []
        for stored in segments.stored(connection):
            places = self._read(connection, stored, dict.fromkeys(terms, 1.0), math.inf).places
            if len(places) == len(terms):
                both = reduce(_common, sorted(places.values(), key=len))
                contents.update(self._table(connection, stored).contents[both].tolist())
        return sorted(contents)

    def _known(
        self, connection: sqlite3.Connection, stored: Stored, terms: Collection[str], most: float
    ) -> _Found:
        """As `_read`, from what was read before: the query of the next line has nearly the same terms."""
        lists, number = self._lists, stored.number
        missing = [term for term in terms if (number, term) not in lists]
        if missing:
            if len(lists) > MOST_LISTS:
                lists.clear()
                missing = list(terms)
            read = self._read(connection, stored, missing, most).places
            lists.update({(number, term): read.get(term) for term in missing})
        return _Found(stored, {term: places for term in terms if (places := lists[number, term]) is not None})

    def _read(
        self, connection: sqlite3.Connection, stored: Stored, terms: Collection[str], most: float
    ) -> _Found:
        """The places of these terms in a segment; of one with more than `most` there only that it is common."""
        listed = segments.lists_of(connection, stored.number, terms, most)
        return _Found(
            stored,
            {
                term: places_of(packed, stored.size) if packed is not None else _COMMON
                for term, packed in listed.items()
            },
        )

    def _table(self, connection: sqlite3.Connection, stored: Stored) -> Chunks:
        chunks = self._chunks.get(stored.number)
        if chunks is None:
            chunks = self._chunks[stored.number] = segments.chunks_of(connection, stored.number)
        return chunks

    def _factors(self, connection: sqlite3.Connection, stored: Sequence[Stored]) -> npt.NDArray[np.float64]:
        """What the sums of all chunks, those of one segment behind those of the other, are to be multiplied by: of a
        long chunk they count less."""
        lengths = np.concatenate([self._table(connection, each).lengths for each in stored])
        average = np.float32(sum(each.terms for each in stored) / len(lengths))
        factors: npt.NDArray[np.float64] = (K1 + 1) / (1 + K1 * (1 - B + B * lengths / average))
        return factors

    def _best(
        self,
        connection: sqlite3.Connection,
        stored: Sequence[Stored],
        scores: npt.NDArray[np.float32],
        limit: int,
        without: frozenset[str],
    ) -> list[ChunkHit]:
        """The best chunks whose content is some file's. Chunks of other branches are passed over."""
        starts = list(accumulate((each.size for each in stored), initial=0))
        reach = limit + 16
        while True:
            top = _highest(scores, reach)
            hits: list[ChunkHit] = []
            for each, start, end in zip(stored, starts, starts[1:], strict=False):
                own = top[(top >= start) & (top < end)]
                hits += self._hits(connection, each, own - start, scores[own], without)
            hits.sort(key=lambda hit: (-hit.score, hit.path, hit.start_line))
            if len(hits) >= limit or len(top) < reach:
                return hits[:limit]
            reach *= 4

    def _hits(
        self,
        connection: sqlite3.Connection,
        stored: Stored,
        places: npt.NDArray[np.intp],
        scores: npt.NDArray[np.float32],
        without: frozenset[str],
    ) -> list[ChunkHit]:
        chunks = self._table(connection, stored)
        contents = chunks.contents[places].tolist()
        paths = _paths(connection, contents, without)
        rows = zip(
            contents,
            chunks.starts[places].tolist(),
            chunks.ends[places].tolist(),
            scores.tolist(),
            strict=True,
        )
        return [
            ChunkHit(paths[content], start, end, score)
            for content, start, end, score in rows
            if content in paths
        ]


_COMMON: npt.NDArray[np.uint16] = np.empty(0, dtype=np.uint16)


def _weights_of_terms(weights: Mapping[str, float]) -> dict[str, float]:
    """Each term's weight: the largest of the words that have it."""
    terms: dict[str, float] = {}
    for word, weight in weights.items():
        for term in terms_of(word):
            terms[term] = max(terms.get(term, 0.0), weight)
    return {term: weight for term, weight in terms.items() if weight > 0}


def _sums(found: Sequence[_Found], values: Mapping[str, float]) -> npt.NDArray[np.float32]:
    """What the terms that each chunk has are worth together, the chunks of one segment behind those of the other."""
    sums = np.zeros(sum(each.segment.size for each in found), dtype=np.float32)
    start = 0
    for each in found:
        own = sums[start : start + each.segment.size]
        for term, places in each.places.items():
            if term in values:
                own[places.astype(np.intp)] += np.float32(values[term])  # two bytes index slowly
        start += each.segment.size
    return sums


def _values(found: Sequence[_Found], weights: Mapping[str, float], total: int) -> dict[str, float]:
    """What a chunk gets for each term: its weight times its rarity, for as many terms as `MOST_PLACES` allows."""
    counts: defaultdict[str, int] = defaultdict(int)
    common = set()
    for each in found:
        for term, places in each.places.items():
            counts[term] += len(places)
            if places is _COMMON:
                common.add(term)
    most = max(COMMON_CHUNKS, COMMON_SHARE * total)
    values = {
        term: weights[term] * math.log(1 + (total - count + 0.5) / (count + 0.5))
        for term, count in counts.items()
        if term not in common and count <= most
    }
    read = 0
    kept: dict[str, float] = {}
    for term in sorted(values, key=lambda term: (counts[term], term)):
        read += counts[term]
        if read > MOST_PLACES and kept:
            break
        kept[term] = values[term]
    return kept


def _highest(scores: npt.NDArray[np.float32], count: int) -> npt.NDArray[np.intp]:
    """Where the highest scores above 0 are.

    As many blocks have their best score at or above the one that is `count`-th among these: no lower score is sought.
    """
    blocks = len(scores) // _BLOCK
    if blocks > count:
        best = scores[: blocks * _BLOCK].reshape(blocks, _BLOCK).max(axis=1)
        top = np.flatnonzero(scores >= np.partition(best, blocks - count)[blocks - count])
    else:
        top = np.arange(len(scores))
    if len(top) > count:
        top = top[np.argpartition(scores[top], len(top) - count)[len(top) - count :]]
    return top[scores[top] > 0]


def _common(first: npt.NDArray[np.uint16], second: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint16]:
    return np.intersect1d(first, second, assume_unique=True)


def _paths(
    connection: sqlite3.Connection, contents: Iterable[int], without: frozenset[str]
) -> dict[int, str]:
    """The first file of each content, of those that some file has."""
    distinct = sorted(set(contents))
    paths: dict[int, str] = {}
    for start in range(0, len(distinct), _AT_ONCE):
        part = distinct[start : start + _AT_ONCE]
        rows = connection.execute(
            f"SELECT content, path FROM files WHERE content IN ({', '.join('?' * len(part))}) ORDER BY path",
            part,
        )
        for content, path in rows:
            if path not in without:
                paths.setdefault(content, path)
    return paths
