"""Two resolutions, one set of answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from coderdiff.context.index import fill, store
from coderdiff.context.index.detail import Details
from coderdiff.context.index.fill import fill_in
from coderdiff.context.index.index import Index

from ..indexing import FILES, SHAPES, everything, look, module, update, write

SAMPLES = Path(__file__).parent.parent / "syntax" / "samples"
ESTIMATES = ("totals", "files defining")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    write(root, {**FILES, **{path.name: path.read_bytes() for path in SAMPLES.iterdir()}})
    return root


@pytest.fixture
def index(root: Path, tmp_path: Path) -> Iterator[Index]:
    with Index.open(root, tmp_path / "index") as opened:
        look(opened, root)
        yield opened


def exact(index: Index) -> dict[str, object]:
    """All answers but the estimates."""
    return {question: answer for question, answer in everything(index).items() if question not in ESTIMATES}


def symbols(index: Index) -> list[object]:
    return [index.find_symbols(query, limit=500) for query in ("area", "book", "get", "to", "tot ar")]


def test_answers_are_the_same_before_and_after_the_trees_are_read(
    index: Index, root: Path, tmp_path: Path
) -> None:
    before, found = exact(index), symbols(index)
    assert index.totals().detailed == index.totals().symbols == 0
    with Index.open(root, tmp_path / "other") as other:
        update(other, root)
        assert exact(other) == before
        assert symbols(other) == found
        totals = other.totals()
        assert totals.detailed == totals.files
        assert totals.symbols == sum(len(other.definitions_in(path)) for path in other.paths())
        names = {each.name for path in other.paths() for each in other.definitions_in(path)}
        assert index.defined(names) >= other.defined(names) == names


def test_what_a_question_has_made_is_kept_and_not_made_again(
    index: Index, root: Path, tmp_path: Path
) -> None:
    assert index.definitions("total_area") != []
    index.close()
    with Index.open(root, tmp_path / "index") as again:
        assert 0 < again.totals().detailed < again.totals().files
        (root / "shapes.py").unlink()
        assert again.text("shapes.py") == SHAPES


def test_a_file_changed_on_disk_is_unknown_until_it_is_looked_at(index: Index, root: Path) -> None:
    write(root, {"shapes.py": SHAPES.replace("total_area", "sum_of_areas")})
    assert index.symbols("shapes.py") is None
    assert index.text("shapes.py") is None
    assert index.definitions("sum_of_areas") == []
    assert "shapes.py" not in {each.path for each in index.definitions("total_area")}
    write(root, {"shapes.py": SHAPES})
    assert index.text("shapes.py") == SHAPES
    write(root, {"shapes.py": SHAPES.replace("total_area", "sum_of_areas")})
    left = index.totals().files - fill_in(index).detailed
    assert left == 1
    look(index, root)
    assert [each.path for each in index.definitions("sum_of_areas")] == ["shapes.py"]


def test_a_stopped_pass_goes_on_where_it_was(
    index: Index, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fill, "BATCH_FILES", 2)
    told: list[tuple[str, int, int]] = []
    first = fill_in(index, report=lambda *what: told.append(what), stop=lambda: len(told) >= 2)
    assert first.stopped
    assert index.totals().detailed == first.detailed
    assert 0 < first.detailed < index.totals().files
    second = fill_in(index)
    assert not second.stopped
    assert first.detailed + second.detailed == index.totals().files
    assert fill_in(index).detailed == 0


def test_the_newest_files_come_first(index: Index, root: Path) -> None:
    write(root, {"late.py": module(1)})
    look(index, root)
    assert index.database.ask(store.pending)[0].path == "late.py"


def test_a_file_that_crashes_the_parser_is_left_out_once(
    index: Index, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = fill.read_details

    def crashing(files):  # type: ignore[no-untyped-def]
        crashed = {file.hash: "the parser crashed on it" for file in files if file.path == "shapes.py"}
        return Details(read([file for file in files if file.hash not in crashed]).packed, crashed)

    monkeypatch.setattr(fill, "read_details", crashing)
    fill_in(index)
    assert "shapes.py" not in index.paths()
    assert look(index, root).skipped["the parser crashed on it"] == 1
    assert fill_in(index).detailed == 0


def test_a_name_that_words_did_not_tell_grows_the_generation(index: Index, root: Path) -> None:
    fill_in(index)
    write(root, {"odd.py": "if True: pass; hidden_name = 1\n"})
    look(index, root)
    generation = index.generation
    assert index.definitions("hidden_name") == []
    fill_in(index)
    assert [each.path for each in index.definitions("hidden_name")] == ["odd.py"]
    assert index.generation > generation


def test_contents_without_details_are_dropped_like_others(
    index: Index, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "shapes.py").unlink()
    monkeypatch.setattr(store, "KEPT_SECONDS", -1.0)
    look(index, root)
    held = index.database.ask(lambda connection: connection.execute("SELECT count(*) FROM plain").fetchone())
    assert held == (len(index.paths()),)
    assert index.defined(["total_area"]) == set()


def test_no_secret_is_a_term_or_a_name_in_either_state(root: Path, tmp_path: Path) -> None:
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0" + "k1L2m3N4o5P6g7H8"
    password = "k7Vq" + "2mZ9xTr4"
    write(root, {"settings.py": f'API_TOKEN = "{token}"\npassword = "{password}"\n{token} = 1\n'})
    with Index.open(root, tmp_path / "index") as index:
        for step in (look, update):
            step(index, root)
            assert "settings.py" not in {hit.path for hit in index.search([token, password], 500)}
            assert index.find_symbols(token) == index.definitions(token) == []
            held = b"".join(path.read_bytes() for path in (tmp_path / "index").iterdir()).lower()
            assert token.lower().encode() not in held
            assert password.lower().encode() not in held
