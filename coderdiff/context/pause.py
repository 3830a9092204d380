"""No collections while a pack is being made: what it leaves behind is looked through when nobody waits.

A pack makes some thousand objects that are gone when it is done, and Python's collector, which runs at every 700 of
them, takes about a tenth of the time. Counting references frees nearly all at once: the collector can wait. Once the
pack is made it would begin with the next object that anybody makes, before the answer is out: so it waits a little
longer, until the caller has surely got it.
"""

from __future__ import annotations

import gc
import threading
from types import TracebackType

QUIET_SECONDS = 0.02
"""So long after the last one has left, the collector is let go on."""

MOST_PUT_OFF = 16
"""After so many who came before it could, it goes on at once: where somebody always asks, it would never."""


class Pause:
    """The collector stands still, in all threads, until the last one has left and it has been quiet for a while; one
    that was off stays off."""

    def __init__(self, quiet_seconds: float = QUIET_SECONDS) -> None:
        self._quiet_seconds = quiet_seconds
        self._lock = threading.Lock()
        self._inside = 0
        self._holding = False
        self._put_off = 0
        self._left = threading.Event()
        self._waiter: threading.Thread | None = None

    @property
    def holding(self) -> bool:
        """Whether the collector stands still for somebody who is inside, or was lately."""
        return self._holding

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside and not self._holding and gc.isenabled():
                self._holding = True
                gc.disable()
            self._inside += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside or not self._holding:
                return
            self._put_off += 1
            if self._put_off >= MOST_PUT_OFF:
                self._let_go()
                return
            if self._waiter is None or not self._waiter.is_alive():  # there is none in the child of a fork
                self._waiter = threading.Thread(target=self._wait, name="collector's pause", daemon=True)
                self._waiter.start()
            self._left.set()

    def _let_go(self) -> None:
        self._holding, self._put_off = False, 0
        gc.enable()

    def _wait(self) -> None:
        """Let the collector go on whenever nobody has come for a while."""
        while True:
            self._left.wait()
            self._left.clear()
            if self._left.wait(self._quiet_seconds):
                continue
            with self._lock:
                quiet = self._holding and not self._inside and not self._left.is_set()
                if quiet:
                    self._let_go()
            if quiet:
                gc.collect(0)  # here, before somebody's next object is the one too many


NO_COLLECTIONS = Pause()
"""The one of this process, as there is one collector."""
