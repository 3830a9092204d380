"""One forward over a context and all its canvases says what each canvas says alone, and what serving says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from coderdiff.decoding.session import Look
from coderdiff.engine.session import CachedSession
from coderdiff.model.attention import causal, masked
from coderdiff.model.tokenizer import Tokenizer
from coderdiff.model.transformer import Transformer
from coderdiff.training.batches import Batch, Batches, BatchShape
from coderdiff.training.layout import ContextAndCanvases, canvas_mask, context_mask, rows_and_positions
from coderdiff.training.presets import Preset
from coderdiff.training.samples import Sampler


@pytest.fixture(scope="module")
def batch(batches: Batches) -> Batch:
    return batches[0]


def together(network: Transformer, batch: Batch) -> tuple[Tensor, Tensor]:
    """Hidden states of the context [rows, context, width] and the canvases [rows, canvases, canvas, width]."""
    context = batch.ids.shape[1]
    ids, positions = rows_and_positions(batch, with_canvases=True)
    hidden = network(ids, positions, ContextAndCanvases(context, canvas_mask(batch), context_mask(batch)))
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
        scores = session.forward(Look(read[: start // 2], [batch.seen[row, index, :length].tolist()], [0], 0))
        scores = session.forward(
            Look(read[start // 2 :], [batch.seen[row, index, :length].tolist()], [start - start // 2], 1)
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


@pytest.fixture(scope="module")
def packed(packed_sampler: Sampler, small: Preset) -> Batch:
    shape = BatchShape(rows=6, context=256, canvases=3, canvas=8, packed=1.0)
    batch = Batches(packed_sampler, shape, small.objective, seed=2)[0]
    assert batch.sees is not None
    assert (batch.sees[..., 0] > 0).any(), "some samples have packs"
    return batch


def snippets(batch: Batch, row: int) -> list[tuple[int, int, int]]:
    """First row, end and the sample's first row of every snippet, read off the ids' marks alone."""
    assert batch.sees is not None
    found: list[tuple[int, int, int]] = []
    for at, (first, start) in enumerate(batch.sees[row].tolist()):
        if first == at:
            found.append((at, at + 1, start)) if at else None
        elif first:
            assert found[-1][0] == first
            found[-1] = (first, at + 1, start)
    return found


def test_a_snippet_is_read_as_if_it_stood_alone(
    network: Transformer, packed: Batch, tokenizer: Tokenizer
) -> None:
    context, _ = together(network, packed)
    seen = 0
    for row in range(len(packed.ids)):
        for first, end, start in snippets(packed, row):
            assert packed.ids[row, first] == tokenizer.specials.snippet
            assert packed.ids[row, start] == tokenizer.specials.bos
            if start:
                continue  # behind another sample, the first token has seen that
            ids = torch.cat((packed.ids[row, :1], packed.ids[row, first:end]))[None]
            alone = network(ids, torch.arange(ids.shape[1])[None], causal)[0, 1:]
            assert difference(context[row, first:end], alone) <= 1e-5
            seen += 1
    assert seen >= 3


def test_the_document_sees_its_whole_pack(network: Transformer, packed: Batch) -> None:
    """A literal mask, row by row: snippets see the first token and themselves, all other rows what is before them."""
    context, canvases = together(network, packed)
    for row in range(len(packed.ids)):
        rows = packed.ids.shape[1]
        mask = torch.ones(rows, rows).tril().bool()
        for first, end, start in snippets(packed, row):
            mask[first:end, :first] = False
            mask[first:end, start] = True
        literal = network(packed.ids[row][None], packed.positions[row][None], masked(mask))[0]
        assert difference(context[row], literal) <= 1e-5
        for index, start in enumerate(packed.starts[row].tolist()):
            length = int(packed.lengths[row, index])
            ids = torch.cat((packed.ids[row, :start], packed.seen[row, index, :length]))[None]
            both = torch.ones(start + length, start + length).bool()
            both[:start] = False
            both[:start, :start] = mask[:start, :start]
            at = int(packed.positions[row, start])
            positions = torch.cat((packed.positions[row, :start], torch.arange(at, at + length)))[None]
            alone = network(ids, positions, masked(both))[0, start:]
            assert difference(canvases[row, index, :length], alone) <= 1e-5


def test_the_document_goes_on_behind_the_longest_snippet(packed: Batch, tokenizer: Tokenizer) -> None:
    for row in range(len(packed.ids)):
        lengths = [end - first for first, end, start in snippets(packed, row) if not start]
        at = 1 + sum(lengths)
        assert packed.ids[row, at] == tokenizer.specials.suffix
        assert packed.positions[row, at] == 1 + max(lengths, default=0)


def test_no_token_is_foretold_across_the_end_of_a_snippet(packed: Batch, tokenizer: Tokenizer) -> None:
    for row in range(len(packed.ids)):
        for first, end, _ in snippets(packed, row):
            assert packed.next_weights[row, first - 1] == 0
            assert packed.next_weights[row, end - 1] == 0
            assert (packed.next_weights[row, first : end - 1] == 1).all()
