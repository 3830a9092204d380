"""Files read by other processes: as many at once as asked, bounded memory, and no harm from a parser that crashes.

Processes are spawned, not forked (threads and torch do not survive a fork), work at low priority, and end when
the process that started them does, however it ends. A file that kills its worker is found by reading the files
of that worker one at a time; it is left out, the rest is read.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from coderdiff.context.index.intake import Raw

INLINE_BYTES = 4 << 20
"""So many bytes are read by this process before others are started: they take as long to start."""

CRASHED = "the parser crashed on it"

_NICENESS = 10
_AHEAD = 2

T = TypeVar("T")
Work = Callable[[Sequence[Raw]], T]
"""What is done with a batch; a function of a module, since processes find it by its name."""


def read_all(
    batches: Iterable[Sequence[Raw]],
    jobs: int,
    work: Work[T],
    crashed: Callable[[Raw], T],
    inline_bytes: int | None = None,
) -> Iterator[T]:
    """What comes of some files, batch by batch, in order; `jobs` 1 reads them all in this process.

    `work` is done with each batch; `crashed` says what comes of a file that ended its process. The first
    `inline_bytes` (by default `INLINE_BYTES`) are read by this process in any case.
    Batches are drawn as they are needed: at most `_AHEAD` for each process are under way. Closing the iterator
    ends the processes.
    """
    source = iter(batches)
    if jobs > 1:
        yield from _inline(source, INLINE_BYTES if inline_bytes is None else inline_bytes, work)
        yield from _in_processes(source, jobs, work, crashed)
    else:
        yield from map(work, source)


def _inline(source: Iterator[Sequence[Raw]], most_bytes: int, work: Work[T]) -> Iterator[T]:
    read = 0
    while read < most_bytes:
        files = next(source, None)
        if files is None:
            return
        read += sum(len(file.content) for file in files)
        yield work(files)


def _in_processes(
    source: Iterator[Sequence[Raw]], jobs: int, work: Work[T], crashed: Callable[[Raw], T]
) -> Iterator[T]:
    first = next(source, None)
    if first is None:
        return
    pool = _pool(jobs)
    under_way: deque[tuple[Sequence[Raw], Future[T]]] = deque([(first, pool.submit(work, first))])
    try:
        while under_way:
            while len(under_way) < _AHEAD * jobs:
                files = next(source, None)
                if files is None:
                    break
                under_way.append((files, pool.submit(work, files)))
            files, future = under_way.popleft()
            try:
                yield future.result()
            except BrokenProcessPool:
                suspects = [files, *(each for each, _ in under_way)]
                under_way.clear()
                pool.shutdown(wait=False, cancel_futures=True)
                yield from _carefully(suspects, work, crashed)
                pool = _pool(jobs)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _carefully(suspects: Sequence[Sequence[Raw]], work: Work[T], crashed: Callable[[Raw], T]) -> Iterator[T]:
    """Read batches of which some have a file that kills its process: such a batch again in halves, down to the file."""
    pool = _pool(1)
    pending = list(reversed(suspects))
    try:
        while pending:
            files = pending.pop()
            try:
                yield pool.submit(work, files).result()
                continue
            except BrokenProcessPool:
                pool.shutdown(wait=False)
                pool = _pool(1)
            if len(files) == 1:
                yield crashed(files[0])
            else:
                middle = len(files) // 2
                pending += [files[middle:], files[:middle]]
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _pool(jobs: int) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin)


def _begin() -> None:
    """What a worker does first: leave interrupts to its parent, step back in priority, watch for the parent's end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.join,), daemon=True).start()


def _end_with(wait: Callable[[], None]) -> None:
    wait()
    os._exit(1)
