"""`coderdiff eval infill`: fill holes of held-out packages with every policy and print what came of it."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from coderdiff.cli import options
from coderdiff.cli.options import DeviceOption, DtypeOption, ModelOption, ThreadsOption
from coderdiff.decoding.policies import policy
from coderdiff.decoding.policies.own import OWN

app = typer.Typer(help="Benchmarks on held-out code.", no_args_is_help=True)


@app.callback()
def main() -> None:
    """Benchmarks on held-out code."""


@app.command()
def infill(
    corpus: Annotated[Path, typer.Option(help="Folder that `coderdiff corpus build` made.")] = Path("corpus"),
    split: Annotated[str, typer.Option(help="test, or validation to choose settings by.")] = "test",
    model: ModelOption = None,
    policies: Annotated[
        list[str] | None,
        typer.Option(
            "--policy", help="NAME or NAME:setting=number; the policies of our own models if none is given."
        ),
    ] = None,
    holes: Annotated[int, typer.Option(min=1, help="Holes of each kind.")] = 200,
    seed: Annotated[int, typer.Option(help="Which holes.")] = 1,
    device: DeviceOption = None,
    dtype: DtypeOption = None,
    threads: ThreadsOption = None,
    context: Annotated[
        bool, typer.Option(help="Show the completer the hole's package, as a repository.")
    ] = False,
    baseline: Annotated[
        bool,
        typer.Option("--baseline", help="Also copy the line from the most similar place, without a model."),
    ] = False,
    behind: Annotated[
        Literal["file", "end", "next"],
        typer.Option(
            help="What is behind each hole: the file, a line end alone, or the next definition (the rest of the hole's "
            "own not written yet)."
        ),
    ] = "file",
    typing: Annotated[
        bool,
        typer.Option(
            "--typing", help="Make the request of the key before first, so that latencies are a key's."
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    report: Annotated[
        Path | None, typer.Option(help="Markdown page to put the table into; the plot goes beside it.")
    ] = None,
) -> None:
    """Exact match, edit similarity, files that still parse, tokens a forward and latency, for each policy."""
    from coderdiff.evaluation import infill as benchmark
    from coderdiff.evaluation import keeping, nearest
    from coderdiff.evaluation import report as pages
    from coderdiff.evaluation.repositories import repositories
    from coderdiff.training.corpus.shards import read_split

    chosen = policies or list(OWN)
    for name in chosen:
        policy(name)
    documents = list(read_split(corpus, split))
    tasks = [task.while_written(behind) for task in benchmark.draw_tasks(documents, holes, seed)]
    engine = options.open_engine(model, device, threads, dtype)
    console = Console(stderr=True)
    rows: list[benchmark.Figures] = []
    sureness: list[keeping.Sureness] = []
    with (
        repositories(documents if context else []) as opened,
        Progress(console=console, transient=True) as progress,
    ):
        for name in chosen:
            engine.pool.forget()  # no policy shall profit from what another has read
            job = progress.add_task(name, total=len(tasks))
            advance = partial(progress.advance, job)
            answers = benchmark.run(engine, tasks, name, advance, opened if context else None, typing)
            rows += benchmark.figures(name, answers)
            sureness += keeping.sureness(name, answers)
        if baseline:
            job = progress.add_task(nearest.NAME, total=len(tasks))
            without = nearest.NearestNeighbour()
            advance = partial(progress.advance, job)
            answers = benchmark.run(without, tasks, nearest.NAME, advance, opened if context else None)
            rows += benchmark.figures(nearest.NAME, answers)
    if report is not None:
        pages.replace_section(report, f"infill {split}{' context' * context}", pages.markdown(rows))
        pages.replace_section(
            report, f"confidence {split}{' context' * context}", pages.confidence_markdown(sureness)
        )
        pages.plot(rows, report.parent / f"infill-{split}{'-context' * context}.png")
    if as_json:
        found = {"model": engine.model, "split": split, "peak_memory_mb": _peak_memory_mb()}
        typer.echo(
            json.dumps(
                {
                    **found,
                    "figures": benchmark.as_json(rows),
                    "confidence": [asdict(each) for each in sureness],
                },
                indent=1,
            )
        )
        return
    table = Table(*pages.HEADINGS, title=f"{engine.model} on {split} packages")
    for row in rows:
        table.add_row(*pages.cells(row))
    table.caption = f"peak memory of the whole process: {_peak_memory_mb():.0f} MB"
    Console(width=120).print(table)
    if sureness:
        table = Table(*pages.CONFIDENCE_HEADINGS, title="How far its completions can be trusted")
        for each in sureness:
            table.add_row(*pages.confidence_cells(each))
        Console(width=120).print(table)


@app.command()
def context(
    corpus: Annotated[Path, typer.Option(help="Folder that `coderdiff corpus build` made.")] = Path("corpus"),
    split: Annotated[str, typer.Option(help="test or validation.")] = "test",
    model: ModelOption = None,
    holes: Annotated[int, typer.Option(min=1, help="Holes of each need.")] = 200,
    seed: Annotated[int, typer.Option(help="Which holes.")] = 1,
    device: DeviceOption = None,
    dtype: DtypeOption = None,
    threads: ThreadsOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """What the model makes of the repository: rests of lines that need other files and that need none, filled with and
    without them, and with those of another package."""
    from coderdiff.evaluation import context_use as benchmark
    from coderdiff.evaluation.repositories import repositories
    from coderdiff.training.corpus.shards import read_split

    documents = list(read_split(corpus, split))
    tasks = benchmark.draw(documents, holes, seed)
    engine = options.open_engine(model, device, threads, dtype)
    with (
        repositories(documents) as opened,
        Progress(console=Console(stderr=True), transient=True) as progress,
    ):
        job = progress.add_task("holes", total=len(benchmark.ARMS) * sum(map(len, tasks.values())))
        rows = benchmark.measure(engine, tasks, opened, seed, partial(progress.advance, job))
    if as_json:
        typer.echo(json.dumps({"model": engine.model, "figures": [asdict(row) for row in rows]}, indent=1))
        return
    table = Table(
        "needs", "shown", "n", "exact", "gain", "similar", "empty", title=f"Rests of lines by {engine.model}"
    )
    for row in rows:
        table.add_row(
            row.need,
            row.arm,
            str(row.holes),
            f"{row.exact:.1%}",
            f"{row.gain * 100:+.1f}",
            f"{row.similarity:.1%}",
            f"{row.empty:.1%}",
        )
    Console(width=120).print(table)


@app.command()
def memory(
    corpus: Annotated[Path, typer.Option(help="Folder that `coderdiff corpus build` made.")] = Path("corpus"),
    split: Annotated[str, typer.Option(help="test or validation.")] = "test",
    model: ModelOption = None,
    requests: Annotated[int, typer.Option(min=1, help="How many requests.")] = 40,
    seed: Annotated[int, typer.Option(help="Which requests.")] = 1,
    device: DeviceOption = None,
    dtype: DtypeOption = None,
    threads: ThreadsOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """What keeping the keys and values of snippets saves: rows computed and time to the first scored canvas."""
    from coderdiff.evaluation import memory as benchmark
    from coderdiff.training.corpus.shards import read_split

    documents = list(read_split(corpus, split))
    engine = options.open_engine(model, device, threads, dtype)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        job = progress.add_task("requests", total=requests + 1)
        advance = partial(progress.advance, job)
        rows = benchmark.measure(engine.checkpoint, documents, requests, seed, advance)
    if as_json:
        typer.echo(json.dumps({"model": engine.model, "figures": [asdict(row) for row in rows]}, indent=1))
        return
    table = Table(
        "case", "snippet rows", "document rows", "p50 ms", "ratio", title=f"Packs before {engine.model}"
    )
    for row in rows:
        ratio = rows[0].p50_ms / row.p50_ms
        table.add_row(
            row.case,
            f"{row.snippet_rows:.0f}",
            f"{row.document_rows:.0f}",
            f"{row.p50_ms:.1f}",
            f"{ratio:.1f}x",
        )
    Console(width=120).print(table)


def _peak_memory_mb() -> float:
    """Most memory this process has held, in MB (Linux counts it in KiB, macOS in bytes)."""
    import resource  # not everywhere: Windows has none

    unit = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6, 1)
