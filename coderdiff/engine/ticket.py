"""A caller's hold on a request that the scheduler has: what it is told, and how it lets go."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from coderdiff.types import Completion, Draft

Event = Draft | Completion | Exception
"""What a caller is told: drafts, then one completion or error, then nothing."""

Notify = Callable[[Event], None]


class Ticket:
    """One caller of a request.

    `submitted` is `time.perf_counter()`: its deadline counts from there. `notify` is called on the engine's thread
    and must not block; a caller whose `notify` raises is told nothing more.
    """

    def __init__(
        self,
        notify: Notify,
        drafts: bool,
        deadline_ms: float | None,
        asked: Callable[[], bool] | None = None,
    ) -> None:
        """`drafts`: whether to tell of them; `asked`: asked between steps whether to cancel."""
        self.submitted = time.perf_counter()
        self.drafts, self.deadline_ms = drafts, deadline_ms
        self._notify, self._asked = notify, asked
        self._cancelled = False

    def cancel(self) -> None:
        """Let go, from any thread: the best draft so far comes as the answer, within one step."""
        self._cancelled = True

    @property
    def cancelled(self) -> bool:
        """Whether the caller has let go; one that cannot be asked has."""
        try:
            return self._cancelled or (self._asked is not None and self._asked())
        except Exception:  # theirs, as in `tell`
            return True

    @property
    def late(self) -> bool:
        """Whether the deadline has passed."""
        waited = (time.perf_counter() - self.submitted) * 1000
        return self.deadline_ms is not None and waited >= self.deadline_ms

    def tell(self, event: Event) -> None:
        """Tell the caller; one that cannot be told has let go."""
        if isinstance(event, Draft):
            event = replace(event, elapsed_ms=(time.perf_counter() - self.submitted) * 1000)
        try:
            self._notify(event)
        except Exception:  # theirs, not the engine's: a closed event loop, say
            self._cancelled = True
