"""A picture of one fill: some of its steps one under the other, and the finished code, as the terminal shows them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from coderdiff.cli import files, terminal
from coderdiff.cli.window import around
from coderdiff.types import Completion, Draft, FillRequest

MOST_STEPS = 4
_WIDTH, _HEIGHT = 84, 16


def write(path: Path, request: FillRequest, drafts: Sequence[Draft], completion: Completion) -> None:
    """Write an SVG of at most `MOST_STEPS` steps, evenly chosen, and the completion in its place.

    Raises InputError if the file cannot be written.
    """
    console = Console(
        record=True, width=_WIDTH, height=_HEIGHT, file=io.StringIO(), force_terminal=True, highlight=False
    )
    window = around(request.document, request.hole, terminal.syntax_theme(), above=3, below=2)
    gaps = max(1, MOST_STEPS - 1)
    chosen = sorted({round(index * (len(drafts) - 1) / gaps) for index in range(MOST_STEPS)})
    for index in chosen:
        console.print(Text(f"step {index + 1} of {len(drafts)}", style="bold"))
        console.print(terminal.canvas(console, window, drafts[index]))
        console.print()
    console.print(terminal.finished(console, request, completion, above=3, below=2))
    console.print(Text(terminal.summary(completion), style="dim"))
    files.write_atomic(path, console.export_svg(title="coderdiff").encode())
