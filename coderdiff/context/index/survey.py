"""What has changed since the index last looked: the scanner's files against the index's, by size and time."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePath

from coderdiff.context.files.scan import Found, Scanner, Skipped
from coderdiff.context.index.database import Database
from coderdiff.context.index.store import FileRow, all_files, files_below
from coderdiff.errors import InputError

UNTRUSTED = -1
"""Stored for the time of a file that may change once more without its time or size telling (git's "racy" entries)."""

_FINE_SECONDS = 0.1
_COARSE_SECONDS = 2.0
_REPORT_EVERY = 500

Report = Callable[[str, int, int], None]


def unreported(_stage: str, _done: int, _total: int) -> None:
    """Report to nobody."""


@dataclass(slots=True)
class Survey:
    """Files to read, paths to forget, and by reason how many files and folders were left out."""

    changed: list[Found] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)


def survey(database: Database, scanner: Scanner, report: Report, stop: Callable[[], bool]) -> Survey:
    """Look at the whole repository. Once `stop` is true the answer is empty."""
    known = database.ask(all_files)
    found = Survey()
    seen: set[str] = set()
    for answer in scanner.walk():
        if stop():
            return Survey()
        _sort_in(found, answer, known)
        if isinstance(answer, Found):
            seen.add(answer.path)
            if len(seen) % _REPORT_EVERY == 0:
                report("looking for files", len(seen), 0)
    _look_again(found, scanner, known.keys() - seen)
    return found


def survey_paths(database: Database, scanner: Scanner, paths: Iterable[str]) -> Survey:
    """Look at some files and folders, which may be new, changed or gone."""
    found = Survey()
    looked_at: set[PurePath] = set()
    for path in sorted(set(paths)):
        if not looked_at.isdisjoint(PurePath(path).parents):
            continue  # with its folder
        known = database.ask(partial(files_below, path=path))
        try:
            answer = scanner.check(path)
        except InputError:
            continue
        looked_at.add(PurePath(path))
        here = scanner.root / path
        answers = scanner.walk(path) if here.is_dir() else (answer,) if os.path.lexists(here) else ()
        seen: set[str] = set()
        for answer in answers:
            _sort_in(found, answer, known)
            if isinstance(answer, Found):
                seen.add(answer.path)
        _look_again(found, scanner, known.keys() - seen)
    return found


def trusted_time(mtime_ns: int, now: float | None = None) -> int:
    """The time to remember a file by: `UNTRUSTED` for one changed so lately that it may change again in one tick."""
    age = (time.time() if now is None else now) - mtime_ns / 1e9
    ticks_are_coarse = mtime_ns % 1_000_000 == 0
    return UNTRUSTED if age < (_COARSE_SECONDS if ticks_are_coarse else _FINE_SECONDS) else mtime_ns


def _sort_in(found: Survey, answer: Found | Skipped, known: Mapping[str, FileRow]) -> None:
    if isinstance(answer, Skipped):
        found.skipped[answer.reason] += 1
        return
    row = known.get(answer.path)
    if row is None or (row.size, row.mtime_ns, row.wanted) != (answer.size, answer.mtime_ns, answer.wanted):
        found.changed.append(answer)
    elif row.skipped is not None:
        found.skipped[row.skipped] += 1


def _look_again(found: Survey, scanner: Scanner, missing: Iterable[str]) -> None:
    """Files that the walk did not meet are gone, unless they came while it went on (another process saw them)."""
    for path in sorted(missing):
        answer = scanner.check(path)
        if isinstance(answer, Found):
            found.changed.append(answer)
        else:
            found.gone.append(path)
