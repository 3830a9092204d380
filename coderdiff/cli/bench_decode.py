"""`coderdiff bench decode`: policies, caches and lengths of one model; `bench lengths` fits its length bias."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from coderdiff.cli import options
from coderdiff.cli.options import DeviceOption, DtypeOption, ModelOption, ThreadsOption
from coderdiff.errors import InputError

if TYPE_CHECKING:
    from coderdiff.evaluation.decode import Quality, RowCount
    from coderdiff.evaluation.infill import InfillTask
    from coderdiff.training.corpus.shards import Document

QUALITY = ("holes", "exact", "similar", "TPF", "forwards", "same")
ROWS = ("context", "mode", "forwards", "rows", "rows of chunks", "times fewer")

CorpusOption = Annotated[Path, typer.Option(help="Folder that `coderdiff corpus build` made.")]
HolesOption = Annotated[int, typer.Option(min=1, help="Holes of each kind.")]
SeedOption = Annotated[int, typer.Option(help="Which holes.")]
KindOption = Annotated[
    list[str] | None,
    typer.Option("--kind", help="rest, line or block; may be given again.", show_default="rest and line"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]


def decode(
    *,
    corpus: CorpusOption = Path("corpus"),
    split: Annotated[
        str,
        typer.Option(help="test, validation to choose settings by, or train for text that the model knows."),
    ] = "test",
    known: Annotated[
        int | None,
        typer.Option(
            "--documents", help="Only the first so many documents, as `train --documents` takes them.", min=1
        ),
    ] = None,
    model: ModelOption = None,
    policies: Annotated[
        list[str] | None,
        typer.Option(
            "--policy", help="NAME or NAME:setting=number; those the model can follow if none is given."
        ),
    ] = None,
    holes: HolesOption = 20,
    kinds: KindOption = None,
    contexts: Annotated[
        list[int] | None,
        typer.Option(
            "--context", help="Tokens of context to count rows at.", show_default="2048 and 16384", min=64
        ),
    ] = None,
    rule: Annotated[
        str | None,
        typer.Option(
            "--rule", help="Policy of the tables of caches and lengths. The model's own by default."
        ),
    ] = None,
    seed: SeedOption = 1,
    device: DeviceOption = None,
    dtype: DtypeOption = None,
    threads: ThreadsOption = None,
    as_json: JsonOption = False,
    report: Annotated[
        Path | None, typer.Option(help="Markdown page to put the tables into.", show_default=False)
    ] = None,
) -> None:
    """Quality against tokens a forward for each policy, beside one token a step. Models with context on both sides:
    what keeping keys and values saves, and how the starting length of the canvas tells."""
    from coderdiff.engine.bidirectional import MODES
    from coderdiff.evaluation import decode as benchmark
    from coderdiff.evaluation import report as pages

    engine = options.open_engine(model, device, threads, dtype)
    checkpoint = engine.checkpoint
    spec = checkpoint.spec
    sided = spec.context_attention == "bidirectional"
    asked = policies or benchmark.suited(spec)
    names = list(dict.fromkeys([benchmark.ONE_TOKEN, *asked]))  # the yardstick first, and once
    rule = rule or engine.policy
    tasks, documents = _holes(corpus, split, holes, seed, kinds, known)
    total = len(tasks) * (len(names) + sided * (len(MODES) + len(benchmark.LENGTHS) + 3))
    tables: dict[str, tuple[Sequence[str], list[tuple[str, ...]]]] = {}
    found: dict[str, object] = {
        "model": engine.model,
        "split": split,
        "documents": known,
        "holes": len(tasks),
        "rule": rule,
    }
    with _progress() as bars:
        job = bars.add_task("filling holes", total=total)
        advance: Callable[[], None] = partial(bars.advance, job)
        of_policies = benchmark.by_policy(checkpoint, tasks, names, advance)
        tables["policies"] = ("policy", *QUALITY), [_quality(row) for row in of_policies]
        found["policies"] = [asdict(row) for row in of_policies]
        if sided:
            of_modes = benchmark.by_mode(checkpoint, tasks, rule, advance)
            tables["caches"] = ("mode", *QUALITY), [_quality(row) for row in of_modes]
            of_lengths = benchmark.by_length(checkpoint, tasks, rule, advance)
            tables["lengths"] = ("canvas", *QUALITY), [_quality(row) for row in of_lengths]
            counts = [
                row
                for context in contexts or benchmark.CONTEXTS
                for row in benchmark.row_counts(checkpoint, documents, context, rule)
            ]
            tables["rows"] = ROWS, [_rows(row) for row in counts]
            found |= {
                "caches": [asdict(row) for row in of_modes],
                "lengths": [asdict(row) for row in of_lengths],
                "rows": [asdict(row) for row in counts],
            }
    if report is not None:
        for name, (headings, rows) in tables.items():
            pages.replace_section(report, f"decode {name} {engine.model}", _markdown(headings, rows))
    if as_json:
        typer.echo(json.dumps(found, indent=1))
        return
    console = Console(width=120)
    for name, (headings, rows) in tables.items():
        table = Table(*headings, title=f"{engine.model}: {name}")
        for cells in rows:
            table.add_row(*cells)
        console.print(table)


def lengths(
    *,
    corpus: CorpusOption = Path("corpus"),
    split: Annotated[str, typer.Option(help="Not test: it is for the figures.")] = "validation",
    model: ModelOption = None,
    holes: HolesOption = 40,
    kinds: KindOption = None,
    seed: SeedOption = 1,
    device: DeviceOption = None,
    dtype: DtypeOption = None,
    threads: ThreadsOption = None,
    write: Annotated[bool, typer.Option(help="Put the bias beside the model's weights.")] = True,
    as_json: JsonOption = False,
) -> None:
    """Fit how a model's confidence in an empty canvas depends on its length alone."""
    from coderdiff.decoding.lengths import fit
    from coderdiff.engine.length_bias import write_bias
    from coderdiff.evaluation.length_bias import confidences

    checkpoint = options.open_engine(model, device, threads, dtype).checkpoint
    tasks, _ = _holes(corpus, split, holes, seed, kinds)
    with _progress() as bars:
        job = bars.add_task("looking at empty canvases", total=len(tasks))
        measured = confidences(checkpoint, tasks, partial(bars.advance, job))
    bias = fit(measured)
    path = write_bias(checkpoint.folder, bias) if write else None
    if as_json:
        found = {"model": checkpoint.spec.name, "bias": asdict(bias), "measured": measured}
        typer.echo(json.dumps(found, indent=1))
        return
    table = Table("length", "confidence", "bias", title=f"Empty canvases of {checkpoint.spec.name}")
    for length, confidence in sorted(measured.items()):
        table.add_row(str(length), f"{confidence:.3f}", f"{bias.at(length):.3f}")
    if path is not None:
        table.caption = f"written to {path}"
    Console(width=120).print(table)


def _holes(
    corpus: Path, split: str, holes: int, seed: int, kinds: Sequence[str] | None, most: int | None = None
) -> tuple[list[InfillTask], list[Document]]:
    """Holes of the kinds asked for, and the documents they were drawn from: all of a split, or its first ones."""
    from coderdiff.evaluation import infill
    from coderdiff.training.corpus.shards import read_split

    wanted = list(kinds or ("rest", "line"))
    unknown = sorted(set(wanted) - set(infill.KINDS))
    if unknown:
        raise InputError(f"there is no kind of hole {unknown[0]!r}: use some of {', '.join(infill.KINDS)}")
    documents = list(islice(read_split(corpus, split), most))
    drawn = infill.draw_tasks(documents, holes, seed)
    return [task for task in drawn if task.kind in wanted], documents


def _quality(row: Quality) -> tuple[str, ...]:
    return (
        row.way,
        str(row.holes),
        f"{row.exact:.1%}",
        f"{row.similarity:.1%}",
        f"{row.tpf:.2f}",
        f"{row.forwards:.1f}",
        f"{row.same:.1%}",
    )


def _rows(row: RowCount) -> tuple[str, ...]:
    return (
        str(row.context),
        row.mode,
        str(row.forwards),
        str(row.rows),
        str(row.chunk_rows),
        f"{row.times_fewer:.1f}x",
    )


def _markdown(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [headings, ("---", *["---:"] * (len(headings) - 1)), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True))
