"""As many tokens a step as are sure enough, and at least one.

fast_dllm               Fast-dLLM (arXiv 2505.22618): all whose confidence reaches `threshold`
fast_dllm_factor        Fast-dLLM: as many as are sure enough for their number together
eb_sampler              EB-sampler (arXiv 2505.24857): by rising entropy while the sum of all but the largest is bounded
credit                  CreditDecoding (arXiv 2510.06133): a threshold on logits that remember what was proposed before
low_confidence_static   SDAR (arXiv 2510.06303): the surest, an equal share of the block a step
low_confidence_dynamic  SDAR, LLaDA2 (arXiv 2512.15745): all above `threshold` where these are more than the share
sequential              SDAR: the leftmost, an equal share a step
fast_dllm_v2            Fast-dLLM v2 (arXiv 2509.26328): all above `threshold`, in parts of `block` positions
"""

from __future__ import annotations

from functools import partial

import torch

from coderdiff.decoding.canvas import Decision, View
from coderdiff.decoding.choose import Narrowing
from coderdiff.decoding.credit import CreditSettings
from coderdiff.decoding.policies.base import Makers, Policy, free, surest
from coderdiff.decoding.policies.scheduled import share


def reaching(view: View, threshold: float) -> Decision:
    """Commit the surest open position, and all whose confidence is at least `threshold`."""
    enough = view.opened & (view.confidence >= threshold)
    return Decision.committing(surest(view, 1, view.confidence) | enough)


def exceeding(view: View, threshold: float, steps: int | None) -> Decision:
    """Commit all open positions whose confidence is above `threshold`, or this step's share of the surest if these
    are fewer. The share is of the whole canvas; `steps` None: one position."""
    count = 1 if steps is None else share(len(view.best), steps or len(view.best), view.step)
    enough = view.opened & (view.confidence > threshold)
    return Decision.committing(enough if int(enough.sum()) >= count else surest(view, count, view.confidence))


def together(view: View, factor: float) -> Decision:
    """Commit the n surest where the n-th is at least 1 - factor / (n + 1) sure, for the largest such run of n.

    The published loop takes one more where only the first, or all but the last, are in the run; so does this.
    """
    confidences = view.confidence[view.opened].sort(descending=True).values
    bounds = 1 - factor / (torch.arange(len(confidences), dtype=torch.float64) + 2)
    bounds[:1] = -1
    short = (confidences < bounds).nonzero()
    at = int(short[0]) if len(short) else len(confidences) - 1
    return Decision.committing(surest(view, at + (at in {0, len(confidences) - 1}), view.confidence))


def bounded_entropy(view: View, bound: float) -> Decision:
    """Commit open positions by rising entropy while the sum over all but the largest stays within `bound` nats."""
    opened = view.opened
    order = torch.where(opened, view.entropy, torch.inf).argsort()
    ordered = view.entropy[order]
    commit = torch.zeros_like(opened)
    commit[order] = ordered.cumsum(0) - ordered <= bound  # ascending: the last of a run is its largest
    return Decision.committing(commit & opened)


def equal_share(view: View, steps: int) -> Decision:
    """Commit this step's share of the canvas: the surest of what is open."""
    return Decision.committing(
        surest(view, share(len(view.best), steps or len(view.best), view.step), view.confidence)
    )


def leftmost(view: View, steps: int) -> Decision:
    """Commit this step's share of the canvas: the leftmost of what is open."""
    count = share(len(view.best), steps or len(view.best), view.step)
    return Decision.committing(view.opened & (view.opened.long().cumsum(0) <= count))


def _fast_dllm(threshold: float = 0.9, block: float = 0) -> Policy:
    return free("fast_dllm", partial(reaching, threshold=threshold), block)


def _fast_dllm_factor(factor: float = 1.0, block: float = 0) -> Policy:
    return free("fast_dllm_factor", partial(together, factor=factor), block)


def _eb_sampler(bound: float = 0.1, block: float = 0) -> Policy:
    return free("eb_sampler", partial(bounded_entropy, bound=bound), block, entropy=True)


def _credit(
    threshold: float = 0.95, weight: float = 0.7, decay: float = 0.8, power: float = 0.2, block: float = 0
) -> Policy:
    return Policy(
        "credit",
        partial(exceeding, threshold=threshold, steps=None),
        whole_blocks=True,
        free=True,
        block=int(block) or None,
        credit=CreditSettings(weight, decay, power),
    )


_TEMPERED = Narrowing(tempered=True)


def _low_confidence_static(steps: float = 0) -> Policy:
    return free("low_confidence_static", partial(equal_share, steps=int(steps)), narrowing=_TEMPERED)


def _low_confidence_dynamic(threshold: float = 0.85, steps: float = 0) -> Policy:
    decide = partial(exceeding, threshold=threshold, steps=int(steps))
    return free("low_confidence_dynamic", decide, narrowing=_TEMPERED)


def _sequential(steps: float = 0) -> Policy:
    return free("sequential", partial(leftmost, steps=int(steps)), narrowing=_TEMPERED)


def fast_dllm_v2(view: View, threshold: float) -> Decision:
    """Commit the surest open position and all above `threshold`."""
    enough = view.opened & (view.confidence > threshold)
    return Decision.committing(surest(view, 1, view.confidence) | enough)


def _fast_dllm_v2(threshold: float = 0.9, block: float = 8, top_p: float = 1.0) -> Policy:
    narrowing = Narrowing(top_p=top_p, tempered=True)
    return free("fast_dllm_v2", partial(fast_dllm_v2, threshold=threshold), block, narrowing)


CONFIDENT: Makers = {
    "fast_dllm": _fast_dllm,
    "fast_dllm_factor": _fast_dllm_factor,
    "eb_sampler": _eb_sampler,
    "credit": _credit,
    "low_confidence_static": _low_confidence_static,
    "low_confidence_dynamic": _low_confidence_dynamic,
    "sequential": _sequential,
    "fast_dllm_v2": _fast_dllm_v2,
}
