"""Canvases of another length than their middle: what the answers say leads back to the middle, exactly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderdiff.training.lengths import Canvas, deletes_to_add, stretch
from coderdiff.training.objective import InfillObjective

MASK, EXPAND, DELETE = 0, 1, 2
FIRST = 10
"""The first id of a middle; a middle's ids are all different and ascend by one."""

shares = st.floats(0, 1)
objectives = st.builds(
    InfillObjective,
    full_share=shares,
    run_share=shares,
    inside_share=st.sampled_from((0.0, 0.5, 1.0)),
    merge=shares,
    wide_share=shares,
    wide_merge=shares,
    expand_weight=shares,
    delete_weight=shares,
)
sizes = st.integers(1, 60)
deletes = st.integers(0, 9)
seeds = st.integers(0, 2**32)


def made(size: int, deletes: int, objective: InfillObjective, seed: int) -> Canvas:
    return stretch(
        np.arange(FIRST, FIRST + size),
        deletes,
        mask_id=MASK,
        expand_id=EXPAND,
        delete_id=DELETE,
        objective=objective,
        rng=np.random.default_rng(seed),
    )


def spans(canvas: Canvas, size: int) -> list[range]:
    """The ids of the middle that each position stands for; of neighbours that expand, all but the last take two."""
    found: list[range] = []
    at = FIRST
    answers = canvas.targets.tolist()
    for index, answer in enumerate(answers):
        rest = answers[index + 1 :]
        anchor = next((place for place, id_ in enumerate(rest) if id_ >= FIRST), len(rest))
        end = int(answer != DELETE) + at
        if answer == EXPAND:
            following = rest[anchor] if anchor < len(rest) else FIRST + size
            end = at + 2 if EXPAND in rest[:anchor] else following
        found.append(range(at, end))
        at = end
    assert at == FIRST + size, "together they are the whole middle"
    return found


@given(sizes, deletes, objectives, seeds)
def test_expanding_and_deleting_yields_the_middle(
    size: int, deletes: int, objective: InfillObjective, seed: int
) -> None:
    """Decode in any order, told the answers: a mask becomes two, a token, or nothing."""
    canvas = made(size, deletes, objective, seed)
    chance = np.random.default_rng(seed)
    parts = list(zip(canvas.seen.tolist(), canvas.targets.tolist(), spans(canvas, size), strict=True))
    text: list[int | range] = []
    for seen, answer, span in parts:
        assert answer == (EXPAND if len(span) >= 2 else span[0] if span else DELETE)
        assert seen in {MASK, answer}
        text.append(span if seen == MASK else seen)
    while masks := [at for at, part in enumerate(text) if isinstance(part, range)]:
        at = int(chance.choice(masks))
        span = text[at]
        assert isinstance(span, range)
        cut = int(chance.integers(1, len(span))) if len(span) > 1 else 0
        text[at : at + 1] = [span[:cut], span[cut:]] if cut else list(span)
    assert text == list(range(FIRST, FIRST + size))


@given(sizes, deletes, objectives, seeds)
def test_only_what_is_hidden_weighs(size: int, deletes: int, objective: InfillObjective, seed: int) -> None:
    canvas = made(size, deletes, objective, seed)
    hidden = canvas.seen == MASK
    gone = canvas.targets == DELETE
    assert hidden.any()
    assert (hidden[gone]).all()
    assert int(gone.sum()) == deletes
    if not objective.inside_share:
        assert gone[len(gone) - deletes :].all(), "what is too much stands behind the text"
    grown = canvas.targets == EXPAND
    assert (canvas.weights[hidden & ~gone & ~grown] == 1).all()
    assert (canvas.weights[~hidden] == 0).all()
    assert canvas.weights[gone] == pytest.approx(objective.delete_weight)
    assert canvas.weights[grown] == pytest.approx(objective.expand_weight)


def test_full_share_and_rates() -> None:
    """A canvas is wholly hidden as often as asked; otherwise half of it is, on average."""
    objective = InfillObjective(full_share=0.3, merge=0.0, wide_share=0.0)
    hidden = np.array([(made(50, 0, objective, seed).seen == MASK).mean() for seed in range(2000)])
    assert (hidden == 1).mean() == pytest.approx(0.3 + 0.7 / 51, abs=0.03)
    assert hidden.mean() == pytest.approx(0.3 + 0.7 * 0.5, abs=0.02)


@pytest.mark.parametrize(("full", "low", "high"), [(1.0, 0.23, 0.27), (0.0, 0.28, 0.34)])
def test_neighbours_merge_less_where_more_is_hidden(full: float, low: float, high: float) -> None:
    """At a chance of a half in half of the canvases, and of a half times the share shown in the others."""
    objective = InfillObjective(full_share=full, merge=0.5, wide_share=0.0)
    pairs = merged = 0
    for seed in range(1000):
        canvas = made(50, 0, objective, seed)
        gone = 50 - len(canvas.seen)
        masks = int((canvas.seen == MASK).sum()) + gone
        share = masks / 50
        pairs += max(1, round(50 * share**2))
        merged += gone
    assert low < merged / pairs < high


def test_wide_merges_leave_few_masks() -> None:
    objective = InfillObjective(full_share=1.0, wide_share=1.0)
    lengths = np.array([len(made(60, 0, objective, seed).seen) for seed in range(500)])
    assert lengths.min() <= 8
    assert lengths.max() >= 58


def test_masks_to_delete() -> None:
    objective = replace(InfillObjective(), delete_share=0.5, most_deletes=16)
    rng = np.random.default_rng(0)
    drawn = np.array([deletes_to_add(100, objective, rng) for _ in range(4000)])
    assert (drawn == 0).mean() == pytest.approx(0.5, abs=0.03)
    assert set(drawn) == set(range(17))
    assert all((drawn == few).sum() > (drawn == 2 * few).sum() for few in (1, 2, 4, 8)), "fewer more often"
    assert max(deletes_to_add(3, objective, rng) for _ in range(200)) == 3
    assert {deletes_to_add(0, objective, rng) for _ in range(200)} == {0}


@given(sizes, deletes, objectives, seeds)
def test_of_masks_side_by_side_the_last_are_to_delete(
    size: int, deletes: int, objective: InfillObjective, seed: int
) -> None:
    """And none where one of them expands, but for where one does in every gap: then they stand behind the text."""
    canvas = made(size, deletes, replace(objective, inside_share=1.0), seed)
    answers = canvas.targets.tolist()
    runs: list[list[int]] = []
    at = 0
    for masks in "".join("?" if each == MASK else "." for each in canvas.seen).split("."):
        runs.append(answers[at : at + len(masks)])
        at += len(masks) + 1
    everywhere = all(EXPAND in run for run in runs)
    for number, run in enumerate(runs):
        kept = [answer for answer in run if answer != DELETE]
        assert run == [*kept, *[DELETE] * (len(run) - len(kept))]
        if EXPAND in run and len(kept) < len(run):
            assert everywhere
            assert number == len(runs) - 1


def test_masks_to_delete_stand_in_every_gap() -> None:
    """Also in all gaps at once, as a finished answer is asked what it lacks."""
    objective = InfillObjective(full_share=0.0, inside_share=1.0)
    found = [made(6, 5, objective, seed) for seed in range(500)]
    places = {int(at) for canvas in found for at in np.flatnonzero(canvas.targets == DELETE)}
    assert places == set(range(11))
    assert any((canvas.targets[::2] == DELETE).sum() == 5 for canvas in found)


def test_hidden_in_runs() -> None:
    """Runs are longer than by chance, and as much is hidden all in all."""
    apart, runs = (
        [
            made(64, 0, InfillObjective(full_share=0.0, run_share=share, merge=0.0, wide_share=0.0), seed)
            for seed in range(1000)
        ]
        for share in (0.0, 1.0)
    )
    changes = [
        np.mean([(np.diff(canvas.seen == MASK) != 0).sum() for canvas in some]) for some in (apart, runs)
    ]
    assert changes[1] < changes[0] / 2
    hidden = [np.mean([(canvas.seen == MASK).mean() for canvas in some]) for some in (apart, runs)]
    assert hidden[1] == pytest.approx(hidden[0], abs=0.04)


def test_the_same_seed_makes_the_same_canvas() -> None:
    first, second = (made(30, 3, InfillObjective(), 5) for _ in range(2))
    assert all((vars(first)[name] == vars(second)[name]).all() for name in vars(first))
