"""`coderdiff index [PATH]`: build or refresh the index of a folder, and say what it holds and what was left out."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from coderdiff.context.files.scan import Scanner
    from coderdiff.context.index.build import BuildFigures
    from coderdiff.context.index.fill import FillFigures
    from coderdiff.context.index.index import Index, Totals
    from coderdiff.context.index.survey import Report

_SHOWN_REASONS = 8


def index(
    path: Annotated[
        Path | None,
        typer.Argument(
            help="The folder to index. By default the project that the current folder is in.",
            show_default=False,
        ),
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
    why: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Only say whether this file is read, or which rule leaves it out.",
            show_default=False,
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--everything", help="Index even a home folder or the root of the file system.")
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Go on: take in changes as they are saved.")] = False,
    poll: Annotated[
        bool, typer.Option("--poll", help="With --watch: look for changes, as network folders need it.")
    ] = False,
    jobs: Annotated[int, typer.Option(help="Processes.", min=1, show_default="all cores")] = os.cpu_count()
    or 1,
) -> None:
    """Build or refresh the index of a folder: what completions know of the rest of the repository.

    Only what is new is read. The index can be used as soon as the files are read; the trees of the files are read
    after that, which can be stopped and goes on with the next command. It lies in the user's cache folder and is
    deleted and built anew at will.
    """
    from coderdiff.context.files.roots import find_root, refuse_everything
    from coderdiff.context.files.scan import Scanner
    from coderdiff.context.index.index import Index
    from coderdiff.engine.garbage import keep_collections_short

    if why is not None:
        _explain(Scanner(path or find_root(why, around=Path.cwd())), why, as_json)
        return
    scanner = Scanner(path or find_root(Path.cwd()))
    if not everything:
        refuse_everything(scanner.root)
    keep_collections_short()  # as the servers do
    started = time.perf_counter()
    with Index.open(scanner.root, say=_say) as opened:
        figures = _refresh(opened, scanner, jobs)
        seconds = time.perf_counter() - started
        if not as_json:
            print("\n".join(summary(scanner.root, opened.totals(), figures, seconds)), flush=True)
        filled = _fill_in(opened, jobs)
        totals = opened.totals()
        if as_json:
            print(json.dumps(as_object(scanner.root, totals, figures, seconds, filled)), flush=True)
        else:
            print(details(totals, filled), flush=True)
        if watch:
            _watch(opened, scanner, jobs, poll, as_json)


def as_object(
    root: Path, totals: Totals, figures: BuildFigures, seconds: float, filled: FillFigures | None = None
) -> dict[str, object]:
    """The figures as `--json` prints them: of the whole index, and of this refresh.

    `seconds` is the time until the index could be used, `files_per_second` all its files by that; `detail_seconds`
    the time that reading trees took after it, None where that goes on elsewhere; `detailed` counts the files whose
    trees were read, now or before, and `symbols` the definitions in those.
    """
    return {
        "root": str(root),
        "files": totals.files,
        "symbols": totals.symbols,
        "bytes": totals.bytes,
        "seconds": round(seconds, 3),
        "files_per_second": round(totals.files / seconds, 1) if seconds else 0.0,
        "detail_seconds": round(filled.seconds, 3) if filled is not None else None,
        "detailed": totals.detailed,
        "skipped": sum(figures.skipped.values()),
        "skipped_by_reason": _by_count(figures.skipped),
        "changed": figures.changed,
        "new": figures.new,
        "removed": figures.removed,
    }


def summary(root: Path, totals: Totals, figures: BuildFigures, seconds: float) -> list[str]:
    """The figures of the index as it can be used now, and below them what was left out, by reason."""
    news = [
        f"{number:,} {word}"
        for number, word in ((figures.new, "new"), (figures.removed, "removed"))
        if number or word == "new"
    ]
    speed = f", {totals.files / seconds:,.0f} files/s" if figures.new and seconds else ""
    lines = [
        f"{root}: {_count(totals.files, 'file')}, {_size(totals.bytes)}"
        f" in {seconds:.2f} s ({', '.join(news)}{speed})"
    ]
    reasons = _by_count(figures.skipped)
    if reasons:
        total = sum(reasons.values())
        lines.append(
            f"left out {total:,}, folders counted as one; `coderdiff index --why FILE` explains a file"
        )
        shown = list(reasons.items())[:_SHOWN_REASONS]
        width = len(f"{shown[0][1]:,}")
        lines += [f"  {number:>{width},}  {reason}" for reason, number in shown]
        rest = total - sum(number for _, number in shown)
        if rest:
            lines.append(f"  {rest:>{width},}  for {_count(len(reasons) - len(shown), 'other reason')}")
    return lines


def details(totals: Totals, filled: FillFigures) -> str:
    """What the trees said: of all files, or of how many."""
    known = "" if totals.detailed == totals.files else f" in {totals.detailed:,} of {totals.files:,} files"
    speed = f", {filled.detailed / filled.seconds:,.0f} files/s" if filled.detailed and filled.seconds else ""
    read = f"{_count(filled.detailed, 'tree')} read in {filled.seconds:.2f} s{speed}"
    return f"{_count(totals.symbols, 'symbol')}{known} ({read})"


def _explain(scanner: Scanner, file: Path, as_json: bool) -> None:
    """Print what becomes of a file; by its whole path where the current folder is not in the project."""
    from coderdiff.context.files.scan import Skipped
    from coderdiff.errors import InputError

    if not os.path.lexists(file):
        raise InputError(f"{file}: no such file; name the one to explain")
    given = str(Path.cwd() / file)
    if as_json:
        answer = scanner.explain(given)
        reason = answer.reason if isinstance(answer, Skipped) else None
        said = {"root": str(scanner.root), "path": answer.path, "read": reason is None, "reason": reason}
        print(json.dumps(said))
        return
    lead = "" if Path.cwd().is_relative_to(scanner.root) else f"{scanner.root}/".replace("//", "/")
    print(lead + scanner.why(given))


def _refresh(opened: Index, scanner: Scanner, jobs: int) -> BuildFigures:
    """Refresh, with a bar in a terminal."""
    from coderdiff.context.index.build import refresh

    with _bar("looking for files") as report:
        return refresh(opened, scanner, jobs=jobs, report=report)


def _fill_in(opened: Index, jobs: int) -> FillFigures:
    """Read the trees, with a bar in a terminal; what was read is kept if it is interrupted."""
    from coderdiff.context.index.fill import fill_in

    with _bar("reading trees") as report:
        return fill_in(opened, jobs=jobs, report=report)


@contextmanager
def _bar(first: str) -> Iterator[Report]:
    """A bar in a terminal, elsewhere nothing."""
    from coderdiff.context.index.survey import unreported

    if not sys.stderr.isatty():
        yield unreported
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(first, total=None)

        def report(stage: str, done: int, total: int) -> None:
            bar.update(task, description=stage, completed=done, total=total or None)

        yield report


def _watch(opened: Index, scanner: Scanner, jobs: int, poll: bool, as_json: bool) -> None:
    """Follow changes until interrupted, a line for each refresh."""
    from coderdiff.context.index.watch import Watcher

    def report(figures: BuildFigures) -> None:
        if as_json:
            print(json.dumps(as_object(scanner.root, opened.totals(), figures, figures.seconds)), flush=True)
            return
        news = f"{_count(figures.changed, 'file')} read, {figures.removed:,} removed"
        print(f"{time.strftime('%H:%M:%S')}  {news} ({figures.seconds * 1000:.0f} ms)", flush=True)

    _say(f"watching {scanner.root}; end with Ctrl-C")
    watcher = Watcher(opened, scanner, jobs=jobs, poll=poll, report=report, say=_say)
    watcher.start(timeout=0)
    try:
        # This thread does nothing but wait: an interrupt that came up in a callback of the watching would be lost.
        watcher.wait()
    except KeyboardInterrupt:
        watcher.stop()
    else:
        raise typer.Exit(1)  # watching broke off, and its thread has said why


def _say(line: str) -> None:
    print(f"coderdiff: {line}", file=sys.stderr, flush=True)


def _size(number: int) -> str:
    return f"{number / 1e6:,.1f} MB" if number >= 1e6 else f"{number / 1e3:,.1f} kB"


def _by_count(skipped: dict[str, int]) -> dict[str, int]:
    return dict(sorted(skipped.items(), key=lambda item: (-item[1], item[0])))


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
