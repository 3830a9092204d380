"""SDAR with experts (arXiv 2510.06303), SDAR-30B-A3B: block diffusion in the shape of Qwen3-MoE (arXiv 2505.09388)."""

from __future__ import annotations

from dataclasses import replace

from coderdiff.model.families import qwen3
from coderdiff.model.families.common import Family, block_causal
from coderdiff.model.families.experts import dense_layers, moe_weight_names
from coderdiff.model.families.sdar import block_length
from coderdiff.model.families.settings import Settings
from coderdiff.model.spec import ExpertsSpec, ModelSpec
from coderdiff.model.tokenizer import SpecialIds


def spec(config: Settings, name: str, ids: SpecialIds) -> ModelSpec:
    """Sizes from an SDAR-MoE config, which is Qwen3-MoE's and a block size."""
    experts = ExpertsSpec(
        count=config.integer("num_experts"),
        chosen=config.integer("num_experts_per_tok"),
        hidden=config.integer("moe_intermediate_size"),
        dense_layers=dense_layers(_sparse(config)),
        normalized=config.flag("norm_topk_prob", False),
    )
    network = block_causal(qwen3.spec(config, name, ids), block_length(config, name))
    return replace(network, experts=experts)


def _sparse(config: Settings) -> list[bool]:
    """Of each layer, whether it has experts: every n-th does, but for those named as dense."""
    step = config.integer("decoder_sparse_step", 1)
    dense = config.values.get("mlp_only_layers") or []
    if step < 1 or not isinstance(dense, list):
        config.refuse("mlp_only_layers", "a list of layers, and decoder_sparse_step above 0")
    return [
        (layer + 1) % step == 0 and layer not in dense for layer in range(config.integer("num_hidden_layers"))
    ]


FAMILY = Family(
    architectures=("SDARMoeForCausalLM",),
    model_types=("sdar_moe",),
    spec=spec,
    weight_names=moe_weight_names,
    specials={"mask": ("<|MASK|>", "<|mask|>")},
)
