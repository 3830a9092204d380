"""What followed the same tokens before: found as a plain search finds it, and mixed in by its weight."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from coderdiff.decoding.copying import LONGEST, NOTHING, SHORTEST, CopyModel, Occurrences
from coderdiff.model.copy_weights import SHAPE, CopyWeights

END = 9
HALF = CopyWeights(np.full(SHAPE, 0.5), np.full(SHAPE, 0.25))
TEXTS = st.lists(st.integers(0, 3) | st.just(NOTHING), max_size=60)
TAILS = st.lists(st.integers(0, 3), max_size=8)


def plainly(text: list[int], tail: list[int]) -> tuple[int, list[int]]:
    """The longest run of `tail` in a text and the places behind it, place by place."""
    best, places = 0, []
    for at in range(len(text)):
        run = 0
        while run < min(len(tail), at, LONGEST) and text[at - 1 - run] == tail[-1 - run]:
            run += 1
        if text[at] == NOTHING or run < SHORTEST or run < best:
            continue
        best, places = run, ([*places, at] if run == best else [at])
    return best, places


@given(TEXTS, TAILS)
def test_the_longest_run_is_found_where_a_plain_search_finds_it(text: list[int], tail: list[int]) -> None:
    run, places = Occurrences(text).find(np.array(tail, dtype=np.int64))
    assert (run, places.tolist()) == plainly(text, tail)


@given(TEXTS, TAILS, st.lists(st.lists(st.integers(0, 3), max_size=4), max_size=4))
def test_the_file_and_the_answer_are_searched_as_one(
    behind: list[int], before: list[int], said: list[list[int]]
) -> None:
    """Nothing of the file's end is counted twice though the answer begins with it."""
    model = CopyModel(None, [*behind, NOTHING, *before], None, END, None)
    whole = [*behind, NOTHING, *before]
    for ids in said:
        model.add(ids)
        whole += ids
        tail = whole[len(whole) - whole[::-1].index(NOTHING) :]
        run, places = plainly(whole, tail)
        copied = model.near(())
        if not places:
            assert copied is None
            continue
        assert copied is not None
        followed = [whole[at] for at in places]
        assert (copied.run, copied.places) == (run, len(places))
        assert {int(t): float(s) for t, s in zip(copied.tokens, copied.shares, strict=True)} == pytest.approx(
            {token: followed.count(token) / len(followed) for token in set(followed)}
        )


def test_nothing_known_changes_nothing() -> None:
    logits = torch.randn(10)
    assert CopyModel(HALF, [1, 2, 3], None, END, None).mix(logits, ()) is logits
    assert CopyModel(None, [1, 2, 3, 1, 2], None, END, None).mix(logits, ()) is logits


def test_the_file_lies_over_related_files_and_these_over_the_network() -> None:
    logits = torch.randn(10)
    own = logits.softmax(-1)
    far = Occurrences([1, 2, 4, NOTHING, 1, 2, 5])
    mixed = CopyModel(HALF, [1, 2, 3, 1, 2], far, END, None).mix(logits, ()).exp()
    expected = own * 0.75 * 0.5
    expected[3] += 0.5
    expected[4] += 0.5 * 0.25 / 2
    expected[5] += 0.5 * 0.25 / 2
    torch.testing.assert_close(mixed, expected)
    assert float(mixed.sum()) == pytest.approx(1.0)


def test_only_what_may_come_is_copied() -> None:
    logits = torch.full((10,), -torch.inf)
    logits[[4, 5]] = 0.0
    model = CopyModel(HALF, [1, 2, 3, 1, 2, 3, 1, 2, 4, 1, 2], None, END, None)
    mixed = model.mix(logits, (), np.array([4, 5])).exp()
    assert mixed[[3, 4, 5]].tolist() == pytest.approx([0.0, 0.75, 0.25])


def test_where_the_text_behind_followed_the_hole_ends_as_far_as_the_network_thinks_so() -> None:
    logits = torch.zeros(10)
    logits[END] = 1.0
    model = CopyModel(HALF, [1, 2, 3, 1, 2], None, END, lambda token: token == 3)
    mixed, own = model.mix(logits, ()).exp(), logits.softmax(-1)
    at_end = float(own[END] / (own[END] + own[3]))
    assert float(mixed[END]) == pytest.approx(0.5 * float(own[END]) + 0.5 * at_end)
    assert float(mixed[3]) == pytest.approx(0.5 * float(own[3]) + 0.5 * (1 - at_end))


def test_a_draft_follows_the_longest_run_where_it_stood_last() -> None:
    near = [1, 2, 3, 5, 5, NOTHING, 7, 1, 2, 3, 6, 4, 1, 2, 3]
    model = CopyModel(None, near, None, END, None)
    assert model.follow((), 2, SHORTEST) == [6, 4]
    assert model.follow((5,), 9, SHORTEST) == [5], "nothing is copied across a border"
    assert model.follow((8,), 9, SHORTEST) == []
    assert model.follow((), 9, 4) == [], "a shorter run than was asked for"
    far = Occurrences([4, 1, 2, 3, 0, 0])
    assert CopyModel(None, near, far, END, None).follow((), 2, SHORTEST) == [0, 0], "a longer run elsewhere"


def test_the_answer_is_copied_from_too() -> None:
    model = CopyModel(HALF, [1, 2], None, END, None)
    model.add([5, 6, 7, 5, 6])
    assert model.follow((), 9, SHORTEST) == [7, 5, 6]
    copied = model.near(())
    assert copied is not None
    assert copied.tokens.tolist() == [7]
