"""What to commit at a step: pure functions of the scored canvas, chosen by name.

reference   one token a step, left to right: the yardstick
threshold   every position whose confidence reaches a threshold (Fast-dLLM, arXiv 2505.22618)
entropy     in order of entropy, as far as the entropies' sum stays bounded (EB-sampler, arXiv 2505.24857)
revise      commit wide, look again with the new neighbours in sight, revoke what no longer holds (WINO, arXiv
            2507.18578; Mercury's self-correction)
verified    draft in parallel, or copy what followed the same tokens before, then read the draft left to right in the
            forward that drafts what follows, and keep it as far as it holds (TiDAR, arXiv 2511.08923; Set Block
            Decoding, arXiv 2509.04185)
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from coderdiff.decoding.canvas import Decision, View
from coderdiff.decoding.copying import LONGEST, SHORTEST
from coderdiff.errors import ConfigError

Decide = Callable[[View], Decision]


@dataclass(frozen=True)
class Policy:
    """A named way to decide, and what the loop must know of it.

    `tolerance`: None, or drafts are read left to right and kept while the network gives each at least this share of
    its first choice's probability (1: the first choice itself). `whole_blocks`: the canvas moves on only when all
    of it stands, so that anything on it may still be revoked. `canvas`: how many positions it wants at most.
    `lookup`: None, or drafts are copied from where a run of at least so many tokens stood before (`copying.py`).
    `entropy`: whether it looks at entropies.
    """

    name: str
    decide: Decide
    tolerance: float | None = None
    whole_blocks: bool = False
    canvas: int | None = None
    lookup: int | None = None
    entropy: bool = False


def leftmost_open(view: View) -> Tensor:
    """Bool [canvas], true at the leftmost open position only."""
    opened = ~view.committed
    return opened & (opened.long().cumsum(0) == 1)


def reference(view: View) -> Decision:
    """Commit the leftmost open position."""
    return Decision.committing(leftmost_open(view))


def threshold(view: View, least: float) -> Decision:
    """Commit the leftmost open position, and every one with a confidence of at least `least`."""
    return Decision.committing(leftmost_open(view) | (~view.committed & (view.confidence >= least)))


def entropy(view: View, bound: float) -> Decision:
    """Commit open positions by rising entropy while the sum over all but the largest stays within `bound` nats."""
    opened = ~view.committed
    order = torch.where(opened, view.entropy, torch.inf).argsort()
    ordered = view.entropy[order]
    others = torch.where(opened[order], ordered.cumsum(0) - ordered.cummax(0).values, torch.inf)
    commit = torch.zeros_like(opened)
    commit[order] = others <= bound
    return Decision.committing(leftmost_open(view) | (commit & opened))


def revise(view: View, least: float, hold: float, certain: float) -> Decision:
    """Commit down to the low confidence `least`; on the next look revoke a commit whose probability fell under
    `hold`, and take it as checked otherwise. Commits of at least `certain` need no second look."""
    doubtful = view.committed & ~view.sure
    remask = doubtful & (view.held < hold)
    commit = leftmost_open(view) | (~view.committed & (view.confidence >= least))
    sure = (doubtful & ~remask) | (commit & (view.confidence >= certain))
    return Decision(commit, remask, sure, torch.zeros_like(commit))


def verified(view: View, most: int, least: float) -> Decision:
    """Commit the leftmost open position and draft up to `most` positions behind it while they reach `least`."""
    first = leftmost_open(view)
    behind = ~view.committed & ~first
    places = behind.long().cumsum(0)
    promising = torch.where(behind, view.confidence >= least, True).long().cumprod(0).bool()
    none = torch.zeros_like(first)
    return Decision(first, none, first, behind & promising & (places <= most))


def _reference() -> Policy:
    return Policy("reference", reference)


def _threshold(least: float = 0.1) -> Policy:
    return Policy("threshold", partial(threshold, least=least))


def _entropy(bound: float = 3.0) -> Policy:
    return Policy("entropy", partial(entropy, bound=bound), entropy=True)


def _revise(least: float = 0.2, hold: float = 0.05, certain: float = 0.6) -> Policy:
    return Policy("revise", partial(revise, least=least, hold=hold, certain=certain), whole_blocks=True)


def _verified(most: int = 7, least: float = 0.0, tolerance: float = 0.1, lookup: int = 3) -> Policy:
    if lookup and not SHORTEST <= lookup <= LONGEST:
        raise ConfigError(
            f"policy verified: lookup is {lookup:g}: it must be 0 (none) or from {SHORTEST} to {LONGEST}"
        )
    decide = partial(verified, most=int(most), least=least)
    copying = int(lookup) or None
    return Policy("verified", decide, tolerance=tolerance, canvas=int(most) + 1, lookup=copying)


POLICIES: dict[str, Callable[..., Policy]] = {
    "reference": _reference,
    "threshold": _threshold,
    "entropy": _entropy,
    "revise": _revise,
    "verified": _verified,
}


def policy(text: str) -> Policy:
    """The policy called `name`, or `name:setting=number,setting=number` to set it by hand.

    Raises ConfigError if there is no such policy or setting.
    """
    name, _, rest = text.partition(":")
    if name not in POLICIES:
        raise ConfigError(f"there is no policy {name!r}: choose one of {', '.join(POLICIES)}")
    known = list(inspect.signature(POLICIES[name]).parameters)
    settings: dict[str, float] = {}
    for item in filter(None, rest.split(",")):
        key, _, value = item.partition("=")
        if key not in known:
            raise ConfigError(f"policy {name} has no setting {key!r}: it has {', '.join(known) or 'none'}")
        try:
            settings[key] = float(value)
        except ValueError:
            raise ConfigError(f"policy {name}: {key} must be a number, not {value!r}") from None
    return replace(POLICIES[name](**settings), name=text)
