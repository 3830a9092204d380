"""The loss of a canvas between its sides against a literal one, and what a position can know."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from coderdiff.model.attention import bidirectional
from coderdiff.model.tokenizer import Tokenizer
from coderdiff.model.transformer import Transformer
from coderdiff.training import infill_losses as rooms
from coderdiff.training.infill import InfillBatch, InfillBatches
from coderdiff.training.infill_losses import WithinSamples, infill_check, infill_losses
from coderdiff.training.presets import Preset


@pytest.fixture(autouse=True)
def in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "DTYPE", torch.float32)


@pytest.fixture(scope="module")
def network(small_infill: Preset, stretching: Tokenizer) -> Transformer:
    """Random weights, loud enough that its logits differ."""
    torch.manual_seed(5)
    network = Transformer(small_infill.spec(stretching)).eval().requires_grad_(False)
    for parameter in network.parameters():
        if parameter.ndim == 2:
            parameter.normal_(0.0, 0.3)
    return network


def hidden(network: Transformer, batch: InfillBatch) -> Tensor:
    """[rows, context, width], all samples of a row in one forward."""
    states: Tensor = network(batch.ids, batch.positions, WithinSamples.of(batch))
    return states


def alone(network: Transformer, batch: InfillBatch, row: int, number: int) -> Tensor:
    """Hidden states of one sample, run on its own with no mask at all."""
    ids = batch.ids[row][batch.samples[row] == number][None]
    states: Tensor = network(ids, torch.arange(ids.shape[1])[None], bidirectional)[0]
    return states


def test_a_sample_alone_says_the_same(network: Transformer, infill_batches: InfillBatches) -> None:
    several = 0
    for batch in map(infill_batches.__getitem__, range(4)):
        together = hidden(network, batch)
        for row in range(len(batch.ids)):
            count = int(batch.samples[row].max())
            for number in range(count):
                own = together[row][batch.samples[row] == number]
                torch.testing.assert_close(own, alone(network, batch, row, number), atol=2e-5, rtol=0)
            several += count > 1
    assert several, "samples side by side"


def test_samples_do_not_see_one_another(network: Transformer, infill_batches: InfillBatches) -> None:
    batch = infill_batches[0]
    before = hidden(network, batch)
    for number in range(int(batch.samples[0].max()) + 1):
        other = batch.samples != number
        after = hidden(network, replace(batch, ids=torch.where(other, 17, batch.ids)))
        own = batch.samples == number
        assert torch.equal(after[own], before[own])


def test_a_position_sees_both_sides_of_its_sample(
    network: Transformer, infill_batches: InfillBatches
) -> None:
    batch = infill_batches[0]
    places = (batch.samples[0] == 0).nonzero().flatten().tolist()
    before = hidden(network, batch)
    middle = places[len(places) // 2]
    for place in (places[0], places[-1]):
        ids = batch.ids.clone()
        ids[0, place] = 17
        after = hidden(network, replace(batch, ids=ids))
        assert (after[0, middle] - before[0, middle]).abs().max() > 1e-4


@pytest.mark.parametrize("shifted", [False, True])
def test_the_loss_is_a_literal_mean(
    network: Transformer, infill_batches: InfillBatches, stretching: Tokenizer, shifted: bool
) -> None:
    """Sample by sample, mask by mask, with nothing packed: what the masks answer, by their weights."""
    objective = replace(infill_batches.objective, shifted=shifted)
    batch = InfillBatches(infill_batches.sampler, infill_batches.shape, objective, seed=8)[0]
    total = weight = 0.0
    for row in range(len(batch.ids)):
        answers = dict(zip(batch.read_at[row].tolist(), range(batch.read_at.shape[1]), strict=True))
        for number in range(int(batch.samples[row].max())):
            places = (batch.samples[row] == number).nonzero().flatten().tolist()
            scores = network.logits(alone(network, batch, row, number)).log_softmax(-1)
            for at, place in enumerate(places):
                asked = answers.get(place - shifted)
                if batch.ids[row, place] == stretching.specials.mask and asked is not None:
                    own = float(batch.weights[row, asked])
                    total -= own * float(scores[at - shifted, batch.targets[row, asked]])
                    weight += own
    made = infill_losses(network, batch)
    assert made.causal is None
    assert made.canvas is made.total
    assert float(made.total) == pytest.approx(total / weight, rel=1e-4)


def test_check_is_a_mean_over_batches(
    network: Transformer, infill_batches: InfillBatches, stretching: Tokenizer
) -> None:
    chosen = [infill_batches[number] for number in range(3)]
    marks = {stretching.specials.expand, stretching.specials.delete}
    sums = {False: [0.0, 0.0], True: [0.0, 0.0]}
    for batch in chosen:
        scores = network.logits(hidden(network, batch)).log_softmax(-1)
        for row in range(len(batch.ids)):
            for read, answer, weight in zip(
                batch.read_at[row].tolist(),
                batch.targets[row].tolist(),
                batch.weights[row].tolist(),
                strict=True,
            ):
                kind = sums[answer in marks]
                kind[0] -= weight * float(scores[row, read, answer])
                kind[1] += weight
    checked = infill_check(network, chosen)
    assert checked.canvas == pytest.approx(sums[False][0] / sums[False][1], abs=2e-3)
    assert checked.length == pytest.approx(sums[True][0] / sums[True][1], abs=2e-3)
    assert checked.causal is None
    assert checked.first is None
