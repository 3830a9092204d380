"""Several forwards at once, each on a CPU thread of its own.

Threads that share a narrow network's small products wait for one another in each of them. Requests wait for nobody: so
the rows of many are dealt out to lanes, each computes its own with one thread, and they meet once a step: for less
processor time, and a lane that is held up by other work on the machine costs its own time and no more. A forward that
is the only one has a team of threads instead (`team.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import nullcontext
from functools import cached_property
from typing import TypeVar

from coderdiff.engine.team import Team, use_threads

T = TypeVar("T")

LEAST = 64.0
"""Cost in rows below which one lane does it all: two forwards read the weights twice."""


class Lanes:
    """At most `count` calls at once; the first is the caller's own thread. `team`: torch's threads for a call that is
    the only one, None: as many as it has."""

    def __init__(self, count: int = 1, team: Team | None = None) -> None:
        self.count, self._team = count, team

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

    def use_team(self) -> None:
        """What the caller's thread does until the next `run`, the team shares."""
        if self._team is not None:
            use_threads(self._team.size)

    def run(self, calls: Sequence[Callable[[], T]]) -> list[T]:
        """What calls (at most `count`, at least one) return, in their order. Raises what the first that fails raised,
        once all have ended."""
        if len(calls) == 1:
            with nullcontext() if self._team is None else self._team.working():
                return [calls[0]()]
        alone = None if self._team is None else 1
        futures = [self._others.submit(_with_threads, alone, call) for call in calls[1:]]
        try:
            own = _with_threads(alone, calls[0])
        finally:
            wait(futures)
        return [own, *(future.result() for future in futures)]


def _with_threads(count: int | None, call: Callable[[], T]) -> T:
    """What a call returns; so many threads share its operations (None: as torch has it)."""
    if count is not None:
        use_threads(count)
    return call()


ONE_LANE = Lanes()
"""All in the caller's thread."""
