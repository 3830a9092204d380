"""`coderdiff calibrate`: fit what a model leaves to measurement, on code it was not trained on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress

if TYPE_CHECKING:
    from coderdiff.context.repository import Repository
    from coderdiff.evaluation.infill import InfillTask
    from coderdiff.model.loader import Checkpoint


def calibrate(
    model: Annotated[str | None, typer.Option(help="Shipped model or folder.", show_default=False)] = None,
    *,
    corpus: Annotated[Path, typer.Option(help="Folder that `coderdiff corpus build` made.")] = Path("corpus"),
    holes: Annotated[int, typer.Option(min=10, help="Holes of each kind.")] = 300,
    seed: Annotated[int, typer.Option(help="Which holes.")] = 7,
    confidence: Annotated[
        bool, typer.Option(help="Fit instead how likely a completion is to be kept as it is.")
    ] = False,
    write: Annotated[bool, typer.Option(help="Put the result into the model's folder.")] = False,
) -> None:
    """Fit how far a model trusts what followed the same tokens before, in the file and in the repository; with
    --confidence, how far its completions can be trusted.

    Uses the validation packages; half of the holes fit, the other half tell what it is worth.
    """
    from coderdiff.evaluation.infill import draw_tasks
    from coderdiff.evaluation.repositories import repositories
    from coderdiff.model import loader
    from coderdiff.training.corpus.shards import read_split

    checkpoint = loader.load(loader.find(model))
    documents = list(read_split(corpus, "validation"))
    tasks = draw_tasks(documents, holes, seed)
    notes = f"`coderdiff calibrate{' --confidence' * confidence} --holes {holes} --seed {seed}`, validation packages"
    with (
        repositories(documents) as opened,
        Progress(console=Console(stderr=True), transient=True) as progress,
    ):
        advance = partial(progress.advance, progress.add_task("holes", total=len(tasks)))
        fitted = _confidence if confidence else _copying
        put = fitted(checkpoint, tasks, opened, advance)
    if write:
        put(checkpoint.folder, notes)
        typer.echo(f"written to {checkpoint.folder}")


def _copying(
    checkpoint: Checkpoint,
    tasks: Sequence[InfillTask],
    opened: Mapping[str, Repository],
    advance: Callable[[], None],
) -> Callable[[Path, str], None]:
    """Say what the copying weights are worth; returns what writes those fitted on all."""
    from coderdiff.evaluation import copying
    from coderdiff.model.copy_weights import write_copy_weights

    halves = [copying.observe(checkpoint, half, opened, advance) for half in (tasks[::2], tasks[1::2])]
    weights = copying.fit(halves[0])
    for name, half in zip(("fitted on", "held back"), halves, strict=True):
        without = [replace(each, word=None) for each in half]
        alone = copying.loss([replace(each, near=None, far=None) for each in without], weights)
        typer.echo(
            f"{name}: {len(half)} tokens, {alone:.3f} nats a token alone, {copying.loss(without, weights):.3f} with "
            f"what followed before, {copying.loss(half, weights):.3f} with half-written words besides"
        )
    return lambda folder, notes: write_copy_weights(folder, copying.fit([*halves[0], *halves[1]]), notes)


def _confidence(
    checkpoint: Checkpoint,
    tasks: Sequence[InfillTask],
    opened: Mapping[str, Repository],
    advance: Callable[[], None],
) -> Callable[[Path, str], None]:
    """Say what the keep probabilities are worth; returns what writes those fitted on all."""
    from coderdiff.engine.engine import Engine
    from coderdiff.evaluation import keeping
    from coderdiff.evaluation.infill import run
    from coderdiff.model.keep_weights import write_keep_weights

    engine = Engine(checkpoint)
    halves = [run(engine, half, engine.policy, advance, opened) for half in (tasks[::2], tasks[1::2])]
    weights = keeping.fit(halves[0])
    for name, half in zip(("fitted on", "held back"), halves, strict=True):
        told = keeping.judged(half, weights)
        error = keeping.calibration_error(keeping.reliability(told))
        answered = keeping.answered_at(told, len(half))
        typer.echo(
            f"{name}: {len(half)} holes, {len(told)} completions, calibration error {error:.3f}, "
            f"{answered:.1%} of the holes answered with {keeping.PRECISION:.0%} kept"
        )
    return lambda folder, notes: write_keep_weights(folder, keeping.fit([*halves[0], *halves[1]]), notes)
