"""A finished canvas is read over: what is doubted and what lacks is decided anew, and what read best is the answer."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from coderdiff.decoding.canvas import Canvas
from coderdiff.decoding.copying import CopyModel
from coderdiff.decoding.loop import Denoising, denoise
from coderdiff.decoding.policies import POLICIES, policy
from coderdiff.decoding.review import MOST_READINGS, SPACING, Review
from coderdiff.decoding.session import Look, Scores
from coderdiff.decoding.task import Task, unwritable, writable_specials
from coderdiff.engine.bidirectional import BidirectionalSession
from coderdiff.model.spec import ModelSpec
from coderdiff.model.tokenizer import Tokenizer
from coderdiff.model.transformer import Transformer
from coderdiff.types import Limits, Sampling

from .filling import drained

MASK, DELETE, VOCAB = 30, 31, 32

FIELD = [name for name in POLICIES if name not in {"verified", "renoise", "joint_threshold_indel"}]


def standing(tokens: Sequence[int], fixed: int = 0) -> Canvas:
    """A canvas on which all stands, its first `fixed` positions never to be changed."""
    canvas = Canvas.open(len(tokens), MASK, tokens)
    none = torch.zeros(len(tokens), dtype=torch.bool)
    return dataclasses.replace(canvas, given=none, fixed=torch.arange(len(tokens)) < fixed)


def said(
    review: Review, canvas: Canvas, doubted: Sequence[int] = (), lacking: Sequence[int] = ()
) -> Canvas | None:
    """What a reading makes of a network that doubts the tokens at some places and would have more in some gaps."""
    logits: list[Tensor] = []
    looks = review.looks(canvas)
    for first, look in enumerate(looks[:-1]):
        rows = torch.zeros(len(look), VOCAB)
        for at in range(first, len(look), SPACING):
            rows[at, int(canvas.tokens[at])] = -20.0 if at in doubted else 20.0
        logits.append(rows)
    gaps = torch.zeros(len(looks[-1]), VOCAB)
    for gap in range(len(canvas.tokens) + 1):
        gaps[2 * gap, DELETE] = -20.0 if gap in lacking else 20.0
    return review.take(canvas, [*logits, gaps])


tokens = st.lists(st.integers(0, 29), max_size=23)


@given(tokens)
def test_a_reading_masks_every_token_once_and_every_gap(ids: list[int]):
    review = Review(MASK, DELETE, 99)
    *masked, gaps = review.looks(standing(ids))
    assert gaps[::2] == [MASK] * (len(ids) + 1)
    assert gaps[1::2] == ids
    for at, id_ in enumerate(ids):
        assert [look[at] for look in masked].count(MASK) == 1
        assert {look[at] for look in masked} <= {MASK, id_}
    assert all(look.count(MASK) > 0 for look in masked)


@given(tokens, st.data())
def test_what_is_doubted_or_lacks_is_opened_and_nothing_else(ids: list[int], data: st.DataObject):
    fixed = data.draw(st.integers(0, len(ids)))
    doubted = data.draw(st.sets(st.integers(0, max(0, len(ids) - 1)))) & set(range(len(ids)))
    lacking = data.draw(st.sets(st.integers(0, len(ids))))
    review = Review(MASK, DELETE, 99)
    canvas = standing(ids, fixed)
    assert review.ask(canvas)
    opened = said(review, canvas, sorted(doubted), sorted(lacking))
    expected: list[int] = []
    barred: list[bool] = []
    start = fixed if fixed else -1
    for at in range(len(ids) + 1):
        if at in lacking and at >= start:
            expected, barred = [*expected, MASK], [*barred, True]
        if at < len(ids):
            expected.append(MASK if at in doubted and at >= fixed else ids[at])
            barred.append(False)
    assert review.best is canvas
    if expected == ids:
        assert opened is None
        return
    assert opened is not None
    assert opened.tokens.tolist() == expected
    assert opened.committed.tolist() == [id_ != MASK for id_ in expected]
    assert review.barred.tolist() == barred


def test_the_first_without_a_fault_is_best_then_the_most_probable():
    review = Review(MASK, DELETE, 99)
    bad, better, good = standing([1, 2, 3]), standing([1, 2, 4]), standing([1, 2, 5])
    assert said(review, bad, doubted=[0, 1]) is not None
    assert review.best is bad
    assert said(review, better, doubted=[0]) is not None
    assert said(review, standing([1, 2, 6]), doubted=[0, 2]) is not None
    assert review.best is better
    assert said(review, good) is None
    assert review.best is good


def test_a_canvas_is_read_once_not_too_often_and_not_when_it_is_long():
    assert not Review(MASK, DELETE, 6).ask(standing([1, 2, 3]))
    review = Review(MASK, DELETE, 7)
    for last in range(MOST_READINGS):
        canvas = standing([1, 2, last])
        assert review.ask(canvas)
        said(review, canvas, doubted=[0])
        assert not review.ask(canvas), "it is known"
    assert not review.ask(standing([9]))


def test_a_mask_in_a_gap_may_say_delete_once_it_has_grown():
    review = Review(MASK, DELETE, 99)
    opened = said(review, standing([1, 2]), lacking=[1])
    assert opened is not None
    review.follow(torch.tensor([True, False, True]), None)
    assert review.barred.tolist() == [False, True, False]
    review.follow(torch.tensor([True, True, True]), torch.tensor([0, 1, 1, 2]))
    assert review.barred.tolist() == [False] * 4


@pytest.fixture(scope="module")
def hole(network: Transformer) -> Transformer:
    spec = dataclasses.replace(
        network.spec,
        context_attention="bidirectional",
        canvas_attention="bidirectional",
        expand_id=11,
        delete_id=12,
        deletes_anywhere=True,
    )
    other = Transformer(spec).eval().requires_grad_(False)
    other.load_state_dict(network.state_dict())
    return other


def a_task(
    spec: ModelSpec, tokenizer: Tokenizer, limits: Limits, canvas: int = 9, pending: bytes = b""
) -> Task:
    return Task(
        unread=[],
        pending=pending,
        limits=limits,
        sampling=Sampling(),
        canvas=canvas,
        banned=unwritable(spec.vocab_size, tokenizer, *writable_specials(spec)),
        copying=CopyModel(None, [], None, spec.end_id, None),
        began=time.perf_counter(),
    )


class Knowing:
    """A session whose network knows the text, but at first leaves out or mistakes some of it: between what stands it
    says what the text has there, by the nearest tokens that it finds on either side."""

    length = 0

    def __init__(self, spec: ModelSpec, text: Sequence[int], first: Sequence[int]) -> None:
        self.spec, self._text, self._first = spec, list(text), list(first)
        self.looks: list[Look] = []

    def keep(self, length: int) -> None:
        assert length == 0

    def forward(self, look: Look) -> Scores:
        self.looks.append(look)
        canvases = look.canvases
        if len(self.looks) == 1:
            return Scores(torch.zeros(0, self.spec.vocab_size), [self._rows(self._first)])
        return Scores(
            torch.zeros(0, self.spec.vocab_size), [self._rows(self._right(each)) for each in canvases]
        )

    def _right(self, canvas: Sequence[int]) -> list[int]:
        """What the masks of a canvas stand for, where what shows of it is in the text in this order."""
        assert self.spec.delete_id is not None
        right: list[int] = []
        rest = list(self._text)
        for at, id_ in enumerate(canvas):
            behind = next((token for token in canvas[at:] if token in rest), None)
            due = rest.index(behind) if behind is not None else len(rest)
            if id_ == self.spec.mask_id and due:
                right.append(rest.pop(0))
            else:
                right.append(self.spec.delete_id)
                if id_ in rest:
                    del rest[: rest.index(id_) + 1]
        return right

    def _rows(self, ids: Sequence[int]) -> Tensor:
        rows = torch.zeros(len(ids), self.spec.vocab_size)
        rows[torch.arange(len(ids)), torch.tensor(ids, dtype=torch.long)] = 30.0
        return rows


def letters(tokenizer: Tokenizer, text: str) -> list[int]:
    """One token a letter."""
    return [id_ for letter in text for id_ in tokenizer.encode(letter)]


@pytest.mark.parametrize("first", ["bd", "abd", "axcd", "xx", "abcxd", "abcd"])
def test_what_was_left_out_mistaken_or_too_much_is_mended(
    hole: Transformer, tokenizer: Tokenizer, first: str
):
    session = Knowing(hole.spec, letters(tokenizer, "abcd"), letters(tokenizer, first))
    limits = Limits(max_tokens=40)
    task = a_task(hole.spec, tokenizer, limits, canvas=len(first))
    drafts, found = drained(denoise(session, tokenizer, policy("fast_dllm"), task))
    assert found.text == "abcd"
    assert found.reason == "stop"
    assert found.tokens == 4
    assert found.forwards == len(session.looks)
    assert (found.forwards == 2) == (first == "abcd")
    assert [len(look.canvases) for look in session.looks[:2]] == [1, min(SPACING, len(first)) + 1]
    assert drafts[-1].text == "abcd"


def test_who_does_not_wait_gets_what_read_best(hole: Transformer, tokenizer: Tokenizer):
    session = Knowing(hole.spec, letters(tokenizer, "abcd"), letters(tokenizer, "abd"))
    task = a_task(hole.spec, tokenizer, Limits(max_tokens=40), canvas=3)
    denoising = Denoising(session, tokenizer, policy("fast_dllm"), task)
    for _ in range(2):
        denoising.take(session.forward(denoising.ask()))
    assert denoising.canvas.leading == 2, "a gap is open"
    assert denoising.result("deadline").text == "abd"
    assert denoising.complete() is None


@pytest.mark.parametrize("name", FIELD)
@pytest.mark.parametrize("pending", [b"", b"ab"])
def test_any_policy_ends_within_its_limits(
    hole: Transformer, tokenizer: Tokenizer, name: str, pending: bytes
):
    ends = [tokenizer.encode(text) for text in ("def f(x):\n    return ", "\n\nprint(f(1))\n")]
    for mode in ("exact", "cached"):
        session = BidirectionalSession(hole, mode)
        session.begin(*ends)
        task = a_task(hole.spec, tokenizer, Limits(max_tokens=25), pending=pending)
        _, found = drained(denoise(session, tokenizer, policy(name), task))
        assert found.reason in {"stop", "length"}
        assert found.tokens <= 25
        session.begin(*ends)
        fresh = dataclasses.replace(task, began=time.perf_counter())
        _, again = drained(denoise(session, tokenizer, policy(name), fresh))
        assert mode == "cached" or again == found


@pytest.mark.parametrize("name", ["fast_dllm", "wino"])
def test_a_network_that_was_not_trained_to_is_not_asked(hole: Transformer, tokenizer: Tokenizer, name: str):
    spec = dataclasses.replace(hole.spec, deletes_anywhere=False)
    session = Knowing(spec, letters(tokenizer, "abcd"), letters(tokenizer, "abd"))
    task = a_task(spec, tokenizer, Limits(max_tokens=40), canvas=3)
    _, found = drained(denoise(session, tokenizer, policy(name), task))
    assert found.text == "abd"
    assert len(session.looks) == 1
