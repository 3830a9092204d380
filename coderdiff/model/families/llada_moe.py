"""LLaDA-MoE (arXiv 2509.24389): a bidirectional masked diffusion model of OLMoE's shape, with a norm on each head.

The published network takes no notice of the settings for groups, scale and normalisation of the router that its
config also has: scores are a plain softmax, of which the best are taken as they are. Nor do we.
"""

from __future__ import annotations

from dataclasses import replace

from coderdiff.model.families.common import Family, bidirectional, causal_spec
from coderdiff.model.families.experts import dense_layers, moe_weight_names
from coderdiff.model.families.settings import Settings
from coderdiff.model.spec import ExpertsSpec, ModelSpec
from coderdiff.model.tokenizer import SpecialIds
from coderdiff.model.weights import Place


def spec(config: Settings, name: str, ids: SpecialIds) -> ModelSpec:
    """Sizes from a LLaDA-MoE config, which has words of its own for those of the feed-forwards."""
    for key in ("attention_bias", "moe_router_enable_expert_bias"):
        if config.flag(key, False):
            config.refuse(key, "false")
    if config.has("clip_qkv"):
        config.refuse("clip_qkv", "null")
    if config.text("moe_router_score_function", "softmax") != "softmax":
        config.refuse("moe_router_score_function", "'softmax'")
    experts = ExpertsSpec(
        count=config.integer("num_experts"),
        chosen=config.integer("num_experts_per_tok"),
        hidden=config.integer("expert_intermediate_size"),
        shared_hidden=config.integer("shared_expert_intermediate_size", 0),
        dense_layers=dense_layers(_sparse(config)),
    )
    hidden = config.integer("dense_intermediate_size") if experts.dense_layers else experts.hidden
    network = causal_spec(
        Settings({**config.values, "intermediate_size": hidden}),
        name,
        ids,
        qkv_bias=False,
        qk_norm=config.flag("qk_layernorm", False),
    )
    return replace(bidirectional(network, shifted=False), experts=experts)


def weight_names(spec: ModelSpec) -> dict[str, Place]:
    """Qwen3-MoE's names; a shared expert stands beside the others, not among them."""
    assert spec.experts is not None
    return moe_weight_names(spec, "shared_expert" if spec.experts.shared_hidden else None)


def _sparse(config: Settings) -> list[bool]:
    """Of each layer, whether it has experts: `moe_layer_freq` is a list of 0 and 1."""
    listed = config.values.get("moe_layer_freq")
    if not isinstance(listed, list) or len(listed) != config.integer("num_hidden_layers"):
        config.refuse("moe_layer_freq", "a 0 or 1 for each layer")
    return [item != 0 for item in listed]


FAMILY = Family(
    architectures=("LLaDAMoEModelLM", "LLaDAMoEModel"),
    model_types=("lladamoe",),
    spec=spec,
    weight_names=weight_names,
    specials={"mask": "<|mask|>"},
)
