"""Fitting how likely a completion is to be kept (`decoding/keeping.py`), and what such figures are worth.

Kept means here: what the author wrote, blanks at the end aside. Fitted on validation packages, judged on others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coderdiff.decoding.keeping import features, keep_probability
from coderdiff.evaluation.infill import Answer
from coderdiff.model.keep_weights import FEATURES, KeepWeights

BINS = 10
PRECISION = 0.8
THRESHOLDS = (0.2, 0.4, 0.6, 0.8)

_RIDGE = 1.0
"""How strongly weights are held near those of a model that knows itself: the odds count as they are, nothing else."""

_ROUNDS = 50
_SMALLEST_STEP = 1e-9

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
    """A completion's probability of being kept, and whether it was."""

    confidence: float
    kept: bool


@dataclass(frozen=True)
class Bin:
    """Completions of about one confidence: how many, what was said on average, and the share that was kept."""

    count: int
    said: float
    kept: float


@dataclass(frozen=True)
class Coverage:
    """If only completions of at least `least` confidence are shown: the share of all holes that are answered, and the
    share of these answers that are kept (None where there are none)."""

    least: float
    answered: float
    precision: float | None


@dataclass(frozen=True)
class Sureness:
    """How far one policy's completions can be trusted on some holes. `answered` is the largest share of the holes that
    can be answered with `PRECISION` of the answers kept, the threshold chosen on these very holes."""

    policy: str
    kind: str
    holes: int
    completions: int
    calibration_error: float
    answered: float
    thresholds: tuple[Coverage, ...]
    bins: tuple[Bin, ...]


def sureness(policy: str, answers: Sequence[Answer]) -> list[Sureness]:
    """Figures for rests of lines, for lines and blocks together, and for all; none for a model without calibration."""
    groups = {
        "rest": [each for each in answers if each.kind == "rest"],
        "line to block": [each for each in answers if each.kind != "rest"],
        "all": list(answers),
    }
    found = []
    for kind, group in groups.items():
        told = judged(group)
        if told:
            bins, holes = reliability(told), len(group)
            thresholds = tuple(coverage(told, holes, least) for least in THRESHOLDS)
            error = calibration_error(bins)
            answered = answered_at(told, holes)
            found.append(Sureness(policy, kind, holes, len(told), error, answered, thresholds, tuple(bins)))
    return found


def fit(answers: Sequence[Answer]) -> KeepWeights:
    """The weights that make what became of these completions most likely; empty ones tell nothing."""
    told = [each for each in answers if not each.empty and each.completion.logs]
    facts = np.array(
        [features(each.completion.logs, each.completion.finish_reason, each.begun) for each in told]
    )
    kept = np.array([each.exact for each in told], dtype=np.float64)
    prior = np.zeros(len(FEATURES))
    prior[FEATURES.index("odds of all tokens")] = 1.0

    def misfit(weights: Floats) -> float:
        scores = facts @ weights
        away = weights - prior
        return float((np.logaddexp(0, scores) - kept * scores).sum() + _RIDGE / 2 * (away @ away))

    weights = prior.copy()
    for _ in range(_ROUNDS if told else 0):  # Newton's method, shortened where it would lead uphill
        chance = np.exp(-np.logaddexp(0, -(facts @ weights)))
        gradient = facts.T @ (kept - chance) - _RIDGE * (weights - prior)
        curvature = (facts * (chance * (1 - chance))[:, None]).T @ facts + _RIDGE * np.eye(len(prior))
        step = np.linalg.solve(curvature, gradient)
        while misfit(weights + step) > misfit(weights) and float(np.abs(step).max()) > _SMALLEST_STEP:
            step = step / 2
        weights = weights + step
    return KeepWeights(tuple(weights.tolist()))


def judged(answers: Sequence[Answer], weights: KeepWeights | None = None) -> list[Judged]:
    """The completions with text, by what these weights say of them; by default, those that carry a confidence."""
    found = []
    for each in answers:
        completion = each.completion
        confidence = completion.confidence
        if weights is not None:
            told = bool(completion.logs) and not each.empty
            confidence = (
                keep_probability(weights, completion.logs, completion.finish_reason, each.begun)
                if told
                else None
            )
        if confidence is not None:
            found.append(Judged(confidence, each.exact))
    return found


def reliability(listed: Sequence[Judged]) -> list[Bin]:
    """Completions by confidence, in `BINS` equally wide classes, empty ones left out."""
    found = []
    for at in range(BINS):
        inside = [each for each in listed if min(BINS - 1, int(each.confidence * BINS)) == at]
        if inside:
            found.append(
                Bin(
                    len(inside),
                    sum(each.confidence for each in inside) / len(inside),
                    sum(each.kept for each in inside) / len(inside),
                )
            )
    return found


def calibration_error(bins: Sequence[Bin]) -> float:
    """Expected calibration error: how far what was said is from what came, a completion (Naeini et al., 2015)."""
    total = sum(each.count for each in bins)
    return sum(each.count * abs(each.said - each.kept) for each in bins) / total if total else 0.0


def coverage(listed: Sequence[Judged], holes: int, least: float) -> Coverage:
    """What showing only completions of at least `least` confidence would give, for so many holes."""
    shown = [each for each in listed if each.confidence >= least]
    precision = sum(each.kept for each in shown) / len(shown) if shown else None
    return Coverage(least, len(shown) / max(1, holes), precision)


def answered_at(listed: Sequence[Judged], holes: int, precision: float = PRECISION) -> float:
    """The largest share of all holes that can be answered with so large a share of the answers kept."""
    kept, best = 0, 0
    for shown, each in enumerate(sorted(listed, key=lambda each: -each.confidence), 1):
        kept += each.kept
        if kept >= precision * shown:
            best = shown
    return best / max(1, holes)
