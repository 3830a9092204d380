"""Names as search terms: `getHTTPResponse` is found by "http", by "response" and by itself.

A term is a name's subword in lower case (snake_case and camelCase are split), and the whole name where it has
three or more of them: on eight packages (2,000 cursors) subwords found 1 point more of the needed identifiers
than whole names, and long names on top of them 0.7 more; all whole names on top found nothing more and cost
half as many postings again. Keywords are terms like any other: those that stand everywhere weigh nothing.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from itertools import compress

import numpy as np
import numpy.typing as npt

from coderdiff.context.index.lexicon import Lexicon, Numbering
from coderdiff.context.safety import screen

MAX_NAME_BYTES = 64
"""Longer runs are data (base64, hashes) or prose without blanks, not names."""

_SUBWORD = re.compile(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*")
_SUBWORD_OR_END = re.compile(rf"{_SUBWORD.pattern}|\n")
_WHOLE_FROM = 3
_LINE_END = ord("\n")
_SMALL, _DIGIT, _OTHER, _NO_ASCII = 1, 2, 4, 8
_KINDS = bytes(
    _NO_ASCII
    if byte >= 0x80
    else 0
    if byte == _LINE_END
    else _SMALL
    if chr(byte).islower()
    else _DIGIT
    if chr(byte).isdigit()
    else _OTHER
    for byte in range(256)
)
_Flags = npt.NDArray[np.bool_]


def terms_of(name: str) -> tuple[str, ...]:
    """The terms of one name, each once; none for a number."""
    if not name or name[0].isdigit():
        return ()
    if not name.isascii() or name.islower():
        pieces = [piece for piece in name.lower().split("_") if piece and not piece.isdigit()]
    else:
        pieces = [piece.lower() for piece in _SUBWORD.findall(name)]
    if len(pieces) >= _WHOLE_FROM or not pieces:
        pieces.append(name.lower())
    return tuple(dict.fromkeys(pieces))


class Vocabulary:
    """The words of some files as numbers, and the terms of each: most words of a file were seen before.

    Words are numbered as they are met, in the `lexicon`; `learn` makes all of them known.
    The terms of word `w` are written in `terms`, at the `counts[w]` places in `expansion` from `firsts[w]` on.
    """

    def __init__(self) -> None:
        self.terms: list[str] = []
        self.firsts = array("I")
        self.counts = array("I")
        self.expansion = array("I")
        self.lexicon = Lexicon()
        self._terms = Numbering[str]()
        self._marks = array("I")

    def __len__(self) -> int:
        return len(self.lexicon.numbering)

    @property
    def marks(self) -> npt.NDArray[np.uint32]:
        """What `safety.screen` says of each word that was learned."""
        return np.array(self._marks, dtype=np.uint32)

    def learn(self) -> None:
        """Expand the words that are new, and mark them: together, since asked one by one they take thrice the time."""
        words = self.lexicon.numbering.new()
        if not words:
            return
        self._marks.frombytes(screen.marks_of(words).tobytes())
        names = b"\n".join(words).decode(errors="replace").split("\n")
        is_single, is_other = _sorted_out(words)
        pieces = list(compress(names, is_single.tolist()))
        counts = is_single.astype(np.uint32)
        others = []
        for each in _pieces(list(compress(names, is_other.tolist()))):
            pieces += each
            others.append(len(each))
        counts[is_other] = others
        # The terms of the words that have one come first.
        order = np.argsort(~is_single, kind="stable")
        firsts = np.empty(len(names), dtype=np.uint32)
        firsts[order] = len(self.expansion) + np.cumsum(counts[order]) - counts[order]
        self.firsts.frombytes(firsts.tobytes())
        self.counts.frombytes(counts.tobytes())
        self.expansion.extend(map(self._terms.__getitem__, pieces))
        self.terms += self._terms.new()


def _sorted_out(words: Sequence[bytes]) -> tuple[_Flags, _Flags]:
    """Which words are their own only term, being small letters and digits; and which have terms to be sought.

    The others have none: what begins with a digit, and is ASCII.
    """
    joined = b"\n".join([*words, b""])
    ends = np.flatnonzero(np.frombuffer(joined, dtype=np.uint8) == _LINE_END)
    starts = np.concatenate((np.zeros(1, dtype=np.intp), ends[:-1] + 1))
    kinds = np.frombuffer(joined.translate(_KINDS), dtype=np.uint8)
    first, all_ = kinds[starts], np.bitwise_or.reduceat(kinds, starts)
    is_single = (first == _SMALL) & (all_ < _OTHER) & (ends - starts <= MAX_NAME_BYTES)
    return is_single, ~is_single & ((first != _DIGIT) | (all_ >= _NO_ASCII))


def _pieces(names: Sequence[str]) -> Iterator[Sequence[str]]:
    """The terms of each name as `terms_of` has them, some maybe twice: all in a few calls."""
    mixed = [name for name in names if name.isascii() and not name.islower()]
    split = iter(" ".join(_SUBWORD_OR_END.findall("\n".join(mixed))).lower().split("\n"))
    for name in names:
        if not name.isascii():
            yield terms_of(name) if len(name.encode()) <= MAX_NAME_BYTES else ()
            continue
        pieces: Sequence[str]
        if name.islower():
            pieces = [piece for piece in name.split("_") if piece and not piece.isdigit()]
        else:
            pieces = next(split).split()
        if len(name) > MAX_NAME_BYTES or name[:1].isdigit():
            yield ()
        else:
            yield pieces if 0 < len(pieces) < _WHOLE_FROM else [*pieces, name.lower()]
