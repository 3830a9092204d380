"""Stable-DiffCoder 8B (repository ByteDance-Seed/Stable-DiffCoder and its report): Llama's network, attending by
blocks of 4, unshifted.

It calls itself `llama`, so its class tells it. The config has no mask: it is an added token of the tokenizer. The
tokens for infilling are those of Seed-Coder, which it was made from (arXiv 2506.03524): suffix, prefix, middle.
"""

from __future__ import annotations

from coderdiff.model.families import llama
from coderdiff.model.families.common import Family, block_causal, llama_weight_names
from coderdiff.model.families.settings import Settings
from coderdiff.model.spec import ModelSpec
from coderdiff.model.tokenizer import SpecialIds

_BLOCK = 4


def spec(config: Settings, name: str, ids: SpecialIds) -> ModelSpec:
    """Sizes from a Llama config."""
    return block_causal(llama.spec(config, name, ids), config.integer("block_size", _BLOCK))


FAMILY = Family(
    architectures=("StableDiffcoderForCausalLM",),
    model_types=(),
    spec=spec,
    weight_names=llama_weight_names,
    specials={
        "mask": "<[MASK_TOKEN]>",
        "suffix": "<[fim-suffix]>",
        "prefix": "<[fim-prefix]>",
        "middle": "<[fim-middle]>",
    },
)
