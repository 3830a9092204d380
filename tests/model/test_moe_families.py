"""Families with experts: each tiny checkpoint, read from its published files, against its reference."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from coderdiff.errors import CheckpointError
from coderdiff.model.attention import bidirectional
from coderdiff.model.experts import Experts
from coderdiff.model.families import probe
from coderdiff.model.families.settings import Settings
from coderdiff.model.loader import Checkpoint, load
from coderdiff.model.tokenizer import SpecialIds
from coderdiff.model.transformer import Transformer
from coderdiff.model.weights import Piece

from .moe_checkpoints import (
    EXPERTS,
    KINDS,
    LAYERS,
    LLADA2,
    LLADA_MOE,
    ROWS,
    SDAR_MOE,
    SHARED_HIDDEN,
    Reference,
    write,
)
from .parity import TOLERANCE, check_logits

# block, dense layers, and what routing has: groups, pool, correction, normalised, shared
CAPABILITIES = {
    "llada-moe": (None, 0, 1, None, False, False, 0),
    "llada-moe, dense first layer and shared expert": (None, 1, 1, None, False, False, SHARED_HIDDEN),
    "llada2.0": (32, 1, 4, None, True, True, 24),
    "llada2.1, bias and two shared experts": (32, 1, 4, None, True, True, 48),
    "llada2.2": (16, 1, 1, 4, True, True, 24),
    "sdar-moe": (4, 0, 1, None, False, True, 0),
    "sdar-moe, block in the config": (8, 1, 1, None, False, True, 0),
}


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Loops over tiny tensors: threads would only wait for one another."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def made(kind: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Checkpoint, Reference]:
    folder = tmp_path_factory.mktemp("families") / "model"
    reference = write(folder, kind)
    return load(folder), reference


def test_logits_are_the_references(made: tuple[Checkpoint, Reference]) -> None:
    check_logits(*made, ROWS)


@torch.no_grad()
def test_every_setting_of_the_routing_is_in_force(kind: str, tmp_path: Path) -> None:
    """Where parity holds, it would not hold without: each changed setting changes the logits."""
    write(tmp_path / "model", kind)
    network = load(tmp_path / "model").network
    torch.manual_seed(1)
    ids, positions = torch.randint(network.spec.vocab_size, (1, ROWS)), torch.arange(ROWS)[None]
    found = network(ids, positions, bidirectional)
    layers = [layer.feed_forward for layer in network.layers if isinstance(layer.feed_forward, Experts)]
    spec = layers[0].spec
    changes: list[dict[str, Any]] = [{"normalized": not spec.normalized}, {"chosen": 2}, {"scale": 0.7}]
    changes += [{"groups": 1, "chosen_groups": 1}] if spec.groups > 1 else []
    changes += [{"pool": None}] if spec.pool else []
    for change in changes:
        for layer in layers:
            layer.spec = replace(spec, **change)
        assert (network(ids, positions, bidirectional) - found).abs().max() > 100 * TOLERANCE, change
    for layer in layers:
        layer.spec, layer.correction = spec, None
    changed = (network(ids, positions, bidirectional) - found).abs().max()
    assert (changed > 100 * TOLERANCE) == spec.corrected


def test_capabilities(kind: str, made: tuple[Checkpoint, Reference]) -> None:
    spec = made[0].spec
    block, dense, groups, pool, corrected, normalized, shared = CAPABILITIES[kind]
    assert spec.experts is not None
    assert (spec.block_size, spec.shifted) == (block, False)
    attention = "bidirectional" if block is None else "block"
    assert (spec.context_attention, spec.canvas_attention) == (attention, attention)
    experts = spec.experts
    assert (experts.dense_layers, experts.groups, experts.pool) == (dense, groups, pool)
    assert (experts.corrected, experts.normalized, experts.shared_hidden) == (corrected, normalized, shared)


def test_ids_are_the_tokenizers(kind: str, made: tuple[Checkpoint, Reference]) -> None:
    checkpoint, added = made[0], KINDS[kind].added
    ids = {token: checkpoint.tokenizer.vocab_size - len(added) + at for at, token in enumerate(added)}
    spec = checkpoint.spec
    assert spec.mask_id == ids["<|MASK|>" if kind.startswith("sdar") else "<|mask|>"]
    assert spec.end_id == ids["<|endoftext|>"]
    assert (spec.delete_id, spec.insert_id) == (ids.get("<|delete|>"), ids.get("<|insert|>"))


def test_a_fused_weight_is_cut_in_place(tmp_path: Path) -> None:
    """Queries, keys and values stay mapped to the one stored weight; the correction is never rounded."""
    write(tmp_path / "model", "llada2.0")
    attention = load(tmp_path / "model").network.layers[0].attention
    storages = {attention.get_submodule(part).weight.untyped_storage().data_ptr() for part in "qkv"}
    assert len(storages) == 1
    half = load(tmp_path / "model", dtype=torch.bfloat16).network.layers[1].feed_forward
    assert half.correction.dtype == torch.float32
    assert half.gate_up.dtype == torch.bfloat16


def test_experts_that_do_not_fit_the_config_are_named(tmp_path: Path) -> None:
    """A weight that is not there, one too many and one of another shape are named."""
    folder = tmp_path / "model"
    write(folder, "sdar-moe")
    config = json.loads((folder / "config.json").read_text())

    def complaint(**changes: Any) -> str:
        (folder / "config.json").write_text(json.dumps({**config, **changes}))
        with pytest.raises(CheckpointError) as caught:
            load(folder)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    assert f"mlp.experts.{EXPERTS}.down_proj.weight" in complaint(num_experts=EXPERTS + 1)
    assert f"mlp.experts.{EXPERTS - 1}.down_proj.weight" in complaint(num_experts=EXPERTS - 1)
    wrong = complaint(moe_intermediate_size=12)
    assert "mlp.experts.0" in wrong
    assert "[24, 32], the config says [12, 32]" in wrong
    assert "layers.0.mlp.experts.0" in complaint(mlp_only_layers=[0])


PUBLISHED: dict[str, tuple[dict[str, Any], int]] = {
    "inclusionAI/LLaDA-MoE-7B-A1B": (
        {
            **LLADA_MOE, "vocab_size": 157_184, "hidden_size": 2048, "num_hidden_layers": 16, "num_attention_heads": 16,
            "num_key_value_heads": 16, "num_experts": 64, "num_experts_per_tok": 8,
            "dense_intermediate_size": 8192, "expert_intermediate_size": 1024, "moe_layer_freq": [1] * 16,
        },
        7_356_880_896,
    ),
    "inclusionAI/LLaDA2.0-flash": (
        {
            **LLADA2, "vocab_size": 157_184, "hidden_size": 4096, "intermediate_size": 9216, "num_hidden_layers": 32,
            "num_attention_heads": 32, "num_key_value_heads": 4, "head_dim": 128, "num_experts": 256,
            "num_experts_per_tok": 8, "moe_intermediate_size": 1024, "n_group": 8, "topk_group": 4,
        },
        102_889_705_216,
    ),
    "JetLM/SDAR-30B-A3B": (
        {
            **SDAR_MOE, "vocab_size": 151_936, "hidden_size": 2048, "intermediate_size": 6144, "num_hidden_layers": 48,
            "num_attention_heads": 32, "num_key_value_heads": 4, "head_dim": 128, "num_experts": 128,
            "num_experts_per_tok": 8, "moe_intermediate_size": 768,
        },
        30_532_122_624,
    ),
}  # fmt: skip
"""Published sizes, and how many numbers their files hold: flash as 2.2's do, SDAR as Qwen3-30B-A3B's, the first as
its "7.36B" says by hand."""


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_sizes_have_the_published_number_of_weights(name: str) -> None:
    """And each has its place: a whole weight once, a weight of pieces as often as it has pieces."""
    config, count = PUBLISHED[name]
    settings = Settings(config)
    family = probe(settings)
    spec = family.spec(settings, name, SpecialIds(mask=1, end=2))
    with torch.device("meta"):
        shapes = {ours: weight.shape for ours, weight in Transformer(spec).state_dict().items()}
    assert sum(shape.numel() for shape in shapes.values()) == count
    placed: Counter[str] = Counter()
    for place in family.weight_names(spec).values():
        if isinstance(place, Piece):
            placed[place.ours] += shapes[place.ours].numel() // shapes[place.ours][0] // place.parts
        elif place is not None:
            placed.update(
                {ours: shapes[ours].numel() for ours in ([place] if isinstance(place, str) else place)}
            )
    assert placed == {ours: shape.numel() for ours, shape in shapes.items()}


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("llada-moe", {"attention_bias": True}, "attention_bias"),
    ("llada-moe", {"moe_router_enable_expert_bias": True}, "moe_router_enable_expert_bias"),
    ("llada-moe", {"clip_qkv": 8.0}, "clip_qkv"),
    ("llada-moe", {"moe_router_score_function": "sigmoid"}, "moe_router_score_function"),
    ("llada-moe", {"moe_layer_freq": [1]}, "moe_layer_freq"),
    ("llada-moe", {"moe_layer_freq": [1, 0, 1]}, "dense layers"),
    ("llada-moe", {"moe_layer_freq": [0] * LAYERS}, "dense layers"),
    ("llada2.0", {"use_bias": True}, "use_bias"),
    ("llada2.0", {"norm_head": True}, "norm_head"),
    ("llada2.0", {"score_function": "tanh"}, "score_function"),
    ("llada2.0", {"n_group": 3}, "groups"),
    ("llada2.0", {"num_experts_per_tok": 7}, "in reach"),
    ("llada2.0", {"quantization_config": {"quant_method": "fp8"}}, "fp8"),
    ("sdar-moe", {"decoder_sparse_step": 2}, "dense layers"),
    ("sdar-moe", {"mlp_only_layers": [1]}, "dense layers"),
    ("sdar-moe", {"mlp_only_layers": 1}, "mlp_only_layers"),
    ("sdar-moe", {"num_experts": None}, "num_experts"),
]


@pytest.mark.parametrize(
    ("kind", "change", "named"), REFUSED, ids=[f"{case[0]} {case[1]}" for case in REFUSED]
)
def test_what_the_network_cannot_follow_is_refused(
    tmp_path: Path, kind: str, change: dict[str, Any], named: str
) -> None:
    folder = tmp_path / "model"
    write(folder, kind)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **change}))
    with pytest.raises(CheckpointError) as caught:
        load(folder)
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("chosen", "normalized"), [(1, False), (2, True)])
def test_a_single_score_of_llada2_stands_as_it_is(chosen: int, normalized: bool) -> None:
    settings = Settings({**LLADA2, "vocab_size": 96, "num_experts_per_tok": chosen})
    experts = probe(settings).spec(settings, "test", SpecialIds(mask=1, end=2)).experts
    assert experts is not None
    assert experts.normalized == normalized


@pytest.mark.parametrize(
    ("change", "fraction"),
    [
        ({"partial_rotary_factor": None}, 0.5),
        ({"partial_rotary_factor": None, "rotary_dim": None}, 0.5),
        ({"partial_rotary_factor": None, "rotary_dim": 4}, 0.25),
        (
            {"partial_rotary_factor": None, "rope_parameters": {"rope_type": "default", "rope_theta": 6e5}},
            0.5,
        ),
        ({"rope_parameters": {"rope_theta": 6e5, "partial_rotary_factor": 0.25}}, 0.25),
    ],
)
def test_the_turning_share_of_a_head(tmp_path: Path, change: dict[str, Any], fraction: float) -> None:
    write(tmp_path / "model", "llada2.0", **change)
    assert load(tmp_path / "model").spec.rope.fraction == fraction
