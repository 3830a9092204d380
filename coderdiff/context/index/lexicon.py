"""The words that were met, by number; and those of a long text looked up at once, in some thirty calls.

Nearly all words of a text were met before. Each word is mixed to a number, whose highest bits are a place in a table:
the word that was first to have that place is compared byte by byte. What is not found so, since it is new or its place
is another's, is cut out and looked up as a Python object.
"""

from __future__ import annotations

import random
from array import array
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from coderdiff.context.index.pairs import distinct, width_of
from coderdiff.context.index.words import EIGHT, PAD, Bits, Places, Words, eights_of, words_of

Numbers = npt.NDArray[np.uint32]

_TABLE_BITS = 20
_HALF = np.uint64(32)
_RANDOM = random.Random()


class Lexicon:
    """Words by number, in the order in which they were met.

    In the table and in the arrays a word is one more than its number: 0 is no word.
    """

    def __init__(self) -> None:
        # Nobody can write a text all of whose words have one place.
        self._factors = np.array([_RANDOM.getrandbits(64) | 1 for _ in range(3)], dtype=np.uint64)
        self._table = np.zeros(1 << _TABLE_BITS, dtype=np.uint32)
        self._text = bytearray(PAD)
        self._starts = array("Q", [0])
        self._sizes = array("Q", [0])
        self._eights = array("Q", [0])
        # A place in the table is never given up: what finds another word there the first time always will.
        self._displaced: dict[bytes, int] = {}
        self._new: list[bytes] = []

    def __len__(self) -> int:
        return len(self._starts) - 1

    def words(self) -> list[bytes]:
        """The words in the order of their numbers."""
        text = bytes(self._text)
        return [text[at : at + size] for at, size in zip(self._starts, self._sizes, strict=True)][1:]

    def new(self) -> list[bytes]:
        """The words that were met since this was asked last, in order."""
        new, self._new = self._new, []
        return new

    def pairs_of(self, text: bytes, ends: Places) -> tuple[Numbers, Places]:
        """Which words (their numbers) stand in which passages, whose `ends` are as `words_of` takes them.

        No pair comes twice; they are in the order of the numbers, then of the passages.
        """
        words, passages = words_of(text, ends)
        numbers = self._numbers_in(words)
        bits = len(ends).bit_length()
        pairs = numbers.astype(width_of(len(self), bits))
        pairs <<= bits
        pairs |= passages.astype(pairs.dtype)
        pairs = distinct(pairs)
        found: Numbers = (pairs >> bits).astype(np.uint32)
        return found, (pairs & ((1 << bits) - 1)).astype(np.intp)

    def _numbers_in(self, words: Words) -> Numbers:
        places = self._places(words)
        entries: Numbers = self._table[places]
        missing = np.flatnonzero(~self._are(words, entries))
        if len(missing):
            self._enter_free(words, places, missing[entries[missing] == 0])
            entries[missing] = self._table[places[missing]]
            left = missing[~self._are(words.at(missing), entries[missing])]
            entries[left] = self._entries_of_displaced(words.at(left))
        entries -= 1
        return entries

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

    def _enter_free(self, words: Words, places: Places, free: Places) -> None:
        """Enter some words, whose places in the table are free: one of those that share a place."""
        entry = len(self._starts)
        tags = np.arange(entry, entry + len(free), dtype=np.uint32)
        self._table[places[free]] = tags
        chosen = free[self._table[places[free]] == tags]
        self._table[places[chosen]] = tags[: len(chosen)]
        new = words.at(chosen)
        self._enter(new, new.spelled())

    def _entries_of_displaced(self, words: Words) -> list[int]:
        """The entries of words whose places are others', in Python: they are few."""
        entries: list[int] = []
        new: list[int] = []
        spelled = words.spelled()
        next_ = len(self._starts)
        for at, word in enumerate(spelled):
            entry = self._displaced.setdefault(word, next_)
            if entry == next_:
                new.append(at)
                next_ += 1
            entries.append(entry)
        self._enter(words.at(np.array(new, dtype=np.intp)), [spelled[at] for at in new])
        return entries

    def _enter(self, new: Words, spelled: Sequence[bytes]) -> None:
        """Give the next numbers to words that were never met, which are each there once."""
        self._new += spelled
        sizes = new.sizes.astype(np.uint64)
        steps = sizes + np.uint64(len(PAD))
        starts = np.cumsum(steps) - steps + np.uint64(len(self._text))
        self._text += PAD.join([*spelled, b""])
        self._starts.frombytes(starts.tobytes())
        self._sizes.frombytes(sizes.tobytes())
        self._eights.frombytes(new.eights.tobytes())
