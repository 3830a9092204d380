"""`coderdiff complete FILE:LINE:COL`: fill one hole in a file, and show, print, trace or write the answer."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Generator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from coderdiff.cli import files, options, places
from coderdiff.cli.options import (
    DeviceOption,
    DtypeOption,
    LengthOption,
    ModelOption,
    ModeOption,
    PolicyOption,
    SeedOption,
    ThreadsOption,
    WindowOption,
)
from coderdiff.cli.repositories import repository_around
from coderdiff.cli.stream import record, stream
from coderdiff.context.completer import WithContext
from coderdiff.errors import InputError
from coderdiff.types import Completion, Document, Draft, FillRequest, Limits, Sampling, last


def complete(
    place: Annotated[
        str,
        typer.Argument(
            metavar="FILE:LINE:COL",
            help="The hole, 1-based as compilers print it. FILE:LINE is the end of that line, "
            "FILE:LINE:COL-LINE:COL a stretch to replace.",
        ),
    ],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
    model: ModelOption = None,
    policy: PolicyOption = None,
    mode: ModeOption = None,
    length: LengthOption = None,
    max_tokens: Annotated[int, typer.Option(help="Most tokens to fill in.", min=1)] = 128,
    deadline_ms: Annotated[
        float | None,
        typer.Option(help="Answer within this time with the best draft so far.", min=0.0, show_default=False),
    ] = None,
    temperature: Annotated[
        float, typer.Option(help="0 takes the likeliest tokens; more varies.", min=0.0, max=10.0)
    ] = 0.0,
    seed: SeedOption = 0,
    stop: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help="End before this text; may be given again.", show_default=False),
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Put the completion into the file.")] = False,
    trace: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.html", help="Write a page that replays the denoising.", show_default=False
        ),
    ] = None,
    pace: Annotated[
        float, typer.Option(metavar="MS", help="Show each step for at least so long.", min=0.0)
    ] = 0.0,
    with_context: Annotated[
        bool,
        typer.Option(
            "--context/--no-context", help="Show the model the right parts of the file's repository."
        ),
    ] = True,
    device: DeviceOption = None,
    dtype: DtypeOption = None,
    threads: ThreadsOption = None,
    window: WindowOption = None,
) -> None:
    """Fill a hole in a file: FILE:LINE:COL.

    In a terminal the canvas is shown being denoised in its place, then the code. Into a pipe or file goes the
    completion's text alone, or one object with --json. The file itself changes only with --write.
    """
    spot = places.parse(place)
    source = files.read(spot.path)
    hole = places.hole_at(spot, source.text)
    if trace is not None:
        _check_trace(trace)
    request = FillRequest(
        Document(source.text, str(spot.path)),
        hole,
        Limits(max_tokens, tuple(stop or ()), deadline_ms),
        Sampling(temperature, seed),
        policy,
    )
    drafts: list[Draft] = []
    with ExitStack() as stack:
        completer = options.open_completer(model, device, threads, dtype, mode, length, window)
        asked = request
        if with_context and completer.pack_tokens:
            completer = WithContext(completer, stack.enter_context(repository_around(spot.path)))
            asked = replace(request, document=replace(request.document, path=str(spot.path.absolute())))
        if sys.stdout.isatty() and not as_json:
            completion = _in_terminal(request, record(stream(completer, asked), drafts), pace)
        else:
            completion = last(record(completer.fill(asked), drafts))
            print(json.dumps(as_object(completion)) if as_json else completion.text)
    if not completion.text:
        print(f"coderdiff: {why_empty(completion)}", file=sys.stderr)
    if trace is not None:
        from coderdiff.cli.trace import page

        files.write_atomic(trace, page(request, drafts, completion).encode())
        print(f"coderdiff: wrote {trace}", file=sys.stderr)
    if write and completion.text:
        files.write_atomic(spot.path, files.splice(source, hole.start, hole.end, completion.text), source.raw)
        print(f"coderdiff: changed {spot.path}", file=sys.stderr)


def as_object(completion: Completion) -> dict[str, object]:
    """The completion as `--json` prints it."""
    return {
        "text": completion.text,
        "finish_reason": completion.finish_reason,
        "withdrawn": completion.withdrawn,
        "tokens": completion.tokens,
        "forwards": completion.forwards,
        "latency_ms": round(completion.latency_ms, 3),
        "model": completion.model,
        "policy": completion.policy,
        "confidence": None if completion.confidence is None else round(completion.confidence, 4),
        "context": [dataclasses.asdict(snippet) for snippet in completion.context],
    }


def why_empty(completion: Completion) -> str:
    """Say in words why there is no text."""
    if completion.withdrawn:
        return (
            "nothing to show: the completion was withdrawn; with it the file would not parse, or it repeats itself or "
            "what follows"
        )
    if completion.finish_reason == "deadline":
        return "nothing to show: the deadline passed before anything was settled"
    return "nothing to show: the model offers nothing for this place"


def _in_terminal(request: FillRequest, steps: Generator[Draft, None, Completion], pace: float) -> Completion:
    from rich.console import Console

    from coderdiff.cli import terminal

    console = Console(highlight=False)
    completion = terminal.show_live(console, request, steps, pace)
    if completion.text:
        console.print(terminal.finished(console, request, completion))
    console.print(terminal.summary(completion), style="dim", markup=False)
    return completion


def _check_trace(path: Path) -> None:
    """Fail before the model runs, and never take a source file for the page. Raises InputError."""
    if path.suffix.lower() not in {".html", ".htm"}:
        raise InputError(f"--trace writes a web page, so its name must end in .html, not {path.name!r}")
    if path.is_dir() or not path.parent.is_dir():
        raise InputError(f"cannot write {path}: " + ("it is a folder" if path.is_dir() else "no such folder"))
