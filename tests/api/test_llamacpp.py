"""llama.cpp's `/infill`: the requests of llama.vim and llama.vscode, written from their sources."""

from __future__ import annotations

import json
import re

import pytest

from coderdiff.types import Document, FillRequest, Hole, Limits, Snippet, complete
from coderdiff_api.dialects.llamacpp import indented, select

from .conftest import Running
from .test_openai import PREFIX, SUFFIX, expected

FIELDS = ["content", "timings/prompt_n", "timings/prompt_ms", "timings/prompt_per_token_ms",
          "timings/prompt_per_second", "timings/predicted_n", "timings/predicted_ms",
          "timings/predicted_per_token_ms", "timings/predicted_per_second", "truncated", "tokens_cached"]  # fmt: skip


def llama_vim(prefix: str, middle: str, suffix: str, **more) -> dict:
    """What autoload/llama.vim's llama#fim sends."""
    return {
        "input_prefix": prefix, "input_suffix": suffix, "prompt": middle,
        "input_extra": [{"text": "def circle(): ...\n", "time": [123, 456], "filename": "circle.py"}],
        "n_predict": 12, "stop": [], "n_indent": 0, "top_k": 40, "top_p": 0.90, "stream": False,
        "samplers": ["top_k", "top_p", "infill"], "cache_prompt": True, "t_max_prompt_ms": 500,
        "t_max_predict_ms": 60_000, "response_fields": FIELDS, **more,
    }  # fmt: skip


def test_llama_vim_gets_the_text_and_its_figures(server: Running):
    head, line = PREFIX.rsplit("\n", 1)
    answer = server.http.post("/infill", json=llama_vim(head + "\n", line, SUFFIX))
    assert re.search(r'"content"\s*:"', answer.text), "llama.vim ignores an answer that does not match this"
    assert "\n" not in answer.text
    said = answer.json()
    snippet = Snippet("circle.py", 1, 2, "def circle(): ...\n", "body", 1.0, "sent by the client")
    document = Document(PREFIX + SUFFIX)
    request = FillRequest(document, Hole(len(PREFIX), len(PREFIX)), Limits(12), pack=(snippet,))
    assert said["content"] == complete(server.completer, request).text
    assert set(said) == set(FIELDS)
    assert said["truncated"] is False
    assert said["timings/predicted_n"] == 12
    assert said["timings/predicted_ms"] > 0


def test_llama_vims_warm_up_reads_and_says_nothing(server: Running):
    body = {"input_prefix": "", "input_suffix": "", "prompt": "", "n_predict": 0, "temperature": 0.0, "stream": False,
            "samplers": [], "cache_prompt": True, "t_max_prompt_ms": 1, "t_max_predict_ms": 1, "response_fields": [""],
            "input_extra": [{"filename": "a.py", "text": "x = 1\n"}]}  # fmt: skip
    answer = server.http.post("/infill", json=body)
    assert answer.status_code == 200
    assert answer.json() == {}
    assert server.http.post("/infill", json=body | {"response_fields": None}).json()["content"] == ""


def test_llama_vscode_gets_a_list(server: Running):
    """llama.vscode asks for several answers and reads each one's content."""
    body = {"input_prefix": PREFIX, "input_suffix": SUFFIX, "prompt": "", "n_predict": 12, "n_cmpl": 3,
            "seed": 1, "samplers": ["top_k", "top_p", "infill"]}  # fmt: skip
    answers = server.http.post("/infill", json=body).json()
    assert [each["index"] for each in answers] == [0, 1, 2]
    assert len({each["content"] for each in answers}) == 3
    assert answers[0]["content"] == expected(server)


def test_what_the_model_was_shown_is_said(server: Running):
    head, line = PREFIX.rsplit("\n", 1)
    body = llama_vim(head + "\n", line, SUFFIX, response_fields=None, show_context=True)
    [said] = server.http.post("/infill", json=body).json()["coderdiff"]["completions"]
    assert [(each["path"], each["text"]) for each in said["context"]] == [
        ("circle.py", "def circle(): ...\n")
    ]
    body["show_context"] = False
    [said] = server.http.post("/infill", json=body).json()["coderdiff"]["completions"]
    assert "text" not in said["context"][0]


def test_it_streams_until_stop(server: Running):
    body = {"input_prefix": PREFIX, "input_suffix": SUFFIX, "n_predict": 12, "stream": True}
    with server.http.stream("POST", "/infill", json=body) as response:
        parts = [json.loads(line.removeprefix("data: ")) for line in response.iter_lines() if line]
    assert "".join(part["content"] for part in parts) == expected(server)
    assert parts[-1]["stop"] is True


def test_a_time_limit_waits_for_a_line(server: Running):
    """`t_max_predict_ms` ends an answer only when its first line is there."""
    body = {"input_prefix": PREFIX, "input_suffix": "", "n_predict": 200, "t_max_predict_ms": 0.001}
    said = server.http.post("/infill", json=body).json()
    whole = server.http.post("/infill", json=body | {"t_max_predict_ms": 0}).json()
    assert whole["tokens_predicted"] == 200
    assert said["tokens_predicted"] < 200 or "\n" not in whole["content"]


def test_errors_have_llama_cpps_shape(server: Running):
    for body, word in (({"input_prefix": 3}, "input_prefix"), ({"model": "other"}, "not loaded")):
        answer = server.http.post("/infill", json=body)
        error = answer.json()["error"]
        assert error["code"] == answer.status_code in {400, 404}
        assert word in error["message"]


@pytest.mark.parametrize(
    ("text", "least", "shown"),
    [
        ("a\n    b\n  c\nd", 4, "a\n    b"),
        ("a\n\n    b", 4, "a\n\n    b"),
        ("a\nb", 0, "a\nb"),
        ("a", 8, "a"),
    ],
)
def test_an_answer_ends_before_a_line_indented_by_less(text: str, least: int, shown: str):
    assert indented(text, least) == shown


def test_wanted_fields_are_flat():
    whole = {"content": "", "timings": {"prompt_n": 3}}
    assert select(whole, ["content", "timings/prompt_n", "timings/nothing", "x"]) == {
        "content": "",
        "timings/prompt_n": 3,
    }
    assert select(whole, []) == whole


def test_drafts_can_be_had_here_too(server: Running):
    body = {"input_prefix": PREFIX, "n_predict": 12, "stream": True, "diffusing": True}
    with server.http.stream("POST", "/infill", json=body) as response:
        parts = [json.loads(line.removeprefix("data: ")) for line in response.iter_lines() if line]
    assert [part["stop"] for part in parts] == [False] * (len(parts) - 1) + [True]
    assert "draft" in parts[0]
