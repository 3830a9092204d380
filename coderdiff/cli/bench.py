"""`coderdiff bench`: `context`, what of a repository reaches the model, how fast, and next to what baselines; `batch`,
what the engine does with many requests at once; `decode` and `lengths` are in `bench_decode.py`, `serve` in
`bench_serve.py`."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from coderdiff.cli import options
from coderdiff.cli.bench_decode import decode, lengths
from coderdiff.cli.bench_serve import serve
from coderdiff.cli.options import DeviceOption, DtypeOption, ModelOption, PolicyOption, ThreadsOption

app = typer.Typer(help="Benchmarks of speed, decoding and repository context.", no_args_is_help=True)


@app.callback()
def main() -> None:
    """Benchmarks of speed, decoding and repository context."""


app.command()(decode)
app.command()(lengths)
app.command()(serve)


@app.command()
def context(
    *,
    repository: Annotated[
        Path | None,
        typer.Option(help="Instead of the packages, a folder: latency only.", show_default=False),
    ] = None,
    split: Annotated[str, typer.Option(help="report, or tuning to choose settings by.")] = "report",
    cursors: Annotated[int, typer.Option(min=1, help="Lines a package that cursors are drawn at.")] = 200,
    budget: Annotated[
        list[int] | None,
        typer.Option(help="Lexemes of a pack; may be given again.", show_default="1500 and 3500", min=1),
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this package; may be given again.")
    ] = None,
    cache: Annotated[Path, typer.Option(help="Folder for downloaded wheels.")] = Path("corpus-cache"),
    seed: Annotated[int, typer.Option(help="Which lines.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
    report: Annotated[
        Path | None, typer.Option(help="Markdown page to put the tables into.", show_default=False)
    ] = None,
) -> None:
    """Recall of the identifiers that a line needs from other files, on pinned packages, next to four baselines.

    Also the latency of a pack, how many keystrokes leave it unchanged, and the speed and memory of the index: all
    that is measured of a folder given as --repository, with as many of its lines as --cursors says.
    """
    from coderdiff.engine.garbage import keep_collections_short
    from coderdiff.evaluation import report as pages
    from coderdiff.evaluation.context import latency
    from coderdiff.evaluation.context import report as tables
    from coderdiff.evaluation.context.benchmark import PackageFigures, Settings, measure
    from coderdiff.evaluation.context.packages import pinned_packages, unpacked
    from coderdiff.training.corpus.packages import fetch_all

    keep_collections_short()  # as the servers do
    settings = Settings(cursors, tuple(sorted(set(budget or (1500, 3500)))), seed)
    shown: list[tables.Table]
    figures: dict[str, object]
    if repository is not None:
        with _progress() as bars:
            job = partial(_show, bars, bars.add_task(repository.resolve().name))
            folder = latency.measure(repository, cursors, max(settings.budgets), seed, job)
        section, shown = "context latency", tables.folder_tables(folder)
        figures = {**asdict(settings), "figures": [folder.as_object()]}
    else:
        packages = pinned_packages(split, only or ())
        found: list[PackageFigures] = []
        with _progress() as bars:
            for source in fetch_all(
                packages, cache, progress=partial(_show, bars, bars.add_task("fetching wheels"))
            ):
                with unpacked(source) as tree:
                    found.append(measure(tree, settings, partial(_show, bars, bars.add_task(source.name))))
        section, shown = f"context {split}", tables.tables(found)
        pins = [{"name": each.name, "version": each.version} for each in packages]
        rows = [each.as_object() for each in found]
        figures = {"split": split, **asdict(settings), "packages": pins, "figures": rows}
    if report is not None:
        pages.replace_section(report, section, tables.markdown(shown))
    if as_json:
        typer.echo(json.dumps(figures, indent=1))
        return
    console = Console(width=150)
    for each in shown:
        table = Table(*each.headings, title=each.title)
        for row in each.rows:
            table.add_row(*row)
        console.print(table)


@app.command()
def batch(
    *,
    corpus: Annotated[Path, typer.Option(help="Folder that `coderdiff corpus build` made.")] = Path("corpus"),
    split: Annotated[str, typer.Option(help="test or validation.")] = "test",
    model: ModelOption = None,
    policy: PolicyOption = None,
    at_once: Annotated[
        list[int] | None,
        typer.Option(help="Requests at once; may be given again.", show_default="1 to 32, doubling", min=1),
    ] = None,
    requests: Annotated[int, typer.Option(min=1, help="Distinct requests, the same for each.")] = 96,
    seed: Annotated[int, typer.Option(help="Which requests.")] = 1,
    device: DeviceOption = None,
    dtype: DtypeOption = None,
    threads: ThreadsOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Completions a second and latencies of the engine with one, two and more requests at once."""
    from coderdiff.evaluation import batching
    from coderdiff.training.corpus.shards import read_split

    asked = batching.draw_requests(read_split(corpus, split), requests, seed, policy)
    engine = options.open_engine(model, device, threads, dtype)
    chosen = at_once or [1, 2, 4, 8, 16, 32]
    with _progress() as bars:
        warm = bars.add_task("warming up", total=len(asked[:8]))
        batching.measure(engine.checkpoint, asked[:8], 4, engine.threads, partial(bars.advance, warm))
        rows = [
            batching.measure(
                engine.checkpoint,
                asked,
                number,
                engine.threads,
                partial(bars.advance, bars.add_task(f"{number} at once", total=len(asked))),
            )
            for number in chosen
        ]
    if as_json:
        typer.echo(
            json.dumps(
                {"model": engine.model, "figures": [batching.as_object(row) for row in rows]}, indent=1
            )
        )
        return
    table = Table(*batching.HEADINGS, title=f"{engine.model}, {len(asked)} requests, closed loop")
    for row in rows:
        table.add_row(*batching.cells(row, rows[0]))
    Console(width=120).print(table)


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True))


def _show(bars: Progress, job: TaskID, done: int, total: int) -> None:
    bars.update(job, completed=done, total=total)
