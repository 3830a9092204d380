"""Qwen3 (arXiv 2505.09388): Llama's stack with a norm on each head's queries and keys, and no bias."""

from __future__ import annotations

from coderdiff.model.families.common import Family, causal_spec, llama_weight_names
from coderdiff.model.families.settings import Settings
from coderdiff.model.spec import ModelSpec
from coderdiff.model.tokenizer import SpecialIds

_HEAD_DIM = 128


def spec(config: Settings, name: str, ids: SpecialIds) -> ModelSpec:
    """Sizes from a Qwen3 config. `attention_bias` puts a bias on the output too, which our stack lacks."""
    if config.flag("attention_bias", False):
        config.refuse("attention_bias", "false")
    return causal_spec(config, name, ids, qkv_bias=False, qk_norm=True, head_dim=_HEAD_DIM)


FAMILY = Family(
    architectures=("Qwen3ForCausalLM",),
    model_types=("qwen3",),
    spec=spec,
    weight_names=llama_weight_names,
)
