"""The benchmark itself: fair holes, honest judging, figures that add up."""

from __future__ import annotations

import ast
import textwrap
from pathlib import Path

import pytest

from coderdiff.engine.engine import Engine
from coderdiff.evaluation import infill, report
from coderdiff.model.loader import Checkpoint
from coderdiff.training.corpus.shards import Document
from coderdiff.types import Completion, Hole

TEXT = Path(textwrap.__file__).read_text()


def documents() -> list[Document]:
    sources = [
        ("big", TEXT),
        ("big", Path(ast.__file__).read_text()[:50_000]),
        ("small", TEXT.replace("width", "size")),
    ]
    return [Document(package, "1", f"{package}/{i}.py", text) for i, (package, text) in enumerate(sources)]


def completion(text: str, tokens: int = 4, forwards: int = 2, ms: float = 10.0) -> Completion:
    return Completion(text, "stop", tokens, forwards, ms, "made-up", "threshold")


def task(text: str, start: int, end: int) -> infill.InfillTask:
    return infill.InfillTask("package", "file.py", text, Hole(start, end), "line")


def test_the_same_seed_draws_the_same_holes_evenly_over_packages():
    tasks = infill.draw_tasks(documents(), 6, seed=3)
    assert tasks == infill.draw_tasks(documents(), 6, seed=3)
    assert tasks != infill.draw_tasks(documents(), 6, seed=4)
    for kind in infill.KINDS:
        packages = [task.package for task in tasks if task.kind == kind]
        assert packages.count("big") == packages.count("small") == 3
    for drawn in tasks:
        ast.parse(drawn.text)
        assert drawn.truth.strip()


def test_a_request_hides_the_truth():
    drawn = task("a = 1\nb = 2\n", 6, 11)
    request = drawn.request("reference")
    assert request.document.text == "a = 1\n\n"
    assert request.hole == Hole(6, 6)
    assert request.policy == "reference"


@pytest.mark.parametrize(("start", "end", "before"), [(9, 11, "a = 1\nb \n"), (0, 5, "\nb = 2\n")])
def test_a_key_before_hides_the_same_text(start: int, end: int, before: str):
    drawn = task("a = 1\nb = 2\n", start, end)
    assert drawn.a_key_before.truth == drawn.truth
    assert drawn.a_key_before.document.text == before


def test_what_is_behind_a_hole_while_the_file_is_written():
    drawn = task("def f():\n    a = 1\n    b = 2\n\n\ndef g(): ...\n", 13, 18)
    assert drawn.while_written("file") == drawn
    states: tuple[tuple[infill.Behind, str], ...] = (
        ("end", "\n"),
        ("next", "\n\n\ndef g(): ...\n"),
    )
    for behind, rest in states:
        # XX(("end", "\n"), ("next", "\n\n\ndef g(): ...\n")):
        written = drawn.while_written(behind)
        assert written.truth == drawn.truth
        assert written.document.text == "def f():\n    " + rest
    assert task("a = 1\nb = 2\n", 0, 5).while_written("next").document.text == "\n"


def test_judging():
    drawn = task("a = 1\nb = 2\n", 6, 11)
    right = infill.judge(drawn, completion("b = 2 "))
    assert (right.exact, right.parses, right.empty, right.similarity) == (True, True, False, 1.0)
    wrong = infill.judge(drawn, completion("b = ("))
    assert (wrong.exact, wrong.parses, wrong.empty) == (False, False, False)
    assert 0 < wrong.similarity < 1
    nothing = infill.judge(drawn, completion(""))
    assert (nothing.exact, nothing.parses, nothing.empty, nothing.similarity) == (False, True, True, 0.0)


def test_figures_add_up():
    drawn = task("a = 1\nb = 2\n", 6, 11)
    answers = [
        infill.judge(drawn, completion("b = 2", tokens=6, forwards=2, ms=10)),
        infill.judge(drawn, completion("b = (", tokens=2, forwards=2, ms=30)),
        infill.judge(drawn, completion("", tokens=1, forwards=1, ms=20)),
    ]
    rows = {row.kind: row for row in infill.figures("threshold", answers)}
    assert set(rows) == {"line", "line to block"}
    row = rows["line"]
    assert (row.holes, row.exact, row.empty) == (3, pytest.approx(1 / 3), pytest.approx(1 / 3))
    assert row.parses == 0.5, "of the answers that say something"
    assert row.tpf == 9 / 5
    assert (row.p50_ms, row.p95_ms) == (20, 30)


def test_a_real_run_and_its_report(checkpoint: Checkpoint, tmp_path: Path):
    tasks = infill.draw_tasks(documents(), 1, seed=1)
    done: list[int] = []
    answers = infill.run(Engine(checkpoint), tasks, "reference", lambda: done.append(1))
    assert len(done) == len(answers) == len(tasks) == 3
    assert all(answer.completion.tokens == answer.completion.forwards for answer in answers)
    rows = infill.figures("reference", answers)
    page = tmp_path / "docs" / "benchmarks.md"
    report.replace_section(page, "infill", report.markdown(rows))
    page.write_text("# Ours\n\n" + page.read_text() + "\nThe end.\n")
    report.replace_section(page, "infill", "new\n")
    assert page.read_text() == "# Ours\n\n<!-- infill -->\nnew\n<!-- /infill -->\n\nThe end.\n"
    report.plot(rows, tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
