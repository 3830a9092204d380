"""Words of passages: all at once against one by one."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderdiff.context.index import lexicon as lexicons
from coderdiff.context.index.lexicon import Lexicon

PIECES = st.sampled_from(
    [
        "a",
        "b",
        "ab",
        "_",
        "é",
        "\u4e2d",
        " ",
        "\n",
        "(",
        "\t",
        "\0",
        "x" * 8,
        "x" * 9,
        "y" * 17,
        "0123456789abcdef" * 5,
    ]
)
TEXTS = st.lists(PIECES, max_size=60).map("".join)


def plain(lines: list[bytes]) -> set[tuple[bytes, int]]:
    return {
        (word, at) for at, line in enumerate(lines) for word in re.findall(rb"[A-Za-z0-9_\x80-\xff]+", line)
    }


def at_once(lexicon: Lexicon, lines: list[bytes]) -> set[tuple[bytes, int]]:
    numbers, passages = lexicon.pairs_of(b"".join(lines), ends_of(lines))
    words = lexicon.words()
    assert len(set(words)) == len(words) == len(lexicon)
    pairs = [
        (words[number], passage) for number, passage in zip(numbers.tolist(), passages.tolist(), strict=True)
    ]
    assert len(set(pairs)) == len(pairs)
    return set(pairs)


def ends_of(lines: list[bytes]) -> npt.NDArray[np.intp]:
    return np.cumsum([len(line) for line in lines], dtype=np.intp)


@given(TEXTS)
def test_words_are_those_that_a_pattern_finds(text: str) -> None:
    lines = (text + "\n").encode().splitlines(keepends=True)
    assert at_once(Lexicon(), lines) == plain(lines)


@given(st.lists(TEXTS, min_size=1, max_size=4), st.sampled_from([0, 2, 12]))
def test_words_of_a_text_are_told_apart_and_known_again_in_the_next(texts: list[str], bits: int) -> None:
    # In a table of few places most words have another's.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("coderdiff.context.index.lexicon._TABLE_BITS", bits)
        lexicon = Lexicon()
        for text in texts:
            before = lexicon.words()
            lines = (text + "\n").encode().splitlines(keepends=True)
            assert at_once(lexicon, lines) == plain(lines)
            assert before + lexicon.new() == lexicon.words()


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_words_of_one_kind_are_told_apart_by_their_last_letter(texts: list[str]) -> None:
    lines = [f"{text.replace(chr(10), ' ')}{letter}\n".encode() for text in texts for letter in "abab"]
    assert at_once(Lexicon(), lines) == plain(lines)


def test_what_stands_behind_the_last_passage_is_not_seen() -> None:
    lexicon = Lexicon()
    numbers, passages = lexicon.pairs_of(b"one\ntwo\nthree\n", np.array([4, 8]))
    assert lexicon.words() == [b"one", b"two"]
    assert sorted(zip(numbers.tolist(), passages.tolist(), strict=True)) == [(0, 0), (1, 1)]
    assert not len(lexicon.pairs_of(b"one\n", np.array([], dtype=np.intp))[0])


@pytest.mark.parametrize("stem", ["", "x" * 24])
def test_words_that_mix_to_the_same_number_are_told_apart(monkeypatch: pytest.MonkeyPatch, stem: str) -> None:
    # With factors of 1 words that differ in their last bits alone have one place.
    monkeypatch.setattr(lexicons, "_RANDOM", SimpleNamespace(getrandbits=lambda _: 1))
    lexicon = Lexicon()
    for _ in range(2):
        lines = [
            " ".join(stem + letter for letter in letters).encode() + b"\n" for letters in ("abcdefg", "gfb")
        ]
        assert at_once(lexicon, lines) == plain(lines)
