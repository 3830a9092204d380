"""The canvas keeps its two rules whatever a policy wants."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from coderdiff.decoding.canvas import MOST_REVOKES, Canvas, Decision, View

MASK, END = 100, 99
flags = st.lists(st.booleans(), min_size=6, max_size=6)


def view(canvas: Canvas, best: list[int]) -> View:
    ones = torch.ones(len(best))
    return View(torch.tensor(best), ones * 0.5, ones, ones * 0.5, canvas.committed, canvas.sure)


def decision(commit: list[bool], remask: list[bool] | None = None) -> Decision:
    none = torch.zeros(len(commit), dtype=torch.bool)
    return Decision(torch.tensor(commit), none if remask is None else torch.tensor(remask), none, none)


@given(st.lists(st.tuples(flags, flags, st.lists(st.integers(97, END), min_size=6, max_size=6)), max_size=12))
def test_no_end_ahead_of_text_and_nothing_behind_an_end(steps):
    canvas = Canvas.open(6, MASK)
    for commit, remask, best in steps:
        before = canvas
        canvas = canvas.apply(view(canvas, best), decision(commit, remask), MASK, END, pending=False)
        tokens, committed = canvas.tokens.tolist(), canvas.committed.tolist()
        assert [token == MASK for token in tokens] == [not c for c in committed]
        if END in tokens:
            assert all(committed[: tokens.index(END)])
        open_before = (~before.committed).any()
        if open_before and not torch.tensor(remask).any() and END not in before.tokens.tolist():
            assert canvas.committed.sum() > before.committed.sum(), "every step commits something"


def test_an_end_far_right_waits():
    canvas = Canvas.open(4, MASK)
    canvas = canvas.apply(
        view(canvas, [1, 2, END, 3]), decision([False, False, True, True]), MASK, END, pending=False
    )
    assert canvas.tokens.tolist() == [1, MASK, MASK, MASK]
    canvas = canvas.apply(
        view(canvas, [1, 2, END, 3]), decision([False, True, True, True]), MASK, END, pending=False
    )
    assert canvas.tokens.tolist() == [1, 2, END, MASK]


def test_while_bytes_are_pending_only_the_leftmost_is_committed():
    canvas = Canvas.open(3, MASK)
    canvas = canvas.apply(view(canvas, [1, 2, 3]), decision([True, True, True]), MASK, END, pending=True)
    assert canvas.tokens.tolist() == [1, MASK, MASK]


def test_a_position_is_revoked_so_often_and_no_more():
    canvas = Canvas.open(2, MASK)
    for _ in range(MOST_REVOKES):
        canvas = canvas.apply(view(canvas, [1, 2]), decision([True, True]), MASK, END, pending=False)
        canvas = canvas.apply(
            view(canvas, [1, 2]), decision([False, False], [True, True]), MASK, END, pending=False
        )
        assert not canvas.committed.any()
    canvas = canvas.apply(view(canvas, [1, 2]), decision([True, True]), MASK, END, pending=False)
    canvas = canvas.apply(
        view(canvas, [1, 2]), decision([False, False], [True, True]), MASK, END, pending=False
    )
    assert canvas.committed.all()


def test_advance_moves_tokens_left():
    canvas = Canvas.open(3, MASK)
    canvas = canvas.apply(view(canvas, [1, 2, 3]), decision([True, True, False]), MASK, END, pending=False)
    assert canvas.leading == 2
    moved = canvas.advance(2, MASK)
    assert moved.tokens.tolist() == [MASK, MASK, MASK]
    assert not moved.committed.any()
