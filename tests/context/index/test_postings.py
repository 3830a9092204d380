from __future__ import annotations

import pickle
from array import array

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderdiff.context.index import blocks, postings
from coderdiff.context.index.codec import DamagedError
from coderdiff.context.index.postings import Cut, Gathered, Segment
from coderdiff.context.index.terms import Vocabulary

Model = list[tuple[int, int, int, frozenset[str]]]
"""Of each chunk: content, first line, last line, terms."""

TEXTS = st.lists(
    st.lists(st.lists(st.sampled_from(["a", "b", "c_d", "eF", "9", "g"]), max_size=5), max_size=4), max_size=4
)


def build(
    files: list[list[list[str]]], first_content: int = 1, vocabulary: Vocabulary | None = None
) -> tuple[Gathered, Model]:
    """The terms of files of one-line chunks of words, and what must be in them."""
    vocabulary = vocabulary or Vocabulary()
    pairs: list[tuple[int, int]] = []
    model: Model = []
    for content, lines in enumerate(files, first_content):
        for line, words in enumerate(lines, 1):
            text = " ".join([*words, "\n"]).encode()
            numbers, _ = vocabulary.lexicon.pairs_of(text, np.array([len(text)]))
            pairs += ((number, len(model)) for number in numbers.tolist())
            terms = {
                term
                for word in words
                for term in {"c_d": "c d", "eF": "e f", "9": ""}.get(word, word).split()
            }
            model.append((content, line, line, frozenset(terms)))
    contents = np.array([content for content, *_ in model], dtype=np.int64)
    lines_of = np.array([line for _, line, *_ in model], dtype=np.uint32)
    words_of = np.array([word for word, _ in pairs], dtype=np.uint32)
    chunks_of = np.array([chunk for _, chunk in pairs], dtype=np.int64)
    return postings.gather(Cut(contents, lines_of, lines_of, words_of, chunks_of), vocabulary), model


def read(segment: Segment) -> Model:
    terms: list[set[str]] = [set() for _ in range(len(segment.chunks))]
    at = 0
    for term, count in zip(segment.terms, segment.counts.tolist(), strict=True):
        places = segment.places[at : at + count].tolist()
        assert places == sorted(set(places))
        assert places
        for place in places:
            terms[place].add(term)
        at += count
    assert at == len(segment.places)
    chunks = segment.chunks
    assert chunks.lengths.tolist() == [len(each) for each in terms]
    rows = zip(chunks.contents.tolist(), chunks.starts.tolist(), chunks.ends.tolist(), terms, strict=True)
    return [(content, start, end, frozenset(each)) for content, start, end, each in rows]


@given(TEXTS)
def test_a_segment_has_each_chunk_with_its_terms(files: list[list[list[str]]]) -> None:
    gathered, model = build(files)
    segment = postings.collect([gathered])
    assert read(segment) == model
    assert segment.terms == sorted(segment.terms)


@given(st.lists(st.tuples(TEXTS, st.integers(0, 2)), max_size=5))
def test_terms_of_some_vocabularies_and_segments_make_one_segment(
    parts: list[tuple[list[list[list[str]]], int]],
) -> None:
    shared = [Vocabulary(), Vocabulary()]
    gathered: list[Segment | Gathered] = []
    models: Model = []
    for at, (files, which) in enumerate(parts):
        part, model = build(files, 100 * at, shared[which] if which < 2 else None)
        gathered.append(part if which < 2 else pickle.loads(pickle.dumps(part)))
        models += model
    segment = postings.combine(gathered)
    assert sorted(read(segment), key=str) == sorted(models, key=str)
    assert segment.terms == sorted(segment.terms)


def test_to_another_process_terms_are_sent_as_a_segment() -> None:
    gathered, model = build([[["a", "c_d"]]])
    sent = pickle.loads(pickle.dumps(gathered))
    assert isinstance(sent, Segment)
    assert read(sent) == model


@given(st.lists(TEXTS, min_size=1, max_size=4), st.data())
def test_joined_segments_have_the_chunks_that_are_kept(
    parts: list[list[list[list[str]]]], data: st.DataObject
) -> None:
    built = [build(files, first_content=100 * at) for at, files in enumerate(parts)]
    keep = [
        np.array(data.draw(st.lists(st.booleans(), min_size=len(model), max_size=len(model))), dtype=np.bool_)
        for _, model in built
    ]
    segments = [postings.collect([gathered]) for gathered, _ in built]
    assert read(postings.join(segments)) == [row for _, model in built for row in model]
    kept = [
        row
        for (_, model), mask in zip(built, keep, strict=True)
        for row, is_kept in zip(model, mask, strict=True)
        if is_kept
    ]
    assert read(postings.join(segments, keep)) == kept


@given(TEXTS)
def test_stored_lists_give_the_segment_back(files: list[list[list[str]]]) -> None:
    gathered, model = build(files)
    segment = postings.collect([gathered])
    rows = [
        *((term, packed) for term, _, packed in blocks.common(segment)),
        *(pair for _, block in blocks.rare(segment) for pair in blocks.lists(block)),
    ]
    chunks = postings.unpack_chunks(postings.pack_chunks(segment.chunks))
    again = postings.from_lists(rows, chunks)
    assert read(again) == model


def test_large_ids_survive() -> None:
    segment, model = build([[["a"]]], first_content=1_700_000_000_000_000)
    chunks = postings.unpack_chunks(postings.pack_chunks(segment.chunks))
    assert chunks.contents.tolist() == [model[0][0]]


@pytest.mark.parametrize("packed", [b"", b"junk", b"x\x9c\x03\x00\x00\x00\x00\x02"])
def test_a_damaged_chunk_table_is_told(packed: bytes) -> None:
    with pytest.raises(DamagedError):
        postings.unpack_chunks(packed)


@pytest.mark.parametrize("packed", [b"\x01", array("H", [3]).tobytes(), None])
def test_damaged_places_are_told(packed: bytes) -> None:
    with pytest.raises(DamagedError):
        postings.places_of(packed, size=3)
