"""Near-duplicate removal: MinHash signatures, locality-sensitive hashing, then exact Jaccard.

After Broder, "On the resemblance and containment of documents" (1997), with the banding of Leskovec,
Rajaraman and Ullman, "Mining of Massive Datasets", chapter 3. A file is the set of its runs of five lexemes;
two files are near duplicates if their sets overlap (Jaccard) by at least `NEAR_DUPLICATE`. Held-out splits
come first: a training file that resembles a held-out one, by the stricter `HELD_OUT_OVERLAP`, is the one that
goes.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from coderdiff.training.corpus.manifest import Split
from coderdiff.training.corpus.parallel import Progress, mapped, silent
from coderdiff.training.corpus.shards import Document

NEAR_DUPLICATE = 0.8
HELD_OUT_OVERLAP = 0.5

PRECEDENCE: tuple[Split, ...] = ("test", "validation", "train")
"""Of two near duplicates the one in the earlier split stays."""

_SHINGLE = 5  # lexemes
_BANDS, _ROWS = 32, 4  # a pair at Jaccard 0.5 shares a band with probability 0.87, at 0.8 with 1 - 5e-8
_LEXEME = re.compile(rb"\w+|[^\w\s]")
_COMMENT_LINE = re.compile(rb"^[ \t]*#.*$", re.MULTILINE)
_SLACK = 0.15  # three deviations of a 128-hash estimate: exact Jaccard is not tried below the limit less this


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A document left out, and the one that stayed in its place."""

    split: Split
    document: Document
    kept_split: Split
    kept: Document


def shingles(text: str) -> NDArray[np.uint64]:
    """Distinct hashes, sorted, of the runs of five lexemes [n]; a shorter text is one run.

    Lines that are only a comment do not count: a licence header makes no two small files alike.
    """
    code = _COMMENT_LINE.sub(b"", text.encode("utf-8"))
    lexemes = np.fromiter(map(zlib.crc32, _LEXEME.findall(code)), np.uint64)
    runs = max(len(lexemes) - _SHINGLE + 1, 1)
    mixed = np.zeros(runs, np.uint64)
    with np.errstate(over="ignore"):
        for k in range(min(_SHINGLE, len(lexemes))):
            mixed = (mixed ^ lexemes[k : k + runs]) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(29)
    return np.unique(mixed)


def signature(text: str) -> NDArray[np.uint32]:
    """MinHash signature [bands * rows] of `shingles(text)`, by multiply-shift hashing."""
    rng = np.random.default_rng(1997)  # any fixed family of hash functions will do
    multipliers = rng.integers(0, 2**63, _BANDS * _ROWS, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    runs = shingles(text)
    hashed = np.empty(len(multipliers), np.uint32)
    for i, multiplier in enumerate(multipliers):
        hashed[i] = (runs * multiplier).min() >> np.uint64(32)
    return hashed


def jaccard(a: NDArray[np.uint64], b: NDArray[np.uint64]) -> float:
    """Overlap of two sets given as sorted distinct arrays: intersection over union."""
    shared = len(np.intersect1d(a, b, assume_unique=True))
    return shared / (len(a) + len(b) - shared)


def remove_near_duplicates(
    splits: Mapping[Split, Sequence[Document]], *, jobs: int = 1, progress: Progress = silent
) -> tuple[dict[Split, list[Document]], list[Duplicate]]:
    """`splits` without near duplicates, order kept, and what was left out.

    Documents are taken by split precedence and then in the order given; one that resembles a document already
    taken is left out.
    """
    entries = [(split, document) for split in PRECEDENCE for document in splits.get(split, ())]
    texts = [document.text for _, document in entries]
    signatures = list(mapped(signature, texts, jobs=jobs, progress=progress))
    shingles_of = lru_cache(maxsize=20_000)(lambda index: shingles(texts[index]))

    buckets: dict[tuple[int, bytes], list[int]] = {}
    kept: dict[Split, list[Document]] = {split: [] for split in splits}
    duplicates: list[Duplicate] = []
    for index, (split, document) in enumerate(entries):
        bands = signatures[index].reshape(_BANDS, _ROWS)
        keys = [(band, bands[band].tobytes()) for band in range(_BANDS)]
        original: int | None = None
        for other in sorted({i for key in keys for i in buckets.get(key, ())}):
            limit = NEAR_DUPLICATE if entries[other][0] == split else HELD_OUT_OVERLAP
            if np.mean(signatures[other] == signatures[index]) < limit - _SLACK:
                continue
            if jaccard(shingles_of(index), shingles_of(other)) >= limit:
                original = other
                break
        if original is not None:
            duplicates.append(Duplicate(split, document, *entries[original]))
            continue
        kept[split].append(document)
        for key in keys:
            buckets.setdefault(key, []).append(index)
    return kept, duplicates
