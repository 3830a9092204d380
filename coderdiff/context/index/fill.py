"""The background pass: details for the contents that have none yet, newest files first, in batches.

It can be stopped at any time, goes on where it (or a question, or another process) left off, and changes no answer:
a question that needs the details of a content makes them itself.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from coderdiff.context.index import store
from coderdiff.context.index.detail import Details, Packed, bytes_at, read_details
from coderdiff.context.index.index import Index
from coderdiff.context.index.intake import Raw
from coderdiff.context.index.store import Pending
from coderdiff.context.index.survey import Report, unreported
from coderdiff.context.index.workers import CRASHED, read_all

WRITE_SECONDS = 0.5
"""A process that is killed loses no more than this, and a save that comes meanwhile waits for one small write."""

BATCH_BYTES = 1 << 17
BATCH_FILES = 64
"""What is given to a worker at once."""


@dataclass(frozen=True, slots=True)
class FillFigures:
    """What a background pass did: `detailed` contents got their details; `stopped` before its end."""

    detailed: int
    seconds: float
    stopped: bool


def fill_in(
    index: Index,
    *,
    jobs: int = 1,
    report: Report = unreported,
    stop: Callable[[], bool] = lambda: False,
) -> FillFigures:
    """Give every content of the repository its details. `jobs`, `report` and `stop` are as in `build.refresh`.

    A file that has changed on disk since is left to the next refresh.
    Raises InputError when another process keeps the index locked.
    """
    began = time.perf_counter()
    index.keep()
    database = index.database
    epoch = database.epoch
    pending = database.ask(store.pending)
    waiting: list[Packed] = []
    failed: dict[bytes, str] = {}
    done, written = 0, time.monotonic()

    def write() -> None:
        nonlocal written
        if waiting or failed:
            database.change(lambda connection: _store(connection, waiting, failed))
            waiting.clear()
            failed.clear()
        written = time.monotonic()

    def still_wanted() -> bool:
        return not stop() and database.epoch == epoch

    try:
        for batch in read_all(_batches(index, pending, still_wanted), jobs, read_details, _crashed):
            waiting += batch.packed
            failed |= batch.failed
            done += len(batch.packed)
            report("reading trees", done, len(pending))
            if time.monotonic() - written >= WRITE_SECONDS:
                write()
    finally:
        write()
    return FillFigures(done, time.perf_counter() - began, stop())


def _batches(index: Index, pending: Sequence[Pending], wanted: Callable[[], bool]) -> Iterator[list[Raw]]:
    group: list[Raw] = []
    size = 0
    for each in pending:
        if not wanted():
            return
        raw = bytes_at(index.root, each.path, each.hash, each.size)
        if raw is None:
            continue
        group.append(raw)
        size += each.size
        if size >= BATCH_BYTES or len(group) == BATCH_FILES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _crashed(raw: Raw) -> Details:
    return Details([], {raw.hash: CRASHED})


def _store(connection: sqlite3.Connection, packed: Sequence[Packed], failed: dict[bytes, str]) -> None:
    store.put_details(connection, packed)
    for hash_, reason in failed.items():
        store.leave_out(connection, hash_, reason)
