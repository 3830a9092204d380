"""`coderdiff`: the console entry. It names the commands and turns errors into one line and an exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from coderdiff import __version__
from coderdiff.cli.lazy import LazyCommand
from coderdiff.cli.slow_sorts import avoid_slow_sorts
from coderdiff.errors import CoderdiffError

_USAGE = 2
_INTERRUPTED = 130

_COMMANDS = [
    LazyCommand("complete", "Fill a hole in a file: FILE:LINE:COL.", "coderdiff.cli.complete", "complete"),
    LazyCommand("demo", "Watch holes in real code being filled.", "coderdiff.cli.demo", "demo"),
    LazyCommand("serve", "Serve completions over HTTP.", "coderdiff_api.__main__", "serve"),
    LazyCommand("stats", "What became of the completions served.", "coderdiff.cli.stats", "stats"),
    LazyCommand("index", "Index a repository: what completions know of it.", "coderdiff.cli.index", "index"),
    LazyCommand(
        "context", "Show what completions see of the repository.", "coderdiff.cli.context", "context"
    ),
    LazyCommand("symbols", "Find definitions by name.", "coderdiff.cli.symbols", "symbols"),
    LazyCommand("models", "List models, and plan the memory of one.", "coderdiff.cli.models", "app"),
    LazyCommand("corpus", "Build and inspect the training corpus.", "coderdiff.cli.corpus", "app"),
    LazyCommand("tokenizer", "Train and compare tokenizers.", "coderdiff.cli.tokenizer", "app"),
    LazyCommand("train", "Train a model.", "coderdiff.cli.train", "train"),
    LazyCommand("calibrate", "Fit how far a model copies.", "coderdiff.cli.calibrate", "calibrate"),
    LazyCommand("eval", "Measure quality and speed.", "coderdiff.cli.evaluate", "app"),
    LazyCommand("bench", "Measure batching, decoding and repository context.", "coderdiff.cli.bench", "app"),
]

app = typer.Typer(
    name="coderdiff",
    help="Code completion by masked diffusion, on your machine.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"coderdiff {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Code completion by masked diffusion, on your machine."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line (by default the process's own) and return its exit status.

    0 is success, 2 bad usage or input (with one line on stderr that says what and where), 130 an interrupt.
    """
    group = typer.main.get_group(app)
    for command in _COMMANDS:
        group.add_command(command)
    try:
        group.main(args=arguments, prog_name="coderdiff")
    except CoderdiffError as error:
        print("coderdiff:", " ".join(str(error).splitlines()), file=sys.stderr)
        return _USAGE
    except KeyboardInterrupt:
        return _INTERRUPTED
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 0
    return 0


def run() -> None:
    """The console script."""
    avoid_slow_sorts(os.environ)
    sys.exit(main())
