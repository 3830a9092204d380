"""LLaDA2.0, 2.1 and 2.2 (arXiv 2512.15745, 2602.08676): block diffusion in the shape of Ling 2.0.

Queries, keys and values are one weight; part of each head turns; the router is DeepSeek-V3's (arXiv 2412.19437).
2.2 adds tokens that delete and insert, and a pool of experts for each block, in place of the groups.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from coderdiff.model.families.common import Family, block_causal, causal_spec
from coderdiff.model.families.experts import moe_weight_names
from coderdiff.model.families.settings import Settings
from coderdiff.model.spec import ExpertsSpec, ModelSpec, Scoring
from coderdiff.model.tokenizer import SpecialIds
from coderdiff.model.weights import Place

_BLOCK_SIZE = 32
"""What the published code takes; only 2.2's config says it."""
_ROTARY = 0.5

_RENAMED = {
    "model.embed_tokens.": "model.word_embeddings.",
    ".self_attn.o_proj.": ".attention.dense.",
    ".self_attn.q_norm.": ".attention.query_layernorm.",
    ".self_attn.k_norm.": ".attention.key_layernorm.",
}


def spec(config: Settings, name: str, ids: SpecialIds) -> ModelSpec:
    """Sizes from a LLaDA2 config. `use_bias` puts a bias on every output, which our stack lacks."""
    for key in ("use_bias", "norm_head"):
        if config.flag(key, False):
            config.refuse(key, "false")
    network = causal_spec(
        _with_rotary(config),
        name,
        ids,
        qkv_bias=config.flag("use_qkv_bias", False),
        qk_norm=config.flag("use_qk_norm", True),
    )
    network = block_causal(network, config.integer("block_size", _BLOCK_SIZE))
    network = replace(network, experts=_experts(config), delete_id=ids.delete, insert_id=ids.insert)
    return replace(network, default_policy=_policy(name, ids))


def _policy(name: str, ids: SpecialIds) -> str:
    """As published with each. 2.2 has tokens that edit; of 2.0 and 2.1 the configs say the same, and names alone tell
    which was taught to edit what stands."""
    if ids.delete is not None and ids.insert is not None:
        return "joint_threshold_indel"
    return "joint_threshold" if "2.1" in name else "low_confidence_dynamic:threshold=0.95"


def weight_names(spec: ModelSpec) -> dict[str, Place]:
    """LLaDA2's names: Qwen3-MoE's but for the attention, whose projections are one weight."""
    assert spec.experts is not None
    names: dict[str, Place] = {}
    for name, place in moe_weight_names(
        spec, "mlp.shared_experts" if spec.experts.shared_hidden else None
    ).items():
        renamed = name
        for theirs, here in _RENAMED.items():
            renamed = renamed.replace(theirs, here)
        if ".self_attn." not in renamed:
            names[renamed] = place
    for layer in range(spec.layers):
        for kind in ("weight", "bias") if spec.qkv_bias else ("weight",):
            names[f"model.layers.{layer}.attention.query_key_value.{kind}"] = tuple(
                f"layers.{layer}.attention.{part}.{kind}" for part in "qkv"
            )
    return names


def _experts(config: Settings) -> ExpertsSpec:
    scoring = config.text("score_function", "sigmoid")
    if scoring not in {"softmax", "sigmoid"}:
        config.refuse("score_function", "'softmax' or 'sigmoid'")
    hidden, chosen = config.integer("moe_intermediate_size"), config.integer("num_experts_per_tok")
    pool = config.integer("expert_capacity") if config.has("expert_capacity") else None
    grouped = pool is None and config.integer("n_group", 0) > 0
    return ExpertsSpec(
        count=config.integer("num_experts"),
        chosen=chosen,
        hidden=hidden,
        shared_hidden=config.integer("moe_shared_expert_intermediate_size", hidden)
        * config.integer("num_shared_experts", 0),
        dense_layers=config.integer("first_k_dense_replace", 0),
        scoring=cast(Scoring, scoring),
        corrected=config.flag("moe_router_enable_expert_bias", scoring == "sigmoid"),
        groups=config.integer("n_group") if grouped else 1,
        chosen_groups=config.integer("topk_group") if grouped else 1,
        pool=pool,
        # The published network lets a single score stand as it is.
        normalized=config.flag("norm_topk_prob", True) and chosen > 1,
        scale=config.number("routed_scaling_factor", 1.0),
    )


def _with_rotary(config: Settings) -> Settings:
    """The share of a head that turns: as a share, as channels, or as the published code takes it."""
    if config.has("partial_rotary_factor"):
        return config
    share = config.integer("rotary_dim") / config.integer("head_dim") if config.has("rotary_dim") else _ROTARY
    return Settings({**config.values, "partial_rotary_factor": share})


FAMILY = Family(
    architectures=("LLaDA2MoeModelLM",),
    model_types=("llada2_moe",),
    spec=spec,
    weight_names=weight_names,
    specials={"mask": "<|mask|>"},
)
