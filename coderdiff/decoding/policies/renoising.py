"""Settling a canvas of noise: DiffusionGemma's loop, as transformers publishes it (and SGLang's `Gemma4Renoise`).

renoise  every step draws a token for each position and takes those of least entropy, as many as tell little of one
         another (the entropy-bounded sampler, arXiv 2505.24857); what is not taken becomes noise again, what was taken
         before included. The canvas is done when the network's first choices stay the same for `stable` steps and it is
         sure of them, or after `steps` steps; what stands then is these first choices
"""

from __future__ import annotations

import torch
from torch import Tensor

from coderdiff.decoding.canvas import Decision, View
from coderdiff.decoding.policies.base import Makers, Policy, Renoise
from coderdiff.errors import ConfigError


def least_entropies(entropy: Tensor, bound: float) -> Tensor:
    """Bool [canvas]: the positions of least entropy whose entropies but the largest sum to at most `bound` nats."""
    ordered, order = entropy.sort()
    chosen = torch.zeros_like(entropy, dtype=torch.bool)
    chosen[order] = ordered.cumsum(0) - ordered <= bound
    return chosen


def renoise(view: View, bound: float, steps: int, stable: int, confident: float) -> Decision:
    """Take the surest, give up all else; or settle everything."""
    final = view.unchanged >= stable and float(view.entropy.mean()) < confident
    final |= view.step + 1 >= steps
    taken = view.within if final else least_entropies(view.entropy, bound) & view.within
    none = torch.zeros_like(taken)
    return Decision(
        commit=taken & ~view.committed,
        remask=view.committed & view.within & ~taken,
        sure=taken,
        draft=none,
        edit=taken & view.committed,
        final=final,
    )


def _renoise(
    bound: float = 0.1,
    steps: float = 48,
    coolest: float = 0.4,
    hottest: float = 0.8,
    stable: float = 1,
    confident: float = 0.005,
) -> Policy:
    if steps < 1 or not 0 < coolest <= hottest:
        raise ConfigError("policy renoise: steps must be 1 or more, and 0 < coolest <= hottest")
    return Policy(
        "renoise",
        lambda view: renoise(view, bound, int(steps), int(stable), confident),
        whole_blocks=True,
        free=True,
        entropy=True,
        renoise=Renoise(int(steps), coolest, hottest),
    )


RENOISING: Makers = {"renoise": _renoise}
