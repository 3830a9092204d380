"""A greedy reader's first choices, found without mixing whole rows, are those of the mixed rows."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from coderdiff.decoding.canvas import Canvas
from coderdiff.decoding.choose import Chooser
from coderdiff.decoding.copying import NOTHING, CopyModel, Occurrences
from coderdiff.model.copy_weights import SHAPE, CopyWeights
from coderdiff.types import Sampling

VOCAB, END, MASK = 12, 9, 11
BANNED = torch.arange(VOCAB) >= 10
TEXTS = st.lists(st.integers(0, 3) | st.just(NOTHING), min_size=2, max_size=60)


def copying(near: list[int], far: list[int], seed: int) -> CopyModel:
    rng = np.random.default_rng(seed)
    weights = CopyWeights(rng.random(SHAPE), rng.random(SHAPE))
    return CopyModel(weights, near, Occurrences(far), END, lambda token: token == 3)


@given(TEXTS, TEXTS, st.integers(0, 999))
def test_the_first_choice_is_that_of_the_mixed_row(near: list[int], far: list[int], seed: int) -> None:
    model = copying(near, far, seed)
    row = torch.randn(VOCAB, generator=torch.Generator().manual_seed(seed)) * 2
    row[BANNED] = -torch.inf
    first, mixed = model.first(row.numpy(), ()), model.mix(row, ())
    assert first.token == int(mixed.argmax())
    assert first.score == pytest.approx(float(mixed.max()), abs=1e-5)
    shares = (mixed - mixed.max()).exp().tolist()
    assert [first.share(token) for token in range(VOCAB)] == pytest.approx(shares, abs=1e-5)


@given(TEXTS, TEXTS, st.integers(0, 999), st.sampled_from([0.3, 0.5, 1.0]))
def test_as_much_of_a_draft_is_kept(near: list[int], far: list[int], seed: int, tolerance: float) -> None:
    model, chooser = copying(near, far, seed), Chooser(Sampling(), BANNED)
    generator = torch.Generator().manual_seed(seed)
    draft = torch.randint(0, 4, (4,), generator=generator).tolist()
    logits = torch.randn(4, VOCAB, generator=generator)
    logits[torch.arange(4), draft] += 2
    rows = [model.mix(row.masked_fill(BANNED, -torch.inf), draft[:at]) for at, row in enumerate(logits)]
    held = chooser.kept(logits, draft, tolerance, lambda row, place: model.first(row, draft[:place]))
    assert held == pytest.approx(chooser.check(torch.stack(rows), draft, tolerance), abs=1e-4)


@given(TEXTS, TEXTS, st.integers(0, 999))
def test_a_canvas_is_viewed_alike(near: list[int], far: list[int], seed: int) -> None:
    model, chooser = copying(near, far, seed), Chooser(Sampling(), BANNED)
    canvas = Canvas.open(3, MASK)
    logits = torch.randn(3, VOCAB, generator=torch.Generator().manual_seed(seed))
    quick = chooser.view(logits, canvas, entropy=False, leads=False, first=lambda row: model.first(row, ()))
    mixed = logits.clone()
    mixed[0] = model.mix(logits[0].masked_fill(BANNED, -torch.inf), ())
    plain = chooser.view(mixed, canvas, entropy=False, leads=False)
    assert quick.best.tolist() == plain.best.tolist()
    torch.testing.assert_close(quick.confidence, plain.confidence)
    torch.testing.assert_close(quick.held, plain.held)
