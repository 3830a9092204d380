"""Open documents laid over the index: a buffer answers for its file, the index for all others."""

from __future__ import annotations

from coderdiff.context.retrieval.lookup import Overlay

from .lookups import Sources, buffers

BELOW = {"a.py": "def alpha(): ...\ndef shared(): ...\n", "b.py": "def beta(): ...\ndef shared(): ...\n"}
OPEN = {"a.py": "def renamed(): ...\n", "new.py": "def fresh(): ...\ndef shared(): ...\n"}


def overlay() -> Overlay:
    return Overlay(Sources(BELOW), buffers(OPEN))


def test_every_file_once_open_ones_included() -> None:
    assert sorted(overlay().paths()) == ["a.py", "b.py", "new.py"]


def test_an_open_file_is_what_its_buffer_says() -> None:
    over = overlay()
    symbols = over.symbols("a.py")
    assert symbols is not None
    assert [each.name for each in symbols.definitions] == ["renamed"]
    assert over.symbols("gone.py") is None


def test_an_empty_buffer_hides_its_file() -> None:
    over = Overlay(Sources(BELOW), buffers({"a.py": ""}))
    assert over.lines([("a.py", 1, 9)]) == [""]
    assert over.definitions("alpha") == []


def test_definitions_of_buffers_come_first_and_stale_ones_are_gone() -> None:
    over = overlay()
    assert over.definitions("alpha") == []
    assert [each.path for each in over.definitions("renamed")] == ["a.py"]
    assert [each.path for each in over.definitions("shared")] == ["new.py", "b.py"]
    assert [each.path for each in over.definitions("shared", 1)] == ["new.py"]


def test_a_name_that_only_a_buffer_defines_counts() -> None:
    assert overlay().defined(iter(["fresh", "beta", "nothing"])) == {"fresh", "beta"}


def test_search_leaves_open_files_out() -> None:
    over = overlay()
    assert [hit.path for hit in over.search({"shared": 1.0})] == ["b.py"]
    assert over.search({"shared": 1.0}, without=("b.py",)) == []


def test_lines_are_the_buffers() -> None:
    over = overlay()
    asked = [("b.py", 2, 2), ("a.py", 1, 9), ("gone.py", 1, 1), ("b.py", 1, 1)]
    assert over.lines(asked) == ["def shared(): ...", "def renamed(): ...\n", None, "def beta(): ..."]
    assert over.lines([]) == []


def test_the_generation_is_the_indexs() -> None:
    assert overlay().generation == Sources.generation
