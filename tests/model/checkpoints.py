"""Tiny checkpoints of random weights, each family's as it is published: config keys, tokenizer files, weight names.

With each comes its reference: a network that shares no code with ours, transformers' own class where the published
architecture is that one, else `LiteralLLaDA`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any

import tokenizers
import torch
import transformers
from safetensors.torch import save_file
from tokenizers import decoders, pre_tokenizers
from torch import Tensor

Weights = dict[str, Tensor]
Reference = Callable[[Tensor, Tensor], Tensor]
"""ids [batch, rows] and who sees whom, bool [rows, rows] -> logits."""

MERGES = [("r", "e"), ("re", "t"), ("d", "e"), ("de", "f"), ("Ġ", "Ġ"), ("i", "n"), ("Ġ", "in")]
ROPE_THETA = 1_000_000.0
SIZES = {
    "hidden_size": 32,
    "intermediate_size": 56,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 128,
    "rms_norm_eps": 1e-6,
    "rope_theta": ROPE_THETA,
    "hidden_act": "silu",
}
PADDING = 5
"""Rows of the embedding that no token has, as in most published ones."""

END, PAD, MASK = "<|endoftext|>", "<|pad|>", "<|mask|>"


CHAT_TOKENS = ("<|im_start|>", "<|im_end|>")
CHAT = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""A chat template in the manner of published ones; its tokens are among the vocabulary's added ones."""


@dataclass(frozen=True)
class Kind:
    """How one family publishes: config keys beside the sizes, its added tokens, the class its weights are from.

    `named` goes into tokenizer_config.json. `files`: "tokenizer.json", or "vocab.json" with merges. `shards`: in
    how many files the weights are.
    """

    config: dict[str, Any]
    added: tuple[str, ...] = (END, PAD, MASK)
    named: dict[str, Any] = field(default_factory=dict)
    base: str = "qwen2"
    files: str = "tokenizer.json"
    shards: int = 1
    tied: bool = False


QWEN_NAMES = {"eos_token": END, "pad_token": PAD}
SEED_TOKENS = (
    "<[PAD▁TOKEN]>",
    "<[end▁of▁sentence]>",
    "<[MASK_TOKEN]>",
    "<[fim-prefix]>",
    "<[fim-suffix]>",
    "<[fim-middle]>",
)
SEED_NAMES = {"eos_token": SEED_TOKENS[1], "pad_token": SEED_TOKENS[0]}
LLADA = {
    "architectures": ["LLaDAModelLM"],
    "model_type": "llada",
    "activation_type": "silu",
    "alibi": False,
    "attention_layer_norm": False,
    "bias_for_layer_norm": False,
    "block_group_size": 1,
    "block_type": "llama",
    "d_model": 32,
    "include_bias": False,
    "include_qkv_bias": False,
    "input_emb_norm": False,
    "layer_norm_type": "rms",
    "layer_norm_with_affine": True,
    "max_sequence_length": 128,
    "mlp_hidden_size": 56,
    "mlp_ratio": 4,
    "multi_query_attention": None,
    "n_heads": 4,
    "n_kv_heads": 4,
    "n_layers": 3,
    "rms_norm_eps": 1e-5,
    "rope": True,
    "rope_full_precision": True,
    "rope_theta": 500_000.0,
    "scale_logits": False,
    "weight_tying": False,
}

KINDS: dict[str, Kind] = {
    "dream": Kind(
        {
            "architectures": ["DreamModel"],
            "auto_map": {"AutoModel": "modeling_dream.DreamModel"},
            "model_type": "Dream",
            "mask_token_id": MASK,
            "eos_token_id": END,
            "pad_token_id": PAD,
            "use_mrope": False,
            "sliding_window": None,
            "use_sliding_window": False,
            "rope_scaling": None,
            "tie_word_embeddings": False,
        },
        named={"tokenizer_class": "DreamTokenizer", "mask_token": MASK, **QWEN_NAMES},
        files="vocab.json",
        shards=2,
    ),
    "dreamon": Kind(
        {
            "architectures": ["DreamModel"],
            "model_type": "Dream",
            "mask_token_id": MASK,
            "eos_token_id": END,
            "pad_token_id": PAD,
            "tie_word_embeddings": False,
        },
        added=(END, PAD, MASK, "<|expand|>"),
        named={"tokenizer_class": "DreamTokenizer", "mask_token": MASK, **QWEN_NAMES},
        files="vocab.json",
    ),
    "llada": Kind(
        {**LLADA, "mask_token_id": "<|mdm_mask|>", "eos_token_id": END, "pad_token_id": END},
        added=(END, "<|mdm_mask|>"),
        named={"eos_token": END, "pad_token": END},
        base="llada",
        shards=3,
    ),
    "llada, mask of the tokenizer": Kind(
        {**LLADA, "n_kv_heads": 2, "mask_token_id": None, "eos_token_id": END},
        added=("<[MASK]>", END),
        named={"eos_token": END},
        base="llada",
    ),
    "illada": Kind(
        {
            "architectures": ["ILLaDAForCausalLM"],
            "auto_map": {"AutoModelForCausalLM": "modeling_illada.ILLaDAForCausalLM"},
            "model_type": "illada",
            "tie_word_embeddings": True,
        },
        added=(*SEED_TOKENS[:2], "<[MASK]>"),
        named=SEED_NAMES,
        base="llama",
        tied=True,
    ),
    "coda": Kind(
        {
            "architectures": ["CoDALanguageModel"],
            "auto_map": {"AutoModel": "modeling_coda.CoDALanguageModel"},
            "model_type": "CoDA",
            "head_dim": 16,
            "attention_bias": False,
            "attention_kernel": "flash_attention",
            "mask_token_id": MASK,
            "eos_token_id": END,
            "pad_token_id": PAD,
            "rope_scaling": None,
        },
        named={"tokenizer_class": "Qwen2Tokenizer", "eos_token": END},
        base="qwen3",
    ),
    "open-dcoder": Kind(
        {"architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "tie_word_embeddings": True},
        added=(END, PAD, "<M>"),
        named={"mask_token": "<M>", **QWEN_NAMES},
        tied=True,
    ),
    "a2d-qwen2-mdlm": Kind(
        {"architectures": ["A2DQwen2LMHeadModel"], "model_type": "a2d-qwen2", "tie_word_embeddings": True},
        named={"mask_token": MASK, **QWEN_NAMES},
        shards=2,
    ),
    "a2d-qwen3-bd3lm": Kind(
        {
            "architectures": ["A2DQwen3LMHeadModel"],
            "model_type": "a2d-qwen3",
            "head_dim": 16,
            "tie_word_embeddings": True,
        },
        named={"mask_token": MASK, **QWEN_NAMES},
        base="qwen3",
        tied=True,
    ),
    "sdar": Kind(
        {
            "architectures": ["SDARForCausalLM"],
            "auto_map": {"AutoModelForCausalLM": "modeling_sdar.SDARForCausalLM"},
            "model_type": "sdar",
            "head_dim": 16,
            "attention_bias": False,
            "tie_word_embeddings": False,
        },
        added=(END, PAD, "<|MASK|>"),
        named={"tokenizer_class": "Qwen2Tokenizer", **QWEN_NAMES},
        base="qwen3",
        files="vocab.json",
    ),
    "stable-diffcoder": Kind(
        {
            "architectures": ["StableDiffcoderForCausalLM"],
            "auto_map": {"AutoModelForCausalLM": "modeling_stable_diffcoder.StableDiffcoderForCausalLM"},
            "model_type": "llama",
            "attention_bias": False,
            "mlp_bias": False,
            "tie_word_embeddings": False,
        },
        added=SEED_TOKENS,
        named=SEED_NAMES,
        base="llama",
        shards=2,
    ),
    "fast-dllm-v2": Kind(
        {
            "architectures": ["Fast_dLLM_QwenForCausalLM"],
            "auto_map": {"AutoModelForCausalLM": "modeling.Fast_dLLM_QwenForCausalLM"},
            "model_type": "Fast_dLLM_Qwen",
            "bd_size": 16,
            "eos_token_id": END,
            "layer_types": ["full_attention"] * 3,
            "use_sliding_window": False,
            "tie_word_embeddings": False,
        },
        added=(END, PAD, "|<MASK>|"),
        named=QWEN_NAMES,
    ),
}


def write_instruct(folder: Path, kind: str) -> None:
    """Write the tiny checkpoint of a kind as an instruct one: with tokens for turns, and a chat template."""
    base = KINDS[kind]
    write_published(folder, replace(base, added=(*base.added, *CHAT_TOKENS)))
    write_chat_template(folder, CHAT)


def write_chat_template(folder: Path, template: str) -> None:
    """Add a chat template to a tokenizer's files."""
    path = folder / "tokenizer_config.json"
    config = {"bos_token": END, **json.loads(path.read_text()), "chat_template": template}
    path.write_text(json.dumps(config, ensure_ascii=False))


def write(folder: Path, kind: str, seed: int = 0) -> Reference:
    """Write the tiny checkpoint of a kind into a new folder and return its reference."""
    return write_published(folder, KINDS[kind], seed)


def write_published(folder: Path, published: Kind, seed: int = 0) -> Reference:
    """`write` for a kind that is not in the table."""
    folder.mkdir(parents=True)
    vocab_size = write_tokenizer(folder, published)
    rows = vocab_size + PADDING
    config = {**published.config, "vocab_size": rows}
    if published.base == "llada":
        config |= {"embedding_size": rows, "vocab_size": vocab_size}
    else:
        config = {**SIZES, **config}
    ids = {token: id_ for id_, token in enumerate(published.added, vocab_size - len(published.added))}
    for key, value in config.items():
        if key.endswith("_token_id") and value is not None:
            config[key] = ids[value]
    (folder / "config.json").write_text(json.dumps(config, indent=1))
    reference, weights = made(published, config, rows, seed)
    write_weights(folder, weights, published.shards)
    return reference


def write_tokenizer(folder: Path, kind: Kind) -> int:
    """A byte-level BPE with a few merges in the kind's own files; how many tokens it has."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocab = {char: id_ for id_, char in enumerate(alphabet)}
    vocab |= {first + second: len(alphabet) + at for at, (first, second) in enumerate(MERGES)}
    named = dict(kind.named)
    if kind.files == "vocab.json":
        (folder / "vocab.json").write_text(json.dumps(vocab, ensure_ascii=False))
        lines = ["#version: 0.2", *(f"{first} {second}" for first, second in MERGES)]
        (folder / "merges.txt").write_text("\n".join(lines) + "\n")
        added = {token: len(vocab) + at for at, token in enumerate(kind.added)}
        (folder / "added_tokens.json").write_text(json.dumps(added))
        named["added_tokens_decoder"] = {
            str(id_): {"content": token, "special": True} for token, id_ in added.items()
        }
    else:
        encoder = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=vocab, merges=MERGES))
        encoder.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        encoder.decoder = decoders.ByteLevel()
        encoder.add_special_tokens(list(kind.added))
        encoder.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps(named, ensure_ascii=False))
    return len(vocab) + len(kind.added)


def write_weights(folder: Path, weights: Weights, shards: int) -> None:
    """One safetensors file, or several with an index."""
    if shards == 1:
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
        return
    located = {}
    for at in range(shards):
        file = f"model-{at + 1:05}-of-{shards:05}.safetensors"
        part = dict(list(weights.items())[at::shards])
        save_file(part, folder / file, metadata={"format": "pt"})
        located |= dict.fromkeys(part, file)
    total = sum(weight.nbytes for weight in weights.values())
    index = {"metadata": {"total_size": total}, "weight_map": located}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def made(kind: Kind, config: dict[str, Any], rows: int, seed: int) -> tuple[Reference, Weights]:
    """A reference network of random weights, and those weights under their published names."""
    torch.manual_seed(seed)
    if kind.base == "llada":
        literal = LiteralLLaDA(config, rows)
        return literal, literal.weights
    classes = {
        "qwen2": (transformers.Qwen2Config, transformers.Qwen2ForCausalLM),
        "qwen3": (transformers.Qwen3Config, transformers.Qwen3ForCausalLM),
        "llama": (transformers.LlamaConfig, transformers.LlamaForCausalLM),
    }
    make_config, make_network = classes[kind.base]
    sizes = {key: value for key, value in SIZES.items() if key != "rope_theta"}
    if "head_dim" in config:
        sizes["head_dim"] = config["head_dim"]
    theirs = make_config(
        **sizes,
        vocab_size=rows,
        rope_parameters={"rope_type": "default", "rope_theta": ROPE_THETA},
        tie_word_embeddings=kind.tied,
        pad_token_id=None,
        bos_token_id=None,
        eos_token_id=None,
    )
    theirs._attn_implementation = "eager"
    network = make_network(theirs).eval().requires_grad_(False)
    for name, weight in network.named_parameters():
        weight.normal_(1.0 if "norm" in name else 0.0, 0.15)
    weights = {
        name: weight.clone() for name, weight in network.state_dict().items() if name != "lm_head.weight"
    }
    if not kind.tied:
        weights["lm_head.weight"] = network.lm_head.weight.clone()

    def reference(ids: Tensor, sees: Tensor) -> Tensor:
        bias = torch.zeros(sees.shape).masked_fill(~sees, torch.finfo(torch.float32).min)
        bias = bias.expand(ids.shape[0], 1, -1, -1)
        logits: Tensor = network(input_ids=ids, attention_mask=bias, use_cache=False).logits
        return logits

    return reference, weights


class LiteralLLaDA:
    """LLaDA's block written out from its description, one row and one head at a time; full attention only."""

    def __init__(self, config: dict[str, Any], rows: int) -> None:
        self.config = config
        width, hidden = config["d_model"], config["mlp_hidden_size"]
        size = width // config["n_heads"] * config["n_kv_heads"]
        root = "model.transformer."
        shapes = {f"{root}wte.weight": (rows, width), f"{root}ln_f.weight": (width,)}
        for layer in range(config["n_layers"]):
            block = f"{root}blocks.{layer}."
            shapes |= {
                f"{block}attn_norm.weight": (width,),
                f"{block}ff_norm.weight": (width,),
                f"{block}q_proj.weight": (width, width),
                f"{block}k_proj.weight": (size, width),
                f"{block}v_proj.weight": (size, width),
                f"{block}attn_out.weight": (width, width),
                f"{block}ff_proj.weight": (hidden, width),
                f"{block}up_proj.weight": (hidden, width),
                f"{block}ff_out.weight": (width, hidden),
            }
        shapes[f"{root}ff_out.weight"] = (rows, width)
        self.weights = {
            name: torch.randn(shape) * 0.15 + (1.0 if len(shape) == 1 else 0.0)
            for name, shape in shapes.items()
        }

    def __call__(self, ids: Tensor, sees: Tensor) -> Tensor:
        assert sees.all()
        return torch.stack([self._sequence(row) for row in ids])

    def _sequence(self, ids: Tensor) -> Tensor:
        x = self.weights["model.transformer.wte.weight"][ids]
        for layer in range(self.config["n_layers"]):
            w = {
                name.removeprefix(f"model.transformer.blocks.{layer}.").removesuffix(".weight"): weight
                for name, weight in self.weights.items()
            }
            x = x + self._attention(self._norm(x, w["attn_norm"]), w) @ w["attn_out"].T
            y = self._norm(x, w["ff_norm"])
            gate = y @ w["ff_proj"].T
            x = x + (gate / (1 + torch.exp(-gate)) * (y @ w["up_proj"].T)) @ w["ff_out"].T
        x = self._norm(x, self.weights["model.transformer.ln_f.weight"])
        return x @ self.weights["model.transformer.ff_out.weight"].T

    def _attention(self, x: Tensor, w: Weights) -> Tensor:
        heads, shared = self.config["n_heads"], self.config["n_kv_heads"]
        dim = self.config["d_model"] // heads
        query, key, value = (x @ w[f"{part}_proj"].T for part in "qkv")
        out = torch.zeros(len(x), heads * dim)
        for head in range(heads):
            q = self._turned(query[:, head * dim : (head + 1) * dim])
            at = head // (heads // shared) * dim
            k, v = self._turned(key[:, at : at + dim]), value[:, at : at + dim]
            for row in range(len(x)):
                weights = torch.exp(k @ q[row] / dim**0.5)
                out[row, head * dim : (head + 1) * dim] = weights @ v / weights.sum()
        return out

    def _turned(self, x: Tensor) -> Tensor:
        """Each pair (channel, channel + half) turned by its row's angle."""
        half = x.shape[1] // 2
        out = torch.empty_like(x)
        for row, channel in product(range(len(x)), range(half)):
            angle = torch.tensor(row / self.config["rope_theta"] ** (2 * channel / x.shape[1]))
            first, second = x[row, channel], x[row, channel + half]
            out[row, channel] = first * angle.cos() - second * angle.sin()
            out[row, channel + half] = second * angle.cos() + first * angle.sin()
        return out

    def _norm(self, x: Tensor, weight: Tensor) -> Tensor:
        return x / (x.pow(2).mean(1, keepdim=True) + self.config["rms_norm_eps"]).sqrt() * weight
