"""A fixed number of steps, each committing its share: the loops that LLaDA, Dream and DreamOn are published with.

low_confidence  LLaDA (arXiv 2502.09992): equal shares of the surest; `steps` to a block, 0 for one token a step
random          LLaDA: the same shares, anywhere
origin          Dream (arXiv 2508.15487): each open position by chance, as the noise schedule says
maskgit_plus    Dream: shares by the noise schedule, surest first (MaskGIT, arXiv 2202.04200)
topk_margin     Dream: those furthest ahead of their second choice first
dream_entropy   Dream's `entropy`: those of least entropy first
dreamon         DreamOn (arXiv 2602.01326): `tokens` a step, least entropy first; with `spread` a delete token takes all
                that is open to its right with it, as in the runs that were published
prophet         shares as in low_confidence; once the first choices are far enough ahead of the second, on average, all
                that is left is committed (arXiv 2508.19982)
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import torch
from torch import Tensor

from coderdiff.decoding.canvas import Decision, View
from coderdiff.decoding.choose import Narrowing
from coderdiff.decoding.policies.base import Decide, Makers, Policy, free, surest
from coderdiff.errors import ConfigError


def share(count: int, steps: int, step: int) -> int:
    """How many of `count` positions step `step` of `steps` commits: equal parts, the first ones take the remainder."""
    base, rest = divmod(count, steps)
    return base + (step < rest) if step < steps else count


def equal_shares(view: View, steps: int, at_random: bool) -> Decision:
    """Commit this step's share of what was open at first; `steps` 0 is one position a step."""
    by = torch.rand(len(view.best), generator=view.generator) if at_random else view.confidence
    count = share(view.first, steps, view.step) if steps else 1  # a canvas may have grown since
    return Decision.committing(surest(view, count, by))


def prophet(view: View, steps: int, bounds: tuple[float, float, float]) -> Decision:
    """Commit all where the mean lead over the second choice reaches the bound for this third of the steps."""
    opened = view.opened
    progress = view.step / (steps or max(view.first, 1))
    bound = bounds[0] if progress < 0.33 else bounds[1] if progress < 0.67 else bounds[2]
    if float(view.lead[opened].mean()) >= bound:
        return Decision.committing(opened)
    return equal_shares(view, steps, at_random=False)


def noise_schedule(steps: int, eps: float, step: int) -> Tensor:
    """The part of what is open that a step commits: time runs evenly from 1 to `eps`, all goes at the last step."""
    times = torch.linspace(1, eps, steps + 1)
    return 1 - times[step + 1] / times[step] if step < steps - 1 else torch.tensor(1.0)


def by_schedule(view: View, by: Tensor, steps: int, eps: float, alg_temp: float) -> Decision:
    """Commit as many as the noise schedule says, in the order of `by`, or drawn by it at a temperature."""
    opened = view.opened
    count = int(opened.sum().float() * noise_schedule(steps or max(view.first, 1), eps, view.step))
    if not alg_temp or not count:
        return Decision.committing(surest(view, count, by))
    weights = torch.where(opened, by / alg_temp, -torch.inf).softmax(-1)
    commit = torch.zeros_like(opened)
    commit[torch.multinomial(weights, count, generator=view.generator)] = True
    return Decision.committing(commit & opened)


def origin(view: View, steps: int, eps: float) -> Decision:
    """Commit each open position with the schedule's probability."""
    opened = view.opened
    drawn = torch.rand(int(opened.sum()), generator=view.generator)
    commit = torch.zeros_like(opened)
    commit[opened] = drawn < noise_schedule(steps or max(view.first, 1), eps, view.step)
    return Decision.committing(commit)


def _low_confidence(steps: float = 0, block: float = 0) -> Policy:
    return free("low_confidence", partial(equal_shares, steps=int(steps), at_random=False), block)


def _random(steps: float = 0, block: float = 0) -> Policy:
    return free("random", partial(equal_shares, steps=int(steps), at_random=True), block)


def _prophet(
    steps: float = 0, high: float = 7.5, middle: float = 5.0, low: float = 2.5, block: float = 0
) -> Policy:
    return free("prophet", partial(prophet, steps=int(steps), bounds=(high, middle, low)), block, leads=True)


def _dream(name: str, decide: Decide, top_p: float, *, entropy: bool = False, leads: bool = False) -> Policy:
    if not 0 < top_p <= 1:
        raise ConfigError(f"policy {name}: top_p is {top_p:g}: it must be above 0 and at most 1")
    return free(name, decide, narrowing=Narrowing(top_p=top_p, tempered=True), entropy=entropy, leads=leads)


def _origin(steps: float = 0, eps: float = 1e-3, top_p: float = 1.0) -> Policy:
    return _dream("origin", partial(origin, steps=int(steps), eps=eps), top_p)


def _maskgit_plus(steps: float = 0, eps: float = 1e-3, alg_temp: float = 0.0, top_p: float = 1.0) -> Policy:
    def decide(view: View) -> Decision:
        return by_schedule(view, view.confidence, int(steps), eps, alg_temp)

    return _dream("maskgit_plus", decide, top_p)


def _topk_margin(steps: float = 0, eps: float = 1e-3, alg_temp: float = 0.0, top_p: float = 1.0) -> Policy:
    def decide(view: View) -> Decision:
        return by_schedule(view, view.margin, int(steps), eps, alg_temp)

    return _dream("topk_margin", decide, top_p, leads=True)


def _dream_entropy(steps: float = 0, eps: float = 1e-3, alg_temp: float = 0.0, top_p: float = 1.0) -> Policy:
    def decide(view: View) -> Decision:
        return by_schedule(view, -view.entropy, int(steps), eps, alg_temp)

    return _dream("dream_entropy", decide, top_p, entropy=True)


def _dreamon(tokens: float = 1, top_p: float = 1.0, spread: float = 1) -> Policy:
    def decide(view: View) -> Decision:
        return Decision.committing(surest(view, max(1, int(tokens)), -view.entropy))

    return replace(_dream("dreamon", decide, top_p, entropy=True), turns=None, spreads=bool(spread))


SCHEDULED: Makers = {
    "low_confidence": _low_confidence,
    "random": _random,
    "prophet": _prophet,
    "origin": _origin,
    "maskgit_plus": _maskgit_plus,
    "topk_margin": _topk_margin,
    "dream_entropy": _dream_entropy,
    "dreamon": _dreamon,
}
