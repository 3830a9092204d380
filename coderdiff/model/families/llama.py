"""Llama (arXiv 2302.13971, 2307.09288, 2407.21783) and what is published in its shape."""

from __future__ import annotations

from coderdiff.model.families.common import Family, causal_spec, llama_weight_names
from coderdiff.model.families.settings import Settings
from coderdiff.model.spec import ModelSpec
from coderdiff.model.tokenizer import SpecialIds


def spec(config: Settings, name: str, ids: SpecialIds) -> ModelSpec:
    """Sizes from a Llama config. `attention_bias` puts a bias on the output too, which our stack lacks."""
    if config.flag("attention_bias", False):
        config.refuse("attention_bias", "false")
    return causal_spec(config, name, ids, qkv_bias=False, qk_norm=False)


FAMILY = Family(
    architectures=("LlamaForCausalLM",),
    model_types=("llama",),
    spec=spec,
    weight_names=llama_weight_names,
)
