"""The canvas: the positions being denoised, and the two rules no policy may break.

1. An end token is committed only when everything before it is (else a canvas' far end, always the surest place to
   say "nothing more", would swallow the text), and nothing behind an end, committed or proposed.
2. While bytes before the cursor are still to be spelled, only the leftmost open position may be committed.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

MOST_REVOKES = 2
"""A position whose commit was revoked this often stays committed: so every canvas ends."""


@dataclass(frozen=True)
class View:
    """One canvas as the network just scored it; all [canvas].

    `best` is the token proposed, `confidence` its probability, `entropy` in nats; `held` is the probability of the
    token that stands there (0 where none does); `committed` and `sure` (a commit that was checked or never doubtful)
    say what stands.
    """

    best: Tensor
    confidence: Tensor
    entropy: Tensor
    held: Tensor
    committed: Tensor
    sure: Tensor


@dataclass(frozen=True)
class Decision:
    """What to do at each position [canvas], all bool: take `best` for good, revoke what stands, hold it as checked,
    or propose `best` as a draft to be read and checked in the next forward."""

    commit: Tensor
    remask: Tensor
    sure: Tensor
    draft: Tensor

    @staticmethod
    def committing(commit: Tensor) -> Decision:
        """Only commits."""
        none = torch.zeros_like(commit)
        return Decision(commit, none, commit, none)


@dataclass(frozen=True)
class Canvas:
    """Tokens and their standing, all [canvas]; open positions hold the mask token."""

    tokens: Tensor
    committed: Tensor
    sure: Tensor
    revoked: Tensor
    confidence: Tensor

    @staticmethod
    def open(size: int, mask_id: int) -> Canvas:
        """A canvas with nothing on it."""
        none = torch.zeros(size, dtype=torch.bool)
        return Canvas(
            torch.full((size,), mask_id), none, none, torch.zeros(size, dtype=torch.long), torch.zeros(size)
        )

    @property
    def leading(self) -> int:
        """Length of the committed run at the left."""
        return int(self.committed.long().cumprod(0).sum())

    @property
    def leading_sure(self) -> int:
        """Length of the run at the left that nobody will revoke."""
        return int((self.committed & self.sure).long().cumprod(0).sum())

    def apply(self, view: View, decision: Decision, mask_id: int, end_id: int, pending: bool) -> Canvas:
        """The canvas after a decision, kept to the two rules. The leftmost open position is committed in any
        case, unless it was opened only now: so every canvas ends."""
        remask = decision.remask & self.committed & (self.revoked < MOST_REVOKES)
        committed = self.committed & ~remask
        opened = ~committed
        commit = decision.commit & opened & ~remask
        leftmost = int(committed.long().cumprod(0).sum())
        if leftmost < len(committed) and not remask[leftmost]:
            if pending:
                commit = torch.zeros_like(commit)
            commit[leftmost] = True
        tokens = torch.where(commit, view.best, torch.where(remask, mask_id, self.tokens))
        standing = committed | commit
        says_end = torch.where(opened, view.best, self.tokens) == end_id
        behind_end = (says_end.long().cumsum(0) - says_end.long()) > 0
        reached = standing.long().cumprod(0).bool()
        early = standing & (((tokens == end_id) & ~reached) | (behind_end & commit))
        standing, tokens = standing & ~early, torch.where(early, mask_id, tokens)
        commit = commit & standing
        # A commit that may not be revoked once more is held for good.
        sure = (self.sure & standing & ~commit) | ((decision.sure | (decision.remask & ~remask)) & standing)
        return Canvas(
            tokens,
            standing,
            sure,
            self.revoked + (remask & ~standing).long(),
            torch.where(commit, view.confidence, torch.where(standing, self.confidence, 0.0)),
        )

    def advance(self, count: int, mask_id: int) -> Canvas:
        """Move on by `count` positions: they leave at the left, open ones come in at the right."""
        fresh = Canvas.open(count, mask_id)
        return Canvas(
            *(
                torch.cat((getattr(self, name)[count:], getattr(fresh, name)))
                for name in Canvas.__dataclass_fields__
            )
        )
