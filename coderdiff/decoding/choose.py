"""Logits -> what the network proposes at each canvas position, and how sure it is."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from coderdiff.decoding.canvas import Canvas, View
from coderdiff.decoding.first import First, Row
from coderdiff.types import Sampling


@dataclass(frozen=True)
class Turn:
    """Where a fill stands: which positions may be decided, and `step`, `first` and `last` as `View` has them."""

    within: Tensor
    step: int = 0
    first: int = 0
    last: int | None = None


@dataclass(frozen=True)
class Narrowing:
    """What is left of a distribution before anything is drawn or measured: the most probable tokens that make up
    `top_p`, at most `top_k` of them (0: no limit). `tempered`: confidence is measured at the sampling's temperature
    and on what is left, as Dream and SDAR do, not on the network's own distribution, as LLaDA does."""

    top_p: float = 1.0
    top_k: int = 0
    tempered: bool = False


COLDEST = 1e-3
"""A temperature below is none: logits divided by it are no longer numbers."""


class Chooser:
    """Chooses tokens: greedily, or at a temperature with a generator of its own. `banned` [vocab] are never chosen."""

    def __init__(self, sampling: Sampling, banned: Tensor, narrowing: Narrowing | None = None) -> None:
        self._temperature = sampling.temperature if sampling.temperature >= COLDEST else 0.0
        self.generator = torch.Generator().manual_seed(sampling.seed)
        self._barred = torch.zeros(len(banned)).masked_fill_(
            banned, -torch.inf
        )  # to add is quicker than to fill
        self._narrowing = narrowing or Narrowing()

    @property
    def plain(self) -> bool:
        """Whether nothing but the first choice of each distribution is taken, and all of it measured."""
        return self._temperature == 0 and self._narrowing == Narrowing()

    def view(
        self,
        logits: Tensor,
        canvas: Canvas,
        allowed: Tensor | None = None,
        turn: Turn | None = None,
        twins: Tensor | None = None,
        banned: int | None = None,
        *,
        entropy: bool = True,
        leads: bool = True,
        tops: bool = False,
        first: Callable[[Row], First] | None = None,
    ) -> View:
        """Score a canvas from logits [canvas, vocab]; `allowed` (ids) binds the leftmost open position.

        `twins` [canvas, vocab] score positions as if they were masked: they say how well what stands is held. `banned`
        is one more id that may not be chosen now. Entropies and leads are left at 0 where they are not wanted, first
        choices (`tops`) at None: they take as long as all the rest. `first` says what is chosen at the leftmost
        open position, by its logits (for a `plain` chooser that wants none of them).
        """
        turn = turn or Turn(torch.ones_like(canvas.committed))
        logits = self.allow(logits, banned)
        if allowed is not None:
            leftmost = canvas.leading
            bound = torch.full_like(logits[leftmost], -torch.inf)
            bound[allowed] = logits[leftmost][allowed]
            logits[leftmost] = bound
        measured = drawn = logits
        if self._narrowing != Narrowing():
            drawn = narrowed(logits / (self._temperature or 1.0), self._narrowing)
            measured = drawn if self._narrowing.tempered else logits
        elif self._temperature:
            drawn = logits / self._temperature
        whole = measured.logsumexp(-1, keepdim=True)
        best = self._draw(drawn)
        chosen, held = (measured.gather(1, torch.stack((best, canvas.tokens), 1)) - whole).exp().unbind(1)
        if first is not None and (leftmost := canvas.leading) < len(best):
            said = first(logits[leftmost].numpy())
            if said.mixed is not None:
                best[leftmost], chosen[leftmost] = said.token, math.exp(said.score)
        if twins is not None:
            held = self.allow(twins).softmax(-1).gather(1, canvas.tokens[:, None])[:, 0]
        nothing = torch.zeros_like(held)
        margin = lead = nothing
        if leads:
            two = logits.topk(2).values
            lead = two[:, 0] - two[:, 1]
            two = (measured.topk(2).values - whole).exp()
            margin = two[:, 0] - two[:, 1]
        top = top_confidence = None
        if tops:
            highest, top = measured.max(-1)
            top_confidence = (highest - whole[:, 0]).exp()
        return View(
            best=best,
            confidence=chosen,
            margin=margin,
            lead=lead,
            entropy=_entropy(measured - whole) if entropy else nothing,
            held=torch.where(canvas.committed, held, 0.0),
            chosen=torch.where(canvas.committed, canvas.confidence, 0.0),
            committed=canvas.committed,
            sure=canvas.sure,
            within=turn.within,
            step=turn.step,
            first=turn.first,
            last=turn.last,
            generator=self.generator,
            top=top,
            top_confidence=top_confidence,
        )

    def kept(
        self, logits: Tensor, draft: Sequence[int], tolerance: float, first: Callable[[Row, int], First]
    ) -> list[float]:
        """`check` for a `plain` chooser, no further than the draft holds. `first` says what is chosen for a place of
        the draft, by its logits."""
        rows = (logits + self._barred).numpy()
        held: list[float] = []
        for place, token in enumerate(draft):
            said = first(rows[place], place)
            if said.token != token and (tolerance >= 1 or said.share(token) < tolerance):
                break
            held.append(said.log_of(token))
        return held

    def allow(self, logits: Tensor, banned: int | None = None) -> Tensor:
        """logits [canvas, vocab] with what may not be chosen at -inf."""
        logits = logits + self._barred
        if banned is not None:
            logits[:, banned] = -torch.inf
        return logits

    def _draw(self, logits: Tensor) -> Tensor:
        """A token for each row of logits [rows, vocab], already at the temperature -> [rows]."""
        if self._temperature == 0:
            return torch.from_numpy(logits.detach().numpy().argmax(-1))  # torch's own takes 20 times as long
        return torch.multinomial(logits.softmax(-1), 1, generator=self.generator)[:, 0]

    def choose(self, logits: Tensor) -> Tensor:
        """A token for each row of logits [rows, vocab] -> [rows]."""
        return self._draw(logits / self._temperature if self._temperature else logits)

    def check(self, logits: Tensor, draft: Sequence[int], tolerance: float) -> list[float]:
        """Read a draft left to right: the log probabilities of those of its tokens that hold, as many.

        logits [len(draft), vocab] are the causal reading's. Greedy, a token holds while its probability is at least
        `tolerance` times the first choice's; at a temperature, if it is the token drawn for its place.
        """
        logits = logits + self._barred
        proposed = torch.tensor(draft)
        holds = self.choose(logits) == proposed
        scores = logits.gather(1, proposed[:, None])[:, 0]
        if self._temperature == 0 and tolerance < 1:
            holds |= (scores - logits.max(-1).values).exp() >= tolerance
        logs: list[float] = (scores - logits.logsumexp(-1)).tolist()
        return logs[: int(holds.long().cumprod(0).sum())]


def narrowed(logits: Tensor, narrowing: Narrowing) -> Tensor:
    """logits [rows, vocab] with all but the most probable tokens at -inf (nucleus sampling, arXiv 1904.09751)."""
    if narrowing.top_p < 1:
        ordered, order = logits.sort(descending=True)
        before = ordered.softmax(-1).cumsum(-1).roll(1, -1)
        before[:, 0] = 0
        gone = torch.zeros_like(logits, dtype=torch.bool).scatter(-1, order, before > narrowing.top_p)
        logits = logits.masked_fill(gone, -torch.inf)
    if narrowing.top_k:
        least = logits.topk(min(narrowing.top_k, logits.shape[-1])).values[:, -1:]
        logits = logits.masked_fill(logits < least, -torch.inf)
    return logits


def _entropy(logs: Tensor) -> Tensor:
    """In nats, of log probabilities [rows, vocab]."""
    return -(logs.exp() * logs.nan_to_num(neginf=0.0)).sum(-1)
