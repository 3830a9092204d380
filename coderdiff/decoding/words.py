"""What the half-written word at the cursor may become: the words in sight that begin like it.

Most names have been written before: on held-out code nineteen of twenty words that a rest of a line begins in
stand whole in the file or in the files most like it. A run of tokens (`copying.py`) does not find them where what
stands before the word is new; so they are looked up by their beginning. Which of them it is the network says, and
how often each stands there.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coderdiff.model.copy_weights import HALVES, WORDS

Ids = npt.NDArray[np.int64]

MOST_WORDS = 64
"""So many of the most frequent spellings are looked at."""

NEAR = 4.0
"""A place in the file counts as so many elsewhere."""

_HALF = re.compile(r"\w+$")
LONGEST = 100
"""Characters of a half-written word, at most: what is longer is no word."""
_BEHIND = 6
"""Characters behind a word that are looked at: its last token may reach into them."""


@dataclass(frozen=True)
class Known:
    """What the next token is in the words that go on as the answer does: `tokens` and how often each does [n]."""

    half: int
    words: int
    tokens: Ids
    counts: npt.NDArray[np.float64]

    @property
    def cell(self) -> tuple[int, int]:
        """Where its weight stands in a table of `CopyWeights`."""
        return bisect_right(HALVES, self.half), bisect_right(WORDS, self.words)

    def shares(self, own: Callable[[Ids], npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
        """The probability of each, if it is one of them: by how often it stands there, and by the network's word."""
        weighed: npt.NDArray[np.float64] = self.counts**COUNTED * (own(self.tokens) + LEAST) ** TRUSTED
        return weighed / float(weighed.sum())


COUNTED = 0.75
TRUSTED = 0.5
LEAST = 1e-4
"""Powers of how often a word stands there and of what the network gives it, and what it gives each at least (chosen on
validation packages)."""


class KnownWords:
    """The spellings of one half-written word, as tokens, and how often each stands in sight."""

    def __init__(self, half: int, spelled: Sequence[tuple[tuple[int, ...], float]]) -> None:
        self._half = half
        self._spelled = spelled

    @staticmethod
    def of(
        prefix: str,
        suffix: str,
        far: Sequence[str],
        spell: Callable[[str, str], Sequence[int]],
    ) -> KnownWords | None:
        """Of the word that `prefix` ends in; None if it ends in none, or nothing in sight begins like it.

        `suffix` is the rest of the file, `far` are texts of others; `spell` gives the tokens that a word's rest and the
        characters behind it are spelled by behind the cursor, as far as they begin within the word.
        """
        half = _HALF.search(prefix, max(0, len(prefix) - LONGEST - 1))
        if half is None or len(half[0]) > LONGEST:
            return None
        begins = re.compile(rf"(?<!\w){re.escape(half[0])}(\w*)([^\w\n]{{0,{_BEHIND}}}\n?)")
        times: defaultdict[tuple[str, str], float] = defaultdict(float)
        for texts, weight in (((prefix[: half.start()], suffix), NEAR), (far, 1.0)):
            for text in texts:
                for found in begins.finditer(text):
                    times[found[1], found[2]] += weight
        likest = sorted(times.items(), key=lambda each: (-each[1], each[0]))[:MOST_WORDS]
        spelled = [(tuple(spell(rest, behind)), count) for (rest, behind), count in likest]
        return KnownWords(len(half[0]), spelled) if spelled else None

    def next(self, answer: Sequence[int]) -> Known | None:
        """What comes behind an answer that has begun with these tokens; None where that spells no word in sight."""
        begun = tuple(answer)
        counts: defaultdict[int, float] = defaultdict(float)
        words = 0
        for tokens, count in self._spelled:
            if len(tokens) > len(begun) and tokens[: len(begun)] == begun:
                counts[tokens[len(begun)]] += count
                words += 1
        if not counts:
            return None
        listed = sorted(counts)
        return Known(
            self._half,
            words,
            np.array(listed, dtype=np.int64),
            np.array([counts[each] for each in listed], dtype=np.float64),
        )
