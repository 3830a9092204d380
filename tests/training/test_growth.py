"""A run may begin with a trained network's weights, in its own size or deeper, and answers the same at first."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from coderdiff.errors import ConfigError
from coderdiff.model.attention import causal
from coderdiff.model.spec import ModelSpec
from coderdiff.model.tokenizer import Tokenizer
from coderdiff.model.transformer import Transformer
from coderdiff.training.growth import begin_with
from coderdiff.training.optimisers import initialise
from coderdiff.training.presets import Preset


def network(spec: ModelSpec, seed: int) -> Transformer:
    made = Transformer(spec)
    initialise(made, seed)
    generator = torch.Generator().manual_seed(seed)
    for weight in made.parameters():
        torch.nn.init.normal_(weight, std=0.1, generator=generator)
    return made


@pytest.fixture
def spec(small: Preset, tokenizer: Tokenizer) -> ModelSpec:
    return replace(small.spec(tokenizer), layers=2)


@pytest.mark.parametrize("layers", [2, 4, 6])
def test_the_grown_network_computes_what_the_trained_one_does(spec: ModelSpec, layers: int) -> None:
    trained, grown = network(spec, 1), network(replace(spec, layers=layers), 2)
    begin_with(trained, grown)
    ids = torch.arange(20)[None]
    positions = torch.arange(20)[None]
    with torch.no_grad():
        expected = trained(ids, positions, causal)
        torch.testing.assert_close(grown(ids, positions, causal), expected, rtol=0, atol=1e-5)


def test_the_new_layers_learn(spec: ModelSpec) -> None:
    grown = network(replace(spec, layers=4), 2)
    begin_with(network(spec, 1), grown)
    ids = torch.arange(20)[None]
    logits = grown.logits(grown(ids, ids, causal))
    torch.nn.functional.cross_entropy(logits[0], ids[0].roll(-1)).backward()  # type: ignore[no-untyped-call]
    still = {
        name for name, weight in grown.named_parameters() if weight.grad is None or not weight.grad.any()
    }
    # A copy's own inputs have no say as long as its last maps are zero: these move first.
    moving = {
        f"layers.{layer}.{last}.weight" for layer in (1, 3) for last in ("attention.o", "feed_forward.down")
    }
    assert not still & moving
    assert all(name.startswith(("layers.1.", "layers.3.")) for name in still)


@pytest.mark.parametrize(
    "change", [{"layers": 3}, {"layers": 1}, {"width": 64}, {"hidden": 96}, {"vocab_size": 9000}]
)
def test_a_network_that_cannot_become_this_one_is_told(spec: ModelSpec, change: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match="other sizes than the preset"):
        begin_with(network(spec, 1), network(replace(spec, **change), 2))
