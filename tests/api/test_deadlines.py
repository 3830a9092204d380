"""`deadline_ms` while the engine is at a step of others or context is gathered: an answer comes all the same."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from coderdiff.engine.engine import Engine
from coderdiff.types import FillRequest
from coderdiff_api.ask import Ask
from coderdiff_api.runner import Mailbox
from coderdiff_api.workspaces import Workspaces
from tests.api.conftest import Serve

BODY: dict[str, Any] = {"prompt": "value = ", "max_tokens": 8}


def test_who_waits_for_a_step_of_others_is_answered(serve: Serve, monkeypatch: pytest.MonkeyPatch):
    entered, free = threading.Event(), threading.Event()
    step = Engine.step

    def held(self: Engine, *given: Any) -> Any:
        entered.set()
        assert free.wait(30)
        return step(self, *given)

    monkeypatch.setattr(Engine, "step", held)
    with serve() as server, ThreadPoolExecutor(1) as pool:
        first = pool.submit(httpx.post, f"{server.url}/v1/completions", json=BODY, timeout=30)
        assert entered.wait(30)
        answer = server.http.post(
            "/v1/completions", json=BODY | {"prompt": "other = ", "deadline_ms": 50}
        ).json()
        assert answer["choices"][0]["text"] == ""
        assert answer["coderdiff"]["completions"][0]["finish_reason"] == "deadline"
        assert server.runner.load.waiting == 0
        free.set()
        assert first.result().json()["usage"]["completion_tokens"] > 0


def test_who_waits_for_context_is_answered(serve: Serve, monkeypatch: pytest.MonkeyPatch):
    free = threading.Event()

    def slow(self: Workspaces, ask: Ask) -> FillRequest:
        assert free.wait(30)
        return ask.request

    monkeypatch.setattr(Workspaces, "seen", slow)
    sent = {"input_prefix": "x = ", "input_extra": [{"filename": "a.py", "text": "y = 1\n"}], "n_predict": 8}
    with serve() as server:
        answer = server.http.post("/infill", json=sent | {"deadline_ms": 50})
        assert (answer.status_code, answer.json()["content"]) == (200, "")
        free.set()
        assert server.http.post("/infill", json=sent | {"deadline_ms": 20_000}).json()["tokens_predicted"] > 0


def test_what_is_answered_in_time_leaves_no_timer(serve: Serve, monkeypatch: pytest.MonkeyPatch):
    """A deadline of an hour must not hold a request's text for an hour."""
    made: list[Mailbox] = []
    initial = Mailbox.__init__

    def noted(self: Mailbox) -> None:
        initial(self)
        made.append(self)

    monkeypatch.setattr(Mailbox, "__init__", noted)
    with serve() as server:
        server.http.post("/v1/completions", json=BODY | {"deadline_ms": 3_600_000})
        (mailbox,) = made
        assert mailbox._expiry is not None
        assert mailbox._expiry.cancelled()
