"""Noise and weights: what a canvas may show, and what each of its positions counts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderdiff.training.objective import Floats, Ints, Objective, hide

MASK = 0
SPARES = np.arange(500, 600)  # none of them is ever right


@st.composite
def canvases(draw: st.DrawFn) -> tuple[Ints, int | None]:
    """Targets, all different, and where the end token stands."""
    size = draw(st.integers(1, 40))
    end_at = draw(st.none() | st.integers(0, size - 1))
    return np.arange(1, size + 1), end_at


objectives = st.builds(
    Objective,
    full_share=st.sampled_from((0.0, 0.5, 1.0)),
    scattered=st.floats(0, 1),
    wrong_share=st.floats(0, 1),
    wrong_rate=st.floats(0, 1),
    trailing=st.integers(0, 5),
)


def noised(canvas: tuple[Ints, int | None], objective: Objective, seed: int) -> tuple[Ints, Floats]:
    rng = np.random.default_rng(seed)
    return hide(*canvas, mask_id=MASK, spare_ids=SPARES, objective=objective, rng=rng)


@given(canvases(), objectives, st.integers(0, 2**32))
def test_something_is_hidden_and_nothing_shows_from_the_end_on(
    canvas: tuple[Ints, int | None], objective: Objective, seed: int
) -> None:
    ids, weights = noised(canvas, objective, seed)
    targets, end_at = canvas
    assert ids.shape == weights.shape == targets.shape
    assert (ids == MASK).any()
    if end_at is not None:
        assert (ids[end_at:] == MASK).all()


@given(canvases(), objectives, st.integers(0, 2**32))
def test_every_position_weighs_what_is_written(
    canvas: tuple[Ints, int | None], objective: Objective, seed: int
) -> None:
    ids, weights = noised(canvas, objective, seed)
    targets, end_at = canvas
    size = len(targets)
    for at in range(size):
        behind = -1 if end_at is None else at - end_at
        if behind > 0:
            expected = [objective.trailing_weight if behind <= objective.trailing else 0.0]
        elif ids[at] == MASK:
            fading = np.exp(-at / (size / 2))
            expected = [1.0] if (ids != MASK).any() or objective.full_share == 0 else [1.0, fading]
            expected = [fading] if objective.full_share == 1 else expected
        elif ids[at] == targets[at]:
            expected = [objective.visible_weight]
        else:
            assert ids[at] in SPARES
            expected = [objective.wrong_weight]
        assert any(weights[at] == pytest.approx(weight) for weight in expected)


@given(canvases(), st.integers(0, 2**32))
def test_the_run_and_the_scattered_share_bound_what_shows(canvas: tuple[Ints, int | None], seed: int) -> None:
    ids, _ = noised(canvas, Objective(full_share=0, scattered=0, wrong_share=0), seed)
    shown = ids != MASK
    hole_in_the_middle = canvas[1] is None and shown.sum() == len(ids) - 1
    assert hole_in_the_middle or (np.diff(shown.astype(int)) <= 0).all(), "only a run on the left"


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_full_share(share: float) -> None:
    objective = Objective(full_share=share)
    targets = np.arange(1, 17)
    rng = np.random.default_rng(0)
    full = 0
    for _ in range(2000):
        ids, weights = hide(targets, None, mask_id=MASK, spare_ids=SPARES, objective=objective, rng=rng)
        full += bool((ids == MASK).all() and weights[1] < 1)
    assert full == pytest.approx(2000 * share, abs=100)


def test_wrong_tokens_come_as_often_as_asked() -> None:
    objective = Objective(full_share=0, wrong_share=0.5, wrong_rate=0.2)
    targets = np.arange(1, 101)
    rng = np.random.default_rng(0)
    shown = wrong = spoilt = 0
    for _ in range(1000):
        ids, _ = hide(targets, None, mask_id=MASK, spare_ids=SPARES, objective=objective, rng=rng)
        visible = ids != MASK
        shown += int(visible.sum())
        wrong += int((visible & (ids != targets)).sum())
        spoilt += bool((visible & (ids != targets)).any())
    assert wrong / shown == pytest.approx(0.1, abs=0.02)
    assert 400 < spoilt < 550


def test_the_same_seed_makes_the_same_noise() -> None:
    canvas = (np.arange(1, 17), 9)
    for mine, yours in zip(noised(canvas, Objective(), 5), noised(canvas, Objective(), 5), strict=True):
        assert (mine == yours).all()


def test_the_canvas_comes_in_after_the_quiet_share() -> None:
    objective = Objective(canvas_weight=0.5, quiet=0.1, ramp=0.05)
    assert [objective.canvas_weight_at(progress) for progress in (0, 0.05, 0.0999)] == [0, 0, 0]
    assert objective.canvas_weight_at(0.125) == pytest.approx(0.25)
    assert [objective.canvas_weight_at(progress) for progress in (0.16, 0.5, 1)] == [0.5, 0.5, 0.5]
    assert Objective(quiet=0, ramp=0).canvas_weight_at(0.001) == 0.5
