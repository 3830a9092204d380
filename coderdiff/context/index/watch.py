"""Keeping an index up to date while people work: a save can be seen within 50 ms, a branch switch is one refresh.

The system tells of changes (`watchfiles`) where it can; else, or where asked, the folder is looked through every
few seconds. What counts as a file is the scanner's say: nothing is read that an index build would not read.
Trees are read beside all this, in a thread of its own: whoever asks does not wait for them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePath

import watchfiles

from coderdiff.context.files.names import VERSION_CONTROL
from coderdiff.context.files.scan import OWN_IGNORE_FILE, Scanner
from coderdiff.context.index.build import BuildFigures, refresh
from coderdiff.context.index.database import Say, silent
from coderdiff.context.index.fill import fill_in
from coderdiff.context.index.index import Index
from coderdiff.errors import InputError

STEP_MS = 8
"""Changes are taken together until none has come for so long: editors write a file in several goes."""

MOST_AT_ONCE = 40
"""With more changes than this a burst has begun (a branch switch, an unpacking): it is waited for, then one refresh
looks at everything."""

QUIET_MS = 120
"""A burst is over after so long without a change."""

MOST_BURST_SECONDS = 10.0
"""A burst that does not end is looked at this often."""

POLL_SECONDS = 2.0
POLL_SHARE = 0.05
"""Polling takes at most this share of the time."""

_IGNORE_FILES = frozenset({".gitignore", OWN_IGNORE_FILE})

Report = Callable[[BuildFigures], None]


def unreported(_figures: BuildFigures) -> None:
    """Report to nobody."""


class Watcher:
    """Refreshes an index whenever its files change. `start` it in a thread of its own, or `run` it in this one.

    `report` is called after every refresh that found something, `say` with a line when watching has to poll or a
    refresh fails. `poll` is for folders whose changes the system does not tell, as on most network mounts.
    """

    def __init__(
        self,
        index: Index,
        scanner: Scanner,
        *,
        jobs: int = 1,
        poll: bool = False,
        report: Report = unreported,
        say: Say = silent,
    ) -> None:
        self._index = index
        self._scanner = scanner
        self._jobs = jobs
        self._poll = poll
        self._report = report
        self._say = say
        self._stop = threading.Event()
        self._ready = threading.Event()
        self._looked = threading.Event()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, timeout: float | None = None) -> bool:
        """Start watching; wait up to `timeout` seconds for the first look to be done, and tell whether it is."""
        self._thread = threading.Thread(target=self.run, name="coderdiff-watch", daemon=True)
        self._thread.start()
        return self._ready.wait(timeout)

    def stop(self) -> None:
        """Stop watching, and wait for a refresh that is under way."""
        self._stop.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def wait(self) -> None:
        """Wait until watching has ended."""
        # Not by joining the thread: before Python 3.13 an interrupt there takes the running thread for one that ended.
        self._ended.wait()

    def run(self) -> None:
        """Watch until `stop` is called."""
        filler = threading.Thread(target=self._fill_in, name="coderdiff-trees", daemon=True)
        filler.start()
        try:
            self._watch()
        finally:
            self._stop.set()
            self._looked.set()
            filler.join()
            self._ended.set()

    def _watch(self) -> None:
        if not self._poll:
            try:
                self._listen()
            except (OSError, RuntimeError) as error:
                # As when there are more folders than the system lets anybody watch.
                self._say(
                    f"the system does not tell of changes ({error}); looking every {POLL_SECONDS:g} seconds"
                )
        if not self._stop.is_set():
            self._look_now_and_then()

    def _fill_in(self) -> None:
        """Read the trees of what each look has found."""
        while True:
            self._looked.wait()
            self._looked.clear()
            if self._stop.is_set():
                return
            try:
                fill_in(self._index, jobs=self._jobs, stop=self._stop.is_set)
            except InputError as error:
                self._say(str(error))

    def _listen(self) -> None:
        changed: set[str] = set()
        burst_began: float | None = None
        for answer in self._changes():
            if not self._ready.is_set():
                # Only now is the system listening: no change falls between the first look and the first change.
                self._refresh(None)
                self._ready.set()
            changed |= answer
            if not changed:
                continue
            if burst_began is None and len(changed) <= MOST_AT_ONCE and not self._is_switching():
                self._refresh(None if _change_rules(changed) else changed)
                changed = set()
                continue
            burst_began = burst_began or time.monotonic()
            over = not answer and not self._is_switching()
            if over or time.monotonic() - burst_began > MOST_BURST_SECONDS:
                self._refresh(None)
                changed, burst_began = set(), None

    def _changes(self) -> Iterator[set[str]]:
        """Paths of changes, those of a moment together; an empty set after `QUIET_MS` without one."""
        root = str(self._scanner.root)
        answers = watchfiles.watch(
            self._scanner.root,
            watch_filter=lambda _, path: not _is_version_control(path.removeprefix(root)),
            step=STEP_MS,
            debounce=10 * STEP_MS,
            rust_timeout=QUIET_MS,
            yield_on_timeout=True,
            stop_event=self._stop,
            ignore_permission_denied=True,
            raise_interrupt=True,
        )
        for answer in answers:
            yield set(self._relative(path for _, path in answer))

    def _relative(self, paths: Iterable[str]) -> Iterator[str]:
        for path in paths:
            try:
                yield self._scanner.relative(Path(path))
            except InputError:
                continue

    def _is_switching(self) -> bool:
        """Whether git is at work on the files."""
        return (self._scanner.root / ".git" / "index.lock").exists()

    def _refresh(self, paths: set[str] | None) -> None:
        """Refresh these paths, or everything."""
        try:
            figures = refresh(
                self._index, self._scanner, jobs=self._jobs, stop=self._stop.is_set, paths=paths
            )
        except InputError as error:
            self._say(str(error))
            return
        if figures.new or paths is None:
            self._looked.set()
        if figures.changed or figures.removed:
            self._report(figures)

    def _look_now_and_then(self) -> None:
        while not self._stop.is_set():
            began = time.monotonic()
            self._refresh(None)
            self._ready.set()
            took = time.monotonic() - began
            self._stop.wait(max(POLL_SECONDS, took / POLL_SHARE))


def _is_version_control(path: str) -> bool:
    return not VERSION_CONTROL.keys().isdisjoint(PurePath(path).parts)


def _change_rules(paths: Iterable[str]) -> bool:
    """Whether one of the paths is an ignore file, which speaks of other files too."""
    return any(path.rpartition("/")[2] in _IGNORE_FILES for path in paths)
