"""The checkpoints that are known: what is published of each, and what it can do.

The table has published configs, cut down to what sizes depend on. Each goes through its family's own reader, so a
plan for a checkpoint that is not here counts what loading it would. Where a shape was not found published, there is
none. Licences are named where a card or repository states them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from coderdiff.model.families import probe
from coderdiff.model.families.settings import Settings
from coderdiff.model.spec import ModelSpec
from coderdiff.model.tokenizer import SpecialIds


@dataclass(frozen=True)
class Known:
    """A published checkpoint: its `ORG/NAME`, its config's sizes, and added tokens that tell what it can do."""

    name: str
    licence: str | None = None
    chat: bool = False
    config: Mapping[str, object] | None = None
    tokens: frozenset[str] = field(default_factory=frozenset)
    note: str | None = None


_QWEN_7B = {
    "hidden_size": 3584,
    "intermediate_size": 18944,
    "num_hidden_layers": 28,
    "num_attention_heads": 28,
    "num_key_value_heads": 4,
    "vocab_size": 152064,
    "rope_theta": 1_000_000.0,
}
_QWEN_1_5B = {
    "hidden_size": 1536,
    "intermediate_size": 8960,
    "num_hidden_layers": 28,
    "num_attention_heads": 12,
    "num_key_value_heads": 2,
    "vocab_size": 151936,
    "max_position_embeddings": 32768,
    "rope_theta": 1_000_000.0,
    "tie_word_embeddings": True,
}
_QWEN_0_5B = {
    "hidden_size": 896,
    "intermediate_size": 4864,
    "num_hidden_layers": 24,
    "num_attention_heads": 14,
    "num_key_value_heads": 2,
    "vocab_size": 151936,
    "max_position_embeddings": 32768,
    "rope_theta": 1_000_000.0,
    "tie_word_embeddings": True,
}
_DREAM = {"architectures": ["DreamModel"], **_QWEN_7B}
_LLADA = {
    "architectures": ["LLaDAModelLM"],
    "d_model": 4096,
    "mlp_hidden_size": 12288,
    "n_layers": 32,
    "n_heads": 32,
    "n_kv_heads": 32,
    "vocab_size": 126464,
    "embedding_size": 126464,
    "max_sequence_length": 4096,
    "rope_theta": 500_000.0,
    "weight_tying": False,
}
_CODA = {
    "architectures": ["CoDALanguageModel"],
    "hidden_size": 2048,
    "intermediate_size": 6144,
    "num_hidden_layers": 28,
    "num_attention_heads": 16,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "vocab_size": 151936,
    "max_position_embeddings": 40960,
    "rope_theta": 1_000_000.0,
}
_SDAR_8B = {
    "architectures": ["SDARForCausalLM"],
    "hidden_size": 4096,
    "intermediate_size": 12288,
    "num_hidden_layers": 36,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "vocab_size": 151936,
    "max_position_embeddings": 32768,
    "rope_theta": 1_000_000.0,
}
_SDAR_4B = {**_SDAR_8B, "hidden_size": 2560, "intermediate_size": 9728}
_STABLE_DIFFCODER = {
    "architectures": ["StableDiffcoderForCausalLM"],
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "vocab_size": 155136,
    "max_position_embeddings": 8192,
    "rope_theta": 500_000.0,
}
_LLADA_MOE = {
    "architectures": ["LLaDAMoEModelLM"],
    "hidden_size": 2048,
    "dense_intermediate_size": 8192,
    "expert_intermediate_size": 1024,
    "num_hidden_layers": 16,
    "num_attention_heads": 16,
    "num_key_value_heads": 16,
    "num_experts": 64,
    "num_experts_per_tok": 8,
    "moe_layer_freq": [1] * 16,
    "qk_layernorm": True,
    "vocab_size": 157184,
    "max_position_embeddings": 8192,
    "rope_theta": 50_000.0,
}
_LLADA2 = {
    "architectures": ["LLaDA2MoeModelLM"],
    "head_dim": 128,
    "num_key_value_heads": 4,
    "num_experts": 256,
    "num_experts_per_tok": 8,
    "num_shared_experts": 1,
    "first_k_dense_replace": 1,
    "n_group": 8,
    "topk_group": 4,
    "routed_scaling_factor": 2.5,
    "vocab_size": 157184,
    "max_position_embeddings": 32768,
    "rope_theta": 600_000.0,
}
_LLADA2_MINI = {
    **_LLADA2,
    "hidden_size": 2048,
    "intermediate_size": 5120,
    "moe_intermediate_size": 512,
    "num_hidden_layers": 20,
    "num_attention_heads": 16,
}
_LLADA2_FLASH = {
    **_LLADA2,
    "hidden_size": 4096,
    "intermediate_size": 9216,
    "moe_intermediate_size": 1024,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
}
_LLADA22_FLASH = {
    **_LLADA2_FLASH,
    "expert_capacity": 48,
    "block_size": 32,
    "max_position_embeddings": 131072,
}
_SDAR_30B = {
    "architectures": ["SDARMoeForCausalLM"],
    "hidden_size": 2048,
    "intermediate_size": 6144,
    "moe_intermediate_size": 768,
    "num_hidden_layers": 48,
    "num_attention_heads": 32,
    "num_key_value_heads": 4,
    "head_dim": 128,
    "num_experts": 128,
    "num_experts_per_tok": 8,
    "norm_topk_prob": True,
    "vocab_size": 151936,
    "max_position_embeddings": 32768,
    "rope_theta": 1_000_000.0,
}
_A2D = {"architectures": ["A2DQwen2LMHeadModel"], **_QWEN_0_5B}
_A2D_QWEN3 = {
    "architectures": ["A2DQwen3LMHeadModel"],
    "hidden_size": 1024,
    "intermediate_size": 3072,
    "num_hidden_layers": 28,
    "num_attention_heads": 16,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "vocab_size": 151936,
    "max_position_embeddings": 40960,
    "rope_theta": 1_000_000.0,
    "tie_word_embeddings": True,
}
_FAST_DLLM = {"architectures": ["Fast_dLLM_QwenForCausalLM"], "bd_size": 32}

_DREAM_V0 = {**_DREAM, "max_position_embeddings": 131072}
_DREAM_CODER = {**_DREAM, "max_position_embeddings": 32768}
_DREAMON = {**_DREAM, "max_position_embeddings": 2048}
_OPEN_DCODER = {"architectures": ["Qwen2ForCausalLM"], **_QWEN_0_5B}
_FAST_DLLM_7B = {**_FAST_DLLM, **_QWEN_7B, "max_position_embeddings": 32768}

KNOWN = (
    Known("Dream-org/DreamOn-v0-7B", None, False, _DREAMON, frozenset({"<|expand|>"})),
    Known("Dream-org/Dream-Coder-v0-Base-7B", None, False, _DREAM_CODER),
    Known("Dream-org/Dream-Coder-v0-Instruct-7B", None, True, _DREAM_CODER),
    Known("Dream-org/Dream-v0-Base-7B", "Apache-2.0", False, _DREAM_V0),
    Known("Dream-org/Dream-v0-Instruct-7B", "Apache-2.0", True, _DREAM_V0),
    Known("apple/DiffuCoder-7B-Base", "Apple", False, _DREAM_V0),
    Known("apple/DiffuCoder-7B-Instruct", "Apple", True, _DREAM_V0),
    Known("apple/DiffuCoder-7B-cpGRPO", "Apple", True, _DREAM_V0),
    Known("GSAI-ML/LLaDA-8B-Base", "MIT", False, _LLADA),
    Known("GSAI-ML/LLaDA-8B-Instruct", "MIT", True, _LLADA),
    Known("GSAI-ML/LLaDA-1.5", "MIT", True, _LLADA),
    Known("GSAI-ML/iLLaDA-8B-Base", "Apache-2.0", False),
    Known("GSAI-ML/iLLaDA-8B-Instruct", "Apache-2.0", True),
    Known("Salesforce/CoDA-v0-Base", None, False, _CODA),
    Known("Salesforce/CoDA-v0-Instruct", None, True, _CODA),
    Known("fredzzp/open-dcoder-0.5B", None, False, _OPEN_DCODER, frozenset({"<M>"})),
    Known("dllm-hub/Qwen2.5-Coder-0.5B-Instruct-diffusion-mdlm-v0.1", "Apache-2.0", True, _A2D),
    Known("dllm-hub/Qwen2.5-Coder-0.5B-Instruct-diffusion-bd3lm-v0.1", "Apache-2.0", True, _A2D),
    Known("dllm-hub/Qwen3-0.6B-diffusion-mdlm-v0.1", None, True, _A2D_QWEN3),
    Known("dllm-hub/Qwen3-0.6B-diffusion-bd3lm-v0.1", None, True, _A2D_QWEN3),
    Known("JetLM/SDAR-1.7B-Chat", "MIT", True),
    Known("JetLM/SDAR-4B-Chat", "MIT", True, _SDAR_4B),
    Known("JetLM/SDAR-8B-Chat", "MIT", True, _SDAR_8B),
    Known("JetLM/SDAR-8B-Chat-b32", "MIT", True, _SDAR_8B),
    Known("JetLM/SDAR-30B-A3B-Chat", "MIT", True, _SDAR_30B),
    Known("inclusionAI/LLaDA-MoE-7B-A1B-Base", None, False, _LLADA_MOE),
    Known("inclusionAI/LLaDA-MoE-7B-A1B-Instruct", None, True, _LLADA_MOE),
    Known("inclusionAI/LLaDA2.0-mini", "Apache-2.0", True, _LLADA2_MINI),
    Known("inclusionAI/LLaDA2.0-flash", "Apache-2.0", True, _LLADA2_FLASH),
    Known("inclusionAI/LLaDA2.1-mini", "Apache-2.0", True, _LLADA2_MINI),
    Known("inclusionAI/LLaDA2.1-flash", "Apache-2.0", True, _LLADA2_FLASH),
    Known("inclusionAI/LLaDA2.2-flash", "Apache-2.0", True, _LLADA22_FLASH),
    Known("google/diffusiongemma-26B-A4B-it", "Apache-2.0", True, note="through transformers"),
    Known("ByteDance-Seed/Stable-DiffCoder-8B-Base", "MIT", False, _STABLE_DIFFCODER),
    Known("ByteDance-Seed/Stable-DiffCoder-8B-Instruct", "MIT", True, _STABLE_DIFFCODER),
    Known("Efficient-Large-Model/Fast_dLLM_v2_7B", "Apache-2.0", True, _FAST_DLLM_7B),
    Known("Efficient-Large-Model/Fast_dLLM_v2_1.5B", None, True, {**_FAST_DLLM, **_QWEN_1_5B}),
)


def known(name: str) -> Known | None:
    """The entry of a checkpoint, if the table has it."""
    return next((entry for entry in KNOWN if entry.name == name), None)


def spec_of(name: str, config: Mapping[str, object], tokens: frozenset[str] = frozenset()) -> ModelSpec:
    """What a published config says without its tokenizer: sizes and capabilities are right, the ids are not.

    Raises CheckpointError for a config that no family fits.
    """
    settings = Settings(config)
    family = probe(settings, tokens)
    expand = 0 if "<|expand|>" in tokens else None
    spec = family.spec(settings, name, SpecialIds(mask=0, end=0, expand=expand))
    return replace(spec, tied_head=False) if family.own_head else spec


def abilities(spec: ModelSpec) -> tuple[str, ...]:
    """What a model can do and how it sees, in words."""
    seeing = {
        "causal": "reads once, fills behind",
        "bidirectional": "fills between both sides",
        "block": f"writes blocks of {spec.block_size}",
    }
    found = [seeing[spec.context_attention]]
    if spec.expand_id is not None:
        found.append("finds the length itself")
    if spec.deletes_anywhere:
        found.append("reads its answer over")
    if spec.pack:
        found.append("takes snippets of the repository")
    if spec.shifted:
        found.append("shifted")
    return tuple(found)
