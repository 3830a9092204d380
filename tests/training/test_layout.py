"""One forward over a context and all its canvases says what each canvas says alone, and what serving says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from coderdiff.engine.session import CachedSession
from coderdiff.model.attention import causal, masked
from coderdiff.model.transformer import Transformer
from coderdiff.training.batches import Batch, Batches
from coderdiff.training.layout import ContextAndCanvases, canvas_mask, rows_and_positions


@pytest.fixture(scope="module")
def batch(batches: Batches) -> Batch:
    return batches[0]


def together(network: Transformer, batch: Batch) -> tuple[Tensor, Tensor]:
    """Hidden states of the context [rows, context, width] and the canvases [rows, canvases, canvas, width]."""
    context = batch.ids.shape[1]
    ids, positions = rows_and_positions(batch, with_canvases=True)
    hidden = network(ids, positions, ContextAndCanvases(context, canvas_mask(batch)))
    return hidden[:, :context], hidden[:, context:].unflatten(1, batch.seen.shape[1:])


def each_canvas(batch: Batch) -> Iterator[tuple[int, int, int, int]]:
    """Row, number, start and length of every canvas."""
    rows, canvases = batch.starts.shape
    for row in range(rows):
        for index in range(canvases):
            yield row, index, int(batch.starts[row, index]), int(batch.lengths[row, index])


def difference(first: Tensor, second: Tensor) -> float:
    assert first.shape == second.shape
    return float((first - second).abs().max())


def test_a_canvas_alone_says_the_same(network: Transformer, batch: Batch) -> None:
    _, canvases = together(network, batch)
    for row, index, start, length in each_canvas(batch):
        rows = start + length
        ids = torch.cat((batch.ids[row, :start], batch.seen[row, index, :length]))[None]
        mask = torch.ones(rows, rows).tril().bool()
        mask[start:] = True
        literal = network(ids, torch.arange(rows)[None], masked(mask))[0, start:]
        assert difference(canvases[row, index, :length], literal) <= 1e-5


def test_the_context_does_not_see_the_canvases(network: Transformer, batch: Batch) -> None:
    context, _ = together(network, batch)
    positions = torch.arange(batch.ids.shape[1]).expand_as(batch.ids)
    assert difference(context, network(batch.ids, positions, causal)) <= 1e-5
    without = network(
        *rows_and_positions(batch, with_canvases=False), ContextAndCanvases(batch.ids.shape[1], None)
    )
    assert difference(context, without) <= 1e-5


def test_a_canvas_sees_neither_what_it_hides_nor_other_canvases(network: Transformer, batch: Batch) -> None:
    _, canvases = together(network, batch)
    for row, index, start, length in each_canvas(batch):
        ids, seen = batch.ids.clone(), batch.seen.clone()
        ids[row, start:] = 17
        others = [other for other in range(seen.shape[1]) if other != index]
        seen[row, others] = 23
        seen[row, index, length:] = 29
        _, changed = together(network, replace(batch, ids=ids, seen=seen))
        assert torch.equal(changed[row, index, :length], canvases[row, index, :length])


def test_a_canvas_sees_all_that_stands_before_it_and_itself(network: Transformer, batch: Batch) -> None:
    """The other way round: no token that serving shows is kept from it."""
    _, canvases = together(network, batch)
    row, index, start, length = next(each_canvas(batch))
    for place in (0, start - 1):
        ids = batch.ids.clone()
        ids[row, place] = 17
        _, changed = together(network, replace(batch, ids=ids))
        assert difference(changed[row, index, :length], canvases[row, index, :length]) > 1e-4
    seen = batch.seen.clone()
    seen[row, index, length - 1] = 17
    _, changed = together(network, replace(batch, seen=seen))
    assert difference(changed[row, index, :1], canvases[row, index, :1]) > 1e-4


def test_serving_sees_the_same_as_training(network: Transformer, batch: Batch) -> None:
    """The cached session, fed a context and a canvas as the engine does it, gives the logits that were trained."""
    context, canvases = together(network, batch)
    for row, index, start, length in each_canvas(batch):
        session = CachedSession(network, network.spec.window)
        read = session.begin(batch.ids[row, :start].tolist())
        scores = session.forward(read[: start // 2], [batch.seen[row, index, :length].tolist()], [0], 0)
        scores = session.forward(
            read[start // 2 :], [batch.seen[row, index, :length].tolist()], [start - start // 2], 1
        )
        assert difference(scores.canvas[0], network.logits(canvases[row, index, :length])) <= 1e-4
        assert difference(scores.causal[0], network.logits(context[row, start - 1])) <= 1e-4


def test_positions_go_on_where_the_canvas_begins(batch: Batch) -> None:
    ids, positions = rows_and_positions(batch, with_canvases=True)
    context, canvas = batch.ids.shape[1], batch.seen.shape[2]
    for row, index, start, _ in each_canvas(batch):
        own = slice(context + index * canvas, context + (index + 1) * canvas)
        assert positions[row, own].tolist() == list(range(start, start + canvas))
        assert torch.equal(ids[row, own], batch.seen[row, index])
