"""What followed the same tokens before: in this file, in the answer so far, and in related files of the repository.

Code repeats itself far beyond a small model's window. Where the last tokens have stood before, what came next then is
evidence for what comes next now; it is mixed into the network's distribution for the next token, with a weight that
grows with the length of the run and the agreement of the places it was found at. The scheme is that of the nested
cache models for code (Hellendoorn and Devanbu, FSE 2017): the file first, the repository behind it, the network last;
runs are as long as they go (infini-gram, arXiv 2401.17377), and a distribution from outside is interpolated as in
kNN-LM (arXiv 1911.00172). `CopyWeights` are fitted for each model on code that it was not trained on
(`evaluation/copying.py`).

Only a position whose left side is settled has last tokens: the leftmost open one, and those of a draft that is read.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from coderdiff.decoding.first import First, Mixture, Own, Row
from coderdiff.decoding.words import Known, KnownWords
from coderdiff.model.copy_weights import PLACES, RUNS, SHARES, CopyWeights

Ids = npt.NDArray[np.int64]

LONGEST = 24
"""Longer runs are not told apart."""

SHORTEST = 2
"""Shorter runs say nothing."""

MOST_PLACES = 512
"""Of a run that stands in more places, the last so many count."""

NOTHING = -1
"""Stands between texts: nothing follows, and no run goes across."""

_BASE = 1 << 32


@dataclass(frozen=True)
class Copied:
    """What followed the longest known run of the last tokens, which is `run` long: `tokens` and their `shares` [n],
    over `places` places."""

    run: int
    places: int
    tokens: Ids
    shares: npt.NDArray[np.float64]

    @property
    def cell(self) -> tuple[int, int, int]:
        """Where its weight stands in a table of `CopyWeights`."""
        return (
            bisect_right(RUNS, self.run),
            bisect_right(PLACES, self.places),
            bisect_right(SHARES, float(self.shares.max())),
        )

    def share_of(self, token: int) -> float:
        """How often it was this one."""
        return float(self.shares[self.tokens == token].sum())


class Occurrences:
    """A text's tokens, and where each pair of them stands."""

    def __init__(self, ids: Sequence[int] | Ids) -> None:
        self.ids: Ids = np.asarray(ids, dtype=np.int64)
        pairs = (self.ids[:-1] + 1) * _BASE + self.ids[1:] + 1
        order = np.argsort(pairs[:-1], kind="stable")  # nothing follows the last pair
        self._pairs = pairs[order]
        self._behind = order + SHORTEST

    def find(self, tail: Ids) -> tuple[int, Ids]:
        """How long the longest known run is that `tail` ends with, and the places right behind it; 0 and none if
        its last pair is new."""
        if len(tail) < SHORTEST:
            return 0, _NONE
        pair = (tail[-2] + 1) * _BASE + tail[-1] + 1
        last = int(self._pairs.searchsorted(pair, "right"))
        if not last or self._pairs[last - 1] != pair:
            return 0, _NONE
        first = int(self._pairs.searchsorted(pair))
        behind = self._behind[max(first, last - MOST_PLACES) : last]
        behind = behind[self.ids[behind] != NOTHING]
        if not len(behind):
            return 0, _NONE
        reach = min(len(tail), LONGEST)
        before = behind[:, None] - np.arange(1, reach + 1)
        same = (self.ids[np.maximum(before, 0)] == tail[: -reach - 1 : -1]) & (before >= 0)
        runs = np.logical_and.accumulate(same, axis=1).sum(axis=1)
        longest = int(runs.max())
        return longest, behind[runs == longest]


_NONE: Ids = np.empty(0, dtype=np.int64)


class CopyModel:
    """One fill's memory of what stands elsewhere. `weights` None only proposes drafts, and mixes nothing in.

    `near` is the file: what stands behind the hole, then what stands before it, `NOTHING` between; `far` are the
    related files. `behind` says of a token that it is how the text behind the hole begins: where that followed, the
    hole ends (None: there is nothing behind). `words` are what the half-written word before the hole may become.
    """

    def __init__(
        self,
        weights: CopyWeights | None,
        near: Sequence[int],
        far: Occurrences | None,
        end_id: int,
        behind: Callable[[int], bool] | None,
        words: KnownWords | None = None,
    ) -> None:
        self._words = words
        self._weights, self._end_id, self._behind = weights, end_id, behind
        self._file = Occurrences(near)
        self._far = far
        self._tail = list(near[-LONGEST:])
        if NOTHING in self._tail:
            del self._tail[: len(self._tail) - self._tail[::-1].index(NOTHING)]
        self._given = len(self._tail)
        self._answer = Occurrences(self._tail)

    def add(self, ids: Sequence[int]) -> None:
        """The answer goes on with `ids`."""
        if ids:
            self._tail += ids
            self._answer = Occurrences(self._tail)

    def near(self, more: Sequence[int], allowed: Ids | None = None) -> Copied | None:
        """What followed in this file, if the answer went on with `more`; `allowed` are all ids that may come."""
        tail = self._last(more)
        found = [(self._file, *self._file.find(tail)), (self._answer, *self._answer.find(tail))]
        found[1] = (self._answer, found[1][1], found[1][2][found[1][2] >= self._given])
        return _copied([each for each in found if len(each[2])], allowed)

    def far(self, more: Sequence[int], allowed: Ids | None = None) -> Copied | None:
        """Likewise in the related files."""
        if self._far is None:
            return None
        run, places = self._far.find(self._last(more))
        return _copied([(self._far, run, places)] if len(places) else [], allowed)

    def word(self, more: Sequence[int]) -> Known | None:
        """How the half-written word goes on where it stands whole, behind the answer and `more`."""
        return None if self._words is None else self._words.next([*self._tail[self._given :], *more])

    def mix(self, logits: Tensor, more: Sequence[int], allowed: Ids | None = None) -> Tensor:
        """Logits [vocab] of the token behind the answer and `more`, with what followed before mixed in (log
        probabilities; the same logits where nothing is known)."""
        layers = self._layers(more, allowed)
        if not layers:
            return logits
        own = mixed = logits.double().softmax(-1)
        for weight, copied in layers:
            tokens, shares = self.said(copied, lambda ids: own[torch.from_numpy(ids)].numpy())
            mixed = mixed * (1 - weight)
            mixed.index_add_(0, torch.from_numpy(tokens), torch.from_numpy(shares * weight))
        return mixed.log().to(logits.dtype)

    def first(self, row: Row, more: Sequence[int]) -> First:
        """The first choice of `mix` for the logits `row` [vocab]; up to the order of summation."""
        layers = self._layers(more)
        if not layers:
            best = int(row.argmax())
            return First(best, float(row[best]), None, row)
        own, scale, extra = Own(row), 1.0, dict[int, float]()
        for weight, copied in layers:
            tokens, shares = self.said(copied, own)
            scale *= 1 - weight
            extra = {token: share * (1 - weight) for token, share in extra.items()}
            for token, share in zip(tokens.tolist(), shares.tolist(), strict=True):
                extra[token] = extra.get(token, 0.0) + share * weight
        return Mixture(own, scale, extra).first()

    def _layers(self, more: Sequence[int], allowed: Ids | None = None) -> list[tuple[float, Copied | Known]]:
        """What is mixed in, and its weights, in this order."""
        weights = self._weights
        if weights is None:
            return []
        layers: list[tuple[float, Copied | Known]] = []
        for table, copied in (
            (weights.far, self.far(more, allowed)),
            (weights.near, self.near(more, allowed)),
        ):
            if copied is not None:
                layers.append((float(table[copied.cell]), copied))
        if weights.words is not None and (known := self.word(more)) is not None:
            layers.append((float(weights.words[known.cell]), known))
        return layers

    def said(
        self, copied: Copied | Known, own: Callable[[Ids], npt.NDArray[np.float64]]
    ) -> tuple[Ids, npt.NDArray[np.float64]]:
        """Tokens and shares of what was found; `own` are the network's probabilities of some ids."""
        if isinstance(copied, Known):
            return copied.tokens, copied.shares(own)
        return self._with_ends(copied, own)

    def _with_ends(
        self, copied: Copied, own: Callable[[Ids], npt.NDArray[np.float64]]
    ) -> tuple[Ids, npt.NDArray[np.float64]]:
        """The hole's end among them: where the text behind the hole followed, the network says whether it does so as
        the hole's end or within it."""
        ends = [self.is_behind(token) for token in copied.tokens.tolist()]
        if not any(ends):
            return copied.tokens, copied.shares
        at_end, *there = own(np.array([self._end_id, *copied.tokens])).tolist()
        share = np.where(ends, at_end / (at_end + np.array(there) + 1e-12), 0.0)
        tokens = np.append(copied.tokens, self._end_id)
        return tokens, np.append(copied.shares * (1 - share), float((copied.shares * share).sum()))

    def is_behind(self, token: int) -> bool:
        """Whether this is how the text behind the hole begins."""
        return self._behind is not None and self._behind(token)

    def follow(self, more: Sequence[int], most: int, shortest: int) -> list[int]:
        """At most `most` ids that followed the longest known run, where it stood last; [] if it is under `shortest`."""
        tail = self._last(more)
        texts = [self._file, self._answer, *([self._far] if self._far is not None else [])]
        found = [
            (run, -at, text, places) for at, text in enumerate(texts) for run, places in [text.find(tail)]
        ]
        run, _, text, places = max(found, key=lambda each: each[:2])
        if run < max(shortest, SHORTEST):
            return []
        copied: list[int] = text.ids[int(places[-1]) :][:most].tolist()
        return copied[: copied.index(NOTHING)] if NOTHING in copied else copied

    def _last(self, more: Sequence[int]) -> Ids:
        return np.array([*self._tail[-LONGEST:], *more][-LONGEST:], dtype=np.int64)


def _copied(found: Sequence[tuple[Occurrences, int, Ids]], allowed: Ids | None) -> Copied | None:
    """What stands at these places, those behind the longest run; None if nothing that is allowed does."""
    longest = max((run for _, run, _ in found), default=0)
    followed = [text.ids[places] for text, run, places in found if run == longest]
    if not followed:
        return None
    ids = np.concatenate(followed) if len(followed) > 1 else followed[0]
    if allowed is not None:
        ids = ids[np.isin(ids, allowed)]
    if not len(ids):
        return None
    counts = sorted(
        Counter(ids.tolist()).items()
    )  # for the few there mostly are, quicker than an array's own sort
    tokens, times = np.array(counts, dtype=np.int64).T
    return Copied(longest, len(ids), tokens, times / len(ids))
