"""One package measured whole, with the repository's real context, and the tables made of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from coderdiff.errors import InputError
from coderdiff.evaluation.context import benchmark, cold
from coderdiff.evaluation.context.benchmark import PackageFigures, Settings
from coderdiff.evaluation.context.report import markdown, tables
from coderdiff.evaluation.context.tree import Tree

from .conftest import MakeTree

SETTINGS = Settings(lines=50, budgets=(30, 400), seed=1)
SYSTEMS = ["coderdiff", "BM25", "Jaccard", "PageRank map", "import skeletons"]


def on_disk(tree: Tree) -> dict[str, str]:
    return {path: (tree.root / path).read_text(encoding="utf-8") for path in tree.texts}


@pytest.fixture
def measured(shop: Tree) -> tuple[PackageFigures, list[tuple[int, int]]]:
    progress: list[tuple[int, int]] = []
    return benchmark.measure(shop, SETTINGS, lambda done, total: progress.append((done, total))), progress


def test_a_package_is_measured_whole(
    shop: Tree, measured: tuple[PackageFigures, list[tuple[int, int]]]
) -> None:
    found, progress = measured
    rows = [(row.kind, row.budget, row.system) for row in found.recall]
    assert rows == [
        (kind, budget, system) for kind in ("line", "member") for budget in (30, 400) for system in SYSTEMS
    ]
    room = {row.system: row.recall for row in found.recall if (row.kind, row.budget) == ("line", 400)}
    assert room["coderdiff"] == room["import skeletons"] == 1.0
    assert found.index.files == len(shop.texts)
    assert found.index.files_per_second > 0
    assert 10 < found.index.peak_mb < 1000
    assert found.index.second_start_s > 0
    lines, members = (
        next(row.cursors for row in found.recall if row.kind == kind) for kind in ("line", "member")
    )
    assert found.typing.lines == lines
    assert progress == [(done, lines + members + lines) for done in range(1, lines + members + lines + 1)]
    assert on_disk(shop) == shop.texts


def test_the_held_out_line_is_nowhere_to_be_found_when_packs_are_made(
    shop: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    measure = benchmark.recall.measure

    def watching(systems, cursors, budgets, prepare):  # type: ignore[no-untyped-def]
        def prepared(cursor):  # type: ignore[no-untyped-def]
            prepare(cursor)
            index = systems[0]._repository.index
            texts = {**shop.texts, cursor.path: cursor.document.text}
            seen.append(on_disk(shop) == texts == {path: index.text(path) for path in index.paths()})

        return measure(systems, cursors, budgets, prepared)

    monkeypatch.setattr(benchmark.recall, "measure", watching)
    benchmark.measure(shop, SETTINGS, lambda done, total: None)
    assert len(seen) > 2
    assert all(seen)


def test_a_package_that_needs_nothing_is_refused(make_tree: MakeTree) -> None:
    tree = make_tree({"a.py": "x = 1\n", "b.py": "y = 2\n"})
    with pytest.raises(InputError, match="made-up: no line needs"):
        benchmark.measure(tree, SETTINGS, lambda done, total: None)


def test_an_index_that_cannot_be_built_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="in a process of its own") as raised:
        cold.measure(tmp_path / "missing", tmp_path / "index")
    assert "\n" not in str(raised.value)


class TestTables:
    def test_a_row_a_package_and_the_mean_of_them(self, measured: tuple[PackageFigures, object]) -> None:
        one = measured[0]
        none = tuple(replace(row, package="poor", recall=0.0) for row in one.recall)
        *recall, index, typing = tables([one, replace(one, package="poor", recall=none)])
        assert len(recall) == 4
        for table in recall:
            assert table.headings == ("package", "cursors", "needed", *SYSTEMS)
            first, second, mean, lexemes, _ = table.rows
            assert (first[0], second[0], mean[0]) == ("made-up", "poor", "mean")
            assert int(mean[1]) == 2 * int(first[1])
            for at in range(3, len(table.headings)):
                assert float(mean[at]) == pytest.approx(float(first[at]) / 2, abs=0.001)
                assert float(lexemes[at]) <= 400
        for cost in (index, typing):
            assert [row[0] for row in cost.rows] == ["made-up", "poor"]
            assert {len(row) for row in cost.rows} == {len(cost.headings)}

    def test_a_package_without_a_kind_of_cursor_has_no_row_for_it(
        self, measured: tuple[PackageFigures, object]
    ) -> None:
        one = measured[0]
        lines = tuple(replace(row, package="other") for row in one.recall if row.kind == "line")
        found = tables([replace(one, package="other", recall=lines), one])
        assert [table.rows[0][0] for table in found[:-2]] == ["other", "other", "made-up", "made-up"]

    def test_markdown_is_one_table_after_the_other(self, measured: tuple[PackageFigures, object]) -> None:
        text = markdown(tables([measured[0]]))
        assert text.count("| --- | ---: |") == 6
        assert "**Recall of needed identifiers, behind the dot, 400 lexemes**\n\n| package |" in text
        widths = {line.count("|") for line in text.split("\n\n")[1].split("\n") if line.startswith("|")}
        assert len(widths) == 1

    def test_figures_are_plain_values(self, measured: tuple[PackageFigures, object]) -> None:
        plain = json.loads(json.dumps(measured[0].as_object()))
        assert plain["package"] == "made-up"
        assert {row["system"] for row in plain["recall"]} == set(SYSTEMS)
        assert set(plain["index"]) == {"files", "files_per_second", "peak_mb", "second_start_s"}
        assert all(row["per_thousand"] >= 0 for row in plain["recall"])
