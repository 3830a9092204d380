"""`coderdiff serve` and `coderdiff-api`: build the engine and serve it over HTTP."""

from __future__ import annotations

import shlex
import socket
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
import uvicorn

from coderdiff.config import ENVIRONMENT, ServerSettings, is_loopback, server_settings, settings_file
from coderdiff.engine.garbage import keep_collections_short
from coderdiff.errors import CoderdiffError, InputError
from coderdiff_api.app import create_app
from coderdiff_api.graceful import INTERRUPTED, Server
from coderdiff_api.scheduled import ScheduledRunner
from coderdiff_api.service import Parts

_USAGE = 2


def serve(
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE.toml", help="Settings; flags count more.", show_default=False),
    ] = None,
    host: Annotated[
        str | None,
        typer.Option(
            help="Address to listen at; others than 127.0.0.1 need a token.", show_default="127.0.0.1"
        ),
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Port to listen at; 0 is any.", show_default="8017", min=0)
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(help="Name or folder of the model. The shipped one by default.", show_default=False),
    ] = None,
    device: Annotated[
        str | None,
        typer.Option(
            help="Where to run, as in cpu or cuda. The best there is by default.", show_default=False
        ),
    ] = None,
    dtype: Annotated[
        str | None,
        typer.Option(
            help="bfloat16, float16 or float32. By default bfloat16 on a GPU, elsewhere float32 with any matrix units.",
            show_default=False,
        ),
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(
            help="CPU threads of the model: where the network is narrow, as the shipped ones are, for several "
            "requests at once, and at most 4 of them for one that is alone; else within each product. By default all, "
            "but one left out within products.",
            min=1,
            show_default=False,
        ),
    ] = None,
    window: Annotated[
        int | None,
        typer.Option(
            metavar="TOKENS",
            help="How much the model may read and write at once, its pack included. What it was trained on by default.",
            min=1,
            show_default=False,
        ),
    ] = None,
    mode: Annotated[
        str | None,
        typer.Option(
            help="For models that read both sides of the hole: exact, cached (the default), chunked or selective.",
            show_default=False,
        ),
    ] = None,
    kv_mebibytes: Annotated[
        int | None,
        typer.Option(
            metavar="MIB",
            help="Memory of contexts that are kept. Half of what a GPU has free by default; see docs/http.md.",
            min=1,
            show_default=False,
        ),
    ] = None,
    workspace: Annotated[
        list[Path] | None,
        typer.Option(
            help="A folder whose files the model may be shown; may be given again.", show_default=False
        ),
    ] = None,
    alias: Annotated[
        list[str] | None,
        typer.Option(help="Another name for the model, for clients that insist on one.", show_default=False),
    ] = None,
    token: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TOKEN",
            help=f"What clients must send. Better in the file or in {ENVIRONMENT}TOKEN: others see command lines.",
            show_default=False,
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="A name of this server beside its address; may be given again.",
            show_default=False,
        ),
    ] = None,
    origin: Annotated[
        list[str] | None,
        typer.Option(
            metavar="URL",
            help="A page that may ask, as in https://ours.example; may be given again.",
            show_default=False,
        ),
    ] = None,
    certificate: Annotated[
        Path | None,
        typer.Option(metavar="FILE.pem", help="Serve over TLS; with --private-key.", show_default=False),
    ] = None,
    private_key: Annotated[
        Path | None,
        typer.Option(metavar="FILE.key", help="The certificate's key.", show_default=False),
    ] = None,
) -> None:
    """Serve completions over HTTP: OpenAI's, Mistral's, Inception's, llama.cpp's, Ollama's and Tabby's APIs.

    Answers on this machine only, unless --host says otherwise. docs/http.md has a snippet for each client.
    """
    run_server(
        server_settings(
            settings_file(config),
            host=host,
            port=port,
            model=model,
            device=device,
            dtype=dtype,
            threads=threads,
            window=window,
            mode=mode,
            kv_mebibytes=kv_mebibytes,
            workspaces=workspace or None,
            aliases=alias or None,
            hosts=allow_host or None,
            origins=origin or None,
            certificate=certificate,
            private_key=private_key,
            tokens=[{"token": each} for each in token] if token else None,
        )
    )


def run_server(settings: ServerSettings) -> None:
    """Serve until a signal ends it. Raises what loading the model raised, and InputError if the port is taken."""
    failures: list[Exception] = []
    bound = listen(settings)
    settings = _with_port(settings, bound.getsockname()[1])

    def failed(error: Exception) -> None:
        failures.append(error)
        server.should_exit = True

    def load() -> Parts:
        parts = open_parts(settings)
        keep_collections_short()  # a full one takes 50 ms or more of somebody's request
        _say(f"ready: {parts.runner.model} on {parts.device}")
        return parts

    app = create_app(load, settings, failed)
    server = Server(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=settings.shutdown_seconds,
            ssl_certfile=settings.certificate,
            ssl_keyfile=settings.private_key,
        ),
        app,
        settings.shutdown_seconds,
    )
    for line in opening_lines(settings):
        _say(line)
    server.run(sockets=[bound])
    if failures:
        raise failures[0]


def open_parts(settings: ServerSettings) -> Parts:
    """Load the model and open the workspaces. Raises CheckpointError, ConfigError, InputError."""
    from coderdiff.engine.bidirectional import named_mode
    from coderdiff.engine.engine import Engine
    from coderdiff.engine.scheduler import Scheduler
    from coderdiff_api.workspaces import Workspaces

    engine = Engine.open(
        settings.model,
        settings.device,
        settings.threads,
        settings.dtype,
        None if settings.kv_mebibytes is None else settings.kv_mebibytes << 20,
        None if settings.mode is None else named_mode(settings.mode),
        window=settings.window,
        beside_others=True,
    )
    device = engine.checkpoint.device
    workspaces = Workspaces(engine, settings.workspaces)
    scheduler = Scheduler(engine, most_queued=settings.max_waiting)
    return Parts(ScheduledRunner(scheduler), workspaces, str(device))


def opening_lines(settings: ServerSettings) -> list[str]:
    """What a person wants to know at the start."""
    lines = [f"serving at {settings.url}"]
    lines += [f"workspace {each}" for each in settings.workspaces]
    if settings.tokens:
        lines.append(f"clients need a token; {len(settings.tokens)} known")
    elif is_loopback(settings.host):
        lines.append("no token needed: only this machine can reach it")
    lines.append(f"feedback is kept in {settings.feedback}; `{_stats_command(settings.feedback)}` reports it")
    lines.append("loading the model; end with Ctrl-C")
    return lines


def _stats_command(store: Path) -> str:
    """How a person asks what is in the store, from any folder."""
    if store == ServerSettings().feedback:
        return "coderdiff stats"
    return f"coderdiff stats --store {shlex.quote(str(store.absolute()))}"


def listen(settings: ServerSettings) -> socket.socket:
    """A listening socket, so that a port that is taken is said in one line before the model loads."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # asyncio sends without delay (TCP_NODELAY) only where the protocol is named; else an answer waits 40 ms for an ACK.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((settings.host, settings.port))
    except OSError as error:
        bound.close()
        raise InputError(
            f"cannot listen at {settings.host}:{settings.port}: {error.strerror or error}; choose another with --port"
        ) from error
    return bound


def _with_port(settings: ServerSettings, port: int) -> ServerSettings:
    return replace(settings, port=port)


def _say(line: str) -> None:
    print(f"coderdiff: {line}", file=sys.stderr, flush=True)


def run() -> None:
    """The console script `coderdiff-api`."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(serve)
    try:
        status: Any = app(prog_name="coderdiff-api", standalone_mode=False)
    except CoderdiffError as error:
        print("coderdiff-api:", " ".join(str(error).splitlines()), file=sys.stderr)
        sys.exit(_USAGE)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    sys.exit(status if isinstance(status, int) else 0)


if __name__ == "__main__":
    run()
