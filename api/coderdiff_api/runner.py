"""Who runs the requests: an interface that takes them from the event loop, and the plain one, a request at a time."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

from coderdiff.errors import ClosedError
from coderdiff.types import Completer, Completion, Draft, FillRequest, FinishReason

MOST_DRAFTS = 256
"""Drafts that wait for a slow reader; the oldest goes first, since each replaces the one before."""


@dataclass(frozen=True)
class Load:
    """How busy a runner is: requests that wait, requests that run."""

    waiting: int
    running: int


class QueueFullError(Exception):
    """Too many requests wait already; after `retry_after_s` seconds there may be room."""

    def __init__(self, retry_after_s: float = 1.0) -> None:
        super().__init__()
        self.retry_after_s = retry_after_s


class Runner(Protocol):
    """Takes requests from one event loop and fills them elsewhere."""

    @property
    def model(self) -> str:
        """Name of the model that answers."""
        ...

    @property
    def chats(self) -> bool:
        """Whether it answers `messages` (see `types.Completer`)."""
        ...

    @property
    def load(self) -> Load:
        """How busy it is."""
        ...

    def figures(self) -> Mapping[str, float]:
        """What else it counts, a number a name (`batch_size`): for the metrics."""
        ...

    def submit(
        self, request: FillRequest, cancelled: Callable[[], bool], client: str = ""
    ) -> AsyncIterator[Draft | Completion]:
        """Take a request: its drafts as they are made (some may be missed by a slow reader), at last its completion.

        `client` tells whose it is, for a runner that is fair. `cancelled` is asked between steps, from any thread. A
        deadline counts from this call. Raises QueueFullError or ClosedError at once; the iterator raises what the
        completer raised, or ClosedError for a request that waited when `refuse` was called.
        """
        ...

    def refuse(self) -> None:
        """Refuse what comes from now on and what waits; what runs goes on. Does not block."""
        ...

    def close(self) -> None:
        """Finish what runs, refuse what waits."""
        ...


class Mailbox:
    """Hands drafts and the end of one request from a thread to the event loop; never makes the thread wait."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._drafts: deque[Draft] = deque(maxlen=MOST_DRAFTS)
        self._end: Completion | BaseException | None = None
        self._ended = False
        self._filled = asyncio.Event()
        self._expiry: asyncio.TimerHandle | None = None

    def expire_in(self, ms: float | None, expire: Callable[[], None]) -> None:
        """Call `expire` after so many milliseconds, unless the end is here by then; None: never."""
        if ms is not None:
            self._expiry = self._loop.call_later(ms / 1000, expire)

    def put(self, item: Draft | Completion | BaseException) -> None:
        """Leave an item; any thread may."""
        with suppress(RuntimeError):  # the loop is closed: nobody reads any more
            self._loop.call_soon_threadsafe(self._take, item)

    def __aiter__(self) -> Mailbox:
        return self

    async def __anext__(self) -> Draft | Completion:
        while not self._drafts and self._end is None:
            if self._ended:
                raise StopAsyncIteration
            self._filled.clear()
            await self._filled.wait()
        if self._drafts:
            return self._drafts.popleft()
        end, self._end = self._end, None
        assert end is not None
        if isinstance(end, BaseException):
            raise end
        return end

    def _take(self, item: Draft | Completion | BaseException) -> None:
        if self._ended:
            return
        if isinstance(item, Draft):
            self._drafts.append(item)
        else:
            self._end, self._ended = item, True
            if self._expiry is not None:
                self._expiry.cancel()
        self._filled.set()


@dataclass(eq=False)
class _Job:
    request: FillRequest
    cancelled: Callable[[], bool]
    client: str
    mailbox: Mailbox
    submitted: float
    begun: bool = False


class SerialRunner:
    """One worker thread around a `Completer`, one request at a time, clients by turns."""

    def __init__(self, completer: Completer, most_waiting: int) -> None:
        self._completer = completer
        self._most_waiting = most_waiting
        self._waiting: list[_Job] = []
        self._served: dict[str, int] = {}  # the turn each client had last
        self._turns = itertools.count(1)
        self._running = 0
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="coderdiff-engine", daemon=True)
        self._thread.start()

    @property
    def model(self) -> str:
        """Name of the model that answers."""
        return self._completer.model

    @property
    def chats(self) -> bool:
        """Whether it answers `messages`."""
        return self._completer.chats

    @property
    def load(self) -> Load:
        """How busy it is."""
        with self._changed:
            self._drop_cancelled()
            return Load(len(self._waiting), self._running)

    def figures(self) -> Mapping[str, float]:
        """Nothing else."""
        return {}

    def submit(
        self, request: FillRequest, cancelled: Callable[[], bool], client: str = ""
    ) -> AsyncIterator[Draft | Completion]:
        """Take a request (see `Runner`)."""
        job = _Job(request, cancelled, client, Mailbox(), time.perf_counter())
        with self._changed:
            self._drop_cancelled()
            if self._closed:
                raise ClosedError("the server is shutting down")
            if len(self._waiting) >= self._most_waiting:
                raise QueueFullError
            self._waiting.append(job)
            self._changed.notify()
        job.mailbox.expire_in(request.limits.deadline_ms, lambda: self._expire(job))
        return job.mailbox

    def refuse(self) -> None:
        """Refuse what comes from now on and what waits (see `Runner`)."""
        with self._changed:
            self._closed = True
            for job in self._waiting:
                job.mailbox.put(ClosedError("the server is shutting down"))
            self._waiting.clear()
            self._changed.notify()

    def close(self) -> None:
        """Finish what runs, refuse what waits."""
        self.refuse()
        self._thread.join()

    def _drop_cancelled(self) -> None:
        """Requests that nobody waits for take no place. The lock is held."""
        gone = [job for job in self._waiting if job.cancelled()]
        for job in gone:
            self._waiting.remove(job)
            job.mailbox.put(self._nothing(job, "cancelled"))

    def _next(self) -> _Job:
        """The first request of the client whose turn is longest ago. The lock is held."""
        job = min(self._waiting, key=lambda each: self._served.get(each.client, 0))
        self._served[job.client] = next(self._turns)
        self._waiting.remove(job)
        return job

    def _expire(self, job: _Job) -> None:
        """Answer a request whose deadline passed while it waited: there is no draft, so the answer is empty."""
        with self._changed:
            if job.begun or job not in self._waiting:
                return
            self._waiting.remove(job)
        job.mailbox.put(self._nothing(job, "deadline"))

    def _nothing(self, job: _Job, reason: FinishReason) -> Completion:
        """The answer to a request that never ran."""
        waited = (time.perf_counter() - job.submitted) * 1000
        return Completion("", reason, 0, 0, waited, self.model, job.request.policy or "")

    def _work(self) -> None:
        while True:
            with self._changed:
                self._running = 0
                while not self._waiting and not self._closed:
                    self._changed.wait()
                if not self._waiting:
                    return
                job = self._next()
                job.begun = True
                self._running = 1
            try:
                self._fill(job)
            except Exception as error:  # the worker must outlive any request; the error goes to who asked
                job.mailbox.put(error)

    def _fill(self, job: _Job) -> None:
        waited = (time.perf_counter() - job.submitted) * 1000
        request = job.request
        if request.limits.deadline_ms is not None:
            left = max(0.0, request.limits.deadline_ms - waited)
            request = replace(request, limits=replace(request.limits, deadline_ms=left))
        steps = self._completer.fill(request, job.cancelled)
        while True:
            try:
                job.mailbox.put(next(steps))
            except StopIteration as done:
                completion: Completion = done.value
                break
        job.mailbox.put(replace(completion, latency_ms=completion.latency_ms + waited))
