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
from typing import TypeVar

import numpy as np

from coderdiff.context.safety import screen

MAX_NAME_BYTES = 64
"""Longer runs are data (base64, hashes) or prose without blanks, not names."""

_SUBWORD = re.compile(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*")
_SUBWORD_OR_END = re.compile(rf"{_SUBWORD.pattern}|\n")
_WHOLE_FROM = 3
_LINE_END = ord("\n")
# Names are ASCII letters, digits, "_" and whatever is no ASCII; all else is a blank, and lines stay.
_BLANKED = bytes(
    byte if byte in b"\n_" or byte >= 0x80 or bytes([byte]).isalnum() else 0x20 for byte in range(256)
)


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

    Words are numbered as they are met; `learn` makes all of them known.
    Word `w` has the terms numbered `expansion[starts[w] : starts[w + 1]]`, which are written in `terms`.
    """

    def __init__(self) -> None:
        self.terms: list[str] = []
        self.starts = array("I", [0])
        self.expansion = array("I")
        self._words = _Numbers[bytes]()
        self._terms = _Numbers[str]()
        self._marks = bytearray()

    def __len__(self) -> int:
        return len(self._words)

    def words_in(self, text: str, ranges: Sequence[tuple[int, int]]) -> tuple[array[int], array[int]]:
        """The words in each range of lines (1-based, inclusive), each once; and how many each range has.

        The ranges follow each other from the first line on.
        """
        blanked = text.encode(errors="replace").translate(_BLANKED)
        number = self._words.__getitem__
        words: list[bytes] = []
        counts = array("I")
        at = 0
        for end in _ends(blanked, ranges):
            distinct = set(blanked[at:end].split())
            words += distinct
            counts.append(len(distinct))
            at = end
        return array("I", map(number, words)), counts

    def marks_of(self, words: array[int]) -> int:
        """What `safety.screen` says of some words together."""
        if not words:
            return 0
        marks = np.frombuffer(self._marks, dtype=np.uint8)
        return int(np.bitwise_or.reduce(marks[np.frombuffer(words, dtype=np.uint32)]))

    def learn(self) -> None:
        """Expand the words that are new, and mark them: together, since asked one by one they take thrice the time."""
        words = self._words.new
        if not words:
            return
        self._words.new = []
        self._marks += screen.marks_of(words)
        pieces: list[str] = []
        known = len(self.expansion)
        for each in _pieces(b"\n".join(words).decode(errors="replace").split("\n")):
            pieces += each
            self.starts.append(known + len(pieces))
        self.expansion.extend(map(self._terms.__getitem__, pieces))
        self.terms += self._terms.new
        self._terms.new = []


def _pieces(names: Sequence[str]) -> Iterator[Sequence[str]]:
    """The terms of each name as `terms_of` has them, some maybe twice: all in a few calls."""
    mixed = [name for name in names if name.isascii() and not name.islower()]
    split = iter(" ".join(_SUBWORD_OR_END.findall("\n".join(mixed))).lower().split("\n"))
    for name in names:
        if not name.isascii():
            yield terms_of(name) if len(name.encode()) <= MAX_NAME_BYTES else ()
            continue
        is_mixed = not name.islower()
        pieces: Sequence[str] = next(split).split() if is_mixed else ()
        if len(name) > MAX_NAME_BYTES or name[:1].isdigit():
            yield ()
        elif not is_mixed and "_" not in name:
            yield (name,)
        else:
            if not is_mixed:
                pieces = [piece for piece in name.split("_") if piece and not piece.isdigit()]
            yield pieces if 0 < len(pieces) < _WHOLE_FROM else [*pieces, name.lower()]


_Word = TypeVar("_Word", str, bytes)


class _Numbers(dict[_Word, int]):
    """Numbers of words; a word that is not there is added, and told to `new`."""

    def __init__(self) -> None:
        super().__init__()
        self.new: list[_Word] = []

    def __missing__(self, word: _Word) -> int:
        number = self[word] = len(self)
        self.new.append(word)
        return number


def _ends(text: bytes, ranges: Sequence[tuple[int, int]]) -> list[int]:
    """Where each range of lines ends in a text."""
    line_ends = np.flatnonzero(np.frombuffer(text, dtype=np.uint8) == _LINE_END)
    lasts = np.array([last for _, last in ranges], dtype=np.intp)
    within = lasts[lasts <= len(line_ends)]
    return [*line_ends[within - 1].tolist(), *[len(text)] * (len(lasts) - len(within))]
