"""A document and a hole -> the ids of a training sample: pack | suffix | prefix | middle | end, as in serving.

The middle follows the prefix as causal targets too, so that the network can score and verify a draft. For networks
that read in document order, `between` gives the parts alone.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from coderdiff.model.prompt import assemble, suffix_window
from coderdiff.model.tokenizer import Tokenizer
from coderdiff.training.holes import TOP_LEVEL, DrawnHole, HoleDrawer, Mixture, choose_kind
from coderdiff.training.packs import PackDrawer

PACK_SHARE = (0.08, 0.33)
"""A pack gets a share of the sample's ids drawn from this range."""

UNWRITTEN = 0.2
"""The share of holes, ends of files aside, behind which hardly anything stands, as where a file is being written."""

_BEGUN = 0.4
"""The share of these whose document begins with the definition around them: a short file."""

_LONGEST = 2.6
"""Characters of the longest hole with both sides known, for each of the sample's ids: two thirds of it."""

_MARKS = 3
"""The marks of a sample, its end token aside."""

_CHARS_PER_TOKEN = 6
"""More than this is never met on code: how much text to tokenize for a number of tokens."""


@dataclass(frozen=True)
class Cut:
    """A hole and what is around it, as ids. `ended`: the middle is all of the hole; otherwise text was cut there."""

    prefix: list[int]
    middle: list[int]
    suffix: list[int]
    ended: bool


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

    def draw(self, size: int, mixture: Mixture, rng: random.Random, packed: bool = False) -> Sample:
        """A sample of at most `size` ids around a random place of the corpus, behind a pack if `packed`.

        Its hole is of one of the kinds of `mixture`.
        """
        while True:
            index, drawn = self._hole(mixture, size * 2, rng)
            pack: list[tuple[int, ...]] = []
            if packed and self.packs is not None:
                pack = self.packs.draw(index, drawn.hole, int(size * rng.uniform(*PACK_SHARE)), rng)
            room, is_open = size - sum(map(len, pack)), drawn.kind == "open"
            cut = self._cut(self.texts[index], drawn, room, rng, is_open, UNWRITTEN)
            if cut is not None:
                return _behind(pack, self._lay_out(cut))

    def between(self, size: int, mixture: Mixture, rng: random.Random) -> Cut:
        """A whole hole of one of the kinds of `mixture`, with what is on both its sides: at most `size` ids in all.

        An open one is a long run of text here. One sample in ten has no suffix, as at the end of a document.
        """
        while True:
            index, drawn = self._hole(mixture, int(size * _LONGEST), rng)
            cut = self._cut(self.texts[index], drawn, size, rng)
            if cut is not None:
                return cut

    def _hole(self, mixture: Mixture, most_chars: int, rng: random.Random) -> tuple[int, DrawnHole]:
        """A hole near a random place of the corpus, and the number of its text."""
        while True:
            place = rng.randrange(int(self._ends[-1]))
            index = int(np.searchsorted(self._ends, place, side="right"))
            text = self.texts[index]
            at = place - int(self._ends[index] - len(text))
            drawn = self._drawer.draw(text, at, choose_kind(mixture, rng), rng, most_chars=most_chars)
            if drawn is not None:
                return index, drawn

    def _cut(
        self,
        text: str,
        drawn: DrawnHole,
        size: int,
        rng: random.Random,
        is_open: bool = False,
        unwritten: float = 0.0,
    ) -> Cut | None:
        """The ids of a hole and of what is around it; an open one has nothing behind it, and may be cut itself. A share
        of the others, `unwritten`, has next to nothing behind it.

        None for a hole that would leave too little room for what is around it.
        """
        hole = drawn.hole
        head = max(0, hole.start - size * _CHARS_PER_TOKEN)
        behind = text[hole.end :]
        if not is_open and rng.random() < unwritten:
            behind = _while_written(behind, rng)
            if rng.random() < _BEGUN:
                head = max(
                    (match.start() for match in TOP_LEVEL.finditer(text, head, hole.start)), default=head
                )
        healed = self.tokenizer.heal(text[head : hole.start])
        middle = self.tokenizer.encode_after(healed.pending, drawn.middle)
        ended = not is_open or hole.end == len(text)
        room = size - _MARKS - len(middle) - ended
        if room < size // 4:
            if not is_open:
                return None
            middle, ended = middle[: size // 2], False
            room = size - _MARKS - len(middle)
        suffix: list[int] = []
        if not is_open and rng.random() < 0.9:
            share = rng.uniform(0.05, 0.4)
            suffix_text = behind[: int(size * share) * _CHARS_PER_TOKEN]
            suffix = suffix_window(self.tokenizer, suffix_text, int(room * share))
        room -= len(suffix)
        prefix = healed.ids if len(healed.ids) <= room else self._from_line_start(healed.ids[-room:])
        return Cut(prefix, middle, suffix, ended)

    def _lay_out(self, cut: Cut) -> Sample:
        """A cut in the order that a causal context is read in."""
        end = self.tokenizer.specials.end
        assert end is not None
        ids = assemble(self.tokenizer, cut.prefix, cut.suffix)
        text_at = len(ids) - len(cut.prefix)
        return Sample(ids + cut.middle + [end] * cut.ended, text_at, len(ids), cut.ended)

    def _from_line_start(self, ids: list[int]) -> list[int]:
        """Without the part of a line at the start, if the first line end comes soon."""
        for at, id_ in enumerate(ids[: len(ids) // 4]):
            if self.tokenizer.token_bytes(id_) == b"\n":
                return ids[at + 1 :]
        return ids


def _while_written(behind: str, rng: random.Random) -> str:
    """What stands behind a hole while the file is being written: nothing, a line end, or the next definition."""
    kinds = ["", "\n"]
    if following := TOP_LEVEL.search(behind):
        kinds.append("\n\n\n" + behind[following.start() :])
    return rng.choice(kinds)


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
