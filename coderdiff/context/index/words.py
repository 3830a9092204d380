"""Cutting a long text into words, and telling which passage has which: all of them in some forty calls.

Word by word in Python this costs more than everything else that the cold pass does with a text. Here words are
numbers of 64 bits each: the first eight bytes as they are, what is longer mixed together. One sort brings equal words
together, in the order of their passages. Mixed numbers can be equal by chance, so neighbours are compared byte by byte;
if two that differ came together, all is done again with other factors.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_Places = npt.NDArray[np.intp]
_Bits = npt.NDArray[np.uint64]

# Words are ASCII letters, digits, "_" and whatever is no ASCII; all else is a blank.
_BLANK = 0x20
_BLANKED = bytes(
    byte if byte == ord("_") or byte >= 0x80 or bytes([byte]).isalnum() else _BLANK for byte in range(256)
)
_EIGHT = 8
_PAD = b" " * (2 * _EIGHT)
_KEPT = np.array([(1 << (8 * size)) - 1 for size in range(_EIGHT + 1)], dtype=np.uint64)
"""Of eight bytes that were read, those of a word that has so many."""

_HALF = np.uint64(32)
_FACTORS = random.Random()


@dataclass(frozen=True, slots=True)
class Words:
    """The words of some passages: `words` has each once; passage `passages[i]` has the word `words[numbers[i]]`.

    No pair comes twice. Words are in no order, the passages of each ascend.
    """

    words: list[bytes]
    numbers: _Places
    passages: _Places


def words_of(text: bytes, ends: _Places) -> Words:
    """The words of each passage; the first begins with the text, each ends at one of `ends`, behind a line feed.

    Words behind the last end are none's.
    """
    padded = b"".join((b" ", text[: int(ends[-1]) if len(ends) else 0], _PAD)).translate(_BLANKED)
    solid = np.frombuffer(padded, dtype=np.uint8) > _BLANK
    borders = np.flatnonzero(solid[1:] != solid[:-1])
    borders += 1
    # Copies: each is read many times, and closely packed reads at twice the speed.
    starts, sizes = borders[0::2].copy(), borders[1::2] - borders[0::2]
    del solid, borders
    counts = np.diff(np.searchsorted(starts, ends + 1), prepend=0)
    passages = np.repeat(np.arange(len(ends)), counts)
    view: _Bits = np.ndarray(len(padded) - _EIGHT + 1, np.dtype("<u8"), padded, strides=(1,))
    found = None
    while found is None:
        found = _grouped(view, starts, sizes, passages)
    first, numbers, chosen = found
    words = [
        padded[start:end]
        for start, end in zip(starts[first].tolist(), (starts[first] + sizes[first]).tolist(), strict=True)
    ]
    return Words(words, numbers, chosen)


def _grouped(
    view: _Bits, starts: _Places, sizes: _Places, passages: _Places
) -> tuple[_Places, _Places, _Places] | None:
    """Where each word is met first; and each pair of a word's number and a passage. None if words were mixed up."""
    factors = np.array([_FACTORS.getrandbits(64) | 1 for _ in range(3)], dtype=np.uint64)
    eight = view[starts] & _KEPT[np.minimum(sizes, _EIGHT)]
    mixed = eight * factors[0]
    mixed ^= mixed >> _HALF
    for at, more, _, _ in _parts(view, starts, sizes):
        part = (mixed[at] ^ more) * factors[1]
        mixed[at] = part ^ (part >> _HALF)
    mixed *= factors[2]
    # The highest bits, and behind them the word's place, so that a plain sort of numbers tells where each came from.
    bits = np.uint64(max(1, len(starts)).bit_length())
    low = (np.uint64(1) << bits) - np.uint64(1)
    mixed &= ~low
    mixed |= np.arange(len(starts), dtype=np.uint64)
    mixed.sort()
    order = (mixed & low).astype(np.intp)
    mixed >>= bits
    same = np.zeros(len(order), dtype=np.bool_)
    np.equal(mixed[1:], mixed[:-1], out=same[1:])
    if not _are_same(view, starts[order], sizes[order], eight[order], same):
        return None
    ordered = passages[order]
    chosen = ~same
    chosen[1:] |= ordered[1:] != ordered[:-1]
    new = ~same
    return order[new], (np.cumsum(new) - 1)[chosen], ordered[chosen]


def _are_same(
    view: _Bits, starts: _Places, sizes: _Places, eight: _Bits, same: npt.NDArray[np.bool_]
) -> bool:
    """Whether each word that is said to be the `same` as the one before is."""
    differ = (eight[1:] != eight[:-1]) | (sizes[1:] != sizes[:-1])
    if bool((differ & same[1:]).any()):
        return False
    long = np.flatnonzero(same & (sizes > _EIGHT))
    before = starts[long - 1]
    return all(
        bool((more == view[before[at] + skipped] & kept).all())
        for at, more, skipped, kept in _parts(view, starts[long], sizes[long])
    )


def _parts(view: _Bits, starts: _Places, sizes: _Places) -> Iterator[tuple[_Places, _Bits, int, _Bits]]:
    """Of words longer than eight bytes the next eight, and so on: which words, their bytes, how many bytes stand
    before these, and which of them are the word's own."""
    skipped = _EIGHT
    at = np.flatnonzero(sizes > skipped)
    while len(at):
        kept = _KEPT[np.minimum(sizes[at] - skipped, _EIGHT)]
        yield at, view[starts[at] + skipped] & kept, skipped, kept
        skipped += _EIGHT
        at = at[sizes[at] > skipped]
