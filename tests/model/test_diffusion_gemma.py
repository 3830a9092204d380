"""DiffusionGemma: a tiny random checkpoint as transformers saves it, loaded, against one whole forward of its class."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from coderdiff.errors import CheckpointError
from coderdiff.model import loader
from coderdiff.model.families import diffusion_gemma
from coderdiff.model.families.diffusion_gemma import DiffusionGemma

transformers = pytest.importorskip("transformers")
if not hasattr(transformers, "DiffusionGemmaForBlockDiffusion"):
    pytest.skip("this transformers has no DiffusionGemma", allow_module_level=True)

CONTEXT, CANVAS = 21, 12


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sliding and a full layer of eight experts, with a window that the context is longer than."""
    text = transformers.models.diffusion_gemma.DiffusionGemmaTextConfig(
        vocab_size=96, hidden_size=32, intermediate_size=40, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, head_dim=16, global_head_dim=16, max_position_embeddings=128, sliding_window=8,
        layer_types=["sliding_attention", "full_attention"], num_experts=8, top_k_experts=2,
        moe_intermediate_size=24, eos_token_id=[1, 5],
    )  # fmt: skip
    vision = transformers.models.gemma4.Gemma4VisionConfig(
        hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=1, num_key_value_heads=1,
        head_dim=16, patch_size=2, position_embedding_size=16,
    )  # fmt: skip
    config = transformers.DiffusionGemmaConfig(text_config=text, vision_config=vision, canvas_length=CANVAS)
    torch.manual_seed(0)
    network = transformers.DiffusionGemmaForBlockDiffusion(config).requires_grad_(False)
    for name, weight in network.named_parameters():
        weight.normal_(1.0 if "norm" in name or "scale" in name else 0.0, 0.15)
    path = tmp_path_factory.mktemp("gemma") / "tiny-gemma"
    network.save_pretrained(path, max_shard_size="40KB")
    assert len(list(path.glob("*.safetensors"))) > 1
    return path


@pytest.fixture(scope="module")
def whole(folder: Path) -> Any:
    return transformers.DiffusionGemmaForBlockDiffusion.from_pretrained(folder).eval()


@pytest.fixture
def model(folder: Path) -> DiffusionGemma:
    return diffusion_gemma.load(folder)


def drawn(rows: int, seed: int) -> Tensor:
    return torch.randint(96, (1, rows), generator=torch.Generator().manual_seed(seed))


def test_abilities(model: DiffusionGemma) -> None:
    stated = model.abilities
    assert (stated.name, stated.vocab_size, stated.window, stated.canvas) == ("tiny-gemma", 96, 128, CANVAS)
    assert (stated.context_attention, stated.canvas_attention) == ("causal", "bidirectional")
    assert (stated.noise, stated.self_conditioned, stated.shifted) == ("uniform", True, False)
    assert stated.end_ids == (1, 5)


@torch.inference_mode()
def test_logits_are_those_of_one_whole_forward(model: DiffusionGemma, whole: Any) -> None:
    """The context is read in parts and once, the canvas is scored twice; the class does each step from nothing."""
    context, canvas = drawn(CONTEXT, 1), drawn(CANVAS, 2)
    model.read(context[:, :13])
    model.read(context[:, 13:])
    assert model.length == CONTEXT
    first = model.denoise(canvas)
    second = model.denoise(canvas, first)
    expected = whole(input_ids=context, decoder_input_ids=canvas).logits
    assert (first - expected).abs().max() <= 1e-4
    again = whole(input_ids=context, decoder_input_ids=canvas, self_conditioning_logits=expected).logits
    assert (second - again).abs().max() <= 1e-4
    assert (second - first).abs().max() > 1e-2, "a step sees the one before"
    assert model.length == CONTEXT


def test_a_canvas_sees_the_context_and_all_of_itself(model: DiffusionGemma) -> None:
    context, canvas = drawn(CONTEXT, 1), drawn(CANVAS, 2)
    model.read(context)
    logits = model.denoise(canvas)
    later = canvas.clone()
    later[0, -1] = (later[0, -1] + 1) % 96
    assert (model.denoise(later)[0, 0] - logits[0, 0]).abs().max() > 1e-3
    model.forget()
    context[0, 0] = (context[0, 0] + 1) % 96
    model.read(context)
    assert (model.denoise(canvas)[0, 0] - logits[0, 0]).abs().max() > 1e-3


def test_noise_is_uniform(model: DiffusionGemma) -> None:
    canvas = model.noise(9600, torch.Generator().manual_seed(0))
    assert canvas.shape == (1, 9600)
    counts = canvas.flatten().bincount(minlength=96)
    assert counts.min() > 50
    assert counts.max() < 160


def test_the_loader_says_why_it_is_not_served(folder: Path) -> None:
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(CheckpointError, match="no mask token"):
        loader.load(folder)


def test_another_family_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"architectures": ["LlamaForCausalLM"]}))
    with pytest.raises(CheckpointError, match="LlamaForCausalLM"):
        diffusion_gemma.load(tmp_path)


def test_a_folder_without_weights_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes((folder / "config.json").read_bytes())
    with pytest.raises(CheckpointError) as caught:
        diffusion_gemma.load(tmp_path)
    assert "\n" not in str(caught.value)


def test_without_transformers_the_error_says_what_to_install(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(CheckpointError, match="pip install"):
        diffusion_gemma.load(folder)
