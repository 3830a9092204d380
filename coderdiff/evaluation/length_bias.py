"""How sure a model is of empty canvases by their length alone: what `decoding/lengths.py` divides out (CAL, arXiv
2602.00476, appendix A). Lengths near the true one of a hole are left out: there it is the hole that speaks."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Sequence

from coderdiff.decoding.lengths import CANDIDATES
from coderdiff.decoding.session import Look
from coderdiff.engine.bidirectional import BidirectionalSession
from coderdiff.engine.engine import Engine
from coderdiff.errors import ConfigError
from coderdiff.evaluation.infill import InfillTask
from coderdiff.model.loader import Checkpoint

NEAR = 4
"""Lengths this close to the true one are left out."""


def confidences(
    checkpoint: Checkpoint, tasks: Sequence[InfillTask], advance: Callable[[], None]
) -> dict[int, float]:
    """Mean probability of the first choice over a canvas, by its length, mean over holes.

    Raises ConfigError for a model whose canvas has no fixed place between two sides.
    """
    spec, tokenizer = checkpoint.spec, checkpoint.tokenizer
    if spec.context_attention != "bidirectional":
        raise ConfigError(
            f"{spec.name} writes until it ends: only models with context on both sides need a length"
        )
    engine = Engine(checkpoint, length=1)
    session = BidirectionalSession(checkpoint.network)
    seen: dict[int, list[float]] = defaultdict(list)
    for task in tasks:
        prompt = engine.prompt(task.request("low_confidence"))
        true = len(tokenizer.encode_after(prompt.pending, task.truth))
        session.begin(prompt.ids, prompt.behind)
        canvases = [[spec.mask_id] * length for length in CANDIDATES]
        for length, logits in zip(
            CANDIDATES, session.forward(Look([], canvases, [0] * len(canvases), 0)).canvas, strict=True
        ):
            if abs(length - true) > NEAR:
                seen[length].append(float(logits.softmax(-1).amax(-1).mean()))
        advance()
    return {length: statistics.fmean(values) for length, values in seen.items()}
