"""Contexts by blocks: cached says what one plain forward over the whole sequence says, and reads each block once."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
import torch

from coderdiff.decoding.session import Look
from coderdiff.engine.batch import forward
from coderdiff.engine.block import BlockSession
from coderdiff.model.attention import block_causal
from coderdiff.model.spec import ModelSpec
from coderdiff.model.transformer import Transformer

VOCAB, BLOCK = 40, 4


def net(shifted: bool) -> Transformer:
    spec = ModelSpec(
        name="blocks", vocab_size=VOCAB, width=32, hidden=48, layers=2, heads=4, kv_heads=2, head_dim=8, window=128,
        mask_id=VOCAB - 1, end_id=VOCAB - 2, context_attention="block", canvas_attention="block", block_size=BLOCK,
        shifted=shifted,
    )  # fmt: skip
    torch.manual_seed(5)
    network = Transformer(spec).eval().requires_grad_(False)
    for parameter in network.parameters():
        if parameter.ndim == 2:
            parameter.normal_(0.0, 0.3)
    return network


def literal(network: Transformer, context: Sequence[int], canvas: Sequence[int]) -> torch.Tensor:
    """Logits for the canvas' positions from one forward without a cache."""
    ids = torch.tensor([[*context, *canvas]])
    logits = network.logits(
        network(ids, torch.arange(ids.shape[1])[None], block_causal(ids.shape[1], BLOCK))
    )[0]
    if network.spec.shifted:
        logits = torch.cat((logits[:1] if not context else logits[:0], logits[:-1]))
        start = max(0, len(context) - 1)
        return logits[start : start + len(canvas)]
    return logits[len(context) :]


def ids(draw: random.Random, size: int) -> list[int]:
    return [draw.randrange(VOCAB - 2) for _ in range(size)]


@pytest.mark.parametrize("shifted", [True, False])
def test_blocks_are_read_with_the_next_canvas_in_one_forward(shifted: bool):
    draw, network = random.Random(1), net(shifted)
    session, context, rows = BlockSession(network, 128), [], 0
    for read in (0, 3, 0, 0, 1, 2, 0, 1):
        blocks, canvas = ids(draw, read * BLOCK), ids(draw, BLOCK)
        scores = session.forward(Look(blocks, [canvas], [len(blocks)], 0))
        context += blocks
        torch.testing.assert_close(scores.canvas[0], literal(network, context, canvas), atol=2e-5, rtol=1e-4)
        rows += len(blocks) + BLOCK + (shifted and not blocks and bool(context))
    assert session.rows_computed == rows


@pytest.mark.parametrize("shifted", [True, False])
def test_a_later_prompt_reads_only_the_blocks_that_differ(shifted: bool):
    draw, network = random.Random(2), net(shifted)
    session, text = BlockSession(network, 128), ids(draw, 30)
    for size, kept in ((30, 0), (30, 28), (29, 28), (28, 24), (5, 4), (3, 0)):
        prompt = text[:size]
        unread = session.begin(prompt)
        assert len(prompt) - len(unread) == kept
        whole = len(unread) // BLOCK * BLOCK
        canvas = [*unread[whole:], *[VOCAB - 1] * (BLOCK - len(unread) + whole)]
        scores = session.forward(Look(unread[:whole], [canvas], [whole], 0))
        expected = literal(network, prompt[: kept + whole], canvas)
        torch.testing.assert_close(scores.canvas[0], expected, atol=2e-5, rtol=1e-4)


def test_unequal_requests_together_and_alone():
    draw, network = random.Random(3), net(shifted=True)
    alone, together = ([BlockSession(network, 128) for _ in range(3)] for _ in range(2))
    for turn in range(3):
        looks = []
        for at in range(3):
            blocks = ids(draw, BLOCK * ((turn + at) % 3))
            looks.append(Look(blocks, [ids(draw, BLOCK)], [len(blocks)], 0))
        singly = [session.forward(look) for session, look in zip(alone, looks, strict=True)]
        parts = [session.part(look) for session, look in zip(together, looks, strict=True)]
        for ours, theirs in zip(forward(network, parts), singly, strict=True):
            torch.testing.assert_close(ours.canvas[0], theirs.canvas[0], atol=1e-5, rtol=1e-5)
