"""A middle -> a canvas of another length: masks that stand for several tokens, and masks that stand for none.

DreamOn's noise (arXiv 2602.01326). Tokens are hidden at random; a run of hidden ones may share one mask, whose
answer is `expand` (it becomes two masks, and these are asked again); behind the text, or in any gap of it, stand masks
whose answer is `delete`:

    middle    return  total  /  count
    seen         ?           /    ?      ?       the first mask stands for two tokens, the last for none
    answers   expand            count  delete

Of masks side by side the last ones are those to delete, so that every mask has one right answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coderdiff.training.objective import Bools, Floats, InfillObjective, Ints

LONGEST_RUN = 16
"""Tokens hidden in runs are hidden up to this many at a time, few more often."""


@dataclass(frozen=True)
class Canvas:
    """What the network sees, what each position should say, and what that weighs (0 where it shows): each [n]."""

    seen: Ints
    targets: Ints
    weights: Floats


def stretch(
    middle: Ints,
    deletes: int,
    *,
    mask_id: int,
    expand_id: int,
    delete_id: int,
    objective: InfillObjective,
    rng: np.random.Generator,
) -> Canvas:
    """Noise a middle [m], m > 0, and put `deletes` masks behind it or between. At least one position is hidden."""
    hidden = _hidden(len(middle), objective, rng)
    joined = _joined(hidden, objective, rng)
    answers = np.where(joined, expand_id, middle)
    kept = ~np.concatenate(([False], joined[:-1]))  # the others went into the mask on their left
    seen = np.where(hidden, mask_id, middle)[kept]
    weights = hidden[kept] * np.where(joined[kept], objective.expand_weight, 1.0)
    gaps = _gaps(seen == mask_id, joined[kept], deletes, objective, rng)
    return Canvas(
        seen=np.insert(seen, gaps, mask_id),
        targets=np.insert(answers[kept], gaps, delete_id),
        weights=np.insert(weights, gaps, objective.delete_weight).astype(np.float32),
    )


def deletes_to_add(room: int, objective: InfillObjective, rng: np.random.Generator) -> int:
    """How many masks to put behind a middle where at most `room` fit: often none, seldom many."""
    most = min(room, objective.most_deletes)
    if most < 1 or rng.random() >= objective.delete_share:
        return 0
    return int((most + 1) ** rng.random())


def _hidden(size: int, objective: InfillObjective, rng: np.random.Generator) -> Bools:
    """Which of `size` tokens are hidden."""
    full, rate = rng.random() < objective.full_share, rng.random()
    length = int(LONGEST_RUN ** rng.random()) if rng.random() < objective.run_share else 1
    runs = (np.arange(size) + rng.integers(length)) // length
    hidden: Bools = (rng.random(size) < rate)[runs] | full
    if not hidden.any():
        hidden = runs == runs[rng.integers(size)]
    return hidden


def _gaps(
    masks: Bools, joined: Bools, deletes: int, objective: InfillObjective, rng: np.random.Generator
) -> Ints:
    """Before which positions of a canvas the masks to delete come.

    Never before another mask, and never behind masks of which one expands: these are too few already.
    """
    if rng.random() >= objective.inside_share:
        return np.full(deletes, len(masks))
    bounds = np.concatenate(([-1], np.flatnonzero(~masks), [len(masks)]))
    grown = np.concatenate(([0], np.cumsum(joined)))
    free = bounds[1:][grown[bounds[1:]] == grown[bounds[:-1] + 1]]
    if not len(free):
        return np.full(deletes, len(masks))
    return rng.choice(free, deletes, replace=deletes > len(free) or rng.random() < 0.5)


def _joined(hidden: Bools, objective: InfillObjective, rng: np.random.Generator) -> Bools:
    """Which hidden tokens share their mask with the one behind them."""
    if rng.random() < objective.wide_share:
        merge = rng.random() * objective.wide_merge
    elif rng.random() < 0.5:
        merge = objective.merge
    else:
        merge = objective.merge * (1 - hidden.mean())
    joined = hidden & (rng.random(len(hidden)) < merge)
    joined[:-1] &= hidden[1:]
    joined[-1] = False
    return joined
