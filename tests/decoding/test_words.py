"""Half-written words: which words in sight begin like them, and what the next token is in those."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from coderdiff.decoding.copying import CopyModel
from coderdiff.decoding.words import COUNTED, LEAST, LONGEST, NEAR, TRUSTED, Known, KnownWords
from coderdiff.model.copy_weights import HALVES, SHAPE, WORDS, WORDS_SHAPE, CopyWeights

CODE = st.text(alphabet="ab_1 .(\né", max_size=80)
VOCAB, END = 256, 255


def letters(rest: str, behind: str) -> list[int]:
    """A tokenizer of one character a token: what is behind a word is never within one."""
    assert re.fullmatch(r"\w*", rest)
    assert not re.match(r"\w", behind)
    return [ord(each) for each in rest]


@given(CODE, CODE, st.text(alphabet="ab_", min_size=1, max_size=2))
def test_the_words_that_begin_alike_are_those_that_a_plain_search_finds(
    near: str, far: str, half: str
) -> None:
    expected: Counter[str] = Counter()
    for text, weight in ((near, NEAR), (far, 1.0)):
        for word in re.findall(r"\w+", text):
            if word.startswith(half) and word != half:
                expected[word[len(half)]] += weight  # type: ignore[assignment]
    words = KnownWords.of(f"{near}\n {half}", "", (far,), letters)
    known = words.next(()) if words is not None else None
    if not expected:
        assert known is None
        return
    assert known is not None
    assert known.half == len(half)
    assert dict(zip(known.tokens.tolist(), known.counts.tolist(), strict=True)) == {
        ord(letter): count for letter, count in expected.items()
    }


@pytest.mark.parametrize(("letters_", "known"), [(LONGEST, True), (LONGEST + 1, False), (10**6, False)])
def test_what_is_too_long_is_no_word(letters_: int, known: bool) -> None:
    half = "z" * letters_
    assert (KnownWords.of(f"{half}y {half}", "", (), letters) is not None) is known


@pytest.mark.parametrize("prefix", ["", "x = ", "f(", "name.", "line\n"])
def test_where_no_word_is_begun_there_is_none(prefix: str) -> None:
    assert KnownWords.of(prefix, "name named names", (), letters) is None


def test_an_answer_goes_along_the_words_that_are_left() -> None:
    words = KnownWords.of("x.na", "name = nature + named(nap)", ("native",), letters)
    assert words is not None
    first = words.next(())
    assert first is not None
    assert [chr(each) for each in first.tokens] == ["m", "p", "t"]
    assert first.counts.tolist() == [2 * NEAR, NEAR, NEAR + 1]
    assert first.words == 5
    second = words.next([ord("t")])
    assert second is not None
    assert [chr(each) for each in second.tokens] == ["i", "u"]
    assert words.next([ord("p")]) is None, "the word is whole"
    assert words.next([ord("q")]) is None, "a word that is new"


def test_a_share_grows_with_its_count_and_with_the_networks_word() -> None:
    known = Known(3, 2, np.array([4, 7]), np.array([9.0, 1.0]))
    own = {4: 0.1, 7: 0.4}
    shares = known.shares(lambda ids: np.array([own[int(each)] for each in ids]))
    weighed = [9**COUNTED * (0.1 + LEAST) ** TRUSTED, (0.4 + LEAST) ** TRUSTED]
    assert shares.tolist() == pytest.approx([each / sum(weighed) for each in weighed])


def test_its_class_is_by_what_is_written_and_by_how_many_words_there_are() -> None:
    nothing = np.array([], dtype=np.int64), np.array([])
    assert Known(1, 1, *nothing).cell == (0, 0)
    assert Known(HALVES[0], WORDS[0], *nothing).cell == (1, 1)
    assert Known(99, 999, *nothing).cell == (WORDS_SHAPE[0] - 1, WORDS_SHAPE[1] - 1)


@given(CODE, st.integers(0, 99))
def test_words_are_mixed_in_over_all_else_and_the_first_choice_is_that_of_the_mixed_row(
    near: str, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    weights = CopyWeights(rng.random(SHAPE), rng.random(SHAPE), rng.random(WORDS_SHAPE))
    words = KnownWords.of("a", near, (), lambda rest, behind: [ord(each) % VOCAB for each in rest])
    ids = [ord(each) % VOCAB for each in near]
    model = CopyModel(weights, ids, None, END, None, words)
    row = torch.randn(VOCAB, generator=torch.Generator().manual_seed(seed))
    mixed = model.mix(row, ())
    first = model.first(row.numpy(), ())
    assert first.token == int(mixed.argmax())
    assert float(mixed.exp().sum()) == pytest.approx(
        1.0 if mixed is not row else float(row.exp().sum()), rel=1e-4
    )
    known = words.next(()) if words is not None else None
    if known is not None:
        without = CopyModel(weights, ids, None, END, None).mix(row, ()).double().softmax(-1)
        weight = weights.words[known.cell]  # type: ignore[index]
        shares = known.shares(lambda asked: row.double().softmax(-1)[torch.from_numpy(asked)].numpy())
        expected = without * (1 - weight)
        expected[torch.from_numpy(known.tokens)] += torch.from_numpy(shares * weight)
        torch.testing.assert_close(mixed.double().exp(), expected, atol=1e-5, rtol=1e-4)
