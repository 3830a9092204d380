"""No collections while a pack is being made: what it leaves behind is looked through after it is answered.

A pack makes some thousand objects that are gone when it is done, and Python's collector, which runs at every 700 of
them, takes about a tenth of the time. Counting references frees nearly all at once: the collector can wait.
"""

from __future__ import annotations

import gc
import threading
from types import TracebackType


class Pause:
    """The collector stands still, in all threads, until the last one has left; one that was off stays off."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._was_on = False

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._was_on = gc.isenabled()
                gc.disable()
            self._inside += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside and self._was_on:
                gc.enable()


NO_COLLECTIONS = Pause()
"""The one of this process, as there is one collector."""
