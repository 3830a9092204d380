"""The lists of rare terms, many in one row: most terms stand in a few chunks, and a row costs more than these.

A block has up to `_TERMS` terms that follow each other in a segment: a header (how many terms, and how many bytes
their text has), the text (a line each), two bytes for how many chunks each has, and these chunks' numbers. The lists
of common terms have rows of their own: a search that leaves such a term out does not read them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np

from coderdiff.context.index.codec import DamagedError
from coderdiff.context.index.postings import PLACE, Segment

RARE = 64
"""A term in fewer chunks is rare."""

_TERMS = 32
_HEADER = struct.Struct("<HI")


def common(segment: Segment) -> Iterator[tuple[str, int, bytes]]:
    """Each common term with the number of its chunks and their packed numbers; the terms of `segment` are sorted."""
    packed = segment.places.astype(PLACE, copy=False).tobytes()
    ends = np.cumsum(segment.counts, dtype=np.int64)
    for at in np.flatnonzero(segment.counts >= RARE).tolist():
        count, end = int(segment.counts[at]), int(ends[at])
        yield segment.terms[at], count, packed[(end - count) * PLACE.itemsize : end * PLACE.itemsize]


def rare(segment: Segment) -> Iterator[tuple[str, bytes]]:
    """Blocks of the rare terms, each with its first term; the terms of `segment` are sorted."""
    is_rare = segment.counts < RARE
    terms = [segment.terms[at] for at in np.flatnonzero(is_rare).tolist()]
    counts = segment.counts[is_rare].astype(PLACE)
    places = segment.places[np.repeat(is_rare, segment.counts)].astype(PLACE, copy=False)
    ends = [0, *np.cumsum(counts, dtype=np.int64).tolist()]
    for start in range(0, len(terms), _TERMS):
        names = terms[start : start + _TERMS]
        stop = start + len(names)
        text = "\n".join(names).encode()
        yield (
            names[0],
            b"".join(
                (
                    _HEADER.pack(len(names), len(text)),
                    text,
                    counts[start:stop].tobytes(),
                    places[ends[start] : ends[stop]].tobytes(),
                )
            ),
        )


def lists(block: bytes) -> list[tuple[str, bytes]]:
    """The terms of a block with their packed chunk numbers. Raises DamagedError."""
    names, counts, places = _parts(block)
    found = []
    at = 0
    for name, count in zip(names, counts, strict=True):
        size = count * PLACE.itemsize
        found.append((name, places[at : at + size]))
        at += size
    return found


def find(block: bytes, term: str) -> bytes | None:
    """The packed chunk numbers of one term; None for one that the block does not have. Raises DamagedError."""
    names, counts, places = _parts(block)
    if term not in names:
        return None
    at = names.index(term)
    start = sum(counts[:at]) * PLACE.itemsize
    return places[start : start + counts[at] * PLACE.itemsize]


def _parts(block: bytes) -> tuple[list[str], tuple[int, ...], bytes]:
    """The terms, how many chunks each has, and the packed numbers of all."""
    try:
        size, length = _HEADER.unpack_from(block)
        at = _HEADER.size + length
        names = block[_HEADER.size : at].decode().split("\n")
        counts = struct.unpack_from(f"<{size}H", block, at)
        places = block[at + size * PLACE.itemsize :]
    except (struct.error, TypeError, AttributeError, UnicodeDecodeError) as error:
        raise DamagedError(str(error)) from error
    if len(names) != size or sum(counts) * PLACE.itemsize != len(places):
        raise DamagedError("a block of terms is not as long as it says")
    return names, counts, places
