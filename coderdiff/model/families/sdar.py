"""SDAR 1.7B to 8B (arXiv 2510.06303): Qwen3's network, attending by blocks, unshifted.

A block is 4 tokens unless the config has a `block_size` or the checkpoint's name ends in one (`-b32`). Facts from the
repository JetAstra/SDAR and SGLang's table of diffusion models.
"""

from __future__ import annotations

import re

from coderdiff.model.families import qwen3
from coderdiff.model.families.common import Family, block_causal, llama_weight_names
from coderdiff.model.families.settings import Settings
from coderdiff.model.spec import ModelSpec
from coderdiff.model.tokenizer import SpecialIds

_BLOCK = 4
_NAMED_BLOCK = re.compile(r"-b(\d+)\Z")


def spec(config: Settings, name: str, ids: SpecialIds) -> ModelSpec:
    """Sizes from an SDAR config."""
    return block_causal(qwen3.spec(config, name, ids), block_length(config, name))


def block_length(config: Settings, name: str) -> int:
    """Tokens in a block, by the config or else by the checkpoint's name."""
    named = _NAMED_BLOCK.search(name)
    return config.integer("block_size", int(named[1]) if named else _BLOCK)


FAMILY = Family(
    architectures=("SDARForCausalLM",),
    model_types=("sdar",),
    spec=spec,
    weight_names=llama_weight_names,
    specials={"mask": ("<|MASK|>", "<|mask|>")},
)
