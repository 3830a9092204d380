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
    return View(
        best=torch.tensor(best),
        confidence=ones * 0.5,
        margin=ones,
        lead=ones,
        entropy=ones,
        held=ones * 0.5,
        chosen=canvas.confidence,
        committed=canvas.committed,
        sure=canvas.sure,
        within=ones.bool(),
        step=0,
        first=len(best),
        last=None,
        generator=torch.Generator(),
    )


def decision(
    commit: list[bool], remask: list[bool] | None = None, edit: list[bool] | None = None
) -> Decision:
    none = torch.zeros(len(commit), dtype=torch.bool)
    changes = [none if each is None else torch.tensor(each) for each in (remask, edit)]
    return Decision(torch.tensor(commit), changes[0], none, none, changes[1])


@given(st.lists(st.tuples(flags, flags, st.lists(st.integers(97, END), min_size=6, max_size=6)), max_size=12))
def test_no_end_ahead_of_text_and_nothing_behind_an_end(steps):
    canvas = Canvas.open(6, MASK)
    for commit, remask, best in steps:
        before = canvas
        canvas = canvas.apply(view(canvas, best), decision(commit, remask), MASK, (END,), pending=False)
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
        view(canvas, [1, 2, END, 3]), decision([False, False, True, True]), MASK, (END,), pending=False
    )
    assert canvas.tokens.tolist() == [1, MASK, MASK, MASK]
    canvas = canvas.apply(
        view(canvas, [1, 2, END, 3]), decision([False, True, True, True]), MASK, (END,), pending=False
    )
    assert canvas.tokens.tolist() == [1, 2, END, MASK]


def test_while_bytes_are_pending_only_the_leftmost_is_committed():
    canvas = Canvas.open(3, MASK)
    canvas = canvas.apply(view(canvas, [1, 2, 3]), decision([True, True, True]), MASK, (END,), pending=True)
    assert canvas.tokens.tolist() == [1, MASK, MASK]


def test_a_position_is_revoked_so_often_and_no_more():
    canvas = Canvas.open(2, MASK)
    for _ in range(MOST_REVOKES):
        canvas = canvas.apply(view(canvas, [1, 2]), decision([True, True]), MASK, (END,), pending=False)
        canvas = canvas.apply(
            view(canvas, [1, 2]), decision([False, False], [True, True]), MASK, (END,), pending=False
        )
        assert not canvas.committed.any()
    canvas = canvas.apply(view(canvas, [1, 2]), decision([True, True]), MASK, (END,), pending=False)
    canvas = canvas.apply(
        view(canvas, [1, 2]), decision([False, False], [True, True]), MASK, (END,), pending=False
    )
    assert canvas.committed.all()


def test_advance_moves_tokens_left():
    canvas = Canvas.open(3, MASK)
    canvas = canvas.apply(view(canvas, [1, 2, 3]), decision([True, True, False]), MASK, (END,), pending=False)
    assert canvas.leading == 2
    moved = canvas.advance(2, MASK)
    assert moved.tokens.tolist() == [MASK, MASK, MASK]
    assert not moved.committed.any()


def test_a_free_decision_is_taken_as_it_is_but_never_where_tokens_are_given():
    canvas = Canvas.open(5, MASK, [7, 8])
    assert canvas.given_count == canvas.leading == 2
    every = [True] * 5
    after = canvas.apply(
        view(canvas, [1, 2, 3, END, 5]), decision([False, False, False, True, False], every, every), MASK, (END,),
        pending=False, free=True,
    )  # fmt: skip
    assert after.tokens.tolist() == [7, 8, MASK, END, MASK], "an end ahead of open positions, nothing forced"
    edited = after.apply(
        view(after, [1, 2, 3, 4, 5]),
        decision([False] * 5, None, every),
        MASK,
        (END,),
        pending=False,
        free=True,
    )
    assert edited.tokens.tolist() == [7, 8, MASK, 4, MASK]
    pending = canvas.apply(
        view(canvas, [1, 2, 3, 4, 5]), decision(every), MASK, (END,), pending=True, free=True
    )
    assert pending.tokens.tolist() == [7, 8, 3, MASK, MASK]


EXPAND, DELETE = 98, 97


def test_a_delete_token_takes_what_did_not_stand_behind_it():
    tokens = [MASK, 1, DELETE, MASK, 2, EXPAND, MASK]
    canvas = Canvas.open(len(tokens), MASK)
    places = [token != MASK for token in tokens]
    canvas = canvas.apply(view(canvas, tokens), decision(places), MASK, (END,), pending=False, free=True)
    stood = torch.tensor([False, False, False, False, True, False, False])
    order = canvas.stretched(EXPAND, DELETE, 9, spread=~stood)
    assert order is not None
    assert canvas.at(order).tokens.tolist() == [MASK, 1, 2]
    order = canvas.stretched(EXPAND, DELETE, 9, spread=~stood, past_text=False)
    assert order is not None
    assert canvas.at(order).tokens.tolist() == [MASK, 1, 2, EXPAND, EXPAND, MASK]


@given(st.lists(st.sampled_from([1, 2, EXPAND, DELETE, MASK]), min_size=1, max_size=9), st.integers(0, 12))
def test_expand_tokens_become_two_masks_and_delete_tokens_go(tokens: list[int], most: int):
    canvas = Canvas.open(len(tokens), MASK)
    places = torch.tensor([token != MASK for token in tokens], dtype=torch.bool)
    canvas = canvas.apply(
        view(canvas, tokens), decision(places.tolist()), MASK, (END,), pending=False, free=True
    )
    order = canvas.stretched(EXPAND, DELETE, most)
    room = most - len(tokens) + tokens.count(DELETE)
    expected: list[int] = []
    for token in tokens:
        if token == EXPAND:
            expected += [EXPAND] * (1 + (room > 0))
            room -= 1
        elif token != DELETE:
            expected.append(token)
    if order is None:
        assert not {EXPAND, DELETE} & set(tokens)
    else:
        assert canvas.at(order).tokens.tolist() == expected
        assert len(expected) <= max(most, len(tokens))
