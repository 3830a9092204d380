"""What several commands ask for alike: which model, on which device, and how to open it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from coderdiff.types import Completer

if TYPE_CHECKING:
    from coderdiff.engine.engine import Engine

ModelOption = Annotated[
    str | None,
    typer.Option(
        help="A shipped model, ORG/NAME or a folder. The shipped one by default.", show_default=False
    ),
]
PolicyOption = Annotated[
    str | None,
    typer.Option(help="What to commit at a step. The model's own policy by default.", show_default=False),
]
DeviceOption = Annotated[
    str | None,
    typer.Option(help="Where to run, as in cpu or cuda. The best there is by default.", show_default=False),
]
DtypeOption = Annotated[
    str | None,
    typer.Option(
        help="bfloat16, float16 or float32. By default bfloat16 on a GPU, elsewhere float32 with any matrix units.",
        show_default=False,
    ),
]
ThreadsOption = Annotated[
    int | None,
    typer.Option(
        help="CPU threads to use, by default all. A narrow network, as the shipped ones are, has at most 4 for a "
        "request that is alone, and one for each of several.",
        min=1,
        show_default=False,
    ),
]
ModeOption = Annotated[
    str | None,
    typer.Option(
        help="For models that read both sides of the hole: exact, cached (the default), chunked or selective.",
        show_default=False,
    ),
]
LengthOption = Annotated[
    int | None,
    typer.Option(
        help="For the same models: tokens to begin with. They find out themselves by default.",
        min=1,
        show_default=False,
    ),
]
WindowOption = Annotated[
    int | None,
    typer.Option(
        metavar="TOKENS",
        help="How much the model may read and write at once, its pack included. What it was trained on by default.",
        min=1,
        show_default=False,
    ),
]
SeedOption = Annotated[int, typer.Option(help="Makes sampling repeatable.", min=0, max=2**63 - 1)]


def open_completer(
    model: str | None,
    device: str | None,
    threads: int | None,
    dtype: str | None,
    mode: str | None = None,
    length: int | None = None,
    window: int | None = None,
) -> Completer:
    """Load the model. Raises CheckpointError if it is missing or corrupt, ConfigError for a bad device, dtype, mode or
    window, EngineError where there is too little memory."""
    return open_engine(model, device, threads, dtype, mode, length, window)


def open_engine(
    model: str | None,
    device: str | None,
    threads: int | None,
    dtype: str | None,
    mode: str | None = None,
    length: int | None = None,
    window: int | None = None,
) -> Engine:
    """`open_completer`, for those who look into the engine."""
    from coderdiff.engine.bidirectional import named_mode
    from coderdiff.engine.engine import Engine

    chosen = None if mode is None else named_mode(mode)
    return Engine.open(model, device, threads, dtype, mode=chosen, length=length, window=window)
