"""The command line over the real engine: the shipped model, and checkpoints that cannot be used."""

from __future__ import annotations

import ast
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from coderdiff.cli import options
from coderdiff.decoding.policies.own import OWN
from coderdiff.model.loader import DEFAULT_MODEL, find
from coderdiff.types import Completer

from .conftest import Outcome

Command = Callable[..., Outcome]
KEYS = [
    "text",
    "finish_reason",
    "withdrawn",
    "tokens",
    "forwards",
    "latency_ms",
    "model",
    "policy",
    "confidence",
    "context",
]


@pytest.fixture(scope="module")
def engine() -> Completer:
    return options.open_completer(None, "cpu", None, None)


@pytest.fixture
def opened(engine: Completer, monkeypatch: pytest.MonkeyPatch) -> Completer:
    """The shipped model, loaded once for this module and not once a command."""
    monkeypatch.setattr(options, "open_completer", lambda *_: engine)
    return engine


def test_it_loads_and_answers(coderdiff: Command, source: Path) -> None:
    """All the way, opening included."""
    before = source.read_bytes()
    outcome = coderdiff("complete", f"{source}:2:12", "--json", "--device", "cpu", "--max-tokens", 24)
    assert outcome.status == 0
    answer = json.loads(outcome.out)
    assert list(answer) == KEYS
    assert answer["model"] == DEFAULT_MODEL
    assert answer["finish_reason"] in {"stop", "length"}
    assert 0 < answer["tokens"] <= 24
    assert 0 < answer["forwards"] <= answer["tokens"] + 24
    assert answer["latency_ms"] > 0
    assert source.read_bytes() == before


@pytest.mark.parametrize("policy", OWN)
def test_greedy_is_deterministic(coderdiff: Command, opened: Completer, source: Path, policy: str) -> None:
    arguments = ("complete", f"{source}:2:12", "--json", "--policy", policy, "--max-tokens", 16)
    first, second = (json.loads(coderdiff(*arguments).out) for _ in range(2))
    assert first["policy"] == policy
    for key in ("text", "finish_reason", "tokens", "forwards"):
        assert first[key] == second[key]


def test_a_seed_makes_sampling_repeatable(coderdiff: Command, opened: Completer, source: Path) -> None:
    arguments = (
        "complete", f"{source}:2:12", "--json", "--max-tokens", 12, "--temperature", 1.0, "--seed",
    )  # fmt: skip
    first, second = (json.loads(coderdiff(*arguments, 7).out) for _ in range(2))
    assert first["text"] == second["text"]


@pytest.mark.parametrize("stored", [b"\xef\xbb\xbf", b"# -*- coding: latin-1 -*- \xe9\r\n", b"# \xe9\r\n"])
def test_writing_changes_the_hole_alone(
    coderdiff: Command, opened: Completer, tmp_path: Path, stored: bytes
) -> None:
    head, tail = stored + b"def area(width, height):\r\n\treturn ", b"\r\n\r\nprint(area(2, 3))\r\n"
    path = tmp_path / "shapes.py"
    path.write_bytes(head + tail)
    line = head.count(b"\n") + 1
    outcome = coderdiff("complete", f"{path}:{line}", "--json", "--write", "--max-tokens", 32)
    assert outcome.status == 0
    text = json.loads(outcome.out)["text"]
    encoding = "utf-8" if stored.startswith(b"\xef") else "latin-1"
    assert path.read_bytes() == head + text.replace("\n", "\r\n").encode(encoding) + tail
    ast.parse(path.read_bytes())


def test_a_deadline_of_nothing_is_kept(coderdiff: Command, opened: Completer, source: Path) -> None:
    outcome = coderdiff("complete", f"{source}:2:12", "--json", "--deadline-ms", 0)
    assert outcome.status == 0
    assert json.loads(outcome.out)["finish_reason"] == "deadline"


def test_a_token_limit_is_kept(coderdiff: Command, opened: Completer, source: Path) -> None:
    answer = json.loads(coderdiff("complete", f"{source}:1:1", "--json", "--max-tokens", 1).out)
    assert answer["tokens"] <= 1


def test_the_trace_has_a_step_a_forward(
    coderdiff: Command, opened: Completer, source: Path, tmp_path: Path
) -> None:
    page = tmp_path / "trace.html"
    outcome = coderdiff("complete", f"{source}:2:12", "--json", "--max-tokens", 8, "--trace", page)
    answer = json.loads(outcome.out)
    data = page.read_text(encoding="utf-8").split('id="trace">')[1].split("</script>")[0]
    assert [step["forwards"] for step in json.loads(data)["steps"]] == list(range(1, answer["forwards"] + 1))


def test_an_unknown_policy_is_named(coderdiff: Command, opened: Completer, source: Path) -> None:
    refused(coderdiff("complete", f"{source}:2:12", "--policy", "psychic"), "psychic")


def test_a_device_that_is_not_there(coderdiff: Command, source: Path) -> None:
    refused(coderdiff("complete", f"{source}:2:12", "--device", "abacus"), "abacus")


def test_a_window_that_is_too_small(coderdiff: Command, source: Path) -> None:
    refused(coderdiff("complete", f"{source}:2:12", "--window", "9"), "a window of 9 is too small for base")


class TestCheckpoints:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        """A copy of the shipped model."""
        return Path(shutil.copytree(find(None), tmp_path / "model"))

    def test_missing(self, coderdiff: Command, source: Path, tmp_path: Path) -> None:
        refused(coderdiff("complete", f"{source}:2:12", "--model", tmp_path / "nowhere"), "nowhere")

    @pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
    def test_without_a_file(self, coderdiff: Command, source: Path, folder: Path, name: str) -> None:
        (folder / name).unlink()
        refused(coderdiff("complete", f"{source}:2:12", "--model", folder), name)

    @pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
    def test_cut_short(self, coderdiff: Command, source: Path, folder: Path, name: str) -> None:
        path = folder / name
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        refused(coderdiff("complete", f"{source}:2:12", "--model", folder), name)

    def test_with_an_unknown_setting(self, coderdiff: Command, source: Path, folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text())
        config["spec"]["wings"] = 2
        (folder / "config.json").write_text(json.dumps(config))
        refused(coderdiff("complete", f"{source}:2:12", "--model", folder), "wings")


def refused(outcome: Outcome, named: str) -> None:
    """One line on stderr that names the culprit, nothing on stdout, status 2."""
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.startswith("coderdiff: ")
    assert outcome.err.count("\n") == 1
    assert named in outcome.err
