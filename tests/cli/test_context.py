"""`coderdiff context`, and `coderdiff complete` with the repository in sight."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Outcome, Scripted

Command = Callable[..., Outcome]

STORE = "def nearest_shelf(number: int) -> int:\n    return number\n"
WHOLE = STORE.rstrip("\n")
DESK = "from store import nearest_shelf\n\n\ndef hand_over(parcel):\n    \n"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    root = tmp_path / "parcels"
    root.mkdir()
    (root / "pyproject.toml").write_text("[project]\nname = 'parcels'\n")
    (root / "store.py").write_text(STORE)
    (root / "desk.py").write_text(DESK)
    return root / "desk.py"


def test_the_pack_as_json(coderdiff: Command, desk: Path) -> None:
    outcome = coderdiff("context", f"{desk}:5:5", "--budget", 60, "--json")
    told = json.loads(outcome.out)
    assert list(told) == ["snippets", "tokens", "latency_ms", "quiet"]
    [snippet] = told["snippets"]
    assert set(snippet) == {
        *("path", "start_line", "end_line", "resolution", "score", "reason", "tokens", "text"),
    }
    assert snippet["path"] == "store.py"
    assert snippet["text"] == WHOLE
    assert told["tokens"] == snippet["tokens"] <= 60
    assert told["latency_ms"] > 0


def test_the_pack_for_people(coderdiff: Command, desk: Path) -> None:
    outcome = coderdiff("context", f"{desk}:5:5", "--budget", 60)
    assert outcome.status == 0
    assert outcome.out.startswith("store.py:1-2  body  ")
    assert (
        "imported by line 1\n  def nearest_shelf(number: int) -> int:\n      return number\n" in outcome.out
    )
    assert "1 snippet, " in outcome.err
    assert outcome.err.endswith(f" (searched: {desk.parent})\n")


def test_nothing_to_show_says_why(coderdiff: Command, desk: Path) -> None:
    outcome = coderdiff("context", f"{desk}:4:7", "--budget", 60)
    assert (outcome.status, outcome.out) == (0, "")
    assert "nothing is shown: a new name is being written" in outcome.err


def test_too_few_tokens_are_said_to_be_too_few(coderdiff: Command, desk: Path) -> None:
    outcome = coderdiff("context", f"{desk}:5:5", "--budget", 5)
    assert (outcome.status, outcome.out) == (0, "")
    assert "nothing is shown: 5 tokens are too few for any snippet (searched: " in outcome.err
    said = json.loads(coderdiff("context", f"{desk}:5:5", "--budget", 5, "--json").out)
    assert said["quiet"] == "5 tokens are too few for any snippet"
    (desk.parent / "store.py").unlink()
    outcome = coderdiff("context", f"{desk}:5:5", "--budget", 5)
    assert "nothing in the repository is worth its tokens here" in outcome.err


def test_a_sibling_folder_is_found_without_a_project_file(
    coderdiff: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = tmp_path / "work"
    (work / "app").mkdir(parents=True)
    (work / "lib").mkdir()
    (work / "lib" / "store.py").write_text(STORE)
    (work / "app" / "desk.py").write_text(DESK.replace("store", "lib.store"))
    monkeypatch.chdir(work)
    outcome = coderdiff("context", "app/desk.py:5:5", "--budget", 60)
    assert outcome.out.startswith("lib/store.py:1-2  body  ")
    assert outcome.err.endswith(f" (searched: {work})\n")


@pytest.mark.parametrize(
    ("place", "reason"), [("nowhere.py:1:1", "no such file"), ("desk.py:99:1", "line 99 is out of range")]
)
def test_bad_places_are_one_line(coderdiff: Command, desk: Path, place: str, reason: str) -> None:
    outcome = coderdiff("context", desk.parent / place)
    assert outcome.status == 2
    assert reason in outcome.err
    assert outcome.err.count("\n") == 1


def test_complete_shows_the_repository_by_default(coderdiff: Command, scripted: Scripted, desk: Path) -> None:
    scripted.pack_tokens = 60
    assert coderdiff("complete", f"{desk}:5:5").status == 0
    [request] = scripted.requests
    assert [snippet.path for snippet in request.pack] == ["store.py"]


def test_complete_without_context(coderdiff: Command, scripted: Scripted, desk: Path, tmp_path: Path) -> None:
    scripted.pack_tokens = 60
    assert coderdiff("complete", f"{desk}:5:5", "--no-context").status == 0
    assert scripted.requests[0].pack == ()
    assert not (tmp_path / "cache").exists()


def test_a_model_without_packs_needs_no_index(
    coderdiff: Command, scripted: Scripted, desk: Path, tmp_path: Path
) -> None:
    assert coderdiff("complete", f"{desk}:5:5").status == 0
    assert not (tmp_path / "cache").exists()


def test_a_relative_place(
    coderdiff: Command, scripted: Scripted, desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted.pack_tokens = 60
    monkeypatch.chdir(desk.parent)
    assert coderdiff("complete", f"{os.path.relpath(desk)}:5:5").status == 0
    assert len(scripted.requests[0].pack) == 1
