"""Open documents: which are kept, and what was changed in them."""

from __future__ import annotations

from coderdiff.context.opened import MOST_OPEN, OpenDocuments


def test_the_document_used_least_recently_goes_first() -> None:
    opened = OpenDocuments()
    first, second = (opened.at(f"{name}.py", "a = 1\n") for name in ("first", "second"))
    for number in range(MOST_OPEN - 2):
        opened.at(f"{number}.py", "")
    assert opened.at("first.py", "other\n") is first, "known, and used last now"
    opened.at("one_more.py", "")
    assert opened.at("first.py", "a = 1\n") is first
    assert opened.at("second.py", "a = 1\n") is not second


def test_a_text_is_taken_over_only_by_an_update() -> None:
    opened = OpenDocuments()
    opened.at("a.py", "x = 1\n")
    assert opened.at("a.py", "x = 2\n").document.text == "x = 1\n"
    assert opened.update("a.py", "x = 2\n").document.text == "x = 2\n"
    assert opened.at("a.py", "").lines == ("x = 2", "")


def test_edits_are_those_of_other_documents() -> None:
    opened = OpenDocuments()
    opened.update("a.py", "x = 1\ny = 2\n")
    opened.update("a.py", "x = 1\ny = 3\n")
    assert [edit.path for edit in opened.edits_elsewhere("b.py")] == ["a.py"]
    assert not opened.edits_elsewhere("a.py")


def test_a_buffer_has_the_symbols_and_chunks_of_its_text() -> None:
    opened = OpenDocuments()
    assert [each.name for each in opened.buffer("a.py", "def old(): ...\n").symbols.definitions] == ["old"]
    buffer = opened.buffer("a.py", "def new(): ...\n")
    assert [each.name for each in buffer.symbols.definitions] == ["new"]
    assert buffer.symbols.chunks
    assert opened.buffer("a.py", "def new(): ...\n").symbols is buffer.symbols
