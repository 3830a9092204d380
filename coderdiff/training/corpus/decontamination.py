"""Keeping the corpus apart from held-out benchmarks, of which only hashes are known.

The index is a folder with `ngrams.npy`: the sorted 64-bit hashes of every run of sixteen lexemes in the
benchmarks. A lexeme is a word or one other visible character; a run is its lexemes joined by U+001F, hashed
with 8-byte BLAKE2b, read little-endian. A file that shares more than `MAX_HITS` runs with the index is left
out.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from itertools import accumulate
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from coderdiff.errors import CorpusError

RUN = 16
"""Lexemes in a run."""

MAX_HITS = 3
"""Runs that a file may share with the benchmarks: a few are chance or idiom."""

_LEXEME = re.compile(r"\w+|[^\w\s]")
_PREFIX_BITS = 24


def run_hashes(text: str) -> NDArray[np.uint64]:
    """Hash of every run of sixteen lexemes of `text`, in order [lexemes - 15]; empty if it has fewer lexemes.

    The lexemes are joined and encoded once, and each run is a slice of the result: twice as fast as joining
    every run by itself, with the same bytes hashed.
    """
    lexemes = [lexeme.encode("utf-8") for lexeme in _LEXEME.findall(text)]
    if len(lexemes) < RUN:
        return np.empty(0, np.uint64)
    joined = b"\x1f".join(lexemes)
    starts = list(accumulate((len(lexeme) + 1 for lexeme in lexemes), initial=0))
    spans = zip(starts, starts[RUN:], strict=False)
    digests = [blake2b(joined[start : end - 1], digest_size=8).digest() for start, end in spans]
    return np.frombuffer(b"".join(digests), np.dtype("<u8")).astype(np.uint64, copy=False)


class HeldOutIndex:
    """The benchmarks' runs, by hash."""

    def __init__(self, known: NDArray[np.uint64]) -> None:
        """`known`: the hashes, sorted [runs]."""
        self._known = known
        # Nearly all runs are unknown: a table over the leading bits answers those without a search.
        self._prefixes = np.zeros(2**_PREFIX_BITS, np.bool_)
        self._prefixes[known >> np.uint64(64 - _PREFIX_BITS)] = True

    def __len__(self) -> int:
        return len(self._known)

    def hits(self, hashes: NDArray[np.uint64]) -> int:
        """How many of `hashes` (from `run_hashes`) are held out; a run that occurs twice counts twice."""
        likely = hashes[self._prefixes[hashes >> np.uint64(64 - _PREFIX_BITS)]]
        if not len(likely):
            return 0
        places = np.searchsorted(self._known, likely).clip(max=len(self._known) - 1)
        return int((self._known[places] == likely).sum())


def load_index(folder: str | Path) -> HeldOutIndex:
    """The index in `folder`. Raises CorpusError if it is missing or not sorted 64-bit hashes."""
    path = Path(folder) / "ngrams.npy"
    try:
        known = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise CorpusError(f"no ngrams.npy in {folder}: give the folder of the held-out index") from None
    except (OSError, ValueError) as error:
        raise CorpusError(f"{path} cannot be read as a NumPy array: {error}") from error
    if known.dtype != np.uint64 or known.ndim != 1 or not len(known) or (known[1:] < known[:-1]).any():
        raise CorpusError(f"{path} is not a sorted, non-empty list of 64-bit hashes")
    return HeldOutIndex(known)
