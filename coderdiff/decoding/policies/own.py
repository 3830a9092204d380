"""Policies for a canvas at the open end of a causal context; they keep to the rules of `canvas.py`.

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

from functools import partial

import torch

from coderdiff.decoding.canvas import Decision, View
from coderdiff.decoding.copying import LONGEST, SHORTEST
from coderdiff.decoding.policies.base import Makers, Policy, leftmost_open
from coderdiff.errors import ConfigError


def reference(view: View) -> Decision:
    """Commit the leftmost open position."""
    return Decision.committing(leftmost_open(view))


def threshold(view: View, least: float) -> Decision:
    """Commit the leftmost open position, and every one with a confidence of at least `least`."""
    return Decision.committing(leftmost_open(view) | (view.opened & (view.confidence >= least)))


def entropy(view: View, bound: float) -> Decision:
    """Commit open positions by rising entropy while the sum over all but the largest stays within `bound` nats."""
    opened = view.opened
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
    commit = leftmost_open(view) | (view.opened & (view.confidence >= least))
    sure = (doubtful & ~remask) | (commit & (view.confidence >= certain))
    none = torch.zeros_like(commit)
    return Decision(commit, remask, sure, none, none)


def verified(view: View, most: int, least: float) -> Decision:
    """Commit the leftmost open position and draft up to `most` positions behind it while they reach `least`."""
    first = leftmost_open(view)
    behind = view.opened & ~first
    places = behind.long().cumsum(0)
    promising = torch.where(behind, view.confidence >= least, True).long().cumprod(0).bool()
    none = torch.zeros_like(first)
    return Decision(first, none, first, behind & promising & (places <= most), none)


def _reference() -> Policy:
    return Policy("reference", reference)


def _threshold(least: float = 0.1) -> Policy:
    return Policy("threshold", partial(threshold, least=least))


def _entropy(bound: float = 3.0) -> Policy:
    return Policy("entropy", partial(entropy, bound=bound), entropy=True)


def _revise(least: float = 0.2, hold: float = 0.05, certain: float = 0.6) -> Policy:
    return Policy("revise", partial(revise, least=least, hold=hold, certain=certain), whole_blocks=True)


def _verified(most: int = 7, least: float = 0.0, tolerance: float = 0.5, lookup: int = 3) -> Policy:
    if lookup and not SHORTEST <= lookup <= LONGEST:
        raise ConfigError(
            f"policy verified: lookup is {lookup:g}: it must be 0 (none) or from {SHORTEST} to {LONGEST}"
        )
    decide = partial(verified, most=int(most), least=least)
    copying = int(lookup) or None
    return Policy("verified", decide, tolerance=tolerance, canvas=int(most) + 1, lookup=copying)


OWN: Makers = {
    "reference": _reference,
    "threshold": _threshold,
    "entropy": _entropy,
    "revise": _revise,
    "verified": _verified,
}
