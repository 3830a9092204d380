"""`coderdiff corpus`: build the training corpus, and show what one was made of."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from coderdiff.errors import CorpusError
from coderdiff.training.corpus.manifest import SPLITS, Manifest, load_manifest

app = typer.Typer(help="Build the training corpus, or show what one was made of.", no_args_is_help=True)

_CHARACTERS_PER_TOKEN = 3.7

OutOption = Annotated[Path, typer.Option("--out", help="Folder of the corpus.", file_okay=False)]


@app.command()
def build(
    *,
    out: OutOption = Path("corpus"),
    cache: Annotated[
        Path | None, typer.Option(help="Folder for downloaded wheels.  [default: OUT/../corpus-cache]")
    ] = None,
    decontamination: Annotated[
        Path | None, typer.Option(help="Folder with ngrams.npy, the hashed runs of held-out benchmarks.")
    ] = None,
    no_decontamination: Annotated[
        bool, typer.Option("--no-decontamination", help="Build without checking against benchmarks.")
    ] = False,
    jobs: Annotated[int, typer.Option(help="Processes.", min=1)] = os.cpu_count() or 1,
    seed: Annotated[int, typer.Option(help="Order of the documents, and which stay under the caps.")] = 0,
) -> None:
    """Download the pinned packages, filter and deduplicate them, and write the shards and the manifest."""
    from coderdiff.training.corpus.build import BuildSettings, build_corpus
    from coderdiff.training.corpus.decontamination import load_index
    from coderdiff.training.corpus.packages import fetch_all, pinned_packages
    from coderdiff.training.corpus.sources import standard_library

    if (decontamination is None) != no_decontamination:
        raise CorpusError("give either --decontamination DIR or --no-decontamination")
    index = load_index(decontamination) if decontamination is not None else None
    cache = cache if cache is not None else out.parent / "corpus-cache"
    with _progress() as bars:
        tasks = {}

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done)

        fetched = fetch_all(pinned_packages(), cache, progress=partial(report, "fetching wheels"))
        settings = BuildSettings(seed=seed, jobs=jobs)
        sources = [standard_library(), *fetched]
        manifest = build_corpus(sources, out, index=index, settings=settings, report=report)
    Console().print(_totals_table(manifest), _drops_table(manifest))


@app.command()
def drill(
    *,
    out: Annotated[Path, typer.Option("--out", help="Folder of the corpus.", file_okay=False)] = Path(
        "drill"
    ),
    documents: Annotated[int, typer.Option(min=1, help="Files to learn from.")] = 4000,
    held_out: Annotated[int, typer.Option(min=1, help="Files to validate, and to test by.")] = 200,
    seed: Annotated[int, typer.Option(help="Which classes.")] = 0,
) -> None:
    """Write a made-up corpus in which every line follows from the others: what decoding itself loses shows on it."""
    from coderdiff.training.corpus.drill import make_drill

    Console().print(_totals_table(make_drill(out, documents, held_out, seed)))


@app.command()
def show(out: OutOption = Path("corpus")) -> None:
    """Print what the corpus was made of: files, bytes and licence of every package, and totals by split."""
    manifest = load_manifest(out)
    table = Table(title=f"Corpus in {out}", caption=_provenance(manifest))
    for heading in ("split", "package", "version", "licence"):
        table.add_column(heading, overflow="fold")
    for heading in ("files", "MB", "left out"):
        table.add_column(heading, justify="right")
    for split in SPLITS:
        for source in sorted(manifest.sources, key=lambda source: -source.bytes):
            if source.split == split:
                left_out = f"{sum(source.dropped.values()):,}"
                megabytes = f"{source.bytes / 1e6:.2f}"
                files = f"{source.files:,}"
                table.add_row(split, source.name, source.version, source.licence, files, megabytes, left_out)
        table.add_section()
    Console().print(table, _totals_table(manifest), _drops_table(manifest))


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True))


def _provenance(manifest: Manifest) -> str:
    made = f"coderdiff {manifest.tool_version}, Python {manifest.python_version}, seed {manifest.seed}"
    record = manifest.decontamination
    if record is None:
        return f"{made}; NOT checked against benchmarks"
    return f"{made}; {record.files_left_out} files left out for benchmarks ({record.runs:,} runs known)"


def _totals_table(manifest: Manifest) -> Table:
    caption = f"tokens estimated at {_CHARACTERS_PER_TOKEN} bytes a token"
    table = Table("split", title="Totals", caption=caption)
    for heading in ("packages", "files", "MB", "M tokens", "shards"):
        table.add_column(heading, justify="right")
    for split, (packages, files, size) in manifest.totals().items():
        tokens = size / _CHARACTERS_PER_TOKEN / 1e6
        shards = str(len(manifest.shards[split]))
        table.add_row(split, str(packages), f"{files:,}", f"{size / 1e6:.1f}", f"{tokens:.1f}", shards)
    return table


def _drops_table(manifest: Manifest) -> Table:
    table = Table("reason", title="Left out")
    table.add_column("files", justify="right")
    for reason, count in manifest.dropped().items():
        table.add_row(reason, f"{count:,}")
    return table
