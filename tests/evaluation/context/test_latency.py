"""Latency in any folder: which lines are typed there."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from coderdiff.context.repository import Repository
from coderdiff.errors import InputError
from coderdiff.evaluation.context import edits, latency, report

from .conftest import MakeTree

FILES = {
    "shop.py": """
        # A comment.
        def price_of(disc):
            '''A string
            of several lines.'''
            return disc.area

        """,
    "desk.ts": """
        export function weigh(disc: Disc) {
            return disc.weight;
        }
        """,
    "README.md": "Read me.\n",
    "empty.py": "",
}


def test_lines_of_code_are_drawn_and_come_back_whole(make_tree: MakeTree, tmp_path: Path) -> None:
    tree = make_tree(FILES)
    with Repository.open(tree.root, tmp_path / "index") as repository:
        repository.refresh()
        drawn = list(islice(latency.draw_lines(repository, 1), 60))
        assert drawn == list(islice(latency.draw_lines(repository, 1), 60))
        assert drawn != list(islice(latency.draw_lines(repository, 2), 60))
    assert {
        "def price_of(disc):",
        "return disc.area",
        "export function weigh(disc: Disc) {",
        "return disc.weight;",
    } <= {each.held_out for each in drawn}
    assert not any("#" in each.held_out or "of several" in each.held_out for each in drawn)
    for each in drawn:
        text, at = each.document.text, each.offset
        assert text[:at] + each.held_out + text[at:] == tree.texts[each.path]


def test_a_folder_is_measured_whole(make_tree: MakeTree) -> None:
    tree = make_tree(FILES)
    heard: list[tuple[int, int]] = []
    found = latency.measure(tree.root, 3, 200, 1, lambda done, total: heard.append((done, total)))
    assert (found.package, found.index.files, found.typing.lines) == (tree.root.name, 4, 3)
    assert heard == [(1, 3), (2, 3), (3, 3)]
    assert found.edits is None, "no file has a statement to enter once more"
    assert [each.title.split()[0] for each in report.folder_tables(found)] == ["Index", "Latency"]


def test_edits_of_a_long_file_are_timed(make_tree: MakeTree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edits, "LINES", 40)
    monkeypatch.setattr(edits, "EDITS", 3)
    tree = make_tree({"a.py": "def f():\n    x = g()\n    h(x)\n    return x\n", "broken.py": "def (:\n"})
    found = latency.measure(tree.root, 3, 200, 1, lambda done, total: None)
    assert found.edits is not None
    assert 0 < found.edits.p50_ms <= found.edits.p95_ms
    assert report.folder_tables(found)[-1].rows[0][0] == tree.root.name


def test_a_folder_without_code_is_refused(make_tree: MakeTree) -> None:
    tree = make_tree({"README.md": "Read me.\n", "notes.py": "# Nothing yet.\n"})
    with pytest.raises(InputError, match="no line of code"):
        latency.measure(tree.root, 3, 200, 1, lambda done, total: None)
