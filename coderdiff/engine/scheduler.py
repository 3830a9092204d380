"""Many requests, one engine thread, continuous batching: they join and leave between denoising steps.

A request waits in a queue that is fair between clients until a session is free. Then every step of the engine takes
it on by one, together with all others under way (`step.py`), until its answer is whole: first done, first out. Equal
requests under way at the same time are one computation with many callers; a caller that lets go, or whose deadline
comes, gets the best draft so far, and the computation ends when nobody waits for it any more (Orca's iteration-level
scheduling, OSDI 2022).

The lock guards the queue and who waits for what. The engine thread holds it for bookkeeping only, never in a forward.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from queue import SimpleQueue

from coderdiff.engine.engine import Engine
from coderdiff.engine.fair_queue import FairQueue
from coderdiff.engine.fill import Fill
from coderdiff.engine.stats import EngineStats
from coderdiff.engine.step import RowBounds
from coderdiff.engine.ticket import Event, Notify, Ticket
from coderdiff.errors import ClosedError, ConfigError, InputError, OverloadedError
from coderdiff.types import Completion, Draft, FillRequest, FinishReason

_FIRST_GUESS_S = 0.5
_NEWEST = 0.1
"""Seconds of work an answer: the guess before there is one, and the share that the newest has in the mean."""


@dataclass(eq=False)
class _Job:
    """One computation: a request without its deadline, and who waits for it; `fill` is None while it waits."""

    request: FillRequest
    tickets: list[Ticket] = field(default_factory=list)
    fill: Fill | None = None


class Scheduler:
    """Serves many requests over one `Engine`, which is its alone until it is closed. Implements `types.Completer`.

    `most_active` requests are under way at once (fewer if KV memory holds no more sessions), `most_queued` wait.
    """

    def __init__(
        self,
        engine: Engine,
        most_active: int = 16,
        most_queued: int = 128,
        bounds: RowBounds | None = None,
    ) -> None:
        self._engine = engine
        self._most_active = min(most_active, engine.pool.most_sessions)
        self._bounds = bounds or RowBounds()
        self._queue: FairQueue[_Job] = FairQueue(most_queued)
        self._jobs: dict[FillRequest, _Job] = {}
        self._active: list[_Job] = []
        self._closing = False
        self._refusing = False
        self._answers, self._busy_s, self._seconds_an_answer = 0, 0.0, _FIRST_GUESS_S
        self._lock = threading.Lock()
        self._wake = threading.Condition(self._lock)
        self._thread = threading.Thread(target=self._run, name="coderdiff-engine", daemon=True)
        self._thread.start()

    @property
    def model(self) -> str:
        """Name of the model that answers."""
        return self._engine.model

    @property
    def pack_tokens(self) -> int:
        """Most tokens of snippets that the model is shown; 0 if it was trained without."""
        return self._engine.pack_tokens

    @property
    def chats(self) -> bool:
        """Whether it answers `messages`."""
        return self._engine.chats

    def count(self, text: str) -> int:
        """How many tokens a snippet's text takes, its mark included."""
        return self._engine.count(text)

    def stats(self) -> EngineStats:
        """Figures so far, and the state now."""
        with self._lock:
            return self._engine.stats(len(self._queue))

    def submit(
        self,
        request: FillRequest,
        notify: Notify,
        client: str = "",
        drafts: bool = True,
        cancelled: Callable[[], bool] | None = None,
    ) -> Ticket:
        """Hand in a request of `client`; `notify` is told the drafts (if `drafts`) and then the answer or the error.

        `notify` and `cancelled` (asked once a step) are called on the engine thread and must not block. Errors of the
        request itself are told, not raised. Raises OverloadedError if too many wait, ClosedError after `close`.
        """
        ticket = Ticket(notify, drafts, request.limits.deadline_ms, cancelled)
        key = replace(request, limits=replace(request.limits, deadline_ms=None))
        with self._wake:
            if self._closing:
                raise _closed()
            job = self._jobs.get(key)
            if job is None:
                self._refuse_overload(client)
                job = self._jobs[key] = _Job(key)
                self._queue.push(client, job)
            else:
                self._engine.counts.answers["joined"] += 1
                if job not in self._active:
                    self._queue.push(client, job)  # it comes when the first of its clients has a turn
            job.tickets.append(ticket)
            if job.fill is not None:
                job.fill.watched |= drafts
            self._wake.notify()
        return ticket

    def fill(
        self, request: FillRequest, cancelled: Callable[[], bool] | None = None, client: str = ""
    ) -> Generator[Draft, None, Completion]:
        """Yield a draft a denoising step; return the completion (see `types.Completer`). Usable from any thread.

        Raises what `submit` raises, and the request's own errors.
        """
        events: SimpleQueue[Event] = SimpleQueue()
        ticket = self.submit(request, events.put, client, cancelled=cancelled)
        try:
            while True:
                event = events.get()
                if isinstance(event, Completion):
                    return event
                if isinstance(event, Exception):
                    raise event
                yield event
        finally:
            ticket.cancel()

    def expire(self, ticket: Ticket) -> None:
        """Answer a caller at once if its request waits still: its deadline is here, and the engine is at a step of
        others. What is under way is answered by the engine's thread. Usable from any thread."""
        with self._lock:
            waiting = (job for job in self._jobs.values() if job not in self._active)
            job = next((job for job in waiting if ticket in job.tickets), None)
            if job is None:
                return
            self._let_go(job, ticket)
        self._answer(job, ticket, "deadline")

    def refuse(self) -> None:
        """Take no more requests, and tell those that wait ClosedError; what is under way goes on. Does not block."""
        with self._wake:
            self._closing = self._refusing = True
            self._wake.notify()

    def close(self, drain: bool = True, timeout_s: float | None = None) -> bool:
        """Take no more requests; answer those there are, or with `drain` off cancel them.

        Waits for the engine thread, at most `timeout_s`; whether it has ended. KV memory is free then.
        """
        with self._wake:
            self._closing = True
            if not drain:
                for job in self._jobs.values():
                    for ticket in job.tickets:
                        ticket.cancel()
            self._wake.notify()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _refuse_overload(self, client: str) -> None:
        if self._queue.has_room(client):
            return
        self._engine.counts.answers["refused"] += 1
        waiting = len(self._queue)
        raise OverloadedError(
            f"{waiting} requests are waiting already: try again later", waiting * self._seconds_an_answer
        )

    def _run(self) -> None:
        """The engine thread."""
        while self._wait():
            try:
                self._turn()
            except Exception as error:  # the engine's own fault: nobody shall wait for ever
                for job in list(self._jobs.values()):
                    if job.fill is not None:
                        job.fill.sound = False
                    self._end(job, error)
        self._engine.pool.forget()

    def _wait(self) -> bool:
        """Sleep until there is work; False when there is none and never will be."""
        with self._wake:
            while not self._jobs and not self._closing:
                self._wake.wait()
            return bool(self._jobs)

    def _turn(self) -> None:
        """Let go who wants to, take in who waits, and do one step."""
        began, answers = time.perf_counter(), self._answers
        self._answer_interrupted()
        if self._refusing:
            self._refuse_waiting()
        self._admit()
        self._answer_whole()
        self._step()
        self._answer_whole()
        self._busy_s += time.perf_counter() - began
        if self._answers > answers:
            measured = self._busy_s / (self._answers - answers)
            self._seconds_an_answer += _NEWEST * (measured - self._seconds_an_answer)
            self._busy_s = 0.0

    def _answer_interrupted(self) -> None:
        """Answer callers that have let go and those whose deadline is here; what nobody waits for ends."""
        with self._lock:
            waiting = [(job, ticket) for job in self._jobs.values() for ticket in job.tickets]
        for job, ticket in waiting:
            reason: FinishReason
            if ticket.cancelled:
                reason = "cancelled"
            elif (
                ticket.late
                if job.fill is None
                else job.fill.denoising.late(ticket.deadline_ms, ticket.submitted)
            ):
                reason = "deadline"
            else:
                continue
            with self._lock:
                if ticket not in job.tickets:
                    continue  # it has expired
                deserted = self._let_go(job, ticket)
            self._answer(job, ticket, reason)
            if deserted and job.fill is not None:
                self._engine.release(job.fill)

    def _refuse_waiting(self) -> None:
        """Tell those that wait that their turn will not come."""
        with self._lock:
            waiting = [job for job in self._jobs.values() if job not in self._active]
        for job in waiting:
            self._end(job, _closed())

    def _admit(self) -> None:
        """Start what waits while there is room."""
        while len(self._active) < self._most_active:
            with self._lock:
                job = self._queue.pop()
                if job is None:
                    return
                self._queue.remove(job)
                self._active.append(job)
                began = min(ticket.submitted for ticket in job.tickets)
            self._engine.counts.seconds["queue"] += time.perf_counter() - began
            try:
                fill = self._engine.start(job.request, began)
            except Exception as error:  # a bad hole, an unknown policy: this request's alone
                self._end(job, error)
                continue
            with self._lock:
                job.fill = fill
                fill.watched = any(ticket.drafts for ticket in job.tickets)

    def _step(self) -> None:
        """One step of all that is under way."""
        jobs = {job.fill: job for job in self._active if job.fill is not None}
        if not jobs:
            return
        for outcome in self._engine.step(list(jobs), self._bounds):
            job, fill = jobs[outcome.fill], outcome.fill
            if outcome.error is not None:
                self._end(job, outcome.error)
            elif outcome.shown and fill.watched:
                draft = fill.show()
                for ticket in list(job.tickets):
                    if ticket.drafts:
                        ticket.tell(draft)

    def _answer_whole(self) -> None:
        """Answer all callers of what needs no further step."""
        for job in list(self._active):
            if job.fill is not None and (reason := job.fill.denoising.complete()) is not None:
                self._end(job, reason)

    def _end(self, job: _Job, why: FinishReason | Exception) -> None:
        """Tell all callers of a job its answer or error."""
        with self._lock:
            self._forget(job)
            tickets, job.tickets = job.tickets, []
        if job.fill is not None:
            self._engine.release(job.fill)
        for ticket in tickets:
            self._answer(job, ticket, why)

    def _let_go(self, job: _Job, ticket: Ticket) -> bool:
        """One caller waits no more (the lock is held); whether nobody does, and the job is over."""
        job.tickets.remove(ticket)
        if not job.tickets:
            self._forget(job)
        return not job.tickets

    def _forget(self, job: _Job) -> None:
        """The job is over (the lock is held): an equal request from now on is another one. It may be over already: its
        last caller has expired."""
        if self._jobs.get(job.request) is job:
            del self._jobs[job.request]
        if job in self._active:
            self._active.remove(job)
        else:
            self._queue.remove(job)

    def _answer(self, job: _Job, ticket: Ticket, why: FinishReason | Exception) -> None:
        self._answers += 1
        event: Event
        try:
            if isinstance(why, Exception):
                raise why
            if job.fill is None:
                event = self._engine.unstarted(job.request, why, ticket.submitted)
            else:
                event = self._engine.finish(job.fill, why, ticket.submitted)
        except Exception as error:  # told where the answer is waited for
            if isinstance(error, ClosedError):
                self._engine.counts.answers["refused"] += 1
            elif not isinstance(error, InputError | ConfigError):  # those are the request's own fault
                self._engine.counts.answers["failed"] += 1
            event = error
        ticket.tell(event)


def _closed() -> ClosedError:
    return ClosedError("the engine is shutting down: it takes no more requests")
