"""One forward for many requests gives what each gives alone."""

from __future__ import annotations

import copy
import random
from dataclasses import replace

import torch

from coderdiff.decoding.session import Look
from coderdiff.engine.batch import forward
from coderdiff.engine.session import CachedSession
from coderdiff.model.tokenizer import Tokenizer
from coderdiff.model.transformer import Transformer


def test_unequal_requests_together_and_alone(network: Transformer, tokenizer: Tokenizer, source: str):
    """Contexts, canvases and what is read differ in length; one has a pack, one reads nothing new."""
    ids, mask = tokenizer.encode(source), network.spec.mask_id
    pack = (tuple(tokenizer.encode("def area(): ...")), tuple(tokenizer.encode("radius = 2\n")))
    draw = random.Random(3)
    alone = [CachedSession(network, 256) for _ in range(5)]
    together = [CachedSession(network, 256) for _ in range(5)]
    for turn in range(4):
        looks = []
        for at, sessions in enumerate(zip(alone, together, strict=True)):
            unread = [each.begin(ids[: 20 + 9 * at + 3 * turn], pack if at == 2 else ()) for each in sessions]
            assert unread[0] == unread[1]
            draft = draw.sample(ids, k=at)
            canvases = [[mask] * (3 + at), draw.sample(ids, k=3 + at)]
            read = [*unread[0], *draft]
            looks.append(Look(read, canvases, [len(unread[0]), len(read)], at))
        singly = [session.forward(look) for session, look in zip(alone, looks, strict=True)]
        parts = [session.part(look) for session, look in zip(together, looks, strict=True)]
        for ours, theirs in zip(forward(network, parts), singly, strict=True):
            torch.testing.assert_close(ours.causal, theirs.causal, atol=1e-5, rtol=1e-5)
            torch.testing.assert_close(list(ours.canvas), list(theirs.canvas), atol=1e-5, rtol=1e-5)


def test_an_end_bias_raises_the_end_alone(network: Transformer, tokenizer: Tokenizer, source: str) -> None:
    ids, mask, end = tokenizer.encode(source)[:40], network.spec.mask_id, network.spec.end_id
    keen = copy.deepcopy(network)
    keen.spec = replace(network.spec, end_bias=1.5)
    look = Look(ids, [[mask] * 4], [len(ids)], 2)
    plain, raised = (CachedSession(each, 256).forward(look) for each in (network, keen))
    for before, after in ((plain.causal, raised.causal), (plain.canvas[0], raised.canvas[0])):
        expected = before.clone()
        expected[:, end] += 1.5
        torch.testing.assert_close(after, expected)
