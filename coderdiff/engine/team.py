"""How many threads share the products of one forward: as many as the machine grants cores.

Threads that share a product wait for one another in each, and wait busily. On cores of their own that pays: a request
of `base` that has two is answered in two thirds of the time. One of them that has to share its core holds up all: with
another process busy on one of the two cores the same request takes more than twice as long as with one thread. So the
processor time that a forward got is compared with the time it took: where cores are missing, the team is smaller for
some time, and longer each time that it finds them missing again.

All of a process should be done in one thread and its team. OpenMP keeps the helpers of every thread that ever shared an
operation, and where there are more of them than cores (GCC's library) they no longer wait busily: waking them up for
every product takes what they bring. So engines are made by one thread alone, and so is what a lane does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

WINDOW_S = 0.1
"""Work that is judged together: clocks of processor time may be coarse."""
SLACK = 0.25
"""Of a core may be missing."""
SHORTEST_S, LONGEST_S = 1.0, 10.0
"""How long the team stays smaller: at first, and at most."""


class Team:
    """At most `most` threads for one forward. `clock` and `used` tell the time, and the processor time of the process
    (other work of the process counts as the team's)."""

    def __init__(
        self,
        most: int,
        clock: Callable[[], float] = time.perf_counter,
        used: Callable[[], float] = time.process_time,
    ) -> None:
        self.most = most
        self._clock, self._used = clock, used
        self._size = most
        self._rest_s, self._until = SHORTEST_S, 0.0
        self._took = self._got = 0.0

    @property
    def size(self) -> int:
        """Threads that the next forward has."""
        if self._size < self.most and self._clock() >= self._until:
            self._size, self._took, self._got = self.most, 0.0, 0.0
        return self._size

    @contextmanager
    def working(self) -> Iterator[None]:
        """Give torch the team for what is done from now on, and judge what is done meanwhile."""
        use_threads(size := self.size)
        if size == 1:
            yield
            return
        began, used = self._clock(), self._used()
        yield
        self._took += self._clock() - began
        self._got += self._used() - used
        if self._took >= WINDOW_S:
            self._judge(self._got / self._took)
            self._took = self._got = 0.0

    def _judge(self, granted: float) -> None:
        """The team had so many cores, on average."""
        if granted >= self._size - SLACK:
            self._rest_s = SHORTEST_S
            return
        self._size = max(1, int(granted))
        self._until = self._clock() + self._rest_s
        self._rest_s = min(2 * self._rest_s, LONGEST_S)


def use_threads(count: int) -> None:
    """From now on, operations of this thread of the process are shared by so many of torch's."""
    if torch.get_num_threads() != count:  # setting it empties a cache of torch's
        torch.set_num_threads(count)


@contextmanager
def one_thread() -> Iterator[None]:
    """For what another thread may do than the one that answers."""
    before = torch.get_num_threads()
    use_threads(1)
    try:
        yield
    finally:
        use_threads(before)
