"""`coderdiff train`: train a model on a corpus, stop at will, run again to go on."""

from __future__ import annotations

import dataclasses
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coderdiff.errors import ConfigError, CorpusError

if TYPE_CHECKING:
    from coderdiff.training.corpus.shards import Document
    from coderdiff.training.curves import Point


def train(
    *,
    preset: Annotated[
        str, typer.Option(help="Size and objective: tiny, small, base, holes or infill.")
    ] = "tiny",
    corpus: Annotated[Path, typer.Option(help="Folder that `coderdiff corpus build` made.")] = Path("corpus"),
    tokenizer: Annotated[
        Path | None, typer.Option(help="tokenizer.json to train with; the shipped one if not given.")
    ] = None,
    start_from: Annotated[
        str | None,
        typer.Option(help="Begin with the weights and tokenizer of this model: a name or a folder."),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="What the model is called; as the preset is if not given.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the run; runs/PRESET if not given.")] = None,
    minutes: Annotated[
        float | None, typer.Option(min=0.01, help="Train this long instead of the preset's steps.")
    ] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Train this many steps instead of the preset's.")
    ] = None,
    rows: Annotated[int | None, typer.Option(min=1, help="Contexts a step instead of the preset's.")] = None,
    objective: Annotated[
        list[str] | None,
        typer.Option(
            help="NAME=NUMBER: a setting of the objective instead of the preset's; may be given again."
        ),
    ] = None,
    documents: Annotated[
        int | None, typer.Option(min=1, help="Use only so many documents of the corpus.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of weights and batches.")] = 0,
    device: Annotated[str | None, typer.Option(help="cpu or cuda; cuda if there is one.")] = None,
    compiled: Annotated[bool, typer.Option(help="Compile the layers (needs a C++ compiler on CPU).")] = True,
    workers: Annotated[int, typer.Option(min=0, help="Processes that make batches.")] = 1,
) -> None:
    """Train a model. Ctrl-C saves and stops; the same command goes on where it stopped."""
    from coderdiff.model import loader
    from coderdiff.model.tokenizer import Tokenizer
    from coderdiff.model.vocab_files import TOKENIZER_NAME
    from coderdiff.training import presets
    from coderdiff.training.allocator import keep_freed_memory
    from coderdiff.training.packs import PackDrawer
    from coderdiff.training.special_roles import with_roles
    from coderdiff.training.trainer import RunSettings, Trainer

    if minutes is not None and steps is not None:
        raise ConfigError("--minutes and --steps both say when to stop: give one of them")
    keep_freed_memory()
    chosen = presets.preset(preset)
    if rows is not None:
        chosen = dataclasses.replace(chosen, shape=dataclasses.replace(chosen.shape, rows=rows))
    for wish in objective or ():
        chosen = chosen.changed(wish)
    begun = loader.load(loader.find(start_from)) if start_from is not None else None
    chosen = chosen.for_run(None if begun is None else begun.network.spec)
    chosen = dataclasses.replace(chosen, name=name or chosen.name)
    if tokenizer is None:
        tokenizer = (loader.find(None) if begun is None else begun.folder) / TOKENIZER_NAME
    settings = RunSettings(
        out=out if out is not None else Path("runs") / preset,
        steps=steps if steps is not None else chosen.steps,
        minutes=minutes,
        seed=seed,
        device=_device(device),
        compiled=compiled,
        workers=workers,
    )
    tokenizer = with_roles(tokenizer, chosen.task.roles, settings.out / TOKENIZER_NAME)
    encoder = Tokenizer.from_file(tokenizer)
    read = {split: _documents(corpus, split, documents) for split in ("train", "validation")}
    texts = {split: [document.text for document in of] for split, of in read.items()}
    _say(
        f"{chosen.name}: {sum(map(len, texts['train'])) / 1e6:.0f} million characters in "
        f"{len(texts['train']):,} files, on {settings.device}, into {settings.out}"
    )
    trainer = Trainer(
        chosen,
        encoder,
        **texts,
        settings=settings,
        packs=PackDrawer(encoder, read["train"]) if chosen.task.packs else None,
        report=lambda point, left: _say(_line(point, left)),
        start=None if begun is None else begun.network,
    )
    _say(f"{trainer.network.parameters_count / 1e6:.2f}M weights")
    if trainer.resume():
        _say(f"going on from step {trainer.step}, {trainer.seconds / 60:.1f} minutes in")
    done = trainer.run()
    model = settings.out / "model"
    loader.save(model, trainer.network, tokenizer)
    _say(f"done: {model}" if done else "stopped and saved: the same command goes on from here")


def _say(line: str) -> None:
    """Tell a person; standard output is for results."""
    typer.echo(line, err=True)


def _device(name: str | None) -> str:
    """The device asked for, or the best there is; raises ConfigError for a GPU that is not there."""
    import torch

    if name is None:
        return "cuda" if torch.cuda.is_available() else "cpu"
    if name != "cpu" and not (name.startswith("cuda") and torch.cuda.is_available()):
        raise ConfigError(f"there is no device {name!r} to train on here: use cpu")
    return name


def _documents(corpus: Path, split: str, most: int | None) -> list[Document]:
    """The first `most` documents of a split; raises CorpusError if there are none."""
    from coderdiff.training.corpus.shards import read_split

    documents = list(islice(read_split(corpus, split), most))
    if not any(document.text for document in documents):
        raise CorpusError(f"{corpus} has no text to use as {split}: build the corpus again")
    return documents


def _line(point: Point, left: float) -> str:
    """One line of progress; `left` is in seconds."""
    shown = _losses(next=point.causal, canvas=point.canvas)
    validation = _losses(
        next=point.validation_causal,
        canvas=point.validation_canvas,
        first=point.validation_first,
        length=point.validation_length,
    )
    shown = " ".join(filter(None, (shown, validation and f"| validation: {validation}")))
    return (
        f"step {point.step:6d} {point.context_tokens / 1e6:7.2f}M tokens {point.tokens_per_second:8.0f}/s "
        f"rate {point.rate:.3f} {shown} | {left / 60:.0f} min left"
    )


def _losses(**losses: float | None) -> str:
    """Names and losses, but for those that are not asked."""
    return " ".join(f"{name} {loss:.3f}" for name, loss in losses.items() if loss is not None)
