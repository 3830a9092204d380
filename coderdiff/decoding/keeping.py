"""From how sure a model was of each token to how likely the whole completion is to be kept as it is.

A model that knew itself would keep a completion with the product of its tokens' probabilities. Ours is too sure of some
and too unsure of others, so a logistic regression over that product's odds and a few more facts is fitted on held-out
code (Platt, 1999; `evaluation/keeping.py`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from coderdiff.model.keep_weights import KeepWeights
from coderdiff.types import FinishReason

_LEAST = -20.0
_MOST_ODDS = 8.0


def line_begun(text: str, at: int) -> bool:
    """Whether anything but blanks stands before a hole on its line: then there is less to guess."""
    return bool(text[text.rfind("\n", 0, at) + 1 : at].strip())


def features(logs: Sequence[float], reason: FinishReason, begun: bool) -> tuple[float, ...]:
    """What is known of a completion, in the order of `keep_weights.FEATURES`; `logs` are its tokens' log probabilities,
    at least one; `begun` as `line_begun` says."""
    bounded = [min(0.0, max(_LEAST, log)) for log in logs]
    total = max(_LEAST, sum(bounded))
    against = -math.expm1(total)  # the chance that some token is another
    odds = min(_MOST_ODDS, total - math.log(against)) if against > 0 else _MOST_ODDS
    return 1.0, odds, min(bounded), math.log(len(bounded)), float(reason != "stop"), float(begun)


def keep_probability(weights: KeepWeights, logs: Sequence[float], reason: FinishReason, begun: bool) -> float:
    """How likely a completion of these tokens is to be kept as it is, in [0, 1]."""
    facts = features(logs, reason, begun)
    score = sum(weight * fact for weight, fact in zip(weights.weights, facts, strict=True))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))
