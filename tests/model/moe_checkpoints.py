"""Tiny checkpoints with experts, each as its family publishes it: config keys, special tokens, weight names, shards.

The weights are those of a network of transformers' that is the published architecture by another name, and that
network is the reference: Qwen3-MoE for LLaDA-MoE and SDAR, GLM-4.5 (DeepSeek-V3's router over grouped-query attention
with partial rotary positions) for LLaDA2. What the reference lacks is added to it in plain loops.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tokenizers
import torch
import torch.nn.functional as F
import transformers
from safetensors.torch import save_file
from tokenizers import decoders, pre_tokenizers
from torch import Tensor, nn

Weights = dict[str, Tensor]
Reference = Callable[[Tensor, Tensor], Tensor]
"""ids [batch, rows] and who sees whom, bool [rows, rows] -> logits."""

ROWS = 37
EXPERTS, CHOSEN, LAYERS, SHARDS = 8, 3, 3, 3
WIDTH, HIDDEN, EXPERT_HIDDEN, SHARED_HIDDEN, HEAD_DIM = 32, 56, 24, 20, 16
PADDING = 5
"""Rows of the embedding that no token has, as in most published ones."""
END, MASK = "<|endoftext|>", "<|mask|>"

SIZES: dict[str, Any] = {
    "hidden_size": WIDTH,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": HEAD_DIM,
    "max_position_embeddings": 128,
    "rms_norm_eps": 1e-6,
    "hidden_act": "silu",
    "num_experts": EXPERTS,
    "num_experts_per_tok": CHOSEN,
    "tie_word_embeddings": False,
}
LLADA_MOE: dict[str, Any] = {
    **{key: value for key, value in SIZES.items() if key != "head_dim"},
    "architectures": ["LLaDAMoEModelLM"],
    "auto_map": {
        "AutoConfig": "configuration_lladamoe.LLaDAConfig",
        "AutoModel": "modeling_lladamoe.LLaDAMoEModelLM",
    },
    "model_type": "llada",
    "attention_bias": False,
    "attention_dropout": 0.0,
    "clip_qkv": None,
    "dense_intermediate_size": HIDDEN,
    "expert_intermediate_size": EXPERT_HIDDEN,
    "shared_expert_intermediate_size": None,
    "moe_layer_freq": [1] * LAYERS,
    "moe_router_enable_expert_bias": False,
    "moe_router_score_function": "softmax",
    "norm_topk_prob": None,
    "partial_rotary_factor": 1,
    "qk_layernorm": True,
    "rope_scaling": None,
    "rope_theta": 50_000,
    "routed_scaling_factor": 1,
    "router_num_group": None,
    "router_topk_group": None,
    "pad_token_id": END,
    "eos_token_id": END,
}
LLADA2: dict[str, Any] = {
    **SIZES,
    "architectures": ["LLaDA2MoeModelLM"],
    "auto_map": {
        "AutoConfig": "configuration_llada2_moe.LLaDA2MoeConfig",
        "AutoModel": "modeling_llada2_moe.LLaDA2MoeModel",
        "AutoModelForCausalLM": "modeling_llada2_moe.LLaDA2MoeModelLM",
    },
    "model_type": "llada2_moe",
    "attention_dropout": 0.0,
    "embedding_dropout": 0.0,
    "first_k_dense_replace": 1,
    "intermediate_size": HIDDEN,
    "max_window_layers": 28,
    "moe_intermediate_size": EXPERT_HIDDEN,
    "moe_router_enable_expert_bias": True,
    "n_group": 4,
    "norm_head": False,
    "norm_softmax": False,
    "norm_topk_prob": True,
    "num_shared_experts": 1,
    "output_dropout": 0.0,
    "pad_token_id": END,
    "partial_rotary_factor": 0.5,
    "rope_scaling": None,
    "rope_theta": 600_000,
    "rotary_dim": HEAD_DIM // 2,
    "routed_scaling_factor": 2.5,
    "router_dtype": "fp32",
    "score_function": "sigmoid",
    "topk_group": 2,
    "use_bias": False,
    "use_qk_norm": True,
    "use_qkv_bias": False,
    "use_rmsnorm": True,
    "use_sliding_window": False,
    "using_split_qkv_in_self_attention": False,
}
SDAR_MOE: dict[str, Any] = {
    **SIZES,
    "architectures": ["SDARMoeForCausalLM"],
    "auto_map": {"AutoModelForCausalLM": "modeling_sdar_moe.SDARMoeForCausalLM"},
    "model_type": "sdar_moe",
    "attention_bias": False,
    "attention_dropout": 0.0,
    "bos_token_id": END,
    "decoder_sparse_step": 1,
    "eos_token_id": END,
    "intermediate_size": HIDDEN,
    "max_window_layers": 48,
    "mlp_only_layers": [],
    "moe_intermediate_size": EXPERT_HIDDEN,
    "norm_topk_prob": True,
    "output_router_logits": False,
    "rope_scaling": None,
    "rope_theta": 1_000_000,
    "sliding_window": None,
    "use_sliding_window": False,
}


@dataclass(frozen=True)
class Kind:
    """A published config, the tokens its tokenizer adds, what tokenizer_config.json names, and the reference."""

    config: dict[str, Any]
    reference: Callable[[dict[str, Any], int], nn.Module]
    added: tuple[str, ...] = ("<|startoftext|>", END, MASK)
    named: dict[str, str] = field(default_factory=lambda: {"eos_token": END, "pad_token": END})


def qwen3_moe(config: dict[str, Any], rows: int) -> nn.Module:
    """Qwen3-MoE, and the shared expert that LLaDA-MoE may have beside the others."""
    frequencies = config.get("moe_layer_freq") or [1] * LAYERS
    dense = [layer for layer, sparse in enumerate(frequencies) if not sparse]
    network = transformers.Qwen3MoeForCausalLM(
        prepared(
            transformers.Qwen3MoeConfig(
                **{**SIZES, "head_dim": config.get("head_dim", WIDTH // SIZES["num_attention_heads"])},
                vocab_size=rows,
                intermediate_size=HIDDEN,
                moe_intermediate_size=EXPERT_HIDDEN,
                norm_topk_prob=bool(config["norm_topk_prob"]),
                mlp_only_layers=dense or config.get("mlp_only_layers"),
                rope_parameters={"rope_type": "default", "rope_theta": config["rope_theta"]},
                **no_tokens(),
            )
        )
    )
    if config.get("shared_expert_intermediate_size"):
        for layer, sparse in zip(network.model.layers, frequencies, strict=True):
            if sparse:
                layer.shared_expert = SwiGLU()
                layer.mlp.register_forward_hook(
                    lambda _, inputs, out, shared=layer.shared_expert: out + shared(inputs[0])
                )
    return network


def glm4_moe(config: dict[str, Any], rows: int) -> nn.Module:
    """GLM-4.5, and the pool of experts that LLaDA2.2 gives to each block, in place of the groups."""
    pool = config.get("expert_capacity")
    network = transformers.Glm4MoeForCausalLM(
        prepared(
            transformers.Glm4MoeConfig(
                **{key: value for key, value in SIZES.items() if key != "num_experts"},
                vocab_size=rows,
                intermediate_size=HIDDEN,
                moe_intermediate_size=EXPERT_HIDDEN,
                n_routed_experts=EXPERTS,
                n_shared_experts=config["num_shared_experts"],
                n_group=1 if pool else config["n_group"],
                topk_group=1 if pool else config["topk_group"],
                routed_scaling_factor=config["routed_scaling_factor"],
                first_k_dense_replace=config["first_k_dense_replace"],
                norm_topk_prob=True,
                use_qk_norm=config["use_qk_norm"],
                attention_bias=config["use_qkv_bias"],
                num_mtp_layers=0,
                rope_parameters={
                    "rope_type": "default",
                    "rope_theta": config["rope_theta"],
                    "partial_rotary_factor": 0.5,
                },
                **no_tokens(),
            )
        )
    )
    for layer in network.model.layers[config["first_k_dense_replace"] :]:
        layer.mlp.gate.e_score_correction_bias.uniform_(-0.2, 0.2)
        if pool:
            layer.mlp.gate = PooledRouter(
                layer.mlp.gate, pool, config["block_size"], config["routed_scaling_factor"]
            )
    return network


def no_tokens() -> dict[str, None]:
    return dict.fromkeys(("pad_token_id", "bos_token_id", "eos_token_id"))


def prepared(config: Any) -> Any:
    config._attn_implementation = "eager"
    config._experts_implementation = "eager"
    return config


class SwiGLU(nn.Module):
    """The shared expert, written out."""

    def __init__(self) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(WIDTH, SHARED_HIDDEN, bias=False)
        self.up_proj = nn.Linear(WIDTH, SHARED_HIDDEN, bias=False)
        self.down_proj = nn.Linear(SHARED_HIDDEN, WIDTH, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        gate: Tensor = self.gate_proj(x)
        out: Tensor = self.down_proj(gate / (1 + torch.exp(-gate)) * self.up_proj(x))
        return out


class PooledRouter(nn.Module):
    """LLaDA2.2's block routing from its report: a block admits the experts that any of its tokens rates highest."""

    def __init__(self, gate: Any, pool: int, block_size: int, scale: float) -> None:
        super().__init__()
        self.weight = gate.weight
        self.register_buffer("e_score_correction_bias", gate.e_score_correction_bias)
        self.pool, self.block_size, self.scale = pool, block_size, scale

    def forward(self, hidden: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        logits = F.linear(hidden.view(-1, WIDTH), self.weight)
        scores = logits.sigmoid()
        merits = scores + self.e_score_correction_bias
        numbers = torch.zeros(len(scores), CHOSEN, dtype=torch.long)
        for start in range(0, len(scores), ROWS):
            for block in range(start, start + ROWS, self.block_size):
                rows = range(block, min(block + self.block_size, start + ROWS))
                best = torch.stack([merits[row] for row in rows]).max(0).values
                pool = best.argsort(descending=True)[: self.pool].tolist()
                for row in rows:
                    chosen = sorted(pool, key=lambda expert, row=row: -merits[row, expert].item())[:CHOSEN]
                    numbers[row] = torch.tensor(chosen)
        weights = scores.gather(1, numbers)
        return logits, weights / weights.sum(1, keepdim=True) * self.scale, numbers


SDAR_TOKENS = (END, "<|im_start|>", "<|im_end|>", "<|MASK|>")
SDAR_NAMES = {"eos_token": END, "pad_token": END, "mask_token": "<|MASK|>"}
LLADA22_TOKENS = ("<|startoftext|>", END, MASK, "<|delete|>", "<|insert|>")
KINDS: dict[str, Kind] = {
    "llada-moe": Kind(LLADA_MOE, qwen3_moe),
    "llada-moe, dense first layer and shared expert": Kind(
        {**LLADA_MOE, "moe_layer_freq": [0, 1, 1], "shared_expert_intermediate_size": SHARED_HIDDEN},
        qwen3_moe,
    ),
    "llada2.0": Kind(LLADA2, glm4_moe),
    "llada2.1, bias and two shared experts": Kind(
        {**LLADA2, "use_qkv_bias": True, "num_shared_experts": 2, "use_qk_norm": False}, glm4_moe
    ),
    "llada2.2": Kind(
        {
            **LLADA2,
            "expert_capacity": 4,
            "block_size": 16,
            "delete_token_id": "<|delete|>",
            "split_token_id": "<|insert|>",
        },
        glm4_moe,
        LLADA22_TOKENS,
    ),
    "sdar-moe": Kind(SDAR_MOE, qwen3_moe, SDAR_TOKENS, SDAR_NAMES),
    "sdar-moe, block in the config": Kind(
        {**SDAR_MOE, "block_size": 8, "mask_token_id": "<|MASK|>", "mlp_only_layers": [0]},
        qwen3_moe,
        SDAR_TOKENS,
        {"eos_token": END, "pad_token": END},
    ),
}


def write(folder: Path, kind: str, **changes: Any) -> Reference:
    """Write the tiny checkpoint of a kind, its config changed, into a new folder and return its reference."""
    published = KINDS[kind]
    folder.mkdir(parents=True)
    ids = write_tokenizer(folder, published)
    rows = max(ids.values()) + 1 + PADDING
    config = {**published.config, "vocab_size": rows, **changes}
    named = {key: ids[value] for key, value in config.items() if key.endswith("_token_id") and value in ids}
    (folder / "config.json").write_text(json.dumps(config | named, indent=1))
    torch.manual_seed(0)
    network = published.reference(config, rows).eval().requires_grad_(False)
    for name, weight in network.named_parameters():
        weight.normal_(1.0 if "norm" in name else 0.0, 0.15)
    write_weights(folder, published_weights(network, llada2="first_k_dense_replace" in config))

    def reference(ids: Tensor, sees: Tensor) -> Tensor:
        bias = torch.zeros(sees.shape).masked_fill(~sees, torch.finfo(torch.float32).min)
        bias = bias.expand(ids.shape[0], 1, -1, -1)
        logits: Tensor = network(input_ids=ids, attention_mask=bias, use_cache=False).logits
        return logits

    return reference


def published_weights(network: nn.Module, llada2: bool) -> Weights:
    """The reference's weights under published names: an expert's matrices apart, LLaDA2's attention fused."""
    weights: Weights = {}
    for name, weight in network.state_dict().items():
        if name.endswith("experts.gate_up_proj"):
            for number, matrix in enumerate(weight):
                gate, up = matrix.chunk(2)
                weights[name.replace("gate_up_proj", f"{number}.gate_proj.weight")] = gate.clone()
                weights[name.replace("gate_up_proj", f"{number}.up_proj.weight")] = up.clone()
        elif name.endswith("experts.down_proj"):
            for number, matrix in enumerate(weight):
                weights[name.replace("down_proj", f"{number}.down_proj.weight")] = matrix.clone()
        else:
            weights[name] = weight.clone()
    return as_llada2(weights) if llada2 else weights


def as_llada2(weights: Weights) -> Weights:
    renamed: Weights = {}
    for name, weight in weights.items():
        theirs = name.replace("embed_tokens", "word_embeddings").replace(
            "self_attn.o_proj", "attention.dense"
        )
        theirs = theirs.replace("self_attn.q_norm", "attention.query_layernorm")
        theirs = theirs.replace("self_attn.k_norm", "attention.key_layernorm")
        theirs = theirs.replace("gate.e_score_correction_bias", "gate.expert_bias")
        if ".q_proj." in name:
            parts = [weights[name.replace("q_proj", f"{part}_proj")] for part in "qkv"]
            renamed[theirs.replace("self_attn.q_proj", "attention.query_key_value")] = torch.cat(parts)
        elif ".k_proj." not in name and ".v_proj." not in name:
            renamed[theirs] = weight
    return renamed


def write_tokenizer(folder: Path, kind: Kind) -> dict[str, int]:
    """A byte-level BPE with a merge; the ids of the tokens it adds."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocab = {char: id_ for id_, char in enumerate(alphabet)} | {"re": len(alphabet)}
    encoder = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=vocab, merges=[("r", "e")]))
    encoder.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    encoder.decoder = decoders.ByteLevel()
    encoder.add_special_tokens(list(kind.added))
    encoder.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps(kind.named))
    return {token: len(vocab) + at for at, token in enumerate(kind.added)}


def write_weights(folder: Path, weights: Weights) -> None:
    """Several safetensors files and their index; the experts of a layer lie in different ones."""
    located = {}
    for at in range(SHARDS):
        file = f"model-{at + 1:05}-of-{SHARDS:05}.safetensors"
        part = dict(list(weights.items())[at::SHARDS])
        save_file(part, folder / file, metadata={"format": "pt"})
        located |= dict.fromkeys(part, file)
    total = sum(weight.nbytes for weight in weights.values())
    index = {"metadata": {"total_size": total}, "weight_map": located}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
