"""Sessions are given out exact, whatever they and the prefix cache knew, and their memory is bounded."""

from __future__ import annotations

import random

import pytest
import torch

from coderdiff.decoding.session import Look
from coderdiff.engine.session import CachedSession
from coderdiff.engine.session_pool import PREFIX_BLOCK, SessionPool
from coderdiff.errors import EngineError
from coderdiff.model.prompt import Prompt
from coderdiff.model.transformer import Transformer

PACKS: list[tuple[tuple[int, ...], ...]] = [(), ((20, 21, 22), (30, 31)), ((20, 21, 22),)]


def look(session: CachedSession, unread: list[int]) -> torch.Tensor:
    scores = session.forward(Look(unread, [[session.spec.mask_id] * 4], [len(unread)], 1))
    return torch.cat((scores.causal, scores.canvas[0]))


def test_prompts_that_begin_alike_say_what_they_say_read_afresh(network: Transformer):
    """Sessions are held at random, so that prompts meet new, idle and evicted ones; three beginnings, three packs."""
    draw = random.Random(5)
    pool = SessionPool(network, network.spec.window, 40 * 2**20)
    starts = [[7, *(draw.randrange(10, 4000) for _ in range(70))] for _ in range(3)]
    held: list[CachedSession] = []
    for _ in range(60):
        tail = [draw.randrange(10, 4000) for _ in range(draw.randrange(30))]
        ids = [*draw.choice(starts)[: draw.randrange(2, 71)], *tail]
        prompt = Prompt(ids, b"", draw.choice(PACKS))
        session, unread = pool.take(prompt)
        assert session.length + len(unread) == len(ids)
        assert unread
        fresh = CachedSession(network, network.spec.window)
        ours, theirs = look(session, unread), look(fresh, fresh.begin(ids, prompt.pack))
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-4)
        pool.share(session, prompt)
        held.append(session)
        while len(held) > draw.randrange(3):
            pool.give_back(held.pop(draw.randrange(len(held))))
    assert pool.prefixes.hit_rows > 0
    assert pool.reused_rows > 0


def test_what_others_read_is_not_read_again(network: Transformer):
    pool = SessionPool(network, network.spec.window)
    ids = list(range(50, 50 + 3 * PREFIX_BLOCK))
    first, unread = pool.take(Prompt(ids, b""))
    look(first, unread)
    pool.share(first, Prompt(ids, b""))
    for size, left in ((len(ids) + 5, 5), (len(ids), PREFIX_BLOCK), (len(ids) - 1, PREFIX_BLOCK - 1)):
        longer = [*ids, *range(5)][:size]
        assert len(pool.take(Prompt(longer, b""))[1]) == left
    assert len(pool.take(Prompt(ids, b"", PACKS[1]))[1]) == len(ids) - 1, "behind a pack all is different"


def test_memory_is_bounded(network: Transformer):
    one = SessionPool(network, network.spec.window).session_bytes
    pool = SessionPool(network, network.spec.window, 4 * one)
    assert pool.most_sessions == 3
    prompts = [Prompt([7, *range(number * 300, number * 300 + 299)], b"") for number in range(12)]
    for prompt in prompts:
        session, unread = pool.take(prompt)
        look(session, unread)
        pool.share(session, prompt)
        pool.give_back(session)
        assert pool.nbytes <= 4 * one
    assert pool.idle == 3
    assert pool.prefixes.nbytes > one // 2
    taken = [pool.take(prompt)[0] for prompt in prompts[-3:]]
    with pytest.raises(EngineError, match="3 requests are under way"):
        pool.take(prompts[0])
    pool.give_back(taken[0], sound=False)
    assert (pool.in_use, pool.idle) == (2, 0)
    for session in taken[1:]:
        pool.give_back(session)
    pool.forget()
    assert pool.nbytes == 0
