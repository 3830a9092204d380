"""The cached session says what the literal one says, and reads no more than it must."""

from __future__ import annotations

import random

import pytest
import torch

from coderdiff.decoding.session import Look
from coderdiff.engine.session import CachedSession
from coderdiff.model.prompt import infill_prompt
from coderdiff.model.tokenizer import Tokenizer
from coderdiff.model.transformer import Transformer


def logits_close(ours: torch.Tensor, theirs: torch.Tensor) -> None:
    assert ours.shape == theirs.shape
    assert (ours - theirs).abs().max() <= 1e-4 if ours.numel() else True


def test_every_prefix_length_with_and_without_cache(
    network: Transformer, tokenizer: Tokenizer, source: str, plain
):
    ids = tokenizer.encode(source)
    session = CachedSession(network, network.spec.window)
    canvas = [network.spec.mask_id] * network.spec.canvas
    for size in range(1, len(ids) + 1):
        ours = session.forward(Look(session.begin(ids[:size]), [canvas], [size - session.length], 1))
        theirs = plain.forward(Look(plain.begin(ids[:size]), [canvas], [size], 1))
        logits_close(ours.causal, theirs.causal)
        logits_close(torch.stack([*ours.canvas]), torch.stack([*theirs.canvas]))
    assert session.rows_read == len(ids), "each token was read just once"


def test_a_keystroke_reads_only_the_tokens_it_changed(
    network: Transformer, tokenizer: Tokenizer, source: str
):
    at = source.index("self.radius * factor")
    session = CachedSession(network, network.spec.window)
    canvas = [network.spec.mask_id] * network.spec.canvas
    before: list[int] = []
    for typed in range(at, at + 20):
        prompt = infill_prompt(tokenizer, source[:typed], source[at + 20 :], 400)
        changed = len(prompt.ids) - session.shared(prompt.ids)
        unread = session.begin(prompt.ids)
        assert len(unread) == max(1, changed)
        read = session.rows_read
        session.forward(Look(unread, [canvas], [len(unread)], 0))
        assert session.rows_read - read == len(unread)
        if before:
            same = next(
                (i for i, (a, b) in enumerate(zip(before, prompt.ids, strict=False)) if a != b), len(before)
            )
            assert len(unread) <= max(1, len(prompt.ids) - same)
            assert len(unread) <= 6, "one letter changes a word's tokens at most"
        before = prompt.ids


def test_canvases_at_several_cuts_equal_runs_of_their_own(network: Transformer, plain):
    draw = random.Random(3)
    session = CachedSession(network, network.spec.window)
    text = [draw.randrange(4000) for _ in range(40)]
    for step in range(6):
        read = [draw.randrange(4000) for _ in range(1 + step)] if step else text
        cuts = sorted(draw.sample(range(len(read) + 1), min(3, len(read) + 1)))
        canvases = [
            [draw.choice((network.spec.mask_id, draw.randrange(4000))) for _ in range(8)] for _ in cuts
        ]
        ours = session.forward(Look(read, canvases, cuts, len(read)))
        theirs = plain.forward(Look(read, canvases, cuts, len(read)))
        logits_close(ours.causal, theirs.causal)
        logits_close(torch.stack([*ours.canvas]), torch.stack([*theirs.canvas]))
        kept = session.length - draw.randrange(3)
        session.keep(kept)
        plain.keep(kept)


@pytest.mark.parametrize("kept", [0, 5, 19])
def test_what_is_forgotten_leaves_no_trace(network: Transformer, plain, kept: int):
    session = CachedSession(network, network.spec.window)
    canvas = [network.spec.mask_id] * 4
    session.forward(Look(list(range(10, 30)), [canvas], [20], 0))
    session.keep(kept)
    again = list(range(100, 110))
    ours = session.forward(Look(again, [canvas], [10], 10))
    theirs = plain.forward(Look([*range(10, 10 + kept), *again], [canvas], [kept + 10], 10))
    logits_close(ours.causal, theirs.causal)
    logits_close(torch.stack([*ours.canvas]), torch.stack([*theirs.canvas]))
