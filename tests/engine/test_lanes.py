"""Forwards at once: dealt out evenly, all ended before anybody hears of a failure, the same scores as in one."""

from __future__ import annotations

import random
import threading
import time
from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from coderdiff.decoding.session import Look
from coderdiff.engine.batch import forward
from coderdiff.engine.lanes import LEAST, ONE_LANE, Lanes
from coderdiff.engine.session import CachedSession
from coderdiff.model.tokenizer import Tokenizer
from coderdiff.model.transformer import Transformer

COSTS = st.lists(st.floats(1, 500), min_size=1, max_size=20)


@given(costs=COSTS, count=st.integers(1, 4))
def test_each_is_dealt_once_in_order_and_about_evenly(costs: list[float], count: int) -> None:
    shares = Lanes(count).deal(costs)
    assert sorted(place for share in shares for place in share) == list(range(len(costs)))
    assert all(share == sorted(share) and share for share in shares)
    assert len(shares) <= min(count, len(costs))
    loads = [sum(costs[place] for place in share) for share in shares]
    assert max(loads) <= sum(costs) / len(shares) + max(costs) + 1e-6


def test_little_stays_in_one_lane() -> None:
    assert Lanes(4).deal([LEAST / 2 - 1] * 2) == [[0, 1]]
    assert ONE_LANE.deal([300, 300]) == [[0, 1]]
    assert Lanes(2).deal([300, 300]) == [[0], [1]]


def test_calls_run_at_once_the_first_in_the_callers_thread() -> None:
    together = threading.Barrier(3, timeout=10)

    def call(number: int) -> tuple[int, str]:
        together.wait()
        return number, threading.current_thread().name

    found = Lanes(3).run([partial(call, number) for number in range(3)])
    assert [number for number, _ in found] == [0, 1, 2]
    assert found[0][1] == threading.current_thread().name
    assert len({name for _, name in found}) == 3


@pytest.mark.parametrize("failing", [0, 1])
def test_a_failure_is_told_when_all_have_ended(failing: int) -> None:
    ended: list[int] = []

    def call(number: int) -> None:
        if number == failing:
            raise MemoryError(str(number))
        time.sleep(0.05)
        ended.append(number)

    with pytest.raises(MemoryError, match=str(failing)):
        Lanes(2).run([partial(call, number) for number in range(2)])
    assert ended == [1 - failing]


def test_scores_are_those_of_one_lane(network: Transformer, tokenizer: Tokenizer, source: str) -> None:
    """Over several turns, so that what a lane keeps in a cache is read by another."""
    ids, mask = tokenizer.encode(source), network.spec.mask_id
    lanes, draw = Lanes(2), random.Random(5)
    plain, dealt = ([CachedSession(network, 512) for _ in range(5)] for _ in range(2))
    for turn in range(4):
        looks = []
        for at, sessions in enumerate(zip(plain, dealt, strict=True)):
            unread = [each.begin(ids[: 30 + 17 * at + 5 * turn]) for each in sessions]
            draft = draw.sample(ids, k=at)
            looks.append(Look([*unread[0], *draft], [[mask] * (3 + at)], [len(unread[0])], at))
        asked = [
            [each.part(look) for each, look in zip(sessions, looks, strict=True)]
            for sessions in (plain, dealt)
        ]
        assert len(lanes.deal([part.cost for part in asked[1]])) == 2
        for one, two in zip(forward(network, asked[0]), forward(network, asked[1], lanes), strict=True):
            torch.testing.assert_close(one.causal, two.causal, atol=1e-5, rtol=1e-5)
            torch.testing.assert_close(list(one.canvas), list(two.canvas), atol=1e-5, rtol=1e-5)
