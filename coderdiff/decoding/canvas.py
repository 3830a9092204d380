"""The canvas: the positions being denoised, and the two rules that only a policy with `free` choice is spared.

1. An end token is committed only when everything before it is (else a canvas' far end, always the surest place to
   say "nothing more", would swallow the text), and nothing behind an end, committed or proposed.
2. The leftmost open position is committed in any case, unless it was opened only now: so every canvas ends.

While bytes before the cursor are still to be spelled, only the leftmost open position may be committed, by anyone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

MOST_REVOKES = 2
"""A position whose commit was revoked this often stays committed: so every canvas ends."""


@dataclass(frozen=True)
class View:
    """One canvas as the network just scored it; tensors are [canvas].

    `best` is the token proposed, `confidence` its probability, `margin` and `lead` how far it is ahead of the second
    in probability and in logits, `entropy` in nats; `top` is the most probable token, whatever was drawn for `best`,
    `top_confidence` its probability, `unchanged` at how many decisions in a row before this one the whole canvas had
    the same (for a policy that starts from noise; None for others); `held` is the probability of the token that stands
    there and `chosen` its confidence when it was committed (0 where none stands); `committed` and `sure` (a commit that
    was checked or never doubtful) say what stands, `within` which positions may be decided now. `step` counts the
    decisions on these so far, `first` how many of them were open at the first, `last` how many the one before
    committed (None at the first); `generator` is for policies that leave something to chance.
    """

    best: Tensor
    confidence: Tensor
    margin: Tensor
    lead: Tensor
    entropy: Tensor
    held: Tensor
    chosen: Tensor
    committed: Tensor
    sure: Tensor
    within: Tensor
    step: int
    first: int
    last: int | None
    generator: torch.Generator
    top: Tensor | None = None
    top_confidence: Tensor | None = None
    unchanged: int = 0

    @property
    def opened(self) -> Tensor:
        """Positions that may be committed now."""
        return ~self.committed & self.within

    def settled(self) -> View:
        """The view with its first choices for its proposals, where it has them."""
        if self.top is None or self.top_confidence is None:
            return self
        return replace(self, best=self.top, confidence=self.top_confidence)

    def at(self, order: Tensor) -> View:
        """The view with its positions taken in another order, some left out or more than once."""
        moved: dict[str, Any] = {
            item.name: value[order]
            for item in fields(self)
            if isinstance(value := getattr(self, item.name), Tensor)
        }
        return replace(self, **moved)


@dataclass(frozen=True)
class Decision:
    """What to do at each position [canvas], all bool: take `best` for good, revoke what stands, hold it as checked,
    propose `best` as a draft to be read and checked in the next forward, or take `best` for the token that stands.
    `final`: the canvas is done, and what is taken is the view's `top`."""

    commit: Tensor
    remask: Tensor
    sure: Tensor
    draft: Tensor
    edit: Tensor
    final: bool = False

    @staticmethod
    def committing(commit: Tensor) -> Decision:
        """Only commits."""
        none = torch.zeros_like(commit)
        return Decision(commit, none, commit, none, none)


@dataclass(frozen=True)
class Canvas:
    """Tokens and their standing, all [canvas]; open positions hold the mask token, `given` ones the prompt's. `fixed`
    ones, the given among them, are never revoked or edited."""

    tokens: Tensor
    committed: Tensor
    sure: Tensor
    given: Tensor
    fixed: Tensor
    revoked: Tensor
    confidence: Tensor

    @staticmethod
    def open(size: int, mask_id: int, given: Sequence[int] = ()) -> Canvas:
        """A canvas with nothing on it but the tokens `given` at its start."""
        tokens = torch.tensor([*given, *[mask_id] * (size - len(given))], dtype=torch.long)
        stands = torch.arange(size) < len(given)
        revoked = torch.zeros(size, dtype=torch.long)
        return Canvas(tokens, stands, stands, stands, stands, revoked, stands.float())

    @cached_property
    def leading(self) -> int:
        """Length of the committed run at the left."""
        return _run(self.committed)

    @cached_property
    def leading_sure(self) -> int:
        """Length of the run at the left that nobody will revoke."""
        return _run(self.committed & self.sure)

    @cached_property
    def given_count(self) -> int:
        """How many tokens at the left are the prompt's."""
        return int(self.given.sum())

    @property
    def standing(self) -> list[int]:
        """The tokens that stand at the left, without those given."""
        standing: list[int] = self.tokens[self.given_count : self.leading].tolist()
        return standing

    def logs(self, leading: int) -> list[float]:
        """The log probabilities of the first `leading` tokens when they were committed, without those given."""
        logs: list[float] = self.confidence[self.given_count : leading].log().tolist()
        return logs

    def apply(
        self,
        view: View,
        decision: Decision,
        mask_id: int,
        ends: Sequence[int],
        pending: bool,
        free: bool = False,
    ) -> Canvas:
        """The canvas after a decision, kept to the rules; `free` policies are held to the last one alone."""
        remask = decision.remask & self.committed & ~self.fixed
        if not free:
            remask &= self.revoked < MOST_REVOKES
        committed = self.committed & ~remask
        opened = ~committed
        commit = decision.commit & opened & ~remask
        leftmost = _run(committed)
        if pending:
            commit = torch.zeros_like(commit)
        if leftmost < len(committed) and not remask[leftmost] and (pending or not free):
            commit[leftmost] = True
        edit = decision.edit & committed & ~self.fixed
        tokens = torch.where(commit | edit, view.best, torch.where(remask, mask_id, self.tokens))
        standing = committed | commit
        if not free and ends:
            says_end = _among(torch.where(opened, view.best, self.tokens), ends)
            behind_end = (says_end.long().cumsum(0) - says_end.long()) > 0
            reached = standing.long().cumprod(0).bool()
            early = standing & ((_among(tokens, ends) & ~reached) | (behind_end & commit)) & ~self.fixed
            standing, tokens = standing & ~early, torch.where(early, mask_id, tokens)
        commit = commit & standing
        # A commit that may not be revoked once more is held for good.
        sure = (self.sure & standing & ~commit) | ((decision.sure | (decision.remask & ~remask)) & standing)
        if free:
            sure = standing  # what may be revoked is the policy's own business
        return Canvas(
            tokens,
            standing,
            sure,
            self.given,
            self.fixed,
            self.revoked + (remask & ~standing).long(),
            torch.where(commit | edit, view.confidence, torch.where(standing, self.confidence, 0.0)),
        )

    def filled(self, drawn: Tensor) -> Canvas:
        """The canvas with tokens drawn for its open positions [canvas]: noise, where there is no mask token."""
        return replace(self, tokens=torch.where(self.committed, self.tokens, drawn))

    def fix(self, place: int) -> Canvas:
        """The canvas with a committed position that is never revoked or edited."""
        return replace(self, fixed=self.fixed | (torch.arange(len(self.tokens)) == place))

    def followed_by(self, *others: Canvas) -> Canvas:
        """The canvas with others behind it."""
        every = (self, *others)
        return Canvas(*(torch.cat([getattr(each, item.name) for each in every]) for item in fields(self)))

    def at(self, order: Tensor) -> Canvas:
        """The canvas with its positions taken in another order, some left out or more than once."""
        return Canvas(*(getattr(self, item.name)[order] for item in fields(self)))

    def stretched(
        self,
        expand_id: int | None,
        delete_id: int | None,
        most: int,
        spread: Tensor | None = None,
        past_text: bool = True,
    ) -> Tensor | None:
        """Where each position of the canvas comes from once committed expand tokens have become two masks and
        committed delete tokens are gone; None where there are none. At most `most` positions are left, so some
        expand tokens may have become but one mask (DreamOn, arXiv 2602.01326). `spread` (bool) are positions that go
        with a delete token on their left, `past_text` or up to the first that is not of them; None: none do."""
        asks = self.committed & ~self.given
        expands = asks & (self.tokens == expand_id) if expand_id is not None else torch.zeros_like(asks)
        deletes = asks & (self.tokens == delete_id) if delete_id is not None else torch.zeros_like(asks)
        if not bool((expands | deletes).any()):
            return None
        if spread is not None:
            count = deletes.long().cumsum(0)
            stopped = 0 if past_text else torch.where(spread, 0, count).cummax(0).values
            deletes |= (count > stopped) & spread & ~self.given
            expands &= ~deletes
        room = most - len(self.tokens) + int(deletes.sum())
        counts = torch.ones_like(self.tokens)
        counts[deletes] = 0
        counts[expands & (expands.long().cumsum(0) <= room)] = 2
        return torch.arange(len(self.tokens)).repeat_interleave(counts)

    def opened_at(self, places: Tensor, mask_id: int) -> Canvas:
        """The canvas with nothing at `places` (bool) any more."""
        return Canvas(
            torch.where(places, mask_id, self.tokens),
            self.committed & ~places,
            self.sure & ~places,
            self.given,
            self.fixed,
            torch.where(places, 0, self.revoked),
            torch.where(places, 0.0, self.confidence),
        )

    def advance(self, count: int, mask_id: int) -> Canvas:
        """Move on by `count` positions: they leave at the left, open ones come in at the right."""
        fresh = Canvas.open(count, mask_id)
        return self.followed_by(fresh).at(torch.arange(count, count + len(self.tokens)))


def _run(places: Tensor) -> int:
    """How many places [canvas] at the left are true: in Python, which is done with few of them before torch begins."""
    found: list[bool] = places.tolist()
    return found.index(False) if False in found else len(found)


def _among(tokens: Tensor, ids: Sequence[int]) -> Tensor:
    """Bool [canvas]: which tokens are one of `ids`."""
    found = torch.zeros_like(tokens, dtype=torch.bool)
    for id_ in ids:
        found |= tokens == id_
    return found
