"""Our one stack against transformers' own networks: the same small random weights must give the same logits.

Configs go through the families' readers as `config.json` would have them, weights through their renames, so
these tests hold the readers too.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import torch
import transformers
from torch import Tensor

from coderdiff.errors import CheckpointError
from coderdiff.model.attention import Attend, bidirectional, causal
from coderdiff.model.families import probe
from coderdiff.model.families.common import causal_spec, llama_weight_names
from coderdiff.model.families.settings import Settings
from coderdiff.model.spec import ModelSpec
from coderdiff.model.tokenizer import SpecialIds
from coderdiff.model.transformer import Transformer

TOLERANCE = 1e-5
ROWS = 48
IDS = SpecialIds(mask=1, end=2)
SIZES = {
    "vocab_size": 96,
    "hidden_size": 32,
    "intermediate_size": 56,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
}

CONFIGS = {
    "qwen2": transformers.Qwen2Config,
    "qwen3": transformers.Qwen3Config,
    "llama": transformers.LlamaConfig,
}
SHAPES: dict[str, dict[str, Any]] = {
    "shared heads": {},
    "all heads": {"num_key_value_heads": 4},
    "one key head, tied": {"num_key_value_heads": 1, "tie_word_embeddings": True},
    "wide heads": {"head_dim": 24},
    "narrow heads": {"head_dim": 4, "num_hidden_layers": 2},
    "large eps": {"rms_norm_eps": 1e-2},
}
ROPES: dict[str, dict[str, Any]] = {
    "theta": {"rope_type": "default", "rope_theta": 500_000.0},
    "linear": {"rope_type": "linear", "rope_theta": 10_000.0, "factor": 4.0},
    "llama3": {
        "rope_type": "llama3",
        "rope_theta": 500.0,
        "factor": 8.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 64,
    },
    "yarn": {
        "rope_type": "yarn",
        "rope_theta": 10_000.0,
        "factor": 4.0,
        "original_max_position_embeddings": 64,
    },
    "yarn, all set": {
        "rope_type": "yarn",
        "rope_theta": 1_000.0,
        "factor": 8.0,
        "original_max_position_embeddings": 32,
        "beta_fast": 16.0,
        "beta_slow": 2.0,
        "attention_factor": 1.2,
    },
}


def randomized(model: torch.nn.Module, seed: int = 0) -> torch.nn.Module:
    """Every weight drawn, norms and biases too: a freshly made network has ones and zeros there."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            weight.normal_(1.0 if "norm" in name else 0.0, 0.15)
    return model.eval()


def published(family: str, **settings: Any) -> torch.nn.Module:
    config = CONFIGS[family](**{**SIZES, "head_dim": 8, **settings})
    config.architectures = None  # set by saving; probing goes by the model type then
    config._attn_implementation = "eager"
    return randomized(transformers.AutoModelForCausalLM.from_config(config))


def as_json(model: Any) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(model.config.to_json_string())
    return values


def read_spec(config: dict[str, Any]) -> ModelSpec:
    settings = Settings(config)
    return probe(settings).spec(settings, "test", IDS)


def ours(theirs: torch.nn.Module, spec: ModelSpec) -> Transformer:
    """Our network of the same weights; every one of theirs must find its place."""
    names = llama_weight_names(spec)
    network = Transformer(spec)
    network.load_state_dict(
        {ours: weight for name, weight in theirs.state_dict().items() if (ours := names[name])}
    )
    return network.eval()


@torch.no_grad()
def difference(theirs: Any, network: Transformer, attend: Attend) -> float:
    """Max abs difference of the logits on one random batch."""
    torch.manual_seed(1)
    ids = torch.randint(network.spec.vocab_size, (2, ROWS))
    # A full mask of zeros in four dimensions is taken as it is: every row sees every row.
    mask = torch.zeros(2, 1, ROWS, ROWS) if attend is bidirectional else None
    expected: Tensor = theirs(input_ids=ids, attention_mask=mask, use_cache=False).logits
    positions = torch.arange(ROWS).expand(2, -1)
    found = network.logits(network(ids, positions, attend))
    assert expected.abs().max() > 0.5, "logits near zero would agree by themselves"
    return (found - expected).abs().max().item()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("family", CONFIGS)
def test_shapes_agree(family: str, shape: str) -> None:
    theirs = published(family, **SHAPES[shape])
    network = ours(theirs, read_spec(as_json(theirs)))
    assert difference(theirs, network, causal) <= TOLERANCE
    assert difference(theirs, network, bidirectional) <= TOLERANCE


@pytest.mark.parametrize("rope", ROPES)
@pytest.mark.parametrize("family", CONFIGS)
def test_rope_scalings_agree(family: str, rope: str) -> None:
    theirs = published(family, head_dim=16, rope_parameters=dict(ROPES[rope]))
    config = as_json(theirs)
    network = ours(theirs, read_spec(config))
    assert difference(theirs, network, causal) <= TOLERANCE
    # The scaling is not lost on both sides: without it the logits are others.
    plain = ours(theirs, replace(network.spec, rope=replace(network.spec.rope, theta=77.0, scaling="none")))
    assert difference(theirs, plain, causal) > 1e-3


def test_bidirectional_mask_is_in_force() -> None:
    theirs = published("qwen2")
    network = ours(theirs, read_spec(as_json(theirs)))
    assert difference(theirs, network, bidirectional) <= TOLERANCE
    torch.manual_seed(1)
    ids, positions = torch.randint(96, (2, ROWS)), torch.arange(ROWS).expand(2, -1)
    assert not torch.allclose(
        network(ids, positions, bidirectional), network(ids, positions, causal), atol=1e-2
    )


@pytest.mark.parametrize("rope", ROPES)
def test_older_layout_reads_the_same(rope: str) -> None:
    config = as_json(published("llama", rope_parameters=dict(ROPES[rope])))
    scaling = {**config["rope_parameters"]}
    older = {key: value for key, value in config.items() if key != "rope_parameters"}
    older["rope_theta"] = scaling.pop("rope_theta")
    older["rope_scaling"] = {"type": scaling.pop("rope_type"), **scaling}
    assert read_spec(older) == read_spec(config)
    if rope == "theta":
        assert read_spec({**older, "rope_scaling": None}) == read_spec(config)


def test_yarn_reaches_past_the_window_in_the_config() -> None:
    config = as_json(published("qwen2", rope_parameters=dict(ROPES["yarn"]), max_position_embeddings=64))
    assert read_spec(config).window == 256


@pytest.mark.parametrize("rope", [{}, ROPES["yarn"]], ids=["default", "yarn"])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("fraction", [0.5, 0.25])
def test_partial_rotary_agrees(fraction: float, bias: bool, rope: dict[str, Any]) -> None:
    """GLM-4.5 with dense layers only is our stack with a part of each head turned."""
    config = transformers.Glm4MoeConfig(
        **SIZES,
        head_dim=16,
        first_k_dense_replace=SIZES["num_hidden_layers"],
        num_mtp_layers=0,
        attention_bias=bias,
        use_qk_norm=not bias,
        rope_parameters={
            "rope_theta": 10_000.0,
            "rope_type": "default",
            **rope,
            "partial_rotary_factor": fraction,
        },
    )
    config._attn_implementation = "eager"
    theirs = randomized(transformers.Glm4MoeForCausalLM(config))
    settings = Settings(as_json(theirs))
    spec = causal_spec(settings, "test", IDS, qkv_bias=bias, qk_norm=not bias)
    assert spec.rope.fraction == fraction
    network = ours(theirs, spec)
    assert difference(theirs, network, causal) <= TOLERANCE
    assert difference(theirs, network, bidirectional) <= TOLERANCE


def test_positions_are_an_argument() -> None:
    """Rows need neither start at nought nor be neighbours.

    transformers gets a mask, as it would take gaps for packed sequences.
    """
    theirs = published("qwen3")
    network = ours(theirs, read_spec(as_json(theirs)))
    ids, positions = torch.randint(96, (1, 16)), torch.arange(100, 132, 2)[None]
    mask = torch.full((16, 16), torch.finfo(torch.float32).min).triu(1)[None, None]
    with torch.no_grad():
        expected = theirs(input_ids=ids, position_ids=positions, attention_mask=mask, use_cache=False).logits
        found = network.logits(network(ids, positions, causal))
    assert (found - expected).abs().max() <= TOLERANCE


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("llama", {"hidden_act": "gelu"}, "'gelu'"),
    ("llama", {"attention_bias": True}, "attention_bias"),
    ("qwen3", {"attention_bias": True}, "attention_bias"),
    ("llama", {"mlp_bias": True}, "mlp_bias"),
    ("llama", {"rope_parameters": {"rope_type": "dynamic", "factor": 2.0}}, "'dynamic'"),
    ("llama", {"rope_parameters": None, "rope_scaling": {"type": "longrope", "factor": 2.0}}, "'longrope'"),
    ("llama", {"rope_parameters": {"rope_type": "linear"}}, "factor"),
    ("llama", {"rope_parameters": {"rope_type": "linear", "factor": "two"}}, "'two'"),
    ("llama", {"rope_parameters": {**ROPES["yarn"], "truncate": False}}, "truncate"),
    ("llama", {"rope_parameters": {"rope_type": "default", "mrope_section": [2, 2]}}, "mrope_section"),
    ("llama", {"rope_parameters": {**ROPES["llama3"], "factor": 0}}, "factor"),
    (
        "qwen2",
        {"use_sliding_window": True, "sliding_window": 32, "max_window_layers": 1},
        "use_sliding_window",
    ),
    ("qwen2", {"layer_types": ["full_attention", "sliding_attention", "full_attention"]}, "layer_types"),
    ("qwen2", {"quantization_config": {"quant_method": "fp8"}}, "fp8"),
    ("qwen2", {"hidden_size": None}, "hidden_size"),
    ("qwen2", {"hidden_size": "32"}, "'32'"),
    ("qwen2", {"num_hidden_layers": 0}, "layers"),
    ("qwen2", {"num_key_value_heads": 3}, "heads"),
    ("qwen2", {"head_dim": 7}, "pairs"),
    ("qwen2", {"vocab_size": 2}, "vocabulary"),
    ("qwen2", {"tie_word_embeddings": "yes"}, "tie_word_embeddings"),
    ("qwen2", {"architectures": ["Qwen2MoeForCausalLM"]}, "Qwen2MoeForCausalLM"),
    ("llama", {"architectures": ["SomeDiffusionModel"]}, "SomeDiffusionModel"),
    ("llama", {"model_type": "mamba"}, "mamba"),
    ("llama", {"model_type": None}, "architecture"),
]


@pytest.mark.parametrize(("family", "change", "named"), REFUSED, ids=[str(case[1]) for case in REFUSED])
def test_unsupported_settings_are_refused(family: str, change: dict[str, Any], named: str) -> None:
    config = as_json(transformers.AutoModelForCausalLM.from_config(CONFIGS[family](**SIZES, head_dim=8)))
    read_spec(config)
    with pytest.raises(CheckpointError) as caught:
        read_spec({**config, **change})
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


def test_architecture_goes_before_the_model_type() -> None:
    config = as_json(published("llama"))
    assert read_spec({**config, "architectures": ["Qwen2ForCausalLM"]}).qkv_bias


@pytest.mark.parametrize("ids", [SpecialIds(mask=1), SpecialIds(end=1)])
def test_a_model_without_a_mask_or_end_token_is_refused(ids: SpecialIds) -> None:
    settings = Settings(as_json(published("qwen2")))
    with pytest.raises(CheckpointError, match="token"):
        probe(settings).spec(settings, "test", ids)
