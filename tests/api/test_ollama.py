"""Ollama's API, by its own client."""

from __future__ import annotations

import json

import ollama
import pytest

from .conftest import Running
from .test_openai import PREFIX, SUFFIX, expected


@pytest.fixture
def sdk(server: Running) -> ollama.Client:
    return ollama.Client(host=server.url)


def test_the_client_gets_what_the_engine_says(server: Running, sdk: ollama.Client):
    answer = sdk.generate(
        model="default", prompt=PREFIX, suffix=SUFFIX, options={"num_predict": 12, "temperature": 0}
    )
    assert answer.response == expected(server)
    assert answer.done
    assert answer.done_reason == "length"
    assert answer.eval_count == 12
    assert answer.total_duration is not None
    assert answer.total_duration > 0


def test_the_client_streams_the_same(server: Running, sdk: ollama.Client):
    parts = list(
        sdk.generate(
            model="random:latest", prompt=PREFIX, suffix=SUFFIX, stream=True, options={"num_predict": 12}
        )
    )
    assert "".join(part.response or "" for part in parts) == expected(server)
    assert [part.done for part in parts] == [False] * (len(parts) - 1) + [True]


@pytest.mark.parametrize("stream", [False, True])
def test_what_it_cost_and_what_was_shown_is_said(server: Running, stream: bool):
    body = {"model": "default", "prompt": f"<|file_sep|>b.py\nb = 1\n<|file_sep|>/elsewhere/a.py\n{PREFIX}",
            "suffix": SUFFIX, "stream": stream, "show_context": True, "options": {"num_predict": 12}}  # fmt: skip
    said = json.loads(server.http.post("/api/generate", json=body).text.splitlines()[-1])
    assert said["usage"]["completion_tokens"] == said["eval_count"]
    assert said["usage"]["forwards"] == said["forwards"] > 0
    assert said["usage"]["tpf"] == said["tpf"]
    [shown] = said["coderdiff"]["completions"][0]["context"]
    assert (shown["path"], shown["text"]) == ("b.py", "b = 1\n")


def test_the_client_lists_and_shows_the_model(sdk: ollama.Client):
    assert [model.model for model in sdk.list().models] == ["random"]
    shown = sdk.show("random")
    assert ".Suffix" in (shown.template or "")
    assert "insert" in (shown.capabilities or [])


def test_the_client_raises_its_own_errors(sdk: ollama.Client):
    with pytest.raises(ollama.ResponseError, match="not loaded here") as raised:
        sdk.generate(model="codellama:7b", prompt="x")
    assert raised.value.status_code == 404


def test_an_empty_prompt_only_loads(server: Running, sdk: ollama.Client):
    assert sdk.generate(model="default", prompt="").done_reason == "load"
    said = server.http.post("/api/generate", json={"model": "default", "prompt": ""}).json()
    assert said["usage"]["forwards"] == 0


def test_the_stream_is_one_object_a_line(server: Running):
    body = {"model": "default", "prompt": PREFIX, "diffusing": True, "options": {"num_predict": 12}}
    with server.http.stream("POST", "/api/generate", json=body) as response:
        assert response.headers["content-type"] == "application/x-ndjson"
        parts = [json.loads(line) for line in response.iter_lines()]
    assert all("draft" in part for part in parts[:-1])
    assert parts[-1]["response"] == expected(server, suffix="")


def test_wrong_bodies_are_said_in_ollamas_shape(server: Running):
    for body in (
        {"prompt": "x"},
        {"model": "default", "prompt": 3},
        {"model": "default", "options": {"num_predict": "x"}},
    ):
        answer = server.http.post("/api/generate", json=body)
        assert answer.status_code == 400
        assert list(answer.json()) == ["error"]
        assert isinstance(answer.json()["error"], str)


def test_the_version_is_ours(server: Running):
    assert server.http.get("/api/version").json()["version"]
