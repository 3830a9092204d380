"""Several forwards at once, each on a CPU thread of its own.

The products of a narrow network are too small to be shared among threads that wait for one another in each of them
(`threads.py`). Requests wait for nobody: so the rows of many are dealt out to lanes, each computes its own with one
thread, and they meet once a step. A lane that is held up by other work on the machine costs its own time and no more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cached_property
from typing import TypeVar

T = TypeVar("T")

LEAST = 64.0
"""Cost in rows below which one lane does it all: two forwards read the weights twice."""


class Lanes:
    """At most `count` calls at once; the first is the caller's own thread."""

    def __init__(self, count: int = 1) -> None:
        self.count = count

    @cached_property
    def _others(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self.count - 1, thread_name_prefix="coderdiff-lane")

    def deal(self, costs: Sequence[float]) -> list[list[int]]:
        """Places of `costs` (at least one), dealt out so that each share costs about the same: the dearest first, each
        to the cheapest share. Shares are in order, and none is empty."""
        if self.count == 1 or len(costs) == 1 or sum(costs) < LEAST:
            return [list(range(len(costs)))]
        shares: list[list[int]] = [[] for _ in range(min(self.count, len(costs)))]
        loads = [0.0] * len(shares)
        for place in sorted(range(len(costs)), key=lambda place: -costs[place]):
            cheapest = loads.index(min(loads))
            shares[cheapest].append(place)
            loads[cheapest] += costs[place]
        return [sorted(share) for share in shares if share]

    def run(self, calls: Sequence[Callable[[], T]]) -> list[T]:
        """What calls (at most `count`, at least one) return, in their order. Raises what the first that fails raised,
        once all have ended."""
        if len(calls) == 1:
            return [calls[0]()]
        futures = [self._others.submit(call) for call in calls[1:]]
        try:
            own = calls[0]()
        finally:
            wait(futures)
        return [own, *(future.result() for future in futures)]


ONE_LANE = Lanes()
"""All in the caller's thread."""
