"""Chunks and words of many texts at once, against each text by itself."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderdiff.context.index import passages
from coderdiff.context.index.passages import Passages, passages_of
from coderdiff.context.index.terms import Vocabulary
from coderdiff.context.syntax.chunks import cut

LINES = ["", "    ", "def f(a, b):", "\tx = a.b", "        return très_long_name", "\u3000y\xa0z", "}"]
TEXT = st.builds(
    lambda lines, end: "\n".join(lines) + end,
    st.lists(st.sampled_from(LINES), max_size=50),
    st.sampled_from(["", "\n"]),
)

Rows = list[tuple[int, int, int, frozenset[bytes]]]


def plain(texts: list[str], most: int = 10_000) -> Rows:
    """Of each chunk: its text's place, its lines, its words."""
    rows = []
    for content, text in enumerate(texts, 1):
        lines = text.split("\n")
        if not lines[-1]:
            lines.pop()
        for first, last in cut(lines)[:most]:
            words = re.findall(r"(?:[A-Za-z0-9_]|[^\x00-\x7f\s])+", "\n".join(lines[first - 1 : last]))
            rows.append((content, first, last, frozenset(word.encode() for word in words)))
    return rows


def rows_of(found: Passages, vocabulary: Vocabulary) -> Rows:
    chunks = found.cut
    words: list[set[bytes]] = [set() for _ in chunks.contents]
    known = vocabulary.lexicon.words()
    for word, chunk in zip(chunks.words.tolist(), chunks.chunks.tolist(), strict=True):
        words[chunk].add(known[word])
    return list(
        zip(
            chunks.contents.tolist(),
            chunks.starts.tolist(),
            chunks.ends.tolist(),
            map(frozenset, words),
            strict=True,
        )
    )


@given(st.lists(TEXT, max_size=6), st.sampled_from([1, 300, 1 << 20]))
def test_texts_together_have_the_chunks_and_words_of_each(texts: list[str], block: int) -> None:
    vocabulary = Vocabulary()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passages, "_BLOCK_CHARS", block)
        found = passages_of(texts, vocabulary)
    assert rows_of(found, vocabulary) == plain(texts)
    assert found.lines == [len(re.findall(r"[^\n]+\n?|\n", text)) for text in texts]


@given(st.lists(TEXT, min_size=1, max_size=6), st.data())
def test_texts_that_are_exchanged_have_their_own_chunks(texts: list[str], data: st.DataObject) -> None:
    vocabulary = Vocabulary()
    found = passages_of(texts, vocabulary)
    places = sorted(data.draw(st.sets(st.integers(0, len(texts) - 1), min_size=1)))
    changed = texts.copy()
    for place in places:
        changed[place] = data.draw(TEXT)
    others = passages_of([changed[place] for place in places], vocabulary)
    again = found.exchanged(places, others)
    assert rows_of(again, vocabulary) == plain(changed)
    whole = passages_of(changed, vocabulary)
    assert again.lines == whole.lines
    assert again.begins.tolist() == whole.begins.tolist()
    assert again.stops.tolist() == whole.stops.tolist()


def test_what_stands_behind_the_last_chunk_of_a_long_text_is_not_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(passages, "MOST_CHUNKS_OF_A_FILE", 2)
    texts = ["a\n" * 20, "".join(f"b{line}\n" for line in range(100)), "c\n" * 30]
    vocabulary = Vocabulary()
    found = passages_of(texts, vocabulary)
    assert rows_of(found, vocabulary) == plain(texts, most=2)
    assert found.lines == [20, 100, 30]
    assert found.cut_off() == [False, True, True]


def test_a_text_has_the_marks_of_its_words_where_they_stand() -> None:
    vocabulary = Vocabulary()
    found = passages_of(["x = 1\n", "", "password\n", "y\n" * 30 + "key"], vocabulary)
    vocabulary.learn()
    plain, empty, one, two = found.marked(vocabulary)
    assert plain == empty == []
    assert [place for _, *place in one] == [[0, 9]]
    assert [place for _, *place in two] == [[40, 64]]
    assert one[0][0] != two[0][0]


@given(st.lists(TEXT, max_size=6), st.sampled_from([1, 300, 1 << 20]))
def test_chunks_begin_and_end_in_their_text_where_their_lines_do(texts: list[str], block: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passages, "_BLOCK_CHARS", block)
        found = passages_of(texts, Vocabulary())
    columns = (found.cut.contents, found.cut.starts, found.cut.ends, found.begins, found.stops)
    for content, first, last, begin, stop in zip(*(column.tolist() for column in columns), strict=True):
        text = texts[content - 1]
        assert text[begin:stop].removesuffix("\n").split("\n") == text.split("\n")[first - 1 : last]
