"""`coderdiff serve` as a process: what it says, how it ends, and what is left when it is killed."""

from __future__ import annotations

import asyncio
import inspect
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from coderdiff.cli.main import main
from coderdiff.config import ServerSettings, server_settings
from coderdiff.engine.engine import Engine
from coderdiff.errors import ConfigError
from coderdiff.model.loader import DEFAULT_MODEL
from coderdiff_api import __main__ as program
from coderdiff_api.__main__ import listen, open_parts
from coderdiff_api.feedback import FeedbackStore

ROOT = Path(__file__).parents[2]
TOKEN = "a-token-nobody-guesses"


@contextmanager
def started(
    tmp_path: Path, *arguments: str, **environment: str
) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """The process, and what it said until it was ready or ended."""
    paths = os.pathsep.join(map(str, (ROOT, ROOT / "lsp", ROOT / "api")))
    process = subprocess.Popen(
        [sys.executable, "-m", "coderdiff_api", "--threads", "1", *arguments],
        env=os.environ | {"PYTHONPATH": paths, "XDG_DATA_HOME": str(tmp_path / "data"), **environment},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert process.stderr is not None
    said: list[str] = []
    try:
        for line in process.stderr:
            said.append(line.rstrip())
            if "ready:" in line:
                break
        yield process, said
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def url_of(said: list[str]) -> str:
    [url] = re.findall(r"serving at (https?://\S+)", "\n".join(said))
    return url


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_it_says_where_it_is_and_ends_when_it_is_told(tmp_path: Path):
    certificate, key = tmp_path / "server.pem", tmp_path / "server.key"
    make = f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout {key} -out {certificate} -subj /CN=localhost"
    subprocess.run(
        [*make.split(), "-addext", "subjectAltName=IP:127.0.0.1"], check=True, stderr=subprocess.DEVNULL
    )
    file = tmp_path / "serve.toml"
    file.write_text(
        f'aliases = ["mercury-coder"]\ncertificate = "{certificate}"\nprivate_key = "{key}"\n'
        f'[[tokens]]\nname = "me"\ntoken = "{TOKEN}"\n'
    )
    with started(tmp_path, "--port", "0", "--config", str(file), "--workspace", str(tmp_path)) as (
        process,
        said,
    ):
        assert any(f"workspace {tmp_path}" in line for line in said)
        assert any("clients need a token" in line for line in said)
        assert f"ready: {DEFAULT_MODEL} on cpu" in said[-1]
        assert TOKEN not in "\n".join(said)
        trusted = ssl.create_default_context(cafile=certificate)
        headers = {"Authorization": f"Bearer {TOKEN}"}
        with httpx.Client(base_url=url_of(said), headers=headers, verify=trusted, timeout=30) as http:
            assert [each["id"] for each in http.get("/v1/models").json()["data"]] == [
                DEFAULT_MODEL,
                "mercury-coder",
            ]
            body = {"model": "mercury-coder", "prompt": "import ", "max_tokens": 4}
            assert http.post("/v1/completions", json=body).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) in {0, -signal.SIGTERM}


LONG = {"prompt": "x = ", "max_tokens": 1024, "policy": "reference", "stream": True, "diffusing": True}
"""A request that takes a while: one token a forward."""


def test_killed_while_busy_it_loses_nothing_it_acknowledged(tmp_path: Path):
    with started(tmp_path, "--port", "0") as (process, said):
        assert any("no token needed" in line for line in said)
        url = url_of(said)
        id_ = httpx.post(
            f"{url}/v1/completions", json={"prompt": "import ", "max_tokens": 4}, timeout=30
        ).json()["id"]
        assert httpx.post(f"{url}/v1/feedback", json={"id": id_, "action": "accepted"}).status_code == 200
        with httpx.stream("POST", f"{url}/v1/completions", json=LONG, timeout=30) as busy:
            next(busy.iter_bytes())
            process.send_signal(signal.SIGKILL)
            process.wait()
    store = FeedbackStore.open(tmp_path / "data" / "coderdiff" / "feedback.sqlite3")
    assert (store.figures().completions, store.figures().accepted) == (1, 1)
    store.close()


def test_a_second_interrupt_ends_it_at_once_in_one_line(tmp_path: Path):
    with started(tmp_path, "--port", "0") as (process, said):
        with (
            httpx.Client(timeout=30) as http,
            http.stream("POST", f"{url_of(said)}/v1/completions", json=LONG) as answer,
        ):
            next(answer.iter_bytes())
            process.send_signal(signal.SIGINT)
            with suppress(httpx.TransportError):  # it has begun to stop when it takes no more
                while True:
                    httpx.get(f"{url_of(said)}/health")
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=2) == 130
        assert process.stderr is not None
        assert process.stderr.read().splitlines() == [
            "coderdiff: ended before what was running had its answer"
        ]


@pytest.mark.parametrize(
    ("arguments", "environment", "line"),
    [
        (["--model", "/no/such/model", "--port", "0"], {}, "/no/such/model"),
        (["--host", "0.0.0.0"], {}, "give a token"),
        (["--token", "short"], {}, "16 ASCII characters"),
        (["--certificate", "server.pem"], {}, "both certificate and private_key"),
        ([], {"CODERDIFF_SERVE_PROT": "1"}, "unknown setting 'prot'"),
        ([], {"CODERDIFF_SERVE_CONFIG": "/no/such/file.toml"}, "cannot read /no/such/file.toml"),
    ],
)
def test_what_cannot_be_served_is_said_in_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    environment: dict[str, str],
    line: str,
):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert main(["serve", *arguments]) == 2
    said = capsys.readouterr().err.splitlines()
    assert line in said[-1]
    assert said[-1].startswith("coderdiff: ")


def test_names_pages_and_tls_can_be_given_as_options(monkeypatch: pytest.MonkeyPatch):
    seen: list[ServerSettings] = []
    monkeypatch.setattr(program, "run_server", seen.append)
    arguments = ["--allow-host", "a.example", "--allow-host", "b.example", "--origin", "https://ours.example",
                 "--certificate", "server.pem", "--private-key", "server.key"]  # fmt: skip
    assert main(["serve", *arguments]) == 0
    [settings] = seen
    assert settings.hosts == ("a.example", "b.example")
    assert settings.origins == ("https://ours.example",)
    assert (settings.certificate, settings.private_key) == (Path("server.pem"), Path("server.key"))


def test_what_is_written_is_sent_at_once():
    """Or the second part of every answer waits for the client's delayed ACK, 40 ms."""
    delays: list[int] = []

    class Watch(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            accepted = transport.get_extra_info("socket")
            delays.append(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            transport.close()

    async def connect() -> None:
        bound = listen(ServerSettings(port=0))
        async with await asyncio.get_running_loop().create_server(Watch, sock=bound):
            reader, writer = await asyncio.open_connection(*bound.getsockname())
            await reader.read()
            writer.close()

    asyncio.run(connect())
    assert delays
    assert all(delays)


def test_a_type_that_does_not_exist_is_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert main(["serve", "--port", "0", "--dtype", "int8"]) == 2
    assert "the dtype 'int8' is not supported" in capsys.readouterr().err.splitlines()[-1]


def test_a_port_that_is_taken_is_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert main(["serve", "--port", str(taken.getsockname()[1])]) == 2
    [said] = capsys.readouterr().err.splitlines()
    assert "choose another with --port" in said


@pytest.fixture
def engines_opened(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """What engines are opened with, by name."""
    asked: list[dict[str, object]] = []
    opening = Engine.open

    def watching(*values: object, **named: object) -> Engine:
        asked.append(inspect.signature(opening).bind(*values, **named).arguments)
        return opening(*values, **named)

    monkeypatch.setattr(Engine, "open", watching)
    return asked


def test_the_engine_has_the_window_and_the_memory_asked_for(engines_opened: list[dict[str, object]]) -> None:
    settings = server_settings(None, {}, model="tiny", device="cpu", window=400, kv_mebibytes=8)
    parts = open_parts(settings)
    parts.runner.close()
    [asked] = engines_opened
    assert asked["kv_bytes"] == 8 << 20
    assert asked["window"] == 400


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"window": 20}, "a window of 20 is too small for tiny"),
        ({"mode": "swift"}, "there is no mode 'swift': choose one of exact, cached, chunked, selective"),
        ({"mode": "chunked"}, "chunked"),
    ],
)
def test_a_window_or_a_mode_that_cannot_be_is_said_in_one_line(given: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        open_parts(server_settings(None, {}, model="tiny", device="cpu", **given))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("asked", [None, 3])
def test_the_server_has_the_threads_asked_for_and_leaves_room_for_other_work(
    threads_set: list[int], engines_opened: list[dict[str, object]], asked: int | None
) -> None:
    open_parts(ServerSettings(device="cpu", threads=asked)).runner.close()
    [opened] = engines_opened
    assert opened["threads"] == asked
    assert opened["beside_others"] is True
    assert set(threads_set) == {1}  # makes the engine
