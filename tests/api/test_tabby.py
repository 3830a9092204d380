"""Tabby's API: requests as tabby-agent builds them (clients/tabby-agent/src/codeCompletion/buildRequest.ts)."""

from __future__ import annotations

import re

import pytest

from coderdiff.config import Token
from coderdiff.types import Document, FillRequest, Hole, Limits, Snippet, complete

from .conftest import Running, Serve
from .test_openai import PREFIX, SUFFIX


def tabby_agent(**segments) -> dict:
    return {
        "language": "python",
        "segments": {
            "prefix": PREFIX,
            "suffix": SUFFIX,
            "filepath": "shapes/area.py",
            "git_url": "https://example.com/shapes.git",
            "declarations": [{"filepath": "circle.py", "body": "class Circle: ...\n"}],
            "relevant_snippets_from_changed_files": [{"filepath": "b.py", "body": "b = 1\n", "score": 0.9}],
            **segments,
        },
        "user": "somebody",
        "temperature": None,
    }


def test_declarations_and_snippets_are_shown(server: Running):
    answer = server.http.post("/v1/completions", json=tabby_agent(filepath="/elsewhere/area.py"))
    pack = (
        Snippet("circle.py", 1, 2, "class Circle: ...\n", "body", 1.0, "sent by the client"),
        Snippet("b.py", 1, 2, "b = 1\n", "body", 1.0, "sent by the client"),
    )
    document = Document(PREFIX + SUFFIX, "/elsewhere/area.py")
    request = FillRequest(document, Hole(len(PREFIX), len(PREFIX)), Limits(64), pack=pack)
    said = answer.json()
    assert said["choices"] == [{"index": 0, "text": complete(server.completer, request).text}]
    assert said["mode"] == "standard"
    assert said["usage"]["forwards"] > 0
    assert said["usage"]["tpf"] > 0
    assert said["id"] == answer.headers["x-request-id"]


def test_a_file_uri_is_a_path(server: Running):
    [root] = server.settings.workspaces
    body = tabby_agent(filepath=(root / "main.py").as_uri(), declarations=None)
    assert server.http.post("/v1/completions", json=body).status_code == 200


@pytest.mark.parametrize(
    ("type_", "kind", "figure"),
    [
        ("view", None, "shown"),
        ("select", None, "accepted"),
        ("select", "line", "partly_accepted"),
        ("dismiss", None, "rejected"),
    ],
)
def test_events_are_kept(serve, type_: str, kind: str | None, figure: str):
    with serve() as server:
        id_ = server.http.post("/v1/completions", json=tabby_agent()).json()["id"]
        event = {"type": type_, "completion_id": id_, "choice_index": 0, "view_id": "v", "elapsed": 900}
        kept = server.http.post("/v1/events", json=event, params={"select_kind": kind} if kind else None)
        assert (kept.status_code, kept.text) == (200, "")
        from coderdiff_api.feedback import FeedbackStore

        store = FeedbackStore.open(server.settings.feedback)
        assert getattr(store.figures(), figure) == 1
        store.close()


def test_what_clients_probe(server: Running):
    health = server.http.get("/v1/health").json()
    assert health["model"] == "random"
    # Its agent passes over the server's settings, and telemetry stays on, for a version before 0.9.0.
    assert re.match(r"v0\.(9|[1-9]\d+)\.\d+\+coderdiff-\d", health["version"]["git_describe"])
    assert server.http.post("/v1/health").status_code == 200
    assert server.http.get("/v1beta/server_setting").json() == {"disable_client_side_telemetry": True}


def test_its_requests_are_counted_as_its_own(serve: Serve):
    with serve() as server:
        server.http.post("/v1/completions", json=tabby_agent())
        server.http.post("/v1/completions", json={"segments": {}})
        server.http.post("/v1/completions", json={"prompt": "x = ", "max_tokens": 2})
        counted = server.metrics
    assert counted['coderdiff_requests_total{dialect="tabby",status="200"}'] == 1
    assert counted['coderdiff_requests_total{dialect="tabby",status="400"}'] == 1
    assert 'coderdiff_requests_total{dialect="openai",status="400"}' not in counted


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"segments": ', "the body is not JSON"),
        (b'{"language": "python"}', "empty prompt from completion request"),
        (b'{"segments": {"prefix": 1}}', "segments.prefix"),
        (b'{"prompt": "x", "model": "none"}', "is not loaded here"),
    ],
)
def test_its_agent_is_told_in_plain_text_what_is_wrong_with_its_body(server: Running, body: bytes, said: str):
    agent = {"User-Agent": "Node.js/v20.1.0 tabby-agent/1.8.0 Visual-Studio-Code/1.90.0"}
    answer = server.http.post("/v1/completions", content=body, headers=agent)
    assert answer.status_code in {400, 404}
    assert answer.headers["content-type"].startswith("text/plain")
    assert said in answer.text
    assert not answer.text.startswith("{")


def test_its_agent_is_refused_in_plain_text_before_its_body_is_read(serve: Serve):
    agent = {"User-Agent": "Node.js/v20.1.0 tabby-agent/1.8.0 Visual-Studio-Code/1.90.0"}
    with serve(tokens=(Token("a-secret-that-is-long"),)) as server:
        answer = server.http.post("/v1/completions", json=tabby_agent(), headers=agent)
        other = server.http.post("/v1/completions", json={"prompt": "x"})
    assert answer.status_code == other.status_code == 401
    assert answer.text == "a token is needed: `Authorization: Bearer TOKEN`"
    assert other.json()["error"]["message"] == answer.text


def test_a_raw_prompt_needs_no_segments_and_counts_more(server: Running):
    def text(**body: object) -> str:
        answer = server.http.post("/v1/completions", json={"language": "python", **body})
        assert answer.status_code == 200, answer.text
        [choice] = answer.json()["choices"]
        return choice["text"]

    plain = FillRequest(Document(PREFIX, "untitled.py"), Hole(len(PREFIX), len(PREFIX)), Limits(64))
    options = {"raw_prompt": PREFIX}
    assert text(debug_options=options) == complete(server.completer, plain).text
    assert text(debug_options=options, segments=None) == text(debug_options=options)
    assert text(debug_options=options, segments={"prefix": "other = "}) == text(debug_options=options)
    whole = FillRequest(Document(PREFIX + SUFFIX, "untitled.py"), Hole(len(PREFIX), len(PREFIX)), Limits(64))
    template = f"<|fim_prefix|>{PREFIX}<|fim_suffix|>{SUFFIX}<|fim_middle|>"
    assert text(debug_options={"raw_prompt": template}) == complete(server.completer, whole).text


def test_debug_options_say_what_was_shown_or_show_nothing(server: Running):
    def debug(**options: object) -> dict:
        body = tabby_agent() | {"debug_options": options}
        return server.http.post("/v1/completions", json=body).json()["debug_data"]

    [first, *_] = debug(return_snippets=True)["snippets"]
    assert first == {"filepath": "circle.py", "body": "class Circle: ...\n", "score": 1.0}
    assert debug() == {}
    assert debug(return_snippets=True, disable_retrieval_augmented_code_completion=True) == {"snippets": []}
    assert "debug_data" not in server.http.post("/v1/completions", json=tabby_agent()).json()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"language": "python"}, "empty prompt from completion request"),
        ({"segments": None}, "empty prompt from completion request"),
        ({"debug_options": {"return_snippets": True}}, "empty prompt from completion request"),
        ({"debug_options": {"raw_prompt": 1}}, "debug_options.raw_prompt: Input should be a valid string"),
        (tabby_agent() | {"mode": "next_edit_suggestion"}, "mode 'next_edit_suggestion' is not served"),
        ({"mode": "next_edit_suggestion"}, "mode 'next_edit_suggestion' is not served"),
        (tabby_agent(filepath="file://[no"), "is no URI"),
        (tabby_agent(filepath="file:///a%00b.py"), "path has a NUL character"),
        (tabby_agent(declarations=[{"filepath": "a\0b", "body": "x = 1"}]), "NUL character"),
    ],
)
def test_what_is_not_served_is_said_in_plain_text(server: Running, body: dict, said: str):
    answer = server.http.post("/v1/completions", json=body)
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/plain")
    assert said in answer.text


def test_errors_are_plain_text(server: Running):
    answer = server.http.post("/v1/completions", json={"segments": {"suffix": "x"}})
    assert answer.status_code == 400
    assert answer.text == "segments.prefix: Field required"
    unknown = server.http.post(
        "/v1/events", json={"type": "view", "completion_id": "nobody's", "choice_index": 0}
    )
    assert (unknown.status_code, unknown.text) == (404, "there is no such completion")
