from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from coderdiff.context.index.index import Index

from ..indexing import FILES, SHAPES, SHOP, everything, module, update, write


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    write(root, FILES)
    return root


@pytest.fixture
def index(root: Path, tmp_path: Path) -> Iterator[Index]:
    with Index.open(root, tmp_path / "index") as opened:
        update(opened, root)
        yield opened


def test_what_is_known_of_a_file(index: Index) -> None:
    assert index.paths() == ["README.md", "app/shop.py", "shapes.py"]
    symbols = index.symbols("shapes.py")
    assert symbols is not None
    assert symbols.language == "python"
    assert [each.qualified for each in index.definitions_in("shapes.py")][:2] == ["Circle", "Circle.__init__"]
    assert index.definitions_in("shapes.py") == symbols.definitions
    assert index.text("shapes.py") == SHAPES
    assert index.symbols("README.md").language is None  # type: ignore[union-attr]
    totals = index.totals()
    assert (totals.files, totals.bytes) == (3, sum(map(len, FILES.values())))
    assert totals.symbols == sum(len(index.definitions_in(path)) for path in index.paths())


def test_an_unknown_file_is_none(index: Index) -> None:
    for path in ("nothing.py", "", "../shop/shapes.py", "shapes.py\0", "'; DROP TABLE files; --"):
        assert index.symbols(path) is None
        assert index.text(path) is None
        assert index.definitions_in(path) == ()


def test_definitions_by_name(index: Index) -> None:
    [circle] = index.definitions("Circle")
    assert (circle.path, circle.definition.kind, circle.definition.doc) == (
        "shapes.py",
        "class",
        "A round shape.",
    )
    assert index.definitions("circle") == []
    assert index.definitions("area", limit=0) == []


def test_several_definitions_come_by_path_and_line(index: Index, root: Path) -> None:
    write(root, {"a.py": "def twice(): pass\n\n\ndef twice(): pass\n", "z.py": "twice = 1\n"})
    update(index, root)
    places = [(placed.path, placed.definition.start_line) for placed in index.definitions("twice")]
    assert places == [("a.py", 1), ("a.py", 4), ("z.py", 1)]
    assert len(index.definitions("twice", limit=2)) == 2


def test_which_names_are_defined(index: Index, root: Path) -> None:
    assert index.defined(iter(["Circle", "price_of", "missing", 'a"b', "\n"])) == {"Circle", "price_of"}
    assert index.defined([]) == set()
    assert index.defined(f"n{number}" for number in range(2000)) == set()
    (root / "shapes.py").unlink()
    update(index, root)
    assert index.defined(["Circle", "price_of"]) == {"price_of"}


def test_lines_of_files(index: Index) -> None:
    shapes, shop = SHAPES.split("\n"), SHOP.split("\n")
    found = index.lines([("shapes.py", 3, 6), ("app/shop.py", 1, 1), ("no.py", 1, 2), ("shapes.py", 1, 99)])
    assert found == ["\n".join(shapes[2:6]), shop[0], None, SHAPES]
    assert index.lines([]) == []


def test_references_by_name(index: Index) -> None:
    used = index.references("total_area")
    assert [(each.path, each.reference.kind) for each in used if each.reference.kind == "call"] == [
        ("app/shop.py", "call")
    ]
    assert {each.reference.name for each in index.references("area")} == {"area"}
    assert index.references("never_used") == []
    assert index.references("") == []
    assert len(index.references("Circle", limit=1)) == 1


def test_find_symbols_best_first(index: Index, root: Path) -> None:
    write(
        root,
        {
            "more.py": "area = 1\n\n\nclass Area: pass\n\n\ndef areas(): pass\n\n\n"
            "def my_area(): pass\n\n\nclass Square:\n    def area(self): pass\n"
        },
    )
    update(index, root)

    def found(query: str, below: str = "") -> list[str]:
        return [placed.definition.qualified for placed in index.find_symbols(query, below=below)]

    assert found("area") == ["Square.area", "Circle.area", "area", "Area", "areas", "my_area", "total_area"]
    assert found("square.area") == ["Square.area"]
    assert found("tot ar") == ["total_area"]
    assert found("area", below="shapes.py") == ["Circle.area", "total_area"]
    assert found("price", below="app") == ["prices", "price_of"]
    assert found("price", below="ap") == []
    assert found("zzz") == found("") == found("%") == []
    assert len(index.find_symbols("area", limit=2)) == 2


def test_every_reader_sees_a_whole_state_while_another_writes(index: Index, root: Path) -> None:
    """Each version of the file has its own number in every definition; no answer may mix two of them."""

    def version(number: int) -> str:
        return "".join(f"def f{each}_v{number}(): pass\n" for each in range(20))

    write(root, {"v.py": version(0)})
    update(index, root)
    wrong: list[object] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            symbols, text = index.symbols("v.py"), index.text("v.py")
            if symbols is None or text is None:
                wrong.append("missing")
                continue
            if len({each.name.partition("_")[2] for each in symbols.definitions}) != 1:
                wrong.append(symbols)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(1, 12):
        write(root, {"v.py": version(number)})
        update(index, root, paths=["v.py"])
        assert index.definitions(f"f0_v{number}") != []
        assert index.definitions(f"f0_v{number - 1}") == []
    done.set()
    for reader in readers:
        reader.join()
    assert wrong == []


def test_generations_grow_also_across_rebuilds(index: Index, root: Path, tmp_path: Path) -> None:
    first = index.generation
    write(root, {"new.py": module(1)})
    update(index, root)
    second = index.generation
    assert second > first
    with Index.open(root, tmp_path / "another") as other:
        assert other.generation > second


def test_a_second_opening_has_everything(index: Index, root: Path, tmp_path: Path) -> None:
    before = everything(index)
    index.close()
    with Index.open(root, tmp_path / "index") as again:
        assert everything(again) == before
        assert again.text("app/shop.py") == SHOP
