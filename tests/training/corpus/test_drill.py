"""The made-up corpus: whole, legal, the same each time, and nothing of one split in another."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from coderdiff.training.corpus.drill import MOST_CLASSES, MOST_FIELDS, make_drill
from coderdiff.training.corpus.manifest import SPLITS, load_manifest
from coderdiff.training.corpus.shards import read_split


@pytest.fixture
def texts(tmp_path: Path) -> dict[str, list[str]]:
    make_drill(tmp_path / "new" / "drill", 40, 10, seed=3)
    return {split: [each.text for each in read_split(tmp_path / "new" / "drill", split)] for split in SPLITS}


def classes(text: str) -> list[ast.ClassDef]:
    return [node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]


def test_it_has_the_files_that_were_asked_for(texts: dict[str, list[str]], tmp_path: Path) -> None:
    assert {split: len(of) for split, of in texts.items()} == {"train": 40, "validation": 10, "test": 10}
    assert load_manifest(tmp_path / "new" / "drill").totals()["train"][:2] == (1, 40)


def test_no_class_comes_twice(texts: dict[str, list[str]]) -> None:
    names = [each.name for of in texts.values() for text in of for each in classes(text)]
    assert len(names) == len(set(names))


def test_every_line_follows_from_the_others(texts: dict[str, list[str]]) -> None:
    """A class says its name and its fields several times, always in one order."""
    for text in texts["test"]:
        found = classes(text)
        assert 1 <= len(found) <= MOST_CLASSES
        for each in found:
            assert [part.name for part in each.body[1:] if isinstance(part, ast.FunctionDef)] == [
                "__init__", "values", "clear", "copy",
            ]  # fmt: skip
            init, values, clear, copy = each.body[1:]
            assert isinstance(init, ast.FunctionDef)
            fields = [argument.arg for argument in init.args.args[1:]]
            assert 2 <= len(fields) <= MOST_FIELDS
            assert (ast.get_docstring(each) or "").endswith(f": its {', '.join(fields)}.")
            of_self = ", ".join(f"self.{field}" for field in fields)
            assert ast.unparse(values).endswith(f"return [{of_self}]")
            assert ast.unparse(copy).endswith(f"return {each.name}({of_self})")
            for part, value in ((init, "{}"), (clear, "None")):
                assert isinstance(part, ast.FunctionDef)
                assert [ast.unparse(line) for line in part.body] == [
                    f"self.{field} = {value.format(field)}" for field in fields
                ]


def test_a_seed_says_which_classes(texts: dict[str, list[str]], tmp_path: Path) -> None:
    for seed, same in ((3, True), (4, False)):
        make_drill(tmp_path / str(seed), 40, 10, seed)
        again = [each.text for each in read_split(tmp_path / str(seed), "train")]
        assert (again == texts["train"]) is same
