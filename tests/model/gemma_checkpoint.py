"""A tiny random DiffusionGemma as published: transformers' own config and weights, a tokenizer of Gemma's kind."""

from __future__ import annotations

import json
import string
from pathlib import Path
from typing import Any

import pytest
import torch

transformers = pytest.importorskip("transformers")
if not hasattr(transformers, "DiffusionGemmaForBlockDiffusion"):
    pytest.skip("this transformers has no DiffusionGemma", allow_module_level=True)

CANVAS, VOCAB = 12, 400
SPECIALS = ("<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "<turn|>")
MERGES = ("d e", "de f", "\u2581 \u2581", "r e", "re t", "i n", "\u2581 x", "\n \n")


def tokenizer() -> dict[str, Any]:
    """A SentencePiece BPE with byte fallback: blanks become "\u2581", a run of blanks is an added token too."""
    pieces = [*SPECIALS, *(f"<0x{byte:02X}>" for byte in range(256))]
    pieces += [*string.ascii_letters, *string.digits, *string.punctuation, "\u2581", "\n", "\t", "\u00e9"]
    pieces += [merge.replace(" ", "") for merge in MERGES]
    vocab = {piece: id_ for id_, piece in enumerate(dict.fromkeys(pieces))}
    assert len(vocab) <= VOCAB
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    added = [{"id": vocab[name], "content": name, "special": True, **flags} for name in SPECIALS]
    added += [
        {"id": vocab[run], "content": run, "special": False, **flags} for run in ("\u2581\u2581", "\n\n")
    ]
    return {
        "version": "1.0",
        "added_tokens": added,
        "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"},
        "pre_tokenizer": {
            "type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": False,
        },
        "post_processor": None,
        "decoder": None,
        "model": {
            "type": "BPE", "byte_fallback": True, "fuse_unk": True, "unk_token": "<unk>", "vocab": vocab,
            "merges": [merge.split(" ") for merge in MERGES],
        },
    }  # fmt: skip


def write(folder: Path, loudness: float = 0.15, sliding_window: int = 8) -> None:
    """A sliding and a full layer of eight experts, in several files."""
    text = transformers.models.diffusion_gemma.DiffusionGemmaTextConfig(
        vocab_size=VOCAB, hidden_size=32, intermediate_size=40, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, head_dim=16, global_head_dim=16, max_position_embeddings=256,
        sliding_window=sliding_window, layer_types=["sliding_attention", "full_attention"], num_experts=8,
        top_k_experts=2, moe_intermediate_size=24, eos_token_id=[1, 5],
    )  # fmt: skip
    vision = transformers.models.gemma4.Gemma4VisionConfig(
        hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=1, num_key_value_heads=1,
        head_dim=16, patch_size=2, position_embedding_size=16,
    )  # fmt: skip
    config = transformers.DiffusionGemmaConfig(text_config=text, vision_config=vision, canvas_length=CANVAS)
    torch.manual_seed(0)
    network = transformers.DiffusionGemmaForBlockDiffusion(config).requires_grad_(False)
    for name, weight in network.named_parameters():
        weight.normal_(1.0 if "norm" in name or "scale" in name else 0.0, loudness)
    network.save_pretrained(folder, max_shard_size="80KB")
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer()), encoding="utf-8")


def whole(folder: Path) -> Any:
    """The checkpoint in transformers' own class."""
    return transformers.DiffusionGemmaForBlockDiffusion.from_pretrained(folder).eval()
