"""Many patterns looked for in one pass over a text, told by the three letters that each begins with.

Pattern by pattern the engine reads the text as often as there are patterns. Here each place's three letters are mixed
to a number, for all places in a few calls; a table says which numbers are a pattern's, and only there it is tried.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_LETTERS = 3
_FACTOR = 31
_NUMBERS = (_FACTOR**2 + _FACTOR + 1) * 0xFF + 1


@dataclass(frozen=True, slots=True)
class Sought:
    """A pattern whose matches begin with `letters`, three of them, and what they are marked with.

    The letters are small ones: the pattern says whether capitals match too.
    """

    letters: bytes
    pattern: re.Pattern[bytes]
    mark: int


class Beginnings:
    """Patterns by the letters that they begin with."""

    def __init__(self, sought: Sequence[Sought]) -> None:
        self._by_letters: defaultdict[bytes, list[Sought]] = defaultdict(list)
        self._is_begun = np.zeros(_NUMBERS, dtype=np.bool_)
        for each in sought:
            assert len(each.letters) == _LETTERS
            assert each.letters == each.letters.lower()
            self._by_letters[each.letters].append(each)
            self._is_begun[_mixed(each.letters)] = True

    def found(self, text: bytes, small: bytes) -> Iterator[tuple[int, int]]:
        """Where each match begins, and its mark; `small` is the text in small letters. Matches may overlap."""
        for at in np.flatnonzero(self._is_begun[_mixed(small)]).tolist():
            for each in self._by_letters.get(small[at : at + _LETTERS], ()):
                if each.pattern.match(text, at):
                    yield at, each.mark


def _mixed(text: bytes) -> npt.NDArray[np.uint32]:
    """A number for the letters from each place on that has as many behind it."""
    letters = np.frombuffer(text, dtype=np.uint8).astype(np.uint32)
    mixed: npt.NDArray[np.uint32] = letters[:-2] * _FACTOR
    mixed += letters[1:-1]
    mixed *= _FACTOR
    mixed += letters[2:]
    return mixed
