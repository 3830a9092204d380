"""Bringing an index up to date: look, read what is new, write. Contents that are known are not read again.

This is the cold pass, which parses nothing: all questions can be asked once it is done. What trees tell comes after
it (`fill.py`), or with the question that needs it.

Work is written every `WRITE_SECONDS` or `WRITE_CHUNKS`, each time whole: a process that is stopped or killed loses
no more than that, and the next refresh goes on from there. What is written can be seen at once.
"""

from __future__ import annotations

import sqlite3
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from coderdiff.context.files.filters import reason_to_skip
from coderdiff.context.files.scan import Found, Scanner
from coderdiff.context.index import segments, store
from coderdiff.context.index.index import Index
from coderdiff.context.index.intake import Batch, Raw, Taken, hash_of, read_file, take_in
from coderdiff.context.index.postings import EMPTY, MOST_CHUNKS, Gathered, Segment, combine
from coderdiff.context.index.store import FileRow
from coderdiff.context.index.survey import (
    Report,
    Survey,
    survey,
    survey_paths,
    trusted_time,
    unreported,
)
from coderdiff.context.index.workers import CRASHED, read_all

WRITE_SECONDS = 10.0
WRITE_CHUNKS = MOST_CHUNKS

BATCH_BYTES = 4 << 20
BATCH_FILES = 512
"""What is read, and given to a worker, at once."""

INLINE_BYTES = 32 << 20
"""So many bytes are read by this process before others are started."""

REPORT_EVERY = 64

_TIDY_AT_A_SAVE = 1_000
_MOST_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class BuildFigures:
    """What a refresh did.

    `changed` files were read, which had `new` contents that were never seen before; `removed` files are forgotten.
    `skipped` counts by reason what was left out: files, and folders with all that is in them. `stopped` says that it
    was stopped before its end.
    """

    changed: int
    new: int
    removed: int
    skipped: dict[str, int]
    seconds: float
    stopped: bool


def refresh(
    index: Index,
    scanner: Scanner,
    *,
    jobs: int = 1,
    report: Report = unreported,
    stop: Callable[[], bool] = lambda: False,
    paths: Iterable[str] | None = None,
) -> BuildFigures:
    """Make the index say what is on disk; with `paths` only of these files and folders (relative to the root).

    `jobs` is the number of processes; 1 does all in this one. `report` gets a stage, how much is done, and of how
    much (0: not known). `stop` is asked between batches.

    Raises InputError when another process keeps the index locked.
    """
    started = time.perf_counter()
    database = index.database
    database.check()
    found = Survey()
    changed: list[Found] | None = None
    figures = Counter[str]()
    for _ in range(_MOST_ROUNDS):
        epoch = database.epoch
        if changed is None:
            found = (
                survey(database, scanner, report, stop)
                if paths is None
                else survey_paths(database, scanner, paths)
            )
            changed = found.changed
            figures["removed"] += _forget(index, found.gone)
        work = _Work(index, scanner, changed, report)
        work.run(jobs, stop)
        figures.update(changed=work.done, new=work.new)
        found.skipped.update(work.skipped)
        if database.epoch != epoch:
            paths = changed = None
        elif work.again and not stop():
            changed = work.again
        else:
            break
    if paths is None or figures["changed"] or figures["removed"]:
        _tidy(index, whole=paths is None)
    return BuildFigures(
        figures["changed"],
        figures["new"],
        figures["removed"],
        dict(found.skipped),
        time.perf_counter() - started,
        stop(),
    )


class _Work:
    """One round of reading and writing some files."""

    def __init__(self, index: Index, scanner: Scanner, changed: Sequence[Found], report: Report) -> None:
        self.done = 0
        self.new = 0
        self.skipped = Counter[str]()
        self.again: list[Found] = []
        self._database = index.database
        self._epoch = index.database.epoch
        self._root = f"{scanner.root}/"
        self._most_bytes = scanner.rules.max_bytes
        self._changed = changed
        self._report = report
        self._waiting: defaultdict[bytes, list[FileRow]] = defaultdict(list)
        self._settled: list[tuple[FileRow, bytes | None]] = []
        self._taken: list[Taken] = []
        self._hashes: set[bytes] = set()
        self._segments: list[Segment | Gathered] = []
        self._written = time.monotonic()

    def run(self, jobs: int, stop: Callable[[], bool]) -> None:
        """Read the files, and write what comes of them now and then."""
        for batch in read_all(self._unseen(stop), jobs, take_in, _crashed, INLINE_BYTES):
            self._take(batch)
        self._write()

    def _unseen(self, stop: Callable[[], bool]) -> Iterator[list[Raw]]:
        """The files whose contents are new, in batches; the others are settled on the way."""
        group: list[tuple[Raw, FileRow]] = []
        size = 0
        for found in self._changed:
            if stop() or self._database.epoch != self._epoch:
                return
            opened = self._open(found)
            if opened is None:
                continue
            group.append(opened)
            size += opened[1].size
            if size >= BATCH_BYTES or len(group) == BATCH_FILES:
                yield from self._without_known(group)
                group, size = [], 0
        yield from self._without_known(group)

    def _open(self, found: Found) -> tuple[Raw, FileRow] | None:
        """A file's bytes, and the row that says what they are of; None, and why, for one that cannot be read."""
        try:
            content, status = read_file(self._root + found.path, self._most_bytes)
        except OSError as error:
            self.skipped[f"cannot be read ({error.strerror or error})"] += 1
            return None
        row = FileRow(found.path, None, status.st_size, trusted_time(status.st_mtime_ns), found.wanted)
        return Raw(found.path, hash_of(found.path, content), content, found.wanted), row

    def _without_known(self, group: Sequence[tuple[Raw, FileRow]]) -> Iterator[list[Raw]]:
        hashes = {raw.hash for raw, _ in group}
        known = self._database.ask(lambda connection: store.known_contents(connection, hashes)).keys()
        unseen = []
        for raw, row in group:
            if raw.hash not in known and raw.hash not in self._hashes and raw.hash not in self._waiting:
                self._waiting[raw.hash].append(row)
                unseen.append(raw)
                continue
            reason = reason_to_skip(raw.path, raw.content, raw.wanted)
            if reason is not None:
                self._settle(replace(row, skipped=reason), None)
            elif raw.hash in self._waiting:
                self._waiting[raw.hash].append(row)
            else:
                self._settle(row, raw.hash)
        if unseen:
            yield unseen
        else:
            self._write_if_due()

    def _take(self, batch: Batch) -> None:
        """Note what came of a batch."""
        rows = {row.path: (row, hash_) for hash_, each in self._waiting.items() for row in each[:1]}
        for path, reason in batch.skipped.items():
            row, hash_ = rows[path]
            self._settle(replace(row, skipped=reason), None)
            # The same bytes under another name may be welcome.
            self.again += [_found(other) for other in self._waiting.pop(hash_)[1:]]
        if sum(len(each.chunks) for each in self._segments) + len(batch.segment.chunks) > MOST_CHUNKS:
            self._write()
        chunks = batch.segment.chunks
        shifted = replace(chunks, contents=chunks.contents + len(self._taken))
        self._segments.append(replace(batch.segment, chunks=shifted))
        self._taken += batch.taken
        self._hashes |= {taken.hash for taken in batch.taken}
        for taken in batch.taken:
            for row in self._waiting.pop(taken.hash):
                self._settle(row, taken.hash)
        self.new += len(batch.taken)
        self._write_if_due()

    def _settle(self, row: FileRow, hash_: bytes | None) -> None:
        self._settled.append((row, hash_))
        self.done += 1
        if row.skipped is not None:
            self.skipped[row.skipped] += 1
        if self.done % REPORT_EVERY == 0 or self.done == len(self._changed):
            self._report("reading", self.done, len(self._changed))

    def _write_if_due(self) -> None:
        chunks = sum(len(each.chunks) for each in self._segments)
        if chunks >= WRITE_CHUNKS or time.monotonic() - self._written >= WRITE_SECONDS:
            self._write()

    def _write(self) -> None:
        """Store what is known so far, in one transaction."""
        if not self._settled:
            return
        segment = combine(self._segments) if self._segments else None

        def work(connection: sqlite3.Connection) -> list[FileRow]:
            ids = store.put_contents(connection, self._taken, segment) if segment is not None else {}
            # Found before, but maybe deleted since by another process.
            ids |= store.known_contents(
                connection, {hash_ for _, hash_ in self._settled if hash_} - ids.keys()
            )
            rows = [(replace(row, content=ids.get(hash_)) if hash_ else row) for row, hash_ in self._settled]
            lost = [row for row in rows if row.content is None and row.skipped is None]
            store.put_files(
                connection, [row for row in rows if row.content is not None or row.skipped is not None]
            )
            return lost

        lost = self._database.change(work)
        self.again += map(_found, lost or ())
        self._settled, self._taken, self._segments, self._hashes = [], [], [], set()
        self._written = time.monotonic()


def _crashed(raw: Raw) -> Batch:
    return Batch({raw.path: CRASHED}, [], EMPTY)


def _found(row: FileRow) -> Found:
    return Found(row.path, row.size, row.mtime_ns, row.wanted)


def _forget(index: Index, paths: Sequence[str]) -> int:
    if paths:
        index.database.change(lambda connection: store.remove_files(connection, paths))
    return len(paths)


def _tidy(index: Index, whole: bool) -> None:
    """Keep the index small and quick; after a single save only as far as that costs no time."""
    if whole:
        index.database.change(segments.tidy)
        index.database.change(store.collect_garbage)
    else:
        index.database.change(lambda connection: segments.tidy(connection, _TIDY_AT_A_SAVE))
