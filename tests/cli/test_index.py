from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from coderdiff.cli import index as command
from coderdiff.cli.main import main
from coderdiff.context.index.build import BuildFigures
from coderdiff.context.index.fill import FillFigures
from coderdiff.context.index.index import Totals
from coderdiff.context.index.watch import Watcher

from .conftest import Outcome

Command = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "pkg").mkdir(parents=True)
    (folder / "pyproject.toml").write_text("[project]\nname = 'shop'\n")
    (folder / "pkg" / "shapes.py").write_text("class Circle:\n    def area(self):\n        return 3\n")
    (folder / "logo.png").write_bytes(b"\x89PNG\r\n\0")
    (folder / ".env").write_text("TOKEN=abc\n")
    return folder


def test_figures_in_words(coderdiff: Command, project: Path) -> None:
    outcome = coderdiff("index", project, "--jobs", "1")
    assert (outcome.status, outcome.err) == (0, "")
    first, second, *reasons, last = outcome.out.splitlines()
    assert first.startswith(f"{project}: 2 files, 0.1 kB in ")
    assert "(2 new, " in first
    assert last.startswith("2 symbols (2 trees read in ")
    assert second.startswith("left out 2,")
    assert all(line.startswith("  1  ") for line in reasons)
    assert any("png" in line for line in reasons)
    again = coderdiff("index", project, "--jobs", "1")
    assert "(0 new)" in again.out
    (project / "pkg" / "shapes.py").unlink()
    assert "(0 new, 1 removed)" in coderdiff("index", project).out


def test_figures_as_json(coderdiff: Command, project: Path) -> None:
    outcome = coderdiff("index", project, "--json")
    said = json.loads(outcome.out)
    assert (said["files"], said["symbols"], said["skipped"], said["new"]) == (2, 2, 2, 2)
    assert said["bytes"] == sum(
        (project / name).stat().st_size for name in ("pyproject.toml", "pkg/shapes.py")
    )
    assert said["root"] == str(project)
    assert sum(said["skipped_by_reason"].values()) == 2
    assert said["seconds"] > 0
    assert said["detail_seconds"] >= 0
    assert said["detailed"] == 2
    # Printed to the millisecond: with a handful of files the rounding alone is several percent.
    assert 2 / said["files_per_second"] == pytest.approx(said["seconds"], abs=0.001)


def test_without_a_path_it_is_the_project_around_the_current_folder(
    coderdiff: Command, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project / "pkg")
    assert json.loads(coderdiff("index", "--json").out)["root"] == str(project)
    assert json.loads(coderdiff("index", ".", "--json").out)["root"] == str(project / "pkg")


def test_why(coderdiff: Command, project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert (
        coderdiff("index", "--why", project / "pkg" / "shapes.py").out == f"{project}/pkg/shapes.py: read\n"
    )
    assert coderdiff("index", "--why", project / ".env").out.startswith(f"{project}/.env: left out: ")
    monkeypatch.chdir(project / "pkg")
    assert coderdiff("index", "--why", "shapes.py").out == "pkg/shapes.py: read\n"
    assert coderdiff("index", project, "--why", "../logo.png").out.startswith("logo.png: left out: ")
    outcome = coderdiff("index", project, "--why", tmp_path / "elsewhere.py")
    assert outcome.status == 2
    assert outcome.err == f"coderdiff: {tmp_path}/elsewhere.py: no such file; name the one to explain\n"
    (tmp_path / "elsewhere.py").write_text("")
    outcome = coderdiff("index", project, "--why", tmp_path / "elsewhere.py")
    assert outcome.status == 2
    assert (
        outcome.err == f"coderdiff: {tmp_path}/elsewhere.py is not in {project}; name a file of that folder\n"
    )
    assert not (tmp_path / "cache").exists()


def test_why_as_json(coderdiff: Command, project: Path) -> None:
    said = json.loads(coderdiff("index", "--json", "--why", project / "pkg" / "shapes.py").out)
    assert said == {"root": str(project), "path": "pkg/shapes.py", "read": True, "reason": None}
    said = json.loads(coderdiff("index", "--json", "--why", project / "logo.png").out)
    assert said == {"root": str(project), "path": "logo.png", "read": False, "reason": "binary (.png)"}


@pytest.mark.parametrize("path", ["missing", "project/logo.png"])
def test_what_is_no_folder_is_one_line_and_status_2(
    coderdiff: Command, project: Path, tmp_path: Path, path: str
) -> None:
    outcome = coderdiff("index", tmp_path / path)
    assert outcome.status == 2
    assert outcome.out == ""
    assert "is not a folder" in outcome.err
    assert outcome.err.count("\n") == 1


def test_everything_there_is_is_not_indexed_unasked(
    coderdiff: Command, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(project))
    outcome = coderdiff("index", "/")
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert "is the root of the file system" in outcome.err
    outcome = coderdiff("index", project)
    assert (outcome.status, outcome.out) == (2, "")
    assert "is the home folder: name a project in it, or say --everything" in outcome.err
    assert coderdiff("index", project, "--everything").out.startswith(f"{project}: 2 files, ")
    assert coderdiff("index", project / "pkg").status == 0


def test_an_unusable_cache_is_one_line_and_figures_all_the_same(
    coderdiff: Command, project: Path, tmp_path: Path
) -> None:
    (tmp_path / "cache").write_text("in the way")
    outcome = coderdiff("index", project, "--json")
    assert outcome.status == 0
    assert json.loads(outcome.out)["files"] == 2
    assert "kept in memory" in outcome.err
    assert outcome.err.count("\n") == 1


def test_many_reasons_are_cut_to_the_commonest() -> None:
    skipped = {f"reason {number}": number for number in range(1, 13)}
    figures = BuildFigures(5, 1234, 0, skipped, 2.0, stopped=False)
    lines = command.summary(Path("/shop"), Totals(4321, 1, 5_500_000, 300), figures, 2.0)
    assert lines[0] == "/shop: 4,321 files, 5.5 MB in 2.00 s (1,234 new, 2,160 files/s)"
    assert lines[1].startswith("left out 78,")
    assert lines[2] == "  12  reason 12"
    assert lines[-1] == "  10  for 4 other reasons"
    assert len(lines) == 11
    said = command.details(Totals(4321, 1, 5_500_000, 300), FillFigures(200, 4.0, stopped=True))
    assert said == "1 symbol in 300 of 4,321 files (200 trees read in 4.00 s, 50 files/s)"


def test_watching_goes_on_until_interrupted(project: Path) -> None:
    # What a shell runs in the background is told to ignore SIGINT, these tests and their children included.
    heed = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    code = f"{heed}; import sys; from coderdiff.cli.main import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "index", str(project), "--watch", "--jobs", "1"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
    )
    with process:
        try:
            _watch_and_interrupt(process, project)
        finally:
            process.kill()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_watching_that_breaks_off_is_a_failure(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_off(_watcher: Watcher) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Watcher, "_look_now_and_then", break_off)
    assert main(["index", str(project), "--watch", "--poll", "--jobs", "1"]) == 1


def _watch_and_interrupt(process: subprocess.Popen[str], project: Path) -> None:
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stderr.readline() == f"coderdiff: watching {project}; end with Ctrl-C\n"
    for _ in range(5):
        process.stdout.readline()
    (project / "pkg" / "new.py").write_text("x = 1\n")
    assert "1 file read, 0 removed (" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")
