"""Names as search terms: `getHTTPResponse` is found by "http", by "response" and by itself.

A term is a name's subword in lower case (snake_case and camelCase are split), and the whole name where it has
three or more of them: on eight packages (2,000 cursors) subwords found 1 point more of the needed identifiers
than whole names, and long names on top of them 0.7 more; all whole names on top found nothing more and cost
half as many postings again. Keywords are terms like any other: those that stand everywhere weigh nothing.
"""

from __future__ import annotations

import re
from array import array
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, compress, count, islice

import numpy as np
import numpy.typing as npt

from coderdiff.context.index.lexicon import Lexicon
from coderdiff.context.safety import screen

MAX_NAME_BYTES = 64
"""Longer runs are data (base64, hashes) or prose without blanks, not names."""

_SUBWORD = re.compile(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*")
_SUBWORD_OR_END = re.compile(rf"{_SUBWORD.pattern}|\n")
_NUMBER = re.compile(r"[0-9](?<![^ \n].)[0-9]*+(?![^ \n])")
_WHOLE_FROM = 3
_BLANK, _LINE_END = ord(" "), ord("\n")
_SMALL, _DIGIT, _UNDERSCORE, _CAPITAL, _NO_ASCII = 1, 2, 4, 8, 16
_KINDS = bytes(
    _NO_ASCII
    if byte >= 0x80
    else 0
    if byte == _LINE_END
    else _SMALL
    if chr(byte).islower()
    else _DIGIT
    if chr(byte).isdigit()
    else _UNDERSCORE
    if chr(byte) == "_"
    else _CAPITAL
    for byte in range(256)
)
_Flags = npt.NDArray[np.bool_]
_Numbers = npt.NDArray[np.uint32]


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
        # A counter's own method: no Python runs for a new term, of which a repository has a hundred thousand.
        self._numbers: defaultdict[str, int] = defaultdict(count().__next__)
        self._marks = array("I")

    def __len__(self) -> int:
        return len(self.lexicon)

    @property
    def marks(self) -> npt.NDArray[np.uint32]:
        """What `safety.screen` says of each word that was learned."""
        return np.array(self._marks, dtype=np.uint32)

    def learn(self) -> None:
        """Expand the words that are new, and mark them: together, since asked one by one they take thrice the time."""
        words = self.lexicon.new()
        if not words:
            return
        self._marks.frombytes(screen.marks_of(words).tobytes())
        names = b"\n".join(words).decode(errors="replace").split("\n")
        counts = np.zeros(len(names), dtype=np.uint32)
        order = []
        for flags, expand in zip(_sorted_out(words), (_alone, _small, _mixed, _one_by_one), strict=True):
            expanded = expand(list(compress(names, flags.tolist())))
            counts[flags] = expanded.counts + expanded.has_whole
            order.append(np.flatnonzero(flags))
            numbers = self._numbers_of(expanded.pieces)
            if expanded.wholes:
                ends = np.cumsum(expanded.counts, dtype=np.int64)[expanded.has_whole]
                numbers = np.insert(numbers, ends, self._numbers_of(expanded.wholes))
            self.expansion.frombytes(numbers.tobytes())
        ordered = np.concatenate(order)
        firsts = np.zeros(len(names), dtype=np.uint32)
        firsts[ordered] = len(self.expansion) - np.cumsum(counts[ordered][::-1], dtype=np.int64)[::-1]
        self.firsts.frombytes(firsts.tobytes())
        self.counts.frombytes(counts.tobytes())
        self.terms += list(islice(reversed(self._numbers), len(self._numbers) - len(self.terms)))[::-1]

    def _numbers_of(self, terms: Sequence[str]) -> _Numbers:
        return np.fromiter(map(self._numbers.__getitem__, terms), np.uint32, len(terms))


@dataclass(frozen=True, slots=True)
class _Expanded:
    """The terms of some names, one behind the other: `counts` of the `pieces`, maybe some twice, are of each, and in
    the order of those names that have it the whole name."""

    pieces: Sequence[str]
    counts: _Numbers
    has_whole: _Flags
    wholes: Sequence[str]


def _sorted_out(words: Sequence[bytes]) -> tuple[_Flags, _Flags, _Flags, _Flags]:
    """Which words are their own only term, being small letters and digits; which others are split at "_" only; which
    at capitals too; and which are not ASCII. No other word has terms."""
    joined = b"\n".join([*words, b""])
    ends = np.flatnonzero(np.frombuffer(joined, dtype=np.uint8) == _LINE_END)
    starts = np.concatenate((np.zeros(1, dtype=np.intp), ends[:-1] + 1))
    kinds = np.frombuffer(joined.translate(_KINDS), dtype=np.uint8)
    first, all_ = kinds[starts], np.bitwise_or.reduceat(kinds, starts)
    is_name = (first != _DIGIT) & (ends - starts <= MAX_NAME_BYTES) & (all_ < _NO_ASCII)
    is_alone = is_name & (all_ < _UNDERSCORE)
    is_small = is_name & ~is_alone & (all_ < _CAPITAL) & (all_ & _SMALL != 0)
    return is_alone, is_small, is_name & ~is_alone & ~is_small, all_ >= _NO_ASCII


def _alone(names: Sequence[str]) -> _Expanded:
    return _Expanded(names, np.ones(len(names), np.uint32), np.zeros(len(names), np.bool_), ())


def _small(names: Sequence[str]) -> _Expanded:
    """As `terms_of` has them, of all names in a few calls."""
    return _split(_NUMBER.sub("", "\n".join(names).replace("_", " ")), names)


def _mixed(names: Sequence[str]) -> _Expanded:
    """The same for names in which capitals begin terms."""
    text = "\n".join(names)
    return _split(" ".join(_SUBWORD_OR_END.findall(text)).lower(), text.lower().split("\n") if names else ())


def _one_by_one(names: Sequence[str]) -> _Expanded:
    """The same for names in any script."""
    terms = [terms_of(name) if len(name.encode()) <= MAX_NAME_BYTES else () for name in names]
    counts = np.fromiter(map(len, terms), np.uint32, len(terms))
    return _Expanded(list(chain.from_iterable(terms)), counts, np.zeros(len(terms), np.bool_), ())


def _split(text: str, names: Sequence[str]) -> _Expanded:
    """Of some names, in small letters, whose pieces stand in a line each, with blanks between them."""
    codes = np.frombuffer(f"\n{text}\n".encode(), dtype=np.uint8)
    pieces = np.flatnonzero((codes[1:] > _BLANK) & (codes[:-1] <= _BLANK))
    counts = np.diff(np.searchsorted(pieces, np.flatnonzero(codes == _LINE_END)))[: len(names)].astype(
        np.uint32
    )
    has_whole = (counts == 0) | (counts >= _WHOLE_FROM)
    return _Expanded(text.split(), counts, has_whole, list(compress(names, has_whole.tolist())))
