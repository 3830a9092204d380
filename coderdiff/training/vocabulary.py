"""Figures to choose a vocabulary by: how long its tokens are, what its text costs, how well cursors heal."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from coderdiff.model.tokenizer import Tokenizer
from coderdiff.training.ngram import Ids, KneserNey


@dataclass(frozen=True)
class TextCost:
    """What held-out text costs in a vocabulary.

    `bits_per_byte` is under a Kneser-Ney model of equal training bytes; documents' ends count as tokens.
    """

    characters_per_token: float
    bits_per_byte: float


@dataclass(frozen=True)
class HealingCost:
    """How cursors fare. `exact` is the share where the two sides' tokens are the whole text's own tokens.

    `unhealed` is that share if nothing were given back; `tokens` and `characters` are the means given back.
    """

    cursors: int
    exact: float
    unhealed: float
    tokens: float
    characters: float


def text_cost(tokenizer: Tokenizer, texts: Sequence[str], held_out: Sequence[str]) -> TextCost:
    """Train the n-gram model on `texts` and weigh `held_out` with it."""
    model = KneserNey(_joined(tokenizer, texts), tokenizer.vocab_size)
    ids = _joined(tokenizer, held_out)
    size = sum(len(text.encode("utf-8", "surrogatepass")) for text in held_out)
    return TextCost(
        characters_per_token=sum(map(len, held_out)) / len(ids),
        bits_per_byte=model.bits(ids) / size,
    )


def healing_cost(tokenizer: Tokenizer, texts: Sequence[str], cursors: int, seed: int = 0) -> HealingCost:
    """Heal `cursors` cursors, spread evenly over the characters of `texts` by `seed`."""
    chance = random.Random(seed)
    whole = [tokenizer.encode(text) for text in texts]
    exact = unhealed = tokens = characters = 0
    for number in chance.choices(range(len(texts)), weights=[len(text) for text in texts], k=cursors):
        text = texts[number]
        cursor = chance.randrange(len(text) + 1)
        before, after = text[:cursor], text[cursor:]
        healed = tokenizer.heal(before)
        plain = tokenizer.encode(before)
        exact += healed.ids + tokenizer.encode_after(healed.pending, after) == whole[number]
        unhealed += plain + tokenizer.encode(after) == whole[number]
        tokens += len(plain) - len(healed.ids)
        characters += len(healed.pending.decode("utf-8", "surrogatepass"))
    return HealingCost(cursors, exact / cursors, unhealed / cursors, tokens / cursors, characters / cursors)


def _joined(tokenizer: Tokenizer, texts: Sequence[str]) -> Ids:
    """The ids of all texts, an end token behind each."""
    end = tokenizer.specials.end
    assert end is not None, "only our own vocabularies are compared; they have an end token"
    return np.concatenate([np.array([*ids, end], dtype=np.int64) for ids in tokenizer.encode_batch(texts)])
