"""Dream 7B (arXiv 2508.15487), Dream-Coder (arXiv 2509.01142), DiffuCoder (arXiv 2506.20639) and DreamOn.

Qwen2.5's network (bias on queries, keys and values) with attention in both directions. It was made from a causal
one and goes on predicting the next token: the logits of a row are for the one behind it. DreamOn has a token more,
which asks for a second mask in its place; it deletes a position by predicting the end token there. The config has
the keys and the weights the names of Qwen2. What it names as its window is Qwen2.5's; these were trained on 2,048
tokens, and documents were closed by an end token. Facts from the repositories HKUNLP/Dream, apple/ml-diffucoder and
DreamLM/DreamOn, their configs and model cards.
"""

from __future__ import annotations

from dataclasses import replace

from coderdiff.model.families import qwen2
from coderdiff.model.families.common import Family, bidirectional, llama_weight_names
from coderdiff.model.families.settings import Settings
from coderdiff.model.spec import ModelSpec
from coderdiff.model.tokenizer import SpecialIds

_WINDOW = 2048
"""Input and output together, as the model cards of Dream and DreamOn have it."""


def spec(config: Settings, name: str, ids: SpecialIds) -> ModelSpec:
    """Sizes from a Dream config; a tokenizer with an expand token makes it a DreamOn."""
    if config.flag("use_mrope", False):
        config.refuse("use_mrope", "false")
    found = bidirectional(qwen2.spec(config, name, ids), shifted=True)
    found = replace(found, window=min(found.window, _WINDOW), closed=True)
    if ids.expand is None:
        return found
    return replace(found, expand_id=ids.expand, delete_id=found.end_id)


FAMILY = Family(
    architectures=("DreamModel",),
    model_types=("Dream",),
    spec=spec,
    weight_names=llama_weight_names,
    specials={"bos": "<|beginoftext|>", "mask": "<|mask|>", "expand": "<|expand|>"},
)
