from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Outcome

Command = Callable[..., Outcome]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "project"
    (folder / "pkg").mkdir(parents=True)
    (folder / "pyproject.toml").write_text("")
    (folder / "pkg" / "shapes.py").write_text(
        'class Circle:\n    def area(self) -> float:\n        """Its area."""\n        return 3.0\n'
    )
    (folder / "sums.py").write_text("def total_area(circles):\n    return 0\n")
    monkeypatch.chdir(folder)
    return folder


def test_a_line_for_each_best_first(coderdiff: Command, project: Path) -> None:
    outcome = coderdiff("symbols", "area")
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.splitlines() == [
        "pkg/shapes.py:2: method Circle.area  def area(self) -> float",
        "sums.py:1: function total_area  def total_area(circles)",
    ]


def test_places_outside_the_current_folder_are_absolute(
    coderdiff: Command, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project / "pkg")
    assert coderdiff("symbols", "total").out.startswith(f"{project}/sums.py:1: ")
    assert coderdiff("symbols", "Circle").out.startswith("shapes.py:1: ")


def test_the_files_are_looked_at_anew(coderdiff: Command, project: Path) -> None:
    coderdiff("symbols", "area")
    (project / "more.py").write_text("area = 1\n")
    assert coderdiff("symbols", "area").out.splitlines()[1] == "more.py:1: variable area  area = 1"


def test_json(coderdiff: Command, project: Path) -> None:
    said = json.loads(coderdiff("symbols", "circle.area", "--json").out)
    assert said == {
        "root": str(project),
        "symbols": [
            {
                "name": "area", "kind": "method", "scope": "Circle", "path": "pkg/shapes.py", "line": 2, "end_line": 4,
                "signature": "def area(self) -> float", "doc": "Its area.",
            }
        ],
    }  # fmt: skip


def test_a_path_is_a_project_or_a_part_of_one(
    coderdiff: Command, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert len(coderdiff("symbols", "area", "--path", project).out.splitlines()) == 2
    [line] = coderdiff("symbols", "area", "--path", project / "pkg").out.splitlines()
    assert line.startswith("project/pkg/shapes.py:2: ")
    assert len(coderdiff("symbols", "area", "--path", project / "sums.py").out.splitlines()) == 1
    coderdiff("index", project / "pkg")
    said = json.loads(coderdiff("symbols", "area", "--path", project / "pkg", "--json").out)
    assert said["root"] == str(project / "pkg")


def test_everything_there_is_is_not_searched_unasked(
    coderdiff: Command, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(project))
    for path in ("/", project):
        outcome = coderdiff("symbols", "area", "--path", path)
        assert (outcome.status, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert coderdiff("symbols", "area").status == 2
    assert len(coderdiff("symbols", "area", "--everything").out.splitlines()) == 2


def test_limit(coderdiff: Command, project: Path) -> None:
    assert len(coderdiff("symbols", "area", "--limit", "1").out.splitlines()) == 1


def test_nothing_found_is_said(coderdiff: Command, project: Path) -> None:
    outcome = coderdiff("symbols", "zzz")
    assert (outcome.status, outcome.out) == (0, "")
    assert outcome.err == f"coderdiff: no symbol matches 'zzz' in {project}\n"


@pytest.mark.parametrize("query", ["", "  "])
def test_an_empty_query_is_one_line_and_status_2(coderdiff: Command, project: Path, query: str) -> None:
    outcome = coderdiff("symbols", query)
    assert outcome.status == 2
    assert outcome.err == "coderdiff: the query is empty; type a name or a part of one\n"


def test_a_missing_path_is_one_line_and_status_2(coderdiff: Command, project: Path) -> None:
    outcome = coderdiff("symbols", "area", "--path", "nowhere")
    assert outcome.status == 2
    assert outcome.err == "coderdiff: nowhere: no such file or folder; name one to search in\n"
