"""A busy server: waiting, sharing, cancelling, deadlines, and the time before the model is there."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import uvicorn

from coderdiff.config import ServerSettings, Token
from coderdiff.errors import CheckpointError
from coderdiff.types import Completion, Draft
from coderdiff_api.app import create_app
from coderdiff_api.dialects import operations
from coderdiff_api.service import Parts

from .conftest import Held, Running, Serve


def until(true: Callable[[], bool]) -> None:
    """Wait for something another thread does."""
    for _ in range(4000):
        if true():
            return
        time.sleep(0.005)
    raise AssertionError("it never came true")


def held(server: Running) -> Held:
    assert isinstance(server.completer, Held)
    return server.completer


def ask(server: Running, number: int, **more: object) -> httpx.Response:
    body = {"prompt": f"value_{number} = ", "max_tokens": 8, **more}
    return httpx.post(f"{server.url}/v1/completions", json=body, timeout=30)


def test_too_many_waiting_are_refused_with_a_time_to_come_again(serve: Serve):
    with serve(held=True, max_waiting=2) as server, ThreadPoolExecutor(8) as pool:
        taken = [pool.submit(ask, server, 0)]
        # The one that runs has begun before the others come: until then it waits too, and they would be refused.
        until(lambda: (server.runner.load.waiting, server.runner.load.running) == (0, 1))
        taken += [pool.submit(ask, server, number) for number in (1, 2)]
        until(lambda: (server.runner.load.waiting, server.runner.load.running) == (2, 1))
        for path, body in (("/v1/completions", {"prompt": "other = "}), ("/infill", {"prompt": "more = "}),
                           ("/api/generate", {"model": "default", "prompt": "most = "})):  # fmt: skip
            refused = httpx.post(server.url + path, json=body)
            assert refused.status_code == 429
            assert int(refused.headers["retry-after"]) >= 1
        assert server.metrics["coderdiff_waiting"] == 2
        assert server.metrics["coderdiff_refused_total"] == 3
        held(server).free.set()
        assert [each.result().status_code for each in taken] == [200] * 3
        assert ask(server, 9).status_code == 200


def test_clients_have_turns(serve: Serve):
    """One that sends many does not hold up one that sends few."""
    tokens = (Token("the-token-of-a-robot", "robot"), Token("the-token-of-a-person", "person"))
    with serve(held=True, tokens=tokens) as server, ThreadPoolExecutor(8) as pool:

        def asks(token: Token, name: str) -> None:
            headers = {"Authorization": f"Bearer {token.token}"}
            body = {"prompt": f"{name} = ", "max_tokens": 2}
            pool.submit(httpx.post, f"{server.url}/v1/completions", json=body, headers=headers, timeout=30)

        for number in range(4):
            asks(tokens[0], f"robot_{number}")
            until(lambda number=number: sum(vars(server.runner.load).values()) == number + 1)
        asks(tokens[1], "person")
        until(lambda: server.runner.load.waiting == 4)
        held(server).free.set()
        until(lambda: len(held(server).ended) == 5)
        names = [each.document.text.partition(" ")[0] for each in held(server).begun]
        assert names == ["robot_0", "person", "robot_1", "robot_2", "robot_3"]


def test_identical_requests_are_computed_once(serve: Serve):
    with serve(held=True) as server, ThreadPoolExecutor(8) as pool:
        taken = [pool.submit(ask, server, 1) for _ in range(4)]
        until(lambda: server.metrics["coderdiff_shared_total"] == 3)
        held(server).free.set()
        texts = {each.result().json()["choices"][0]["text"] for each in taken}
        assert len(texts) == 1
        assert len(held(server).begun) == 1
        assert len({each.result().json()["id"] for each in taken}) == 4
        assert ask(server, 1).json()["choices"][0]["text"] in texts
        assert len(held(server).begun) == 2


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("path", ["/v1/completions", "/v1/fim/completions", "/infill", "/api/generate"])
def test_a_closed_socket_cancels_at_the_next_step(serve: Serve, path: str, stream: bool):
    with serve(held=True) as server:
        body = {"prompt": "x = ", "model": "default", "stream": stream, "diffusing": True, "max_tokens": 100}
        content = json.dumps(body).encode()
        host, port = server.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as client:
            head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
            client.sendall(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
            assert held(server).stepped.acquire(timeout=20)
        until(lambda: len(held(server).ended) == 1)
        [completion] = held(server).ended
        assert completion.finish_reason == "cancelled"
        assert completion.forwards == 1
        until(lambda: server.runner.load.running == 0)
        held(server).free.set()
        assert ask(server, 1).status_code == 200
        until(lambda: server.metrics["coderdiff_cancelled_total"] == 1)


def test_one_of_two_that_leaves_takes_nothing_with_it(serve: Serve):
    with serve(held=True) as server, ThreadPoolExecutor(4) as pool:
        stays = pool.submit(ask, server, 1)
        until(lambda: len(held(server).begun) == 1)
        with pytest.raises(httpx.TimeoutException):
            httpx.post(
                f"{server.url}/v1/completions", json={"prompt": "value_1 = ", "max_tokens": 8}, timeout=0.2
            )
        held(server).free.set()
        assert stays.result().json()["choices"][0]["finish_reason"] in {"stop", "length"}
        assert held(server).ended[0].finish_reason != "cancelled"


def test_who_waits_and_leaves_frees_the_place(serve: Serve):
    with serve(held=True, max_waiting=1) as server, ThreadPoolExecutor(4) as pool:
        first = pool.submit(ask, server, 1)
        until(lambda: server.runner.load.running == 1)
        with pytest.raises(httpx.TimeoutException):
            httpx.post(f"{server.url}/v1/completions", json={"prompt": "gone = "}, timeout=0.2)
        until(lambda: server.runner.load.waiting == 0)
        second = pool.submit(ask, server, 2)
        until(lambda: server.runner.load.waiting == 1)
        held(server).free.set()
        assert [first.result().status_code, second.result().status_code] == [200, 200]
        assert len(held(server).begun) == 2


def test_a_deadline_that_passes_while_waiting_is_answered(serve: Serve):
    with serve(held=True) as server, ThreadPoolExecutor(4) as pool:
        first = pool.submit(ask, server, 1)
        until(lambda: server.runner.load.running == 1)
        answer = ask(server, 2, deadline_ms=50)
        assert answer.status_code == 200
        assert answer.json()["choices"][0]["text"] == ""
        assert answer.json()["usage"]["forwards"] == 0
        held(server).free.set()
        assert first.result().status_code == 200


def test_a_slow_reader_holds_nobody(serve: Serve):
    """A stream that nobody reads fills no more than its mailbox; others are answered."""
    with serve() as server, httpx.Client(base_url=server.url) as client:
        body = {"prompt": "x = ", "max_tokens": 300, "policy": "reference", "stream": True, "diffusing": True}
        with client.stream("POST", "/v1/completions", json=body) as unread:
            assert ask(server, 1).status_code == 200
            lines = [line for line in unread.iter_lines() if line]
        last = json.loads(lines[-2].removeprefix("data: "))
        assert last["usage"]["completion_tokens"] == 300


def test_many_cancelled_at_random_leave_nothing_behind(serve: Serve):
    with serve() as server, ThreadPoolExecutor(8) as pool:

        def hasty(number: int) -> None:
            body = {"prompt": f"value_{number} = ", "max_tokens": 200, "stream": number % 2 == 0}
            try:
                httpx.post(f"{server.url}/v1/completions", json=body, timeout=0.01 + number % 7 / 100)
            except httpx.TimeoutException:
                return

        list(pool.map(hasty, range(60)))
        until(lambda: (server.runner.load.waiting, server.runner.load.running) == (0, 0))
        assert ask(server, 1).status_code == 200
        assert server.completer.pool.in_use == 0  # type: ignore[attr-defined]


def serve_parts(
    load: Callable[[], Parts], path: Path, failed: Callable[[Exception], None]
) -> tuple[uvicorn.Server, str, threading.Thread]:
    settings = replace(ServerSettings(), feedback=path / "feedback.sqlite3")
    config = uvicorn.Config(create_app(load, settings, failed), port=0, log_level="warning", log_config=None)
    server = uvicorn.Server(config)
    bound = config.bind_socket()
    bound.listen()  # else whoever calls before the thread has come so far is refused
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    return server, f"http://127.0.0.1:{bound.getsockname()[1]}", thread


def test_while_the_model_loads_the_server_says_so(tmp_path: Path):
    loading = threading.Event()
    failures: list[Exception] = []

    def load() -> Parts:
        loading.wait(20)
        raise CheckpointError("there is no such model")

    server, url, thread = serve_parts(load, tmp_path, failures.append)
    try:
        assert httpx.get(f"{url}/health").json() == {"status": "loading"}
        assert httpx.get(f"{url}/ready").status_code == 503
        for path, body in (("/v1/completions", {"prompt": "x"}), ("/infill", {}), ("/api/tags", None)):
            answer = httpx.post(url + path, json=body) if body is not None else httpx.get(url + path)
            assert answer.status_code == 503
            assert answer.headers["retry-after"] == "1"
            assert "loaded" in answer.text
        loading.set()
        until(lambda: bool(failures))
        assert str(failures[0]) == "there is no such model"
    finally:
        loading.set()
        server.should_exit = True
        thread.join()


def test_the_page_is_served_as_it_is_and_may_load_nothing_from_elsewhere(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(operations, "PLAYGROUND", tmp_path / "playground.html")
    with serve() as server:
        assert "coderdiff" in server.http.get("/").text
        (tmp_path / "playground.html").write_text("<!doctype html><title>page</title>")
        page = server.http.get("/")
        assert page.text == "<!doctype html><title>page</title>"
        assert page.headers["content-type"].startswith("text/html")
        assert "default-src 'none'" in page.headers["content-security-policy"]


def test_metrics_tell_what_was_done(serve: Serve):
    with serve() as server:
        assert ask(server, 1).status_code == 200
        assert ask(server, 1).status_code == 200
        assert ask(server, 1, model="other").status_code == 404
        told = server.metrics
        assert told['coderdiff_requests_total{dialect="openai",status="404"}'] == 1
        assert told["coderdiff_tokens_total"] == 16
        assert 0 < told["coderdiff_forwards_total"] <= 16
        assert told["coderdiff_cached_tokens_total"] > 0
        assert told['coderdiff_phase_seconds_count{phase="total"}'] == 2
        assert told['coderdiff_phase_seconds_count{phase="queue"}'] == 2
        assert told["coderdiff_tokens_per_forward_count"] == 2


def test_a_server_that_ends_answers_what_runs_and_refuses_what_waits(
    serve: Serve, caplog: pytest.LogCaptureFixture
):
    waiting = {
        "/v1/completions": {"prompt": "other = "},
        "/v1/fim/completions": {"model": "default", "prompt": "more = "},
        "/infill": {"input_prefix": "most = "},
        "/api/generate": {"model": "default", "prompt": "all = "},
    }
    with serve(held=True, shutdown_seconds=4) as server, ThreadPoolExecutor(8) as pool:
        running = pool.submit(ask, server, 1)
        until(lambda: len(held(server).begun) == 1)
        assert held(server).stepped.acquire(timeout=20)
        streamed = pool.submit(ask, server, 1, stream=True)
        until(lambda: server.metrics["coderdiff_shared_total"] == 1)
        queued = [pool.submit(httpx.post, server.url + path, json=body) for path, body in waiting.items()]
        until(lambda: server.runner.load.waiting == len(waiting))
        host, port = server.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as half:
            half.sendall(f"POST /infill HTTP/1.1\r\nHost: {host}\r\nContent-Length: 100\r\n\r\n{{".encode())
            server.http.get("/health")
            server.program.should_exit = True
            for each in queued:
                refused = each.result(timeout=1.5)
                assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
                assert "shutting down" in str(
                    refused.json()["message" if "fim" in str(refused.url) else "error"]
                )
            half.settimeout(5)
            assert half.recv(65536).startswith(b"HTTP/1.1 503 ")
        assert not running.done()
        answer = running.result(timeout=5)
        assert answer.status_code == 200
        assert answer.json()["choices"][0]["finish_reason"] == "length"
        last = [line for line in streamed.result(timeout=5).text.splitlines() if line][-2:]
        assert json.loads(last[0].removeprefix("data: "))["choices"][0]["finish_reason"] == "length"
        assert last[1] == "data: [DONE]"
    assert not [each for each in caplog.records if each.levelname == "ERROR"]


SEVERAL = {
    "/v1/completions": {"prompt": "value = ", "max_tokens": 8, "n": 2},
    "/infill": {"input_prefix": "value = ", "n_predict": 8, "n_cmpl": 2},
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("path", SEVERAL)
def test_of_several_choices_those_that_run_are_answered_when_the_server_ends(
    serve: Serve, path: str, stream: bool
):
    """The second waits for the first: it is empty, and the first has its draft."""
    body = {**SEVERAL[path], "temperature": 0.8, "stream": stream}
    with serve(held=True, shutdown_seconds=2) as server, ThreadPoolExecutor(8) as pool:
        running = pool.submit(httpx.post, server.url + path, json=body, timeout=30)
        assert held(server).stepped.acquire(timeout=20)
        until(lambda: server.runner.load.waiting == 1)
        waiting = pool.submit(httpx.post, server.url + path, json={**body, "seed": 7}, timeout=30)
        until(lambda: server.runner.load.waiting == 3)
        server.program.should_exit = True
        answer, refused = running.result(timeout=8), waiting.result(timeout=8)
    assert answer.status_code == 200
    assert refused.status_code == 503
    lines = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: {")]
    if path == "/infill":
        told = lines if stream else answer.json()
        figures = [each["coderdiff"]["completions"][0] for each in told]
    else:
        figures = (lines[-1] if stream else answer.json())["coderdiff"]["completions"]
    assert [each["index"] for each in figures] == [0, 1]
    assert [each["finish_reason"] for each in figures] == ["deadline", "deadline"]
    assert figures[0]["forwards"] > 0
    assert figures[1]["forwards"] == 0
    if path == "/v1/completions":
        assert (lines[-1] if stream else answer.json())["usage"]["prompt_tokens"] > 0


@pytest.mark.parametrize("begun", [False, True])
def test_an_engine_that_does_not_stop_in_time_holds_up_no_refusal(
    serve: Serve, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, begun: bool
):
    """It is at a long step: whoever saw a draft is told in the stream, others by the status."""
    both_wait, at_step, busy = threading.Event(), threading.Event(), threading.Event()
    fill = Held.fill

    def stuck(self: Held, *arguments: object) -> Generator[Draft, None, Completion]:
        steps = fill(self, *arguments)  # type: ignore[arg-type]
        both_wait.wait(20)
        if begun:
            yield next(steps)
        at_step.set()
        busy.wait(20)
        return (yield from steps)

    monkeypatch.setattr(Held, "fill", stuck)
    with serve(held=True, shutdown_seconds=1) as server, ThreadPoolExecutor(8) as pool:
        running = pool.submit(ask, server, 1)
        streamed = pool.submit(ask, server, 1, stream=True, diffusing=True)
        until(lambda: server.metrics["coderdiff_shared_total"] == 1)
        both_wait.set()
        assert at_step.wait(20)
        server.program.should_exit = True
        answer, stream = running.result(timeout=5), streamed.result(timeout=5)
        busy.set()
        held(server).free.set()
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "stopping"
    assert stream.status_code == (200 if begun else 503)
    assert "shutting down" in stream.text
    assert not [each for each in caplog.records if each.levelname == "ERROR"]


def test_the_grace_ends_for_a_reader_that_does_not_read(serve: Serve, caplog: pytest.LogCaptureFixture):
    body = {"prompt": "x = ", "max_tokens": 1000, "policy": "reference", "stream": True, "diffusing": True}
    with serve(shutdown_seconds=1) as server:
        content = json.dumps(body).encode()
        host, port = server.url.removeprefix("http://").split(":")
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            client.connect((host, int(port)))
            head = f"POST /v1/completions HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(content)}\r\n\r\n"
            client.sendall(head.encode() + content)
            until(lambda: server.runner.load.running == 1)
            time.sleep(0.5)
            began = time.monotonic()
            server.program.should_exit = True
            until(lambda: not server.program.server_state.tasks)
            assert time.monotonic() - began < 4
    assert "Traceback" not in caplog.text
