"""A real server on a free port, with the small random network behind it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
import torch
import uvicorn

from coderdiff.config import ServerSettings
from coderdiff.engine.engine import Engine
from coderdiff.engine.scheduler import Scheduler
from coderdiff.model.loader import Checkpoint
from coderdiff.types import Completer, Completion, Draft, FillRequest
from coderdiff_api.app import create_app
from coderdiff_api.graceful import Server
from coderdiff_api.runner import Runner, SerialRunner
from coderdiff_api.scheduled import ScheduledRunner
from coderdiff_api.service import Parts
from coderdiff_api.workspaces import Workspaces


class Held:
    """A completer that takes a step only when it is let: to look at a server while it is busy."""

    def __init__(self, completer: Completer) -> None:
        self._completer = completer
        self.free = threading.Event()
        self.begun: list[FillRequest] = []
        self.stepped = threading.Semaphore(0)
        self.ended: list[Completion] = []

    @property
    def model(self) -> str:
        return self._completer.model

    @property
    def pack_tokens(self) -> int:
        return self._completer.pack_tokens

    @property
    def chats(self) -> bool:
        return self._completer.chats

    def count(self, text: str) -> int:
        return self._completer.count(text)

    def fill(
        self, request: FillRequest, cancelled: Callable[[], bool] | None = None
    ) -> Generator[Draft, None, Completion]:
        self.begun.append(request)
        steps = self._completer.fill(request, cancelled)
        while True:
            try:
                draft = next(steps)
            except StopIteration as done:
                self.ended.append(done.value)
                return done.value
            yield draft
            self.stepped.release()
            while not self.free.wait(0.005):
                if cancelled is not None and cancelled():
                    break


@dataclass
class Running:
    """A server that runs."""

    url: str
    settings: ServerSettings
    completer: Completer
    runner: Runner
    http: httpx.Client
    program: Server

    @property
    def metrics(self) -> dict[str, float]:
        """The page of metrics, a value a name with its labels."""
        lines = self.http.get("/metrics").text.splitlines()
        return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if line[0] != "#"}


Serve = Callable[..., AbstractContextManager[Running]]


def runner_of(completer: Completer, settings: ServerSettings) -> Runner:
    """What the product runs an engine by; other completers take a request at a time."""
    if isinstance(completer, Engine):
        return ScheduledRunner(Scheduler(completer, most_queued=settings.max_waiting))
    return SerialRunner(completer, settings.max_waiting)


@contextmanager
def running(completer: Completer, settings: ServerSettings) -> Iterator[Running]:
    """Serve a completer until the block ends."""
    made: list[Runner] = []
    loaded = threading.Event()

    def load() -> Parts:
        made.append(runner_of(completer, settings))
        loaded.set()
        return Parts(made[0], Workspaces(completer, settings.workspaces))

    app = create_app(load, settings, failed=lambda error: pytest.fail(str(error)))
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        log_level="info",
        log_config=None,  # into pytest's hands, for the tests that look at what is logged
        timeout_graceful_shutdown=settings.shutdown_seconds,
    )
    server = Server(config, app, settings.shutdown_seconds)
    socket = config.bind_socket()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]})
    thread.start()
    url = f"http://127.0.0.1:{socket.getsockname()[1]}"
    try:
        with httpx.Client(base_url=url, timeout=30) as http:
            assert loaded.wait(20)
            while http.get("/ready").status_code != 200:
                assert thread.is_alive()
            yield Running(url, settings, completer, made[0], http, server)
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def serve(checkpoint: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Serve:
    """Start a server: `with serve(max_waiting=1) as server`; `held` gives it a completer to hold."""

    def start(held: bool = False, **settings: object) -> AbstractContextManager[Running]:
        store = tmp_path_factory.mktemp("feedback") / "feedback.sqlite3"
        engine = Engine(checkpoint)
        completer: Completer = Held(engine) if held else engine
        return running(completer, replace(ServerSettings(feedback=store), **settings))  # type: ignore[arg-type]

    return start


@pytest.fixture(scope="session")
def server(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One server for all tests that leave it as it was, with a workspace."""
    with serve(workspaces=(shapes(tmp_path_factory.mktemp("work") / "shapes"),)) as started:
        yield started


def shapes(root: Path) -> Path:
    """A small repository."""
    root.mkdir()
    (root / "circle.py").write_text(
        "import math\n\n\nclass Circle:\n    def __init__(self, radius: float) -> None:\n"
        "        self.radius = radius\n\n    def area(self) -> float:\n        return math.pi * self.radius**2\n"
    )
    (root / "main.py").write_text("from circle import Circle\n\nprint(Circle(2).area())\n")
    return root
