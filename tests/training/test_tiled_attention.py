"""Tiles say whom a row sees just as masks do."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor
from torch.nn.attention.flex_attention import create_mask

from coderdiff.model.transformer import Transformer
from coderdiff.training.batches import Batch, Batches
from coderdiff.training.layout import by_masks, canvas_mask, context_mask, rows_and_positions
from coderdiff.training.samples import Sampler
from coderdiff.training.tiled_attention import TiledContextAndCanvases, whom
from coderdiff.training.ways import ways_on


@pytest.fixture(params=["without packs", "with packs"])
def batch(request: pytest.FixtureRequest, batches: Batches, packed_sampler: Sampler) -> Batch:
    if request.param == "without packs":
        return batches[0]
    shape = replace(batches.shape, context=256, packed=1.0)
    return Batches(packed_sampler, shape, batches.objective, seed=3)[0]


def dense(batch: Batch) -> Tensor:
    """Whom each row sees [rows, 1, all, all], by the masks of the plain layout."""
    rows, context = batch.ids.shape
    among = context_mask(batch)
    if among is None:
        among = torch.ones(context, context).tril().bool().expand(rows, 1, -1, -1)
    nothing = torch.zeros(rows, 1, context, batch.seen[0].numel(), dtype=torch.bool)
    return torch.cat((torch.cat((among, nothing), dim=-1), canvas_mask(batch)), dim=2)


def test_the_function_says_what_the_masks_say(batch: Batch) -> None:
    expected = dense(batch)
    rows, length = len(batch.ids), expected.shape[-1]
    assert torch.equal(create_mask(whom(batch), rows, 1, length, length, device="cpu"), expected)


@pytest.mark.parametrize("with_canvases", [True, False])
@torch.no_grad()
def test_the_network_says_the_same_in_tiles(network: Transformer, batch: Batch, with_canvases: bool) -> None:
    rows = rows_and_positions(batch, with_canvases)
    plain = network(*rows, by_masks(batch, with_canvases))
    tiled = network(*rows, TiledContextAndCanvases.of(batch, with_canvases))
    assert (plain - tiled).abs().max() <= 1e-5


def test_only_compiled_layers_on_a_gpu_get_tiles() -> None:
    gpu = torch.device("cuda")
    assert ways_on(gpu, compiled=True).layout == TiledContextAndCanvases.of
    assert ways_on(gpu, compiled=False).layout is by_masks
    assert ways_on(torch.device("cpu"), compiled=True).layout is by_masks
