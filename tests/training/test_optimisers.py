"""Starting weights and steps: every weight moves, each by one optimiser."""

from __future__ import annotations

import pytest
import torch

from coderdiff.errors import ConfigError
from coderdiff.model.attention import causal
from coderdiff.model.tokenizer import Tokenizer
from coderdiff.model.transformer import Transformer
from coderdiff.training.optimisers import Optimisers, clip, initialise
from coderdiff.training.presets import PRESETS, Preset, Schedule


@pytest.fixture
def fresh(small: Preset, tokenizer: Tokenizer) -> Transformer:
    network = Transformer(small.spec(tokenizer))
    initialise(network, seed=0)
    return network


def loss(network: Transformer) -> torch.Tensor:
    ids = torch.arange(20)[None]
    hidden = network(ids, ids, causal)
    return torch.nn.functional.cross_entropy(network.logits(hidden)[0], ids[0].roll(1))


def test_layers_start_by_adding_nothing_and_the_seed_counts(
    fresh: Transformer, small: Preset, tokenizer: Tokenizer
) -> None:
    ids = torch.arange(20)[None]
    assert torch.equal(fresh(ids, ids, causal), fresh.norm(fresh.embedding(ids)))
    for seed, alike in ((0, True), (1, False)):
        other = Transformer(small.spec(tokenizer))
        initialise(other, seed)
        assert torch.equal(other.embedding.weight, fresh.embedding.weight) == alike


def test_every_weight_moves(fresh: Transformer) -> None:
    optimisers = Optimisers(fresh, Schedule(warmup=1))
    before = {name: weight.detach().clone() for name, weight in fresh.named_parameters()}
    for step in range(3):  # the first steps only wake the maps that start at zero
        torch.autograd.backward(loss(fresh))
        clip(fresh)
        optimisers.step(step, progress=0.0)
        assert all(weight.grad is None for weight in fresh.parameters())
    still = [name for name, weight in fresh.named_parameters() if torch.equal(weight, before[name])]
    assert still == []


def test_clip_bounds_the_norm(fresh: Transformer) -> None:
    torch.autograd.backward(1000 * loss(fresh))
    clip(fresh, most=1.0)
    squares = [weight.grad.square().sum() for weight in fresh.parameters() if weight.grad is not None]
    assert float(torch.stack(squares).sum()) == pytest.approx(1.0, rel=1e-3)


def test_the_schedule_warms_up_holds_and_falls() -> None:
    schedule = Schedule(warmup=10, cooldown=0.5, floor=0.1)
    assert schedule.scale(0, 0.0) == pytest.approx(0.1)
    assert schedule.scale(4, 0.0) == pytest.approx(0.5)
    assert [schedule.scale(100, progress) for progress in (0.1, 0.5)] == [1, 1]
    assert schedule.scale(100, 0.75) == pytest.approx(0.5)
    assert schedule.scale(100, 1.0) == pytest.approx(0.1)


@pytest.mark.parametrize("name", ["tiny", "small", "base"])
def test_presets_make_networks_and_serve_little_beyond_what_they_train(
    name: str, tokenizer: Tokenizer
) -> None:
    preset = PRESETS[name]
    with torch.device("meta"):
        network = Transformer(preset.spec(tokenizer))
    millions = {"tiny": 5.3, "small": 8.5, "base": 27.8}
    assert network.parameters_count / 1e6 == pytest.approx(millions[name], abs=0.1)
    assert preset.shape.context + network.spec.canvas <= network.spec.window <= preset.shape.context * 5 // 4


@pytest.mark.parametrize("name", ["tiny", "small", "base"])
def test_a_second_stage_is_served_as_the_first(name: str, tokenizer: Tokenizer) -> None:
    first = PRESETS[name].spec(tokenizer)
    second = PRESETS["holes"].for_run(first)
    assert second.spec(tokenizer) == first
    assert second.shape.canvas == first.canvas


def test_a_second_stage_needs_a_model_with_a_causal_context(stretching: Tokenizer) -> None:
    with pytest.raises(ConfigError, match="--start-from"):
        PRESETS["holes"].for_run(None)
    infill = PRESETS["infill"].for_run(PRESETS["tiny"].spec(stretching)).spec(stretching)
    with pytest.raises(ConfigError, match="context is causal"):
        PRESETS["holes"].for_run(infill)


@pytest.mark.parametrize("name", ["tiny", "base"])
def test_infill_makes_another_kind_of_a_model_of_any_size(name: str, stretching: Tokenizer) -> None:
    first = PRESETS[name].spec(stretching)
    second = PRESETS["infill"].for_run(first).spec(stretching)
    assert (second.name, second.layers, second.width) == ("infill", first.layers, first.width)
    assert (second.context_attention, second.pack) == ("bidirectional", 0)
    assert second.window == first.window
    with pytest.raises(ConfigError, match="--start-from"):
        PRESETS["infill"].for_run(None)
