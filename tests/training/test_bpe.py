"""Training the tokenizer: which text is taken, and what is refused."""

from __future__ import annotations

import random

import pytest

from coderdiff.errors import ConfigError
from coderdiff.training import bpe
from coderdiff.training.corpus.shards import Document

DOCUMENTS = [Document("pkg", "1.0", f"pkg/m{number}.py", f"x = {number:03d}\n" * 10) for number in range(200)]


def test_the_sample_is_spread_and_does_not_depend_on_order() -> None:
    shuffled = random.Random(1).sample(DOCUMENTS, len(DOCUMENTS))
    taken = bpe.sample(iter(DOCUMENTS), 4_000)
    assert taken == bpe.sample(iter(shuffled), 4_000)
    assert 3_900 < sum(map(len, taken)) <= 4_000
    assert taken[:10] == bpe.sample(iter(DOCUMENTS), 800), "a smaller sample is the start of a larger one"


def test_a_corpus_below_the_limit_is_taken_whole() -> None:
    assert sorted(bpe.sample(iter(DOCUMENTS), 10**6)) == sorted(document.text for document in DOCUMENTS)


def test_merges_are_shared_between_the_stages() -> None:
    options = bpe.BpeOptions(vocab_size=1024, crossing_share=0.25)
    assert options.merges == 1024 - 256 - len(bpe.special_tokens())
    assert options.crossing_merges == options.merges // 4


@pytest.mark.parametrize("options", [{"vocab_size": 1000}, {"vocab_size": 64}, {"crossing_share": 1.0}])
def test_impossible_sizes_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=next(iter(options))):
        bpe.BpeOptions(**options)  # type: ignore[arg-type]


def test_too_little_text_is_refused() -> None:
    with pytest.raises(ConfigError, match="give more text"):
        bpe.train(["x = 1\n"], bpe.BpeOptions(vocab_size=512))
