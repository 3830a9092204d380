"""Cutting a long text into words: all of them in a few calls, each told by where it starts and how long it is.

Word by word in Python this costs more than everything else that the cold pass does with a text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.intp]
Bits = npt.NDArray[np.uint64]

# Words are ASCII letters, digits, "_" and whatever is no ASCII; all else is a blank.
_BLANK = 0x20
_BLANKED = bytes(
    byte if byte == ord("_") or byte >= 0x80 or bytes([byte]).isalnum() else _BLANK for byte in range(256)
)
EIGHT = 8
PAD = b" " * EIGHT
"""What stands behind the last word of a text, so that eight bytes can be read wherever a word goes on."""

_KEPT = np.array([(1 << (8 * size)) - 1 for size in range(EIGHT + 1)], dtype=np.uint64)
"""Of eight bytes that were read, those of a word that has so many."""


@dataclass(frozen=True, slots=True)
class Words:
    """Words of a text, each with its first eight bytes as a number: a word that is shorter has zeros there."""

    text: bytes
    starts: Places
    sizes: Places
    eights: Bits

    def at(self, places: Places) -> Words:
        """Some of them."""
        return Words(self.text, self.starts[places], self.sizes[places], self.eights[places])

    def spelled(self) -> list[bytes]:
        """Each as it is written."""
        ends = (self.starts + self.sizes).tolist()
        return [self.text[start:end] for start, end in zip(self.starts.tolist(), ends, strict=True)]

    def rest(self) -> Iterator[tuple[Places, Bits, int, Bits]]:
        """Of words longer than eight bytes the next eight, and so on: which words, their bytes, how many bytes stand
        before these, and which of them are the word's own."""
        view = eights_of(self.text)
        skipped = EIGHT
        at = np.flatnonzero(self.sizes > skipped)
        while len(at):
            kept = _KEPT[np.minimum(self.sizes[at] - skipped, EIGHT)]
            yield at, view[self.starts[at] + skipped] & kept, skipped, kept
            skipped += EIGHT
            at = at[self.sizes[at] > skipped]


def eights_of(text: bytes | bytearray) -> Bits:
    """The eight bytes from each place of a text on, as a number."""
    return np.ndarray(max(0, len(text) - EIGHT + 1), np.dtype("<u8"), text, strides=(1,))


def words_of(text: bytes, ends: Places) -> tuple[Words, Places]:
    """The words of each passage in order, and of which passage each is.

    The first begins with the text, each ends at one of `ends`, behind a line feed. Words behind the last end are
    none's.
    """
    padded = b"".join((b" ", text[: int(ends[-1]) if len(ends) else 0], b" ", PAD)).translate(_BLANKED)
    solid = np.frombuffer(padded, dtype=np.uint8) > _BLANK
    borders = np.flatnonzero(solid[1:] != solid[:-1])
    borders += 1
    # Copies: each is read many times, and closely packed reads at twice the speed.
    starts, sizes = borders[0::2].copy(), borders[1::2] - borders[0::2]
    counts = np.diff(np.searchsorted(starts, ends + 1), prepend=0)
    eights = eights_of(padded)[starts] & _KEPT[np.minimum(sizes, EIGHT)]
    return Words(padded, starts, sizes, eights), np.repeat(np.arange(len(ends)), counts)
