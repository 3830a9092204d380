"""A `Runner` over a scheduler: many requests at once, in the batches of one engine thread."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Generic, Protocol, TypeVar

from coderdiff.errors import OverloadedError
from coderdiff.types import Completion, Draft, FillRequest
from coderdiff_api.runner import Load, Mailbox, QueueFullError

T = TypeVar("T")


class Stats(Protocol):
    """What this reads of a scheduler's figures (`engine/stats.py`)."""

    @property
    def queued(self) -> int:
        """Requests that wait."""
        ...

    @property
    def active(self) -> int:
        """Requests under way."""
        ...

    def figures(self) -> Mapping[str, float]:
        """All the others, a number a name."""
        ...


class Scheduling(Protocol[T]):
    """What this needs of a scheduler (`engine/scheduler.py`)."""

    @property
    def model(self) -> str:
        """Name of the model that answers."""
        ...

    @property
    def chats(self) -> bool:
        """Whether it answers `messages`."""
        ...

    def stats(self) -> Stats:
        """Figures so far, and the state now."""
        ...

    def submit(
        self,
        request: FillRequest,
        notify: Callable[[Draft | Completion | Exception], None],
        client: str = "",
        drafts: bool = True,
        cancelled: Callable[[], bool] | None = None,
    ) -> T:
        """Take a request; raises OverloadedError and ClosedError."""
        ...

    def expire(self, ticket: T) -> None:
        """Answer what was submitted if it waits still."""
        ...

    def refuse(self) -> None:
        """Take no more, and tell those that wait ClosedError."""
        ...

    def close(self, drain: bool = True) -> object:
        """End; without `drain` what is under way is cancelled."""
        ...


class ScheduledRunner(Generic[T]):
    """Requests go to the scheduler's thread; what it tells comes back to the event loop. Implements `Runner`."""

    def __init__(self, scheduler: Scheduling[T]) -> None:
        self._scheduler = scheduler

    @property
    def model(self) -> str:
        """Name of the model that answers."""
        return self._scheduler.model

    @property
    def chats(self) -> bool:
        """Whether it answers `messages`."""
        return self._scheduler.chats

    @property
    def load(self) -> Load:
        """How busy it is."""
        stats = self._scheduler.stats()
        return Load(stats.queued, stats.active)

    def figures(self) -> Mapping[str, float]:
        """What the engine counts: batches, and how much of the prompts it knew."""
        return self._scheduler.stats().figures()

    def submit(
        self, request: FillRequest, cancelled: Callable[[], bool], client: str = ""
    ) -> AsyncIterator[Draft | Completion]:
        """Take a request (see `Runner`)."""
        mailbox = Mailbox()
        try:
            ticket = self._scheduler.submit(request, mailbox.put, client, cancelled=cancelled)
        except OverloadedError as error:
            raise QueueFullError(error.retry_after_s) from error
        # The engine's thread looks between two steps only, and those who wait have no step to hope for.
        mailbox.expire_in(request.limits.deadline_ms, lambda: self._scheduler.expire(ticket))
        return mailbox

    def refuse(self) -> None:
        """Refuse what comes from now on and what waits (see `Runner`)."""
        self._scheduler.refuse()

    def close(self) -> None:
        """Cancel what is left: whoever still waited has been given the server's grace."""
        self._scheduler.close(drain=False)
