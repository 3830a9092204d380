"""Which chunk has which term, as arrays: made from files, joined, thinned out, and turned into bytes.

A segment is an inverted list over up to `MOST_CHUNKS` chunks. Once written it never changes: new contents get a
new segment, small segments are joined into larger ones, and chunks whose contents are gone are left out on the
way (the log-structured merging of Lucene and of FTS5).

Own lists and not FTS5, by measurement on 2,676 files (40 MB, 79,000 chunks): the same queries of 24 terms cost
19 ms of CPU at the median and 46 ms at p95 in FTS5, most of it in its bm25(), and 2.0 and 3.6 ms here; and
FTS5 knows no weights of terms, which retrieval needs.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from coderdiff.context.index.codec import DamagedError
from coderdiff.context.index.terms import Vocabulary

MOST_CHUNKS = 1 << 16
"""Chunks of a segment: a chunk's number takes two bytes."""

Numbers = npt.NDArray[np.uint32]
Ids = npt.NDArray[np.int64]

PLACE = np.dtype("<u2")
"""How a chunk's number is stored."""

_FIELD = np.dtype("<i8")
_FIELDS = 4


@dataclass(frozen=True, slots=True)
class Chunks:
    """The chunks of a segment, one entry each: the content it is of, its lines, and how many terms it has."""

    contents: Ids
    starts: Numbers
    ends: Numbers
    lengths: Numbers

    def __len__(self) -> int:
        return len(self.contents)


@dataclass(frozen=True, slots=True)
class Segment:
    """An inverted list. `places` has for each of the `terms`, one after the other, its `counts` chunk numbers,
    ascending."""

    terms: list[str]
    counts: Numbers
    places: Numbers
    chunks: Chunks


@dataclass(frozen=True, slots=True)
class Cut:
    """Chunks as they come from files: of each its content and its lines; and in pairs, each once, which word of a
    vocabulary (`words`) stands in which of them (`chunks`)."""

    contents: Ids
    starts: Numbers
    ends: Numbers
    words: Numbers
    chunks: Ids

    @classmethod
    def joined(cls, cuts: Sequence[Cut]) -> Cut:
        """All of them behind each other; each one's `chunks` count those before it."""
        if not cuts:
            none, no_numbers = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.uint32)
            return cls(none, no_numbers, no_numbers, no_numbers, none)
        return cls(
            np.concatenate([cut.contents for cut in cuts]),
            np.concatenate([cut.starts for cut in cuts]),
            np.concatenate([cut.ends for cut in cuts]),
            np.concatenate([cut.words for cut in cuts]),
            np.concatenate([cut.chunks for cut in cuts]),
        )


EMPTY = Segment(
    [],
    np.empty(0, dtype=np.uint32),
    np.empty(0, dtype=np.uint32),
    Chunks(np.empty(0, dtype=np.int64), *(np.empty(0, dtype=np.uint32) for _ in range(_FIELDS - 1))),
)


def collect(cut: Cut, vocabulary: Vocabulary) -> Segment:
    """The segment of some contents, which have at most `MOST_CHUNKS` chunks."""
    vocabulary.learn()
    size = len(cut.contents)
    if not size:
        return EMPTY
    assert size <= MOST_CHUNKS
    pairs = _expanded(cut.words, cut.chunks, vocabulary)
    chunk = pairs & (MOST_CHUNKS - 1)
    term = pairs // MOST_CHUNKS
    first = np.flatnonzero(np.diff(term, prepend=-1))
    return Segment(
        [vocabulary.terms[number] for number in term[first].tolist()],
        np.diff(first, append=len(term)).astype(np.uint32),
        chunk.astype(np.uint32),
        Chunks(cut.contents, cut.starts, cut.ends, np.bincount(chunk, minlength=size).astype(np.uint32)),
    )


def _expanded(word: Numbers, chunk: Ids, vocabulary: Vocabulary) -> Ids:
    """Each pair of a term and a chunk that has it, once, as `term * MOST_CHUNKS + chunk`, in order."""
    starts = np.array(vocabulary.starts, dtype=np.int64)
    expansion = np.array(vocabulary.expansion, dtype=np.int64)
    count = starts[word.astype(np.int64) + 1] - starts[word]
    within = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
    term = expansion[np.repeat(starts[word], count) + within]
    pairs = np.sort(term * MOST_CHUNKS + np.repeat(chunk, count))
    return pairs[np.diff(pairs, prepend=-1) > 0]


def join(segments: Sequence[Segment], keep: Sequence[npt.NDArray[np.bool_]] | None = None) -> Segment:
    """One segment of several (at least one), in their order.

    `keep` says of each one's chunks which to take; by default all.
    """
    terms = list({term: None for segment in segments for term in segment.terms})
    numbers = {term: number for number, term in enumerate(terms)}
    owners, places, taken = [], [], []
    offset = 0
    for at, segment in enumerate(segments):
        size = len(segment.chunks)
        mask = keep[at] if keep is not None else np.ones(size, dtype=np.bool_)
        renumbered = (np.cumsum(mask, dtype=np.uint32) - 1 + offset).astype(np.uint32)
        owner = np.fromiter(map(numbers.__getitem__, segment.terms), np.uint32, len(segment.terms))
        chosen = mask[segment.places]
        owners.append(np.repeat(owner, segment.counts)[chosen])
        places.append(renumbered[segment.places][chosen])
        taken.append(_masked(segment.chunks, mask))
        offset += int(mask.sum())
    owner = np.concatenate(owners)
    order = np.argsort(owner, kind="stable")
    counts = np.bincount(owner, minlength=len(terms)).astype(np.uint32)
    used = counts > 0
    return Segment(
        [term for term, is_used in zip(terms, used.tolist(), strict=True) if is_used],
        counts[used],
        np.concatenate(places)[order],
        Chunks(
            np.concatenate([chunks.contents for chunks in taken]),
            np.concatenate([chunks.starts for chunks in taken]),
            np.concatenate([chunks.ends for chunks in taken]),
            np.concatenate([chunks.lengths for chunks in taken]),
        ),
    )


def in_order(segment: Segment) -> Segment:
    """The same segment, its terms sorted as a database sorts them."""
    order = np.array(sorted(range(len(segment.terms)), key=segment.terms.__getitem__), dtype=np.intp)
    ends = np.cumsum(segment.counts, dtype=np.int64)
    counts = segment.counts[order]
    shift = (ends - segment.counts)[order] - (np.cumsum(counts, dtype=np.int64) - counts)
    return replace(
        segment,
        terms=[segment.terms[at] for at in order.tolist()],
        counts=counts,
        places=segment.places[np.arange(len(segment.places)) + np.repeat(shift, counts)],
    )


def places_of(packed: bytes, size: int) -> npt.NDArray[np.uint16]:
    """The chunk numbers of one term in a segment of `size` chunks. Raises DamagedError."""
    try:
        places = np.frombuffer(packed, dtype=PLACE)
    except (TypeError, ValueError) as error:
        raise DamagedError(str(error)) from error
    if len(places) and int(places.max()) >= size:
        raise DamagedError("a chunk number out of range")
    return places


def pack_chunks(chunks: Chunks) -> bytes:
    """The chunk table as bytes."""
    table = np.stack([chunks.contents, chunks.starts, chunks.ends, chunks.lengths]).astype(_FIELD)
    return zlib.compress(table.tobytes(), 1)


def unpack_chunks(packed: bytes) -> Chunks:
    """The chunk table that was packed. Raises DamagedError."""
    try:
        table = np.frombuffer(zlib.decompress(packed), dtype=_FIELD).reshape(_FIELDS, -1)
    except (TypeError, ValueError, zlib.error) as error:
        raise DamagedError(str(error)) from error
    return Chunks(table[0].astype(np.int64), *(row.astype(np.uint32) for row in table[1:]))


def from_lists(stored: Sequence[tuple[str, bytes]], chunks: Chunks) -> Segment:
    """The segment of lists that were stored, in any order. Raises DamagedError."""
    packed = b"".join(each for _, each in stored)
    counts = np.fromiter((len(each) // PLACE.itemsize for _, each in stored), np.uint32, len(stored))
    places = places_of(packed, len(chunks)).astype(np.uint32)
    return Segment([term for term, _ in stored], counts, places, chunks)


def _masked(chunks: Chunks, mask: npt.NDArray[np.bool_]) -> Chunks:
    return Chunks(chunks.contents[mask], chunks.starts[mask], chunks.ends[mask], chunks.lengths[mask])
