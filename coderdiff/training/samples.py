"""A document and a hole -> the ids of a training sample: pack | suffix | prefix | middle | end, as in serving.

The middle follows the prefix as causal targets too, so that the network can score and verify a draft.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from coderdiff.model.prompt import assemble, suffix_window
from coderdiff.model.tokenizer import Tokenizer
from coderdiff.training.holes import DrawnHole, HoleDrawer, HoleKind, choose_kind
from coderdiff.training.packs import PackDrawer

MIXTURE: tuple[tuple[HoleKind, float], ...] = (
    ("rest", 0.38),
    ("line", 0.15),
    ("block", 0.08),
    ("node", 0.17),
    ("span", 0.07),
    ("open", 0.15),
)
"""The shares of the kinds of hole; most are what an editor asks for at a cursor."""

PACK_SHARE = (0.08, 0.33)
"""A pack gets a share of the sample's ids drawn from this range."""

_CHARS_PER_TOKEN = 6
"""More than this is never met on code: how much text to tokenize for a number of tokens."""


@dataclass(frozen=True)
class Sample:
    """One sample: in `ids` the prefix's text starts at `text_at`, the middle at `hole_at`.

    `ended`: an end token closes it; otherwise the text was cut there. `pack` is the lengths of its snippets, which
    stand behind the first id (`model/pack.py`).
    """

    ids: list[int]
    text_at: int
    hole_at: int
    ended: bool
    pack: tuple[int, ...] = ()


class Sampler:
    """Draws samples from texts, longer texts more often. Some text must hold more than blanks.

    `packs` draws what stands before a sample where one with a pack is asked for; None leaves all packs empty.
    """

    def __init__(self, tokenizer: Tokenizer, texts: Sequence[str], packs: PackDrawer | None = None) -> None:
        self.tokenizer, self.texts, self.packs = tokenizer, texts, packs
        self._ends = np.cumsum([len(text) for text in texts])
        self._drawer = HoleDrawer()

    def draw(self, size: int, rng: random.Random, packed: bool = False) -> Sample:
        """A sample of at most `size` ids around a random place of the corpus, behind a pack if `packed`."""
        while True:
            place = rng.randrange(int(self._ends[-1]))
            index = int(np.searchsorted(self._ends, place, side="right"))
            text = self.texts[index]
            at = place - int(self._ends[index] - len(text))
            drawn = self._drawer.draw(text, at, choose_kind(MIXTURE, rng), rng, most_chars=size * 2)
            if drawn is None:
                continue
            pack: list[tuple[int, ...]] = []
            if packed and self.packs is not None:
                pack = self.packs.draw(index, drawn.hole, int(size * rng.uniform(*PACK_SHARE)), rng)
            sample = self._lay_out(text, drawn, size - sum(map(len, pack)), rng)
            if sample is not None:
                return _behind(pack, sample)

    def _lay_out(self, text: str, drawn: DrawnHole, size: int, rng: random.Random) -> Sample | None:
        """None for a hole that would leave too little room for what is around it."""
        hole = drawn.hole
        head = max(0, hole.start - size * _CHARS_PER_TOKEN)
        healed = self.tokenizer.heal(text[head : hole.start])
        middle = self.tokenizer.encode_after(healed.pending, drawn.middle)
        ended = drawn.kind != "open" or hole.end == len(text)
        if ended:
            end = self.tokenizer.specials.end
            assert end is not None
            middle.append(end)
        if _room(size, middle) < size // 4:
            if drawn.kind != "open":
                return None
            middle, ended = middle[: size // 2], False
        room = _room(size, middle)
        suffix: list[int] = []
        if drawn.kind != "open" and rng.random() < 0.9:
            share = rng.uniform(0.05, 0.4)
            suffix_text = text[hole.end : hole.end + int(size * share) * _CHARS_PER_TOKEN]
            suffix = suffix_window(self.tokenizer, suffix_text, int(room * share))
        room -= len(suffix)
        prefix = healed.ids if len(healed.ids) <= room else self._from_line_start(healed.ids[-room:])
        ids = assemble(self.tokenizer, prefix, suffix)
        text_at = len(ids) - len(prefix)
        return Sample(ids + middle, text_at, len(ids), ended)

    def _from_line_start(self, ids: list[int]) -> list[int]:
        """Without the part of a line at the start, if the first line end comes soon."""
        for at, id_ in enumerate(ids[: len(ids) // 4]):
            if self.tokenizer.token_bytes(id_) == b"\n":
                return ids[at + 1 :]
        return ids


def _behind(pack: Sequence[tuple[int, ...]], sample: Sample) -> Sample:
    """The sample with its pack behind its first id."""
    rows = [id_ for snippet in pack for id_ in snippet]
    return Sample(
        ids=[sample.ids[0], *rows, *sample.ids[1:]],
        text_at=sample.text_at + len(rows),
        hole_at=sample.hole_at + len(rows),
        ended=sample.ended,
        pack=tuple(map(len, pack)),
    )


def _room(size: int, middle: Sequence[int]) -> int:
    """What the middle and the three marks leave of `size` ids for the suffix and the prefix."""
    return size - 3 - len(middle)
