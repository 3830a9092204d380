"""The losses against literal sums, and which tokens they ask for."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from coderdiff.model.tokenizer import Tokenizer
from coderdiff.model.transformer import Transformer
from coderdiff.training import losses as rooms
from coderdiff.training.batches import Batch, Batches
from coderdiff.training.head_loss import by_logits
from coderdiff.training.layout import ContextAndCanvases, canvas_mask, rows_and_positions
from coderdiff.training.losses import check, losses
from coderdiff.training.ways import Ways


@pytest.fixture(autouse=True)
def in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "DTYPE", torch.float32)


def log_probabilities(network: Transformer, batch: Batch) -> tuple[Tensor, Tensor]:
    """Of the context rows [rows, context, vocab] and the canvas rows [rows, canvases, canvas, vocab]."""
    ids, positions = rows_and_positions(batch, with_canvases=True)
    context = batch.ids.shape[1]
    hidden = network(ids, positions, ContextAndCanvases(context, canvas_mask(batch)))
    scores = network.logits(hidden).log_softmax(-1)
    return scores[:, :context], scores[:, context:].unflatten(1, batch.seen.shape[1:])


def test_the_losses_are_literal_means(network: Transformer, batches: Batches) -> None:
    batch = batches[0]
    context, canvases = log_probabilities(network, batch)
    total, count = 0.0, 0
    for row in range(batch.ids.shape[0]):
        for at in range(batch.ids.shape[1] - 1):
            if batch.next_weights[row, at]:
                total -= float(context[row, at, batch.ids[row, at + 1]])
                count += 1
    made = losses(network, batch, canvas_weight=0.5)
    assert made.causal is not None
    assert float(made.causal) == pytest.approx(total / count, rel=1e-4)
    picked = canvases.gather(-1, batch.targets[..., None])[..., 0]
    assert made.canvas is not None
    assert float(made.canvas) == pytest.approx(
        float(-(picked * batch.weights).sum() / batch.weights.sum()), rel=1e-4
    )
    assert float(made.total) == pytest.approx(float(made.causal) + 0.5 * float(made.canvas), rel=1e-5)


def test_without_canvases_the_causal_loss_is_the_same(network: Transformer, batches: Batches) -> None:
    alone = losses(network, batches[1], canvas_weight=0)
    assert alone.canvas is None
    both = losses(network, batches[1], canvas_weight=1)
    assert alone.causal is alone.total
    assert float(alone.total) == pytest.approx(float(both.causal or 0), rel=1e-5)


def test_the_end_is_a_causal_target_and_the_marks_are_not(
    network: Transformer, batches: Batches, tokenizer: Tokenizer
) -> None:
    """Else no draft could be verified up to its end."""
    asked: list[int] = []

    def listening(hidden: Tensor, head: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
        asked.extend(targets[weights > 0].tolist())
        return by_logits()(hidden, head, targets, weights)

    batch = batches[0]
    losses(network, batch, canvas_weight=0, ways=Ways(listening))
    marks = tokenizer.specials
    assert asked.count(marks.end or -1) == int((batch.ids == marks.end).sum()) > 0
    assert not {marks.bos, marks.suffix, marks.prefix, marks.pad} & set(asked)


def test_check_is_a_literal_mean_over_batches(network: Transformer, batches: Batches) -> None:
    chosen = [batches[number] for number in range(2)]
    mask_id = network.spec.mask_id
    causal: list[float] = []
    hidden: list[float] = []
    first: list[float] = []
    for batch in chosen:
        context, canvases = log_probabilities(network, batch)
        behind = batch.ids.roll(-1, dims=1)
        causal += (-context.gather(-1, behind[..., None])[..., 0])[batch.next_weights > 0].tolist()
        picked = -canvases.gather(-1, batch.targets[..., None])[..., 0]
        for row, index in torch.cartesian_prod(*map(torch.arange, batch.starts.shape)).tolist():
            seen, weights, loss = (part[row, index] for part in (batch.seen, batch.weights, picked))
            hidden += loss[(seen == mask_id) & (weights > 0)].tolist()
            if (seen == mask_id).all() and weights[0] > 0:
                first.append(float(loss[0]))
    checked = check(network, chosen)
    for ours, terms in ((checked.causal, causal), (checked.canvas, hidden), (checked.first, first)):
        assert ours == pytest.approx(sum(terms) / len(terms), abs=2e-3)


def test_check_does_without_any_hidden_canvas(network: Transformer, batches: Batches) -> None:
    batch = batches[0]
    shown = replace(batch, seen=torch.zeros_like(batch.seen))
    assert check(network, [shown]).first == 0
