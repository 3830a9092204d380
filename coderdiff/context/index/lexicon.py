"""The words that were met, by number; and those of a long text looked up at once, in some thirty calls.

Nearly all words of a text were met before. Each word is mixed to a number, whose highest bits are a place in a table:
the word that was first to have that place is compared byte by byte. What is not found so, since it is new or its place
is another's, is cut out and looked up as a Python object.
"""

from __future__ import annotations

import random
from array import array
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import count, islice
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from coderdiff.context.index.pairs import distinct, width_of
from coderdiff.context.index.words import EIGHT, PAD, Bits, Places, Words, eights_of, words_of

Numbers = npt.NDArray[np.uint32]

_TABLE_BITS = 20
_HALF = np.uint64(32)
_RANDOM = random.Random()

_Word = TypeVar("_Word", str, bytes)


class Numbering(defaultdict[_Word, int]):
    """Numbers of words, in the order in which they were first asked for: a word that is not there is added."""

    def __init__(self) -> None:
        # A counter's own method: no Python runs for a new word, of which a repository has a hundred thousand.
        super().__init__(count().__next__)
        self._told = 0

    def new(self) -> list[_Word]:
        """The words that were added since this was asked last, in order."""
        words = list(islice(reversed(self), len(self) - self._told))
        self._told = len(self)
        return words[::-1]


class Lexicon:
    """Words by number (`numbering`). Those in the table are told by an entry; entry 0 is of no word."""

    def __init__(self) -> None:
        self.numbering = Numbering[bytes]()
        # Nobody can write a text all of whose words have one place.
        self._factors = np.array([_RANDOM.getrandbits(64) | 1 for _ in range(3)], dtype=np.uint64)
        self._table = np.zeros(1 << _TABLE_BITS, dtype=np.uint32)
        self._text = bytearray(PAD)
        self._starts = array("Q", [0])
        self._sizes = array("Q", [0])
        self._eights = array("Q", [0])
        self._numbers = array("I", [0])

    @property
    def words(self) -> Iterable[bytes]:
        """The words in the order of their numbers."""
        return self.numbering.keys()

    def numbers_of(self, words: Sequence[bytes]) -> Numbers:
        """The numbers of some words."""
        return np.fromiter(map(self.numbering.__getitem__, words), np.uint32, len(words))

    def pairs_of(self, text: bytes, ends: Places) -> tuple[Numbers, Places]:
        """Which words (their numbers) stand in which passages, whose `ends` are as `words_of` takes them.

        No pair comes twice; they are in the order of the numbers, then of the passages.
        """
        words, passages = words_of(text, ends)
        numbers = self._numbers_in(words)
        bits = len(ends).bit_length()
        pairs = numbers.astype(width_of(len(self.numbering), bits))
        pairs <<= bits
        pairs |= passages.astype(pairs.dtype)
        pairs = distinct(pairs)
        found: Numbers = (pairs >> bits).astype(np.uint32)
        return found, (pairs & ((1 << bits) - 1)).astype(np.intp)

    def _numbers_in(self, words: Words) -> Numbers:
        places = self._places(words)
        entries: Numbers = self._table[places]
        missing = np.flatnonzero(~self._are(words, entries))
        if not len(missing):
            return self._numbers_at(entries)
        self._enter(words, places, missing[entries[missing] == 0])
        entries[missing] = self._table[places[missing]]
        left = missing[~self._are(words.at(missing), entries[missing])]
        numbers = self._numbers_at(entries)
        numbers[left] = self.numbers_of(words.at(left).spelled())
        return numbers

    def _places(self, words: Words) -> Places:
        """Where in the table each word is sought."""
        mixed = words.eights * self._factors[0]
        mixed ^= mixed >> _HALF
        for at, more, _, _ in words.rest():
            part = (mixed[at] ^ more) * self._factors[1]
            mixed[at] = part ^ (part >> _HALF)
        mixed *= self._factors[2]
        places: Places = (mixed >> np.uint64(64 - _TABLE_BITS)).astype(np.intp)
        return places

    def _are(self, words: Words, entries: Numbers) -> npt.NDArray[np.bool_]:
        """Which words are those of these entries."""
        same: npt.NDArray[np.bool_] = np.frombuffer(self._eights, dtype=np.uint64)[entries] == words.eights
        # Shorter ones have zeros behind them, which no word has in it.
        full = np.flatnonzero(same & (words.sizes >= EIGHT))
        full_entries = entries[full]
        same[full] = np.frombuffer(self._sizes, dtype=np.uint64)[full_entries] == words.sizes[full]
        long = full[same[full]]
        starts: Bits = np.frombuffer(self._starts, dtype=np.uint64)[entries[long]]
        view = eights_of(self._text)
        for at, more, skipped, kept in words.at(long).rest():
            same[long[at]] &= more == view[starts[at].astype(np.intp) + skipped] & kept
        return same

    def _numbers_at(self, entries: Numbers) -> Numbers:
        numbers: Numbers = np.frombuffer(self._numbers, dtype=np.uint32)[entries]
        return numbers

    def _enter(self, words: Words, places: Places, free: Places) -> None:
        """Make entries for some words, whose places in the table are free: one of those that share a place."""
        number = len(self._numbers)
        tags = np.arange(number, number + len(free), dtype=np.uint32)
        self._table[places[free]] = tags
        chosen = free[self._table[places[free]] == tags]
        self._table[places[chosen]] = tags[: len(chosen)]
        new = words.at(chosen)
        spelled = new.spelled()
        sizes = new.sizes.astype(np.uint64)
        steps = sizes + np.uint64(len(PAD))
        starts = np.cumsum(steps) - steps + np.uint64(len(self._text))
        self._text += PAD.join([*spelled, b""])
        self._starts.frombytes(starts.tobytes())
        self._sizes.frombytes(sizes.tobytes())
        self._eights.frombytes(new.eights.tobytes())
        self._numbers.frombytes(self.numbers_of(spelled).tobytes())
