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
        help="bfloat16, float16 or float32. By default bfloat16 on a GPU, float32 elsewhere.",
        show_default=False,
    ),
]
ThreadsOption = Annotated[
    int | None, typer.Option(help="CPU threads to use. All cores by default.", min=1, show_default=False)
]
SeedOption = Annotated[int, typer.Option(help="Makes sampling repeatable.")]


def open_completer(
    model: str | None, device: str | None, threads: int | None, dtype: str | None
) -> Completer:
    """Load the model. Raises CheckpointError if it is missing or corrupt, ConfigError for a bad device or dtype."""
    return open_engine(model, device, threads, dtype)


def open_engine(model: str | None, device: str | None, threads: int | None, dtype: str | None) -> Engine:
    """`open_completer`, for those who look into the engine."""
    from coderdiff.engine.engine import Engine

    return Engine.open(model, device, threads, dtype)
