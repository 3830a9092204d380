"""Words of passages: all at once against one by one."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderdiff.context.index import words
from coderdiff.context.index.words import words_of

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


def at_once(lines: list[bytes]) -> set[tuple[bytes, int]]:
    found = words_of(b"".join(lines), np.cumsum([len(line) for line in lines], dtype=np.intp))
    assert len(set(found.words)) == len(found.words)
    pairs = [
        (found.words[number], passage)
        for number, passage in zip(found.numbers.tolist(), found.passages.tolist(), strict=True)
    ]
    assert len(set(pairs)) == len(pairs)
    return set(pairs)


@given(TEXTS)
def test_words_are_those_that_a_pattern_finds(text: str) -> None:
    lines = (text + "\n").encode().splitlines(keepends=True)
    assert at_once(lines) == plain(lines)


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_words_of_one_kind_are_told_apart_by_their_last_letter(texts: list[str]) -> None:
    lines = [f"{text.replace(chr(10), ' ')}{letter}\n".encode() for text in texts for letter in "abab"]
    assert at_once(lines) == plain(lines)


def test_what_stands_behind_the_last_passage_is_not_seen() -> None:
    found = words_of(b"one\ntwo\nthree\n", np.array([4, 8]))
    assert set(found.words) == {b"one", b"two"}
    assert words_of(b"one\n", np.array([], dtype=np.intp)).words == []


@pytest.mark.parametrize("stem", ["", "x" * 24])
def test_words_that_mix_to_the_same_number_are_told_apart_with_other_factors(
    monkeypatch: pytest.MonkeyPatch, stem: str
) -> None:
    # With factors of 1 words that differ in their last bits alone have one number.
    factors = iter([1, 1, 1, 0xDEADBEEF97F4A7C1, 0xC2B2AE3D27D4EB4F, 0x9E3779B97F4A7C15])
    monkeypatch.setattr(words, "_FACTORS", SimpleNamespace(getrandbits=lambda _: next(factors)))
    lines = [" ".join(stem + letter for letter in letters).encode() + b"\n" for letters in ("abcdefg", "gfb")]
    assert at_once(lines) == plain(lines)
    assert next(factors, None) is None
