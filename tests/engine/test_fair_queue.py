"""Clients take turns, and none can fill the queue alone."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from coderdiff.engine.fair_queue import FairQueue


def test_clients_take_turns():
    queue: FairQueue[str] = FairQueue(100)
    for number in range(4):
        queue.push("many", f"m{number}")
    queue.push("one", "o0")
    queue.push("two", "t0")
    queue.push("two", "t1")
    assert [queue.pop() for _ in range(8)] == ["m0", "o0", "t0", "m1", "t1", "m2", "m3", None]


def test_one_client_leaves_room_for_others():
    queue: FairQueue[int] = FairQueue(16)
    for client, share in (("first", 8), ("second", 4), ("third", 2), ("fourth", 1)):
        for number in range(20):
            if queue.has_room(client):
                queue.push(client, number)
        assert len(queue._lines[client]) == share
    assert len(queue) == 15


def test_an_item_of_two_clients_comes_once():
    queue: FairQueue[str] = FairQueue(100)
    for client, item in (("a", "a0"), ("a", "both"), ("b", "both"), ("a", "both")):
        queue.push(client, item)
    assert len(queue) == 3
    assert queue.pop() == "a0"
    assert queue.pop() == "both"
    queue.remove("both")
    assert queue.pop() is None
    assert len(queue) == 0


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9)), max_size=40))
def test_a_client_waits_for_one_turn_of_each_other(pushed: list[tuple[str, int]]):
    queue: FairQueue[tuple[str, int, int]] = FairQueue(1000)
    for at, (client, number) in enumerate(pushed):
        queue.push(client, (client, number, at))
    popped = [queue.pop() for _ in pushed]
    for client in "abc":
        own = [item for item in popped if item is not None and item[0] == client]
        assert own == sorted(own, key=lambda item: item[2]), "each line keeps its order"
        for first, second in pairwise(own):
            between = popped[popped.index(first) + 1 : popped.index(second)]
            assert len({item[0] for item in between if item}) == len(between) <= 2
