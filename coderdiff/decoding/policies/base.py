"""What a policy is, and the choices that several share. All are pure functions of the scored canvas."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from coderdiff.decoding.canvas import Decision, View
from coderdiff.decoding.choose import Narrowing
from coderdiff.decoding.credit import CreditSettings
from coderdiff.decoding.indel import IndelSettings

Decide = Callable[[View], Decision]


@dataclass(frozen=True)
class Renoise:
    """How hot the network's distribution is on a canvas of noise: from `hottest` at the first of `steps` steps evenly
    down towards `coolest`. Beside the sampling's temperature, by which a request may draw nothing at all."""

    steps: int
    coolest: float
    hottest: float

    def temperature(self, step: int) -> Tensor:
        """At a step, counted from 0."""
        left = torch.tensor(self.steps - step, dtype=torch.int32)
        return self.coolest + (self.hottest - self.coolest) * (left / self.steps)


@dataclass(frozen=True)
class Policy:
    """A named way to decide, and what the loop must know of it.

    `tolerance`: None, or drafts are read left to right and kept while the network gives each at least this share of
    its first choice's probability (1: the first choice itself). `whole_blocks`: the canvas moves on only when all
    of it stands, so that anything on it may still be revoked. `canvas`: how many positions it wants at most.
    `lookup`: None, or drafts are copied from where a run of at least so many tokens stood before (`copying.py`).
    `block`: None, or the canvas is decided in parts of so many positions, from the left (semi-autoregressive).
    `free`: decisions are taken as they are, in any order, end tokens anywhere, and some may commit nothing.
    `edits`: None, or a full canvas is looked at again until nothing changes, at most so often. `twins`: what stands is
    judged by a masked twin of its position. `narrowing`, `credit`: what is done to the network's distribution first.
    `turns`: a canvas that grew may begin to shrink so often, then it grows no more (None: as often as it likes).
    `spreads`: a delete token takes with it all to its right that did not stand before, for text ends where it stands.
    `entropy`, `leads`: whether it looks at entropies, or at how far the first choices lead; these take time.
    `renoise`: None, or it is for canvases that begin as noise and not as masks. `indel`: None, or blocks are edited,
    with deletions and insertions, by what is remembered of them (`decoding/indel.py`, which then decides).
    """

    name: str
    decide: Decide
    tolerance: float | None = None
    whole_blocks: bool = False
    canvas: int | None = None
    lookup: int | None = None
    block: int | None = None
    free: bool = False
    edits: int | None = None
    twins: bool = False
    narrowing: Narrowing = field(default_factory=Narrowing)
    credit: CreditSettings | None = None
    turns: int | None = 4
    spreads: bool = True
    entropy: bool = False
    leads: bool = False
    renoise: Renoise | None = None
    indel: IndelSettings | None = None


Makers = dict[str, Callable[..., Policy]]
"""Name -> what makes the policy from its settings, all numbers."""


def free(
    name: str,
    decide: Decide,
    block: float = 0,
    narrowing: Narrowing | None = None,
    *,
    entropy: bool = False,
    leads: bool = False,
) -> Policy:
    """A policy of the field: it chooses freely on a canvas that stays until all of it stands. `block` 0 is none."""
    return Policy(
        name,
        decide,
        whole_blocks=True,
        free=True,
        block=int(block) or None,
        narrowing=narrowing or Narrowing(),
        entropy=entropy,
        leads=leads,
    )


def leftmost_open(view: View) -> Tensor:
    """Bool [canvas], true at the leftmost open position only."""
    opened = view.opened
    return opened & (opened.long().cumsum(0) == 1)


def surest(view: View, count: int, by: Tensor) -> Tensor:
    """Bool [canvas], true at the `count` open positions that come first by `by`, or at all if there are fewer."""
    opened = view.opened
    chosen = torch.zeros_like(opened)
    scores = torch.where(opened, by, -torch.inf)
    chosen[scores.topk(min(count, int(opened.sum()))).indices] = True
    return chosen
