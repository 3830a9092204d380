"""docs/http.md: its snippets run, its settings are real, and its table of paths is the server's."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from coderdiff.config import ServerSettings, server_settings

from .conftest import Running

PAGE = (Path(__file__).parents[2] / "docs" / "http.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, flags=re.DOTALL)
URL = "http://127.0.0.1:8017"


def blocks(language: str) -> list[str]:
    return [text for kind, text in BLOCKS if kind == language]


@pytest.mark.parametrize("snippet", blocks("python"))
def test_python_snippets_print_a_completion(
    server: Running, snippet: str, capsys: pytest.CaptureFixture[str]
):
    exec(compile(snippet.replace(URL, server.url), "docs/http.md", "exec"), {})
    assert len(capsys.readouterr().out) > 1


@pytest.mark.parametrize("snippet", blocks("sh"))
def test_shell_snippets_are_answered(server: Running, snippet: str):
    done = subprocess.run(["bash", "-c", snippet.replace(URL, server.url)], capture_output=True, check=True)
    answer = json.loads(done.stdout)
    assert "choices" in answer or answer["error"]["code"] == "completion_not_found"


def test_settings_of_clients_can_be_read():
    assert [yaml.safe_load(text) for text in blocks("yaml")]
    plain = [text for text in blocks("json") if not text.startswith('{"id"')]
    assert len([json.loads(text) for text in plain]) == 2
    assert all(URL in text for text in [*plain, *blocks("yaml"), *blocks("lua"), *blocks("vim")])


def test_the_events_it_shows_have_the_fields_that_are_sent(server: Running):
    draft, last = (json.loads(text) for text in blocks("json") if text.startswith('{"id"'))
    body = {"prompt": "def area(radius):\n    return ", "max_tokens": 8, "stream": True, "diffusing": True}
    with server.http.stream("POST", "/v1/completions", json=body) as response:
        events = [json.loads(line[6:]) for line in response.iter_lines() if line.startswith("data: {")]
    assert shape(events[0]) == shape(draft)
    last["coderdiff"]["completions"][0]["context"] = []
    assert shape(events[-1]) == shape(last)


def shape(value: object) -> object:
    """Names of fields, all the way down; of a list, those of its first item."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    return [shape(each) for each in value[:1]] if isinstance(value, list) else None


def test_the_settings_it_shows_are_all_there_are(tmp_path: Path):
    [text] = [text for text in blocks("toml") if "[[tokens]]" in text]
    given = tomllib.loads(text)
    assert set(given) == set(ServerSettings.__dataclass_fields__)
    file = tmp_path / "serve.toml"
    file.write_text(text.replace("~/code/shop", str(tmp_path)))
    settings = server_settings(file, {})
    defaults = ServerSettings()
    for name in (
        "port",
        "max_body_bytes",
        "max_chars",
        "max_tokens",
        "max_choices",
        "max_waiting",
        "shutdown_seconds",
    ):
        assert getattr(settings, name) == getattr(defaults, name), f"the page shows another default of {name}"


def test_every_path_is_in_its_table(server: Running):
    documented = set(re.findall(r"(?<=[` ])/[\w/{}.]*", PAGE[: PAGE.index("## Clients")]))
    assert set(server.http.get("/openapi.json").json()["paths"]) <= documented


def test_every_metric_is_named(server: Running):
    server.http.post("/v1/completions", json={"prompt": "x = ", "max_tokens": 2})
    sent = {re.split(r"[{ ]", name)[0] for name in server.metrics}
    plain = {re.sub(r"_(bucket|count|sum|created)$", "", name) for name in sent}
    missing = {name for name in plain if name not in PAGE and f"{name}_total" not in PAGE}
    assert not missing
