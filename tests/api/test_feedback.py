"""Feedback: kept without text, counted once a completion, there after the server was killed."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from coderdiff.cli.main import main
from coderdiff.config import ServerSettings, Token
from coderdiff.errors import InputError
from coderdiff.types import Completion
from coderdiff_api.__main__ import opening_lines
from coderdiff_api.feedback import Event, FeedbackStore, percentile

from .conftest import Running, Serve
from .test_openai import PREFIX

EDIT = {
    "messages": [
        {
            "role": "user",
            "content": "<|current_file_content|>\n<|code_to_edit|>\nx = <|cursor|>\n<|/code_to_edit|>\n"
            "<|/current_file_content|>",
        }
    ]
}
DONE = Completion("0123456789", "stop", 8, 4, 100.0, "random", "verified")


@pytest.fixture
def store(tmp_path: Path) -> FeedbackStore:
    return FeedbackStore.open(tmp_path / "feedback.sqlite3")


def test_a_completion_counts_once_by_what_became_of_it(store: FeedbackStore):
    store.completed("a", "openai", [DONE, replace(DONE, latency_ms=300.0)])
    store.completed("b", "tabby", [replace(DONE, text="", latency_ms=900.0)])
    assert store.note(Event("a", 0, "shown"))
    assert store.note(Event("a", 0, "partly_accepted", accepted_characters=4))
    assert store.note(Event("a", 0, "accepted"))
    assert store.note(Event("a", 0, "accepted", retained_characters=7))
    assert store.note(Event("a", 1, "shown"))
    assert store.note(Event("a", 1, "partly_accepted", accepted_characters=4))
    assert store.note(Event("a", 1, "rejected"))
    told = store.figures()
    assert (told.completions, told.with_text, told.shown) == (3, 2, 2)
    assert (told.accepted, told.partly_accepted, told.rejected) == (1, 1, 0)
    assert (told.characters_shown, told.characters_accepted) == (20, 14)
    assert (told.characters_retained, told.retention_known) == (7, 10)
    assert (told.latency_p50_ms, told.latency_p95_ms, told.tokens_per_forward) == (100.0, 300.0, 2.0)
    assert store.figures(since=2e12).completions == 0


def test_what_was_not_served_is_not_kept(store: FeedbackStore):
    assert not store.note(Event("nobody's", 0, "accepted"))
    store.completed("a", "openai", [DONE])
    assert not store.note(Event("a", 1, "accepted"))
    assert store.figures().shown == 0


def test_only_who_asked_can_say_what_became_of_it(store: FeedbackStore):
    store.completed("a", "openai", [DONE, DONE], owner="robot")
    store.completed("b", "openai", [DONE])
    assert not store.note(Event("a", 0, "accepted"), by="person")
    assert store.figures().shown == 0
    assert store.note(Event("a", 1, "accepted"), by="robot")
    assert store.note(Event("b", 0, "accepted"), by="person")
    # A server that knows no tokens has one client, whom all is asked by.
    assert store.note(Event("a", 0, "accepted"))


def test_a_store_from_before_there_were_owners_is_anybodys(store: FeedbackStore, tmp_path: Path):
    store.completed("a", "openai", [DONE])
    store.close()
    with sqlite3.connect(tmp_path / "feedback.sqlite3") as connection:
        connection.execute("DROP TABLE owners")
    again = FeedbackStore.open(tmp_path / "feedback.sqlite3")
    assert again.note(Event("a", 0, "accepted"), by="person")
    assert again.figures().accepted == 1


def test_over_http_another_token_knows_nothing_of_it(serve: Serve):
    robot, person = Token("the-token-of-a-robot", "robot"), Token("the-token-of-a-person", "person")
    with serve(tokens=(robot, person)) as server:

        def post(path: str, body: dict, token: Token) -> httpx.Response:
            return server.http.post(path, json=body, headers={"Authorization": f"Bearer {token.token}"})

        asked = {
            "/v1/completions": {"prompt": PREFIX, "max_tokens": 2, "stream": True},
            "/beta/completions": {"prompt": PREFIX, "max_tokens": 2},
            "/v1/fim/completions": {"prompt": PREFIX, "max_tokens": 2},
            "/infill": {"input_prefix": PREFIX, "n_predict": 2, "n_cmpl": 2, "stream": True},
            "/api/generate": {"model": "default", "prompt": PREFIX, "options": {"num_predict": 2}},
            "/v1/edit/completions": EDIT,
        }
        segments = {"segments": {"prefix": PREFIX}}
        tabbys = post("/v1/completions", segments, robot).json()["id"]
        event = {"type": "view", "completion_id": tabbys}
        assert [post("/v1/events", event, each).status_code for each in (person, robot)] == [404, 200]
        for path, body in asked.items():
            told = {"id": post(path, body, robot).headers["x-request-id"], "action": "accepted"}
            refused = post("/v1/feedback", told, person)
            assert (refused.status_code, refused.json()["error"]["code"]) == (404, "completion_not_found"), (
                path
            )
            event = {"type": "select", "completion_id": told["id"]}
            assert post("/v1/events", event, person).status_code == 404
            assert post("/v1/feedback", told, robot).status_code == 200, path
            assert post("/v1/events", event, robot).status_code == 200
        assert b"the-token-of" not in server.settings.feedback.read_bytes()


def test_each_choice_of_a_stream_can_be_told_of(server: Running):
    body = {"input_prefix": PREFIX, "n_predict": 4, "n_cmpl": 2, "stream": True}
    id_ = server.http.post("/infill", json=body).headers["x-request-id"]
    for choice in range(2):
        told = {"id": id_, "choice": choice, "action": "accepted"}
        assert server.http.post("/v1/feedback", json=told).status_code == 200


def test_no_text_is_kept(store: FeedbackStore, tmp_path: Path):
    store.completed("a", "openai", [replace(DONE, text="the completion's very own text")])
    store.close()
    files = list(tmp_path.iterdir())
    assert files
    assert all(b"very own" not in file.read_bytes() for file in files)


def test_what_is_acknowledged_is_there_for_another_reader(store: FeedbackStore, tmp_path: Path):
    """As after a kill: the first connection is never closed."""
    store.completed("a", "openai", [DONE])
    assert store.note(Event("a", 0, "accepted"))
    again = FeedbackStore.open(tmp_path / "feedback.sqlite3")
    assert again.figures().accepted == 1


def test_old_completions_are_forgotten(store: FeedbackStore, tmp_path: Path):
    store.completed("a", "openai", [DONE])
    with sqlite3.connect(tmp_path / "feedback.sqlite3") as connection:
        connection.execute("UPDATE completions SET at = at - 91 * 86400")
    store.completed("b", "openai", [DONE])
    store.forget_old()
    assert store.figures().completions == 1


def test_a_store_that_cannot_be_read_is_said(tmp_path: Path):
    (tmp_path / "other").write_text("this is no database, but long enough to look like something")
    with pytest.raises(InputError, match="cannot open"):
        FeedbackStore.open(tmp_path / "other")
    with sqlite3.connect(tmp_path / "newer") as connection:
        connection.execute("PRAGMA user_version=99")
    with pytest.raises(InputError, match="another version"):
        FeedbackStore.open(tmp_path / "newer")


@pytest.mark.parametrize(("share", "value"), [(0.5, 5.0), (0.95, 10.0), (1.0, 10.0), (0.0, 1.0)])
def test_percentiles_are_of_the_nearest_rank(share: float, value: float):
    assert percentile([float(n) for n in range(1, 11)], share) == value
    assert percentile([], share) is None
    assert percentile([3.0], share) == 3.0


def test_over_http_and_in_coderdiff_stats(serve: Serve, capsys: pytest.CaptureFixture[str]):
    with serve() as server:
        answer = server.http.post("/v1/completions", json={"prompt": PREFIX, "max_tokens": 8})
        body = {"id": answer.json()["id"], "action": "accepted", "retained_characters": 3, "elapsed_ms": 900}
        assert server.http.post("/v1/feedback", json=body).json() == {"kept": True}
        assert server.http.post("/v1/feedback", json=body | {"id": "other"}).status_code == 404
        assert server.http.post("/v1/feedback", json=body | {"action": "liked"}).status_code == 400
        # The other dialects name a completion in the header.
        fill = server.http.post("/infill", json={"input_prefix": PREFIX, "n_predict": 8})
        shown = {"id": fill.headers["x-request-id"], "action": "rejected"}
        assert server.http.post("/v1/feedback", json=shown).status_code == 200
        assert main(["stats", "--store", str(server.settings.feedback)]) == 0
    told = capsys.readouterr().out
    assert "2 completions, 2 with text" in told
    assert "shown: 2; accepted 1 (50%), in part 0 (0%), rejected 1 (50%)" in told
    assert "retained: 3 (" in told


def test_stats_without_a_store_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["stats", "--store", str(tmp_path / "none")]) == 2
    assert "no feedback store" in capsys.readouterr().err


def test_stats_reads_where_the_environment_has_the_server_keep_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "none"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CODERDIFF_SERVE_FEEDBACK", "~/kept.sqlite3")
    FeedbackStore.open(tmp_path / "kept.sqlite3").close()
    assert main(["stats"]) == 0
    assert "0 completions" in capsys.readouterr().out


def test_stats_looks_where_the_servers_settings_put_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "none"))

    def kept(name: str, times: int) -> Path:
        store = FeedbackStore.open(tmp_path / f"{name}.sqlite3")
        store.completed(name, "openai", [DONE] * times)
        store.close()
        return tmp_path / f"{name}.sqlite3"

    def settings(name: str, store: Path) -> str:
        # Nothing could be served by these: there is no such folder, and no token for others.
        text = f'feedback = "{store}"\nhost = "0.0.0.0"\nworkspaces = ["{tmp_path}/gone"]\n'
        (tmp_path / name).write_text(text)
        return str(tmp_path / name)

    def said(*arguments: str) -> str:
        assert main(["stats", *arguments]) == 0
        return capsys.readouterr().out.partition("completions")[0]

    one, two = settings("one.toml", kept("one", 1)), settings("two.toml", kept("two", 2))
    three, four = kept("three", 3), kept("four", 4)
    assert said("--config", one).endswith(": 1 ")
    monkeypatch.setenv("CODERDIFF_SERVE_CONFIG", two)
    assert said().endswith(": 2 ")
    assert said("--config", one).endswith(": 1 ")
    monkeypatch.setenv("CODERDIFF_SERVE_FEEDBACK", str(three))
    assert said("--config", one).endswith(": 3 ")
    assert said("--store", str(four)).endswith(": 4 ")
    assert main(["stats", "--config", str(tmp_path / "no.toml")]) == 2
    assert "cannot read" in capsys.readouterr().err


def test_the_server_says_how_to_ask_for_its_store(tmp_path: Path):
    def said(settings: ServerSettings) -> str:
        [line] = [line for line in opening_lines(settings) if "feedback" in line]
        return line

    assert said(ServerSettings()).endswith("; `coderdiff stats` reports it")
    kept = tmp_path / "my store.sqlite3"
    assert f"; `coderdiff stats --store '{kept}'` reports it" in said(ServerSettings(feedback=kept))


def test_warming_up_is_no_completion(server: Running):
    answer = server.http.post("/infill", json={"n_predict": 0})
    shown = {"id": answer.headers["x-request-id"], "action": "shown"}
    assert server.http.post("/v1/feedback", json=shown).status_code == 404
