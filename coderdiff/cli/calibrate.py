"""`coderdiff calibrate`: fit what a model leaves to measurement, on code it was not trained on."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress


def calibrate(
    model: Annotated[str | None, typer.Option(help="Shipped model or folder.", show_default=False)] = None,
    *,
    corpus: Annotated[Path, typer.Option(help="Folder that `coderdiff corpus build` made.")] = Path("corpus"),
    holes: Annotated[int, typer.Option(min=10, help="Holes of each kind.")] = 300,
    seed: Annotated[int, typer.Option(help="Which holes.")] = 7,
    write: Annotated[bool, typer.Option(help="Put the result into the model's folder.")] = False,
) -> None:
    """Fit how far a model trusts what followed the same tokens before, in the file and in the repository.

    Uses the validation packages; half of the holes fit, the other half tell what it is worth.
    """
    from coderdiff.evaluation import copying
    from coderdiff.evaluation.infill import draw_tasks
    from coderdiff.evaluation.repositories import repositories
    from coderdiff.model import loader
    from coderdiff.model.copy_weights import write_copy_weights
    from coderdiff.training.corpus.shards import read_split

    checkpoint = loader.load(loader.find(model))
    documents = list(read_split(corpus, "validation"))
    tasks = draw_tasks(documents, holes, seed)
    with (
        repositories(documents) as opened,
        Progress(console=Console(stderr=True), transient=True) as progress,
    ):
        advance = partial(progress.advance, progress.add_task("holes", total=len(tasks)))
        halves = [copying.observe(checkpoint, half, opened, advance) for half in (tasks[::2], tasks[1::2])]
    weights = copying.fit(halves[0])
    for name, half in zip(("fitted on", "held back"), halves, strict=True):
        alone = copying.loss([replace(each, near=None, far=None) for each in half], weights)
        typer.echo(
            f"{name}: {len(half)} tokens, {alone:.3f} nats a token alone, {copying.loss(half, weights):.3f} mixed"
        )
    if write:
        weights = copying.fit([*halves[0], *halves[1]])
        write_copy_weights(
            checkpoint.folder,
            weights,
            f"`coderdiff calibrate --holes {holes} --seed {seed}`, validation packages",
        )
        typer.echo(f"written to {checkpoint.folder}")
