"""Who is let in, and what is never said or kept."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from coderdiff.config import Token
from coderdiff_api.admission import Rate

from .conftest import Running, Serve, shapes

SECRET, OTHER = "a-secret-that-is-long", "another-secret-of-ours"
DIALECTS = {
    "/v1/completions": lambda said: said["error"]["message"],
    "/v1/fim/completions": lambda said: said["message"],
    "/infill": lambda said: said["error"]["message"],
    "/api/generate": lambda said: said["error"],
}


@pytest.fixture(scope="module")
def guarded(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    work = shapes(tmp_path_factory.mktemp("work") / "shapes")
    tokens = (Token(SECRET, "all"), Token(OTHER, "few", workspaces=(), requests_per_minute=3))
    with serve(tokens=tokens, workspaces=(work,), max_body_bytes=100_000, max_chars=50_000) as server:
        yield server


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


@pytest.mark.parametrize("path", DIALECTS)
def test_without_a_token_nothing_is_answered(guarded: Running, path: str):
    for headers in (
        {},
        bearer("wrong"),
        bearer(SECRET + "x"),
        {"Authorization": SECRET},
        {"Authorization": "Bearer"},
    ):
        answer = guarded.http.post(path, json={"prompt": "x", "model": "default"}, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert "token" in DIALECTS[path](answer.json())
    assert (
        guarded.http.post(path, json={"prompt": "x", "model": "default"}, headers=bearer(SECRET)).status_code
        == 200
    )


@pytest.mark.parametrize(
    "path", ["/metrics", "/openapi.json", "/v1/models", "/api/tags", "/v1/health", "/nowhere"]
)
def test_a_token_is_needed_to_look_too(guarded: Running, path: str):
    assert guarded.http.get(path).status_code == 401


@pytest.mark.parametrize("path", ["/", "/health", "/ready"])
def test_what_says_nothing_of_anybody_is_public(guarded: Running, path: str):
    assert guarded.http.get(path).status_code == 200


def test_a_token_has_its_own_workspaces_and_rate(guarded: Running):
    body = {"prompt": "x = ", "workspace": "shapes", "path": "a.py", "max_tokens": 1}
    assert guarded.http.post("/v1/completions", json=body, headers=bearer(SECRET)).status_code == 200
    answers = [guarded.http.post("/v1/completions", json=body, headers=bearer(OTHER)) for _ in range(4)]
    assert [each.status_code for each in answers] == [404, 404, 404, 429]
    assert int(answers[-1].headers["retry-after"]) > 0


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8017", "127.0.0.1.evil.example", "", "10.0.0.5"]
)
def test_other_hosts_are_refused(server: Running, host: str):
    answer = server.http.get("/v1/models", headers={"Host": host})
    assert answer.status_code in {400, 403}


@pytest.mark.parametrize("host", ["localhost", "localhost:1", "127.0.0.1", "[::1]:8017"])
def test_our_own_hosts_are_taken(server: Running, host: str):
    assert server.http.get("/v1/models", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1", "http://localhost"])
@pytest.mark.parametrize("path", DIALECTS)
def test_other_origins_are_refused(server: Running, path: str, origin: str):
    answer = server.http.post(path, json={"prompt": "x", "model": "default"}, headers={"Origin": origin})
    assert answer.status_code == 403
    assert "origin" in DIALECTS[path](answer.json())


TYPES = {
    "a form": {"Content-Type": "application/x-www-form-urlencoded"},
    "text": {"Content-Type": "text/plain"},
    "none": {},
}


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize("path", DIALECTS)
def test_a_program_may_leave_out_that_it_sends_json(server: Running, path: str, type_: str):
    body = json.dumps(
        {"prompt": "x = ", "model": "default", "max_tokens": 2, "n_predict": 2, "stream": False}
    )
    assert server.http.post(path, content=body.encode(), headers=TYPES[type_]).status_code == 200


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize("path", DIALECTS)
def test_a_page_may_not(server: Running, path: str, type_: str):
    """A browser sends these types across origins without asking first."""
    body = json.dumps({"prompt": "x = ", "model": "default"}).encode()
    theirs = {**TYPES[type_], "Origin": "http://evil.example"}
    assert server.http.post(path, content=body, headers=theirs).status_code == 403
    answer = server.http.post(path, content=body, headers={**TYPES[type_], "Origin": server.url})
    assert answer.status_code in {400, 422}
    assert "Content-Type: application/json" in DIALECTS[path](answer.json())


def test_our_own_page_may_ask(server: Running):
    answer = server.http.get("/v1/models", headers={"Origin": server.url})
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers


def test_a_preflight_is_refused_unless_the_origin_is_known(serve: Serve, server: Running):
    ask = {"Origin": "http://ours.example", "Access-Control-Request-Method": "POST"}
    assert server.http.options("/v1/completions", headers=ask).status_code == 403
    with serve(origins=("http://ours.example",), tokens=(Token(SECRET),)) as open_:
        assert open_.http.options("/v1/completions", headers=ask).status_code == 200
        answer = open_.http.post("/v1/completions", json={"prompt": "x"}, headers=ask | bearer(SECRET))
        assert answer.headers["access-control-allow-origin"] == "http://ours.example"
        assert open_.http.post("/v1/completions", json={"prompt": "x"}, headers=ask).status_code == 401


@pytest.mark.parametrize("path", DIALECTS)
def test_text_that_is_too_long_is_refused(guarded: Running, path: str):
    text = "x" * 60_000
    body = {"prompt": text, "input_prefix": text, "model": "default"}
    answer = guarded.http.post(path, json={**body, "input_prefix": ""}, headers=bearer(SECRET))
    assert answer.status_code == 400
    assert "60000 characters" in DIALECTS[path](answer.json())


@pytest.mark.parametrize("path", DIALECTS)
def test_a_hundred_megabytes_are_refused_before_they_are_read(server: Running, path: str):
    host, port = server.url.removeprefix("http://").split(":")
    size = 100 << 20
    with socket.create_connection((host, int(port)), timeout=10) as client:
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        client.sendall(f'{head}Content-Length: {size}\r\n\r\n{{"prompt": "'.encode())
        answer = b""
        while b"\r\n\r\n" not in answer or not answer.endswith(b"}"):
            answer += client.recv(65536)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert "too large" not in DIALECTS[path](json.loads(answer.partition(b"\r\n\r\n")[2]))
    assert "larger than" in DIALECTS[path](json.loads(answer.partition(b"\r\n\r\n")[2]))


def test_a_client_that_writes_it_all_first_sees_the_refusal(server: Running):
    answer = server.http.post("/v1/completions", content=b" " * (100 << 20))
    assert answer.status_code == 413


def test_a_body_of_unknown_length_is_refused_when_it_grows_too_large(server: Running):
    def parts() -> Iterator[bytes]:
        for _ in range(20):
            yield b" " * (1 << 20)

    assert server.http.post("/v1/completions", content=parts()).status_code == 413


def test_neither_tokens_nor_prompts_are_logged(
    guarded: Running, caplog: pytest.LogCaptureFixture, capfd, monkeypatch
):
    prompt = "password_of_the_prompt = "
    caplog.set_level(logging.DEBUG)
    body = {"prompt": prompt, "max_tokens": 2}
    guarded.http.post("/v1/completions", json=body, headers=bearer(SECRET))
    guarded.http.post("/v1/completions", json=body, headers=bearer("wrong-secret-of-somebody"))
    guarded.http.post("/v1/completions", json=body | {"temperature": prompt}, headers=bearer(SECRET))

    def broken(*_args: object, **_more: object) -> None:
        raise RuntimeError(f"failed at {prompt}")

    monkeypatch.setattr(guarded.completer, "start", broken)
    answer = guarded.http.post("/v1/completions", json=body | {"seed": 9}, headers=bearer(SECRET))
    assert answer.status_code == 500
    said = answer.json()["error"]["message"]
    out = capfd.readouterr()
    # httpx and httpcore are the client's own; the server runs in this process.
    logged = (
        "\n".join(each.getMessage() for each in caplog.records if not each.name.startswith("http"))
        + out.out
        + out.err
    )
    assert "RuntimeError at" in logged
    for secret in (SECRET, "wrong-secret", "password_of_the_prompt"):
        assert secret not in logged
        assert secret not in said
    assert SECRET not in repr(guarded.settings)


def test_a_rate_is_so_many_a_minute():
    now = [0.0]
    rate = Rate(2, clock=lambda: now[0])
    assert [rate.take(), rate.take()] == [0.0, 0.0]
    assert rate.take() == pytest.approx(30.0)
    now[0] = 30.0
    assert rate.take() == 0.0
    assert rate.take() > 0
    now[0] = 3000.0
    assert [rate.take(), rate.take(), rate.take() > 0] == [0.0, 0.0, True]


def test_the_feedback_file_is_its_owners(server: Running):
    assert server.settings.feedback.stat().st_mode & 0o077 == 0
    assert b"def area" not in Path(server.settings.feedback).read_bytes()


def test_unknown_paths_and_methods_are_said_in_the_dialect(server: Running):
    assert isinstance(server.http.get("/api/nothing").json()["error"], str)
    answer = server.http.put("/infill")
    assert answer.status_code == 405
    assert answer.json()["error"]["code"] == 405
    assert httpx.get(f"{server.url}/v1/completions").headers["allow"] == "POST"


@pytest.mark.parametrize("path", ["/v1/models/", "//v1/models", "/v1//models//"])
def test_a_slash_too_many_in_an_address_is_none(server: Running, path: str):
    """Not a redirect: a client need not follow one, and behind a proxy it would lead to another address."""
    answer = httpx.get(server.url + path)
    assert answer.status_code == 200
    assert answer.json()["object"] == "list"


def test_a_slash_too_many_opens_nothing(guarded: Running):
    assert httpx.get(f"{guarded.url}//metrics/").status_code == 401
    body = {"prompt": "x = ", "max_tokens": 2}
    answer = httpx.post(f"{guarded.url}/v1/completions/", json=body, headers=bearer(SECRET))
    assert answer.status_code == 200


@pytest.mark.parametrize("path", DIALECTS)
@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("", "the body is empty: send a JSON object"),
        ("[]", "the body must be a JSON object"),
        ("null", "a JSON object"),
        ('"text"', "the body must be a JSON object"),
        ("{", "the body is not JSON"),
    ],
)
def test_a_body_that_is_no_object_is_said_to_be_none(server: Running, path: str, body: str, said: str):
    answer = server.http.post(path, content=body.encode())
    assert answer.status_code in {400, 422}
    assert said in DIALECTS[path](answer.json())


@pytest.mark.parametrize(
    "path", ["/", "/health", "/ready", "/api/tags", "/api/version", "/v1/models", "/metrics"]
)
def test_what_can_be_got_can_be_asked_for_its_head(server: Running, path: str):
    head, got = server.http.head(path), server.http.get(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == got.headers["content-type"]
    assert server.http.head("/infill").status_code == 405
