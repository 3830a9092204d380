from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderdiff.context.index.terms import MAX_NAME_BYTES, Vocabulary, terms_of


@pytest.mark.parametrize(
    ("name", "terms"),
    [
        ("area", {"area"}),
        ("total_area", {"total", "area"}),
        ("getHTTPResponse", {"get", "http", "response", "gethttpresponse"}),
        ("get_http_response", {"get", "http", "response", "get_http_response"}),
        ("HTTPServer", {"http", "server"}),
        ("MAX_SIZE", {"max", "size"}),
        ("__init__", {"init"}),
        ("_", {"_"}),
        ("utf8", {"utf8"}),
        ("line_1", {"line"}),
        ("größe_max", {"größe", "max"}),
        ("Änderung", {"änderung"}),
        ("x", {"x"}),
        ("42", set()),
        ("0x1f", set()),
        ("", set()),
    ],
)
def test_a_name_has_its_subwords_and_if_it_is_long_itself(name: str, terms: set[str]) -> None:
    assert set(terms_of(name)) == terms


@given(st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,30}", fullmatch=True))
def test_every_name_has_terms_each_once_and_a_word_is_its_own_term(name: str) -> None:
    terms = terms_of(name)
    assert terms
    assert len(set(terms)) == len(terms)
    assert all(terms_of(term) == (term,) for term in terms if term.isalpha())


def words(text: str) -> list[set[str]]:
    """The terms that a vocabulary gives for each line."""
    vocabulary = Vocabulary()
    lines = text.encode(errors="replace").splitlines(keepends=True)
    ends = np.cumsum([len(line) for line in lines], dtype=np.intp)
    numbers, passages = vocabulary.lexicon.pairs_of(b"".join(lines), ends)
    vocabulary.learn()
    terms: list[set[str]] = [set() for _ in lines]
    for word, line in zip(numbers.tolist(), passages.tolist(), strict=True):
        first = vocabulary.firsts[word]
        terms[line] |= {
            vocabulary.terms[number]
            for number in vocabulary.expansion[first : first + vocabulary.counts[word]]
        }
    return terms


def test_the_terms_of_lines_are_those_of_their_names() -> None:
    text = 'def totalArea(shapes):\n    return sum("blue" + s.area for s in shapes)  # très\n'
    assert words(text) == [
        {"def", "total", "area", "shapes"},
        {"return", "sum", "blue", "s", "area", "for", "in", "shapes", "très"},
    ]


def test_numbers_data_and_surrogates_are_no_names() -> None:
    assert words("1 2.5 0xff " + "a" * (MAX_NAME_BYTES + 1) + " b\udc80c") == [{"b", "c"}]


@given(st.text(alphabet=st.sampled_from("ab_AB1 .\n(é"), max_size=60))
def test_a_vocabulary_has_the_terms_that_each_name_has(text: str) -> None:
    assert words(text) == [
        {term for name in re.findall(r"\w+", line) for term in terms_of(name)} for line in text.splitlines()
    ]


def test_an_empty_text_has_no_words() -> None:
    assert words("") == []
    assert words("\n") == [set()]
