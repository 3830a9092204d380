"""Fitting finds the weights that the tokens were drawn with, and reads holes as the engine decodes them."""

from __future__ import annotations

import random

import numpy as np
import pytest

from coderdiff.context.repository import Repository
from coderdiff.evaluation.copying import Observed, Said, fit, loss, observe
from coderdiff.evaluation.infill import InfillTask
from coderdiff.evaluation.repositories import repositories
from coderdiff.model.copy_weights import SHAPE, CopyWeights
from coderdiff.model.loader import Checkpoint
from coderdiff.training.corpus.shards import Document
from coderdiff.types import Hole


def test_the_weights_that_tokens_were_drawn_with_are_found() -> None:
    """Which source wrote a token is drawn; each source is sure of what it writes, and of little else."""
    draw = random.Random(4)
    near, far = {(0, 0, 2): 0.2, (4, 2, 2): 0.9}, {(1, 0, 2): 0.5}
    words = {(1, 1): 0.7, (3, 0): 0.1}
    observed = []
    for _ in range(6_000):
        cell = draw.choice([*near, None])
        other = draw.choice([*far, None])
        word = draw.choice([*words, None])
        by = "own"
        if other is not None and draw.random() < far[other]:
            by = "far"
        if cell is not None and draw.random() < near[cell]:
            by = "near"
        if word is not None and draw.random() < words[word]:
            by = "word"
        observed.append(
            Observed(
                0.5 if by == "own" else 0.001,
                Said(cell, float(by == "near")) if cell is not None else None,
                Said(other, float(by == "far")) if other is not None else None,
                Said(word, float(by == "word")) if word is not None else None,
            )
        )
    weights = fit(observed)
    for cell, weight in near.items():
        assert weights.near[cell] == pytest.approx(weight, abs=0.04)
    for cell, weight in far.items():
        assert weights.far[cell] == pytest.approx(weight, abs=0.04)
    assert weights.words is not None
    for kind, weight in words.items():
        assert weights.words[kind] == pytest.approx(weight, abs=0.04)
    assert loss(observed, weights) < loss(observed, CopyWeights(np.zeros(SHAPE), np.zeros(SHAPE)))


def test_holes_are_read_as_they_were_filled(checkpoint: Checkpoint, source: str) -> None:
    documents = [
        Document("p", "1", "shapes.py", source),
        Document("p", "1", "more.py", source.replace("Circle", "Disc")),
    ]
    start = source.index("math.pi * self")
    task = InfillTask("p", "shapes.py", source, Hole(start, source.index("\n", start)), "rest")
    done: list[int] = []
    with repositories(documents) as opened:
        assert isinstance(opened["p"], Repository)
        observed = observe(checkpoint, [task], opened, lambda: done.append(1))
    middle = checkpoint.tokenizer.encode(task.truth)
    assert done == [1]
    assert abs(len(observed) - len(middle)) <= 3
    assert all(0 <= each.own <= 1 for each in observed)
    assert sum(each.far is not None and each.far.share == 1 for each in observed) > len(middle) // 2
