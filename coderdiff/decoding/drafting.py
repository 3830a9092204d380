"""Drafts read left to right, and what stood before mixed into the network's own logits."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from coderdiff.decoding.choose import Chooser
from coderdiff.decoding.copying import Ids
from coderdiff.decoding.first import First, Row
from coderdiff.decoding.policies import Policy
from coderdiff.decoding.task import Task
from coderdiff.decoding.written import Written


class Drafting:
    """One fill's: the task's text to copy from, and which drafts the policy holds."""

    def __init__(self, policy: Policy, chooser: Chooser, task: Task, written: Written) -> None:
        self._policy, self._chooser, self._written = policy, chooser, written
        self._copying, self._banned = task.copying, task.banned

    def held(self, causal: Tensor, draft: Sequence[int]) -> list[float]:
        """The log probabilities of a draft's first tokens, as far as the causal reading [draft + 1, vocab] does."""
        tolerance = self._policy.tolerance
        assert tolerance is not None
        if self._chooser.plain:
            return self._chooser.kept(
                causal, draft, tolerance, lambda row, place: self._copying.first(row, draft[:place])
            )
        logits = torch.stack([self.mixed(row, draft[:at]) for at, row in enumerate(causal[:-1])])
        return self._chooser.check(logits, draft, tolerance)

    def first(self, row: Row, more: Sequence[int]) -> First:
        """What is chosen behind the answer and `more`, by the logits there."""
        return self._copying.first(row, more)

    def mixed(self, logits: Tensor, more: Sequence[int], allowed: Ids | None = None) -> Tensor:
        """Logits [vocab] of the token behind the answer and `more`, with what followed there before mixed in."""
        logits = logits.masked_fill(self._banned, -torch.inf)
        if allowed is not None:
            may = torch.tensor(allowed)
            logits = torch.full_like(logits, -torch.inf).index_copy(0, may, logits[may])
        return self._copying.mix(logits, more, allowed)

    def as_written_before(self, draft: list[int], certain: list[int], room: int) -> list[int]:
        """The draft, its begin what followed the `certain` tokens before, where the policy looks that up; `room` tokens
        at most are copied. Nothing is drafted behind an end. Where the draft goes on as the text behind the hole does,
        the canvas says whether the hole ends there: it knows ends better than the reading from the left."""
        if self._policy.lookup is not None and not self._written.says_end(certain):
            copied = self._copying.follow(certain, room, self._policy.lookup)
            draft = copied + draft[len(copied) :]
        draft = self._written.to_end(draft)
        here = (at for at, token in enumerate(draft) if self._copying.is_behind(token))
        return draft[: next(here, None)]
