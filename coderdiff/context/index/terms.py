"""Names as search terms: `getHTTPResponse` is found by "http", by "response" and by itself.

A term is a name's subword in lower case (snake_case and camelCase are split), and the whole name where it has
three or more of them: on eight packages (2,000 cursors) subwords found 1 point more of the needed identifiers
than whole names, and long names on top of them 0.7 more; all whole names on top found nothing more and cost
half as many postings again. Keywords are terms like any other: those that stand everywhere weigh nothing.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence

MAX_NAME_BYTES = 64
"""Longer runs are data (base64, hashes) or prose without blanks, not names."""

_SUBWORD = re.compile(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*")
_WHOLE_FROM = 3
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

    Word `w` has the terms numbered `expansion[starts[w] : starts[w + 1]]`, which are written in `terms`.
    """

    def __init__(self) -> None:
        self.terms: list[str] = []
        self.starts = array("I", [0])
        self.expansion = array("I")
        self._words = _Numbers(self)
        self._terms: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._words)

    def words_in(self, text: str, ranges: Sequence[tuple[int, int]]) -> tuple[array[int], array[int]]:
        """The words in each range of lines (1-based, inclusive), each once; and how many each range has."""
        lines = text.encode(errors="replace").translate(_BLANKED).split(b"\n")
        words, counts = array("I"), array("I")
        number = self._words.__getitem__
        for first, last in ranges:
            distinct = set(b" ".join(lines[first - 1 : last]).split())
            words.extend(map(number, distinct))
            counts.append(len(distinct))
        return words, counts

    def add(self, word: bytes) -> int:
        """The number for a new word."""
        terms = terms_of(word.decode(errors="replace")) if len(word) <= MAX_NAME_BYTES else ()
        for term in terms:
            number = self._terms.get(term)
            if number is None:
                number = self._terms[term] = len(self.terms)
                self.terms.append(term)
            self.expansion.append(number)
        self.starts.append(len(self.expansion))
        return len(self.starts) - 2


class _Numbers(dict[bytes, int]):
    """Numbers of words; a word that is not there is added."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__()
        self._add = vocabulary.add

    def __missing__(self, word: bytes) -> int:
        number = self[word] = self._add(word)
        return number
