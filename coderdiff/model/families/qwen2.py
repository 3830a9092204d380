"""Qwen2 and Qwen2.5 (arXiv 2407.10671, 2412.15115): Llama's stack with a bias on queries, keys and values."""

from __future__ import annotations

from coderdiff.model.families.common import Family, causal_spec, llama_weight_names
from coderdiff.model.families.settings import Settings
from coderdiff.model.spec import ModelSpec
from coderdiff.model.tokenizer import SpecialIds


def spec(config: Settings, name: str, ids: SpecialIds) -> ModelSpec:
    """Sizes from a Qwen2 config. The bias is part of the family; the config does not mention it."""
    return causal_spec(config, name, ids, qkv_bias=True, qk_norm=False)


FAMILY = Family(
    architectures=("Qwen2ForCausalLM",),
    model_types=("qwen2",),
    spec=spec,
    weight_names=llama_weight_names,
)
