"""The query that the lines around a cursor make, and what is most like it."""

from __future__ import annotations

from coderdiff.context.retrieval import lexical
from coderdiff.context.retrieval.lexical import Chunk, chunk_of, most_alike, query, votes
from coderdiff.context.retrieval.view import View, Words, view_of
from coderdiff.context.syntax.symbols import read_symbols


def view(text: str, line: int) -> View:
    return view_of("a.py", tuple(text.split("\n")), line, read_symbols("a.py", text.encode()), Words())


def chunk(path: str, names: str) -> Chunk:
    return Chunk(path, 1, 1, names, frozenset(names.split()))


def test_near_words_weigh_more_and_the_cursors_line_nothing() -> None:
    text = "far\n" + "\n" * 5 + "near\ncursor\nbelow x\n"
    found = query(view(text, 8), {"scope": 0.5})
    assert found["near"] == found["below"] == 1.0
    assert 0 < found["far"] < 0.6
    assert found["scope"] == 0.5
    assert "cursor" not in found
    assert "x" not in found


def test_a_query_ends_at_its_window_and_its_size() -> None:
    text = "\n".join(
        f"w{number} " + " ".join(f"v{number}_{each}" for each in range(9)) for number in range(40)
    )
    found = query(view(text, 20), {})
    assert len(found) == lexical.MOST_WORDS
    words = {word.split("_")[0][1:] for word in found}
    assert {int(word) + 1 for word in words} <= set(
        range(20 - lexical.LINES_BEFORE, 20 + lexical.LINES_AFTER + 1)
    )


def test_examples_are_ordered_by_the_rare_words_they_share() -> None:
    chunks = [
        chunk("a", "common rare"),
        chunk("b", "common"),
        chunk("c", "other"),
        chunk("d", "common " + "rare"),
    ]
    found = most_alike({"common": 1.0, "rare": 1.0}, chunks, 9)
    assert [each.path for each in found] == ["a", "d", "b"]
    assert [each.path for each in most_alike({"common": 1.0, "rare": 1.0}, chunks, 1)] == ["a"]
    long = chunk("e", "common " + " ".join(f"w{each}" for each in range(200)))
    assert [each.path for each in most_alike({"common": 1.0}, [long, chunk("f", "common")], 2)] == ["f", "e"]


def test_votes_fall_with_the_rank() -> None:
    found = votes([chunk("a", "one two"), chunk("b", "two three")], frozenset({"one", "two", "three"}))
    assert found["two"] > found["one"] > found["three"] > 0
    assert votes([chunk("a", "one")], frozenset()) == {}


def test_a_chunk_knows_its_words() -> None:
    assert chunk_of("b.py", 2, 3, "two two\nthree 4") == Chunk(
        "b.py", 2, 3, "two two\nthree 4", frozenset({"two", "three"})
    )
