"""`coderdiff bench serve`: a server under load, its own or one that runs already."""

from __future__ import annotations

import json
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from coderdiff.cli.options import DeviceOption, DtypeOption, ModelOption, PolicyOption
from coderdiff.errors import InputError

if TYPE_CHECKING:
    from coderdiff.evaluation.serving import LoadFigures

WARM_UP_S = 3.0
"""Seconds of requests before anything is measured."""
ALONE_SHARE = 0.2
"""Of the time of the clients, so much before them and so much after them belongs to one client alone: what else the
machine does changes meanwhile, and is spread over both."""


def serve(
    *,
    url: Annotated[
        str | None,
        typer.Option(help="A server that runs. By default one is started for this.", show_default=False),
    ] = None,
    clients: Annotated[
        int | None,
        typer.Option(
            help="Closed loop: so many clients, and one alone before and after.",
            show_default="32 if no --rate is given",
            min=1,
        ),
    ] = None,
    rates: Annotated[
        list[float] | None,
        typer.Option("--rate", help="Open loop: arrivals a second; may be given again.", min=0.001),
    ] = None,
    shares: Annotated[
        list[float] | None,
        typer.Option(
            "--load",
            help="Open loop: arrivals as a share of what the clients got done; may be given again.",
            show_default="0.5 if nothing else is asked for",
            min=0.01,
        ),
    ] = None,
    minutes: Annotated[float, typer.Option(help="How long each load lasts.", min=0.001)] = 1.0,
    cancel_share: Annotated[
        float, typer.Option(help="Share of the requests that are given up.", min=0.0, max=1.0)
    ] = 0.0,
    cancel_within: Annotated[
        float, typer.Option(help="Seconds within which those are, at random.", min=0.0)
    ] = 2.0,
    patience: Annotated[
        float, typer.Option(help="Seconds after which a request without an answer is stuck.", min=0.1)
    ] = 60.0,
    corpus: Annotated[Path, typer.Option(help="Folder that `coderdiff corpus build` made.")] = Path("corpus"),
    split: Annotated[str, typer.Option(help="test or validation.")] = "test",
    requests: Annotated[int, typer.Option(min=1, help="Requests to draw; then they come again.")] = 1500,
    seed: Annotated[int, typer.Option(help="Which requests, arrivals and cancellations.")] = 1,
    model: ModelOption = None,
    policy: PolicyOption = None,
    device: DeviceOption = None,
    dtype: DtypeOption = None,
    threads: Annotated[
        int | None,
        typer.Option(
            help="CPU threads of the model; see `coderdiff serve`.",
            min=1,
            show_default=False,
        ),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(envvar="CODERDIFF_SERVE_TOKEN", help="What the server asks for.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Latencies and completions a second of a server over HTTP, what failed, and its memory at start and end.

    Requests are holes in held-out packages. `--model`, `--device`, `--dtype` and `--threads` are for the server that is
    started here.
    """
    from coderdiff.evaluation import serving
    from coderdiff.evaluation.batching import draw_requests
    from coderdiff.evaluation.own_server import own_server
    from coderdiff.evaluation.serving import Load, Setting
    from coderdiff.training.corpus.shards import read_split

    flags = {"--model": model, "--device": device, "--dtype": dtype, "--threads": threads}
    given = [part for name, value in flags.items() if value is not None for part in (name, str(value))]
    if url is not None and given:
        raise InputError(f"{given[0]} is for a server that is started here: leave out {given[0]} or --url")
    if clients is None and not rates:
        clients, shares = 32, shares or [0.5]
    elif shares and clients is None:
        clients = 32
    seconds = minutes * 60
    asked = list(dict.fromkeys(draw_requests(read_split(corpus, split), requests, seed, policy)))
    rows: list[LoadFigures] = []
    with own_server(given) if url is None else nullcontext(url) as place, _progress() as bars:

        def run(load: Load, share: float = cancel_share) -> LoadFigures:
            job = bars.add_task(load.name, total=None)
            # Each load begins where the one before has ended: it finds nothing of it in the caches.
            turned = sum(row.sent for row in rows) % len(asked)
            setting = Setting(patience, share, cancel_within, seed, token)
            row = serving.measure(
                place, asked[turned:] + asked[:turned], load, setting, partial(bars.advance, job)
            )
            bars.stop_task(job)
            rows.append(row)
            return row

        run(Load(WARM_UP_S, clients=1), 0.0)
        if clients is not None:
            run(Load(seconds * ALONE_SHARE, clients=1), 0.0)
            done = run(Load(seconds, clients=clients)).per_s
            run(Load(seconds * ALONE_SHARE, clients=1), 0.0)
            rates = [*(rates or ()), *(share * done for share in shares or ())]
        for rate in rates or ():
            run(Load(seconds, rate=rate))
    rows = rows[1:]
    alone_per_s = serving.alone_per_s(rows)
    if as_json:
        found = {"seed": seed, "requests": len(asked), "alone_per_s": alone_per_s}
        typer.echo(json.dumps({**found, "figures": [serving.as_object(row) for row in rows]}, indent=1))
        return
    console = Console(width=130)
    speed = Table(*serving.SPEED, title=f"{len(asked)} requests over HTTP")
    state = Table(*serving.STATE, caption=next((row.said for row in rows if row.said), None))
    for row in rows:
        speed.add_row(*serving.speed_cells(row, alone_per_s))
        state.add_row(*serving.state_cells(row))
    console.print(speed)
    console.print(state)


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), TextColumn("{task.completed} answers"), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True))
