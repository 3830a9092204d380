"""The loop with a named policy writes, token for token, what the published loop of the same name writes."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from coderdiff.decoding.copying import CopyModel
from coderdiff.decoding.loop import Denoising
from coderdiff.decoding.policies import policy
from coderdiff.decoding.session import Session
from coderdiff.decoding.task import Task
from coderdiff.engine.bidirectional import BidirectionalSession
from coderdiff.engine.block import BlockSession
from coderdiff.errors import ConfigError
from coderdiff.model.attention import bidirectional, block_causal, masked
from coderdiff.model.spec import ModelSpec
from coderdiff.model.tokenizer import Tokenizer
from coderdiff.model.transformer import Transformer
from coderdiff.types import Limits, Sampling

from . import published

VOCAB, MASK, END, EXPAND, DELETE = 30, 29, 28, 27, 26
BLOCK = 8

SPEC = ModelSpec(
    name="published", vocab_size=VOCAB, width=32, hidden=48, layers=2, heads=4, kv_heads=2, head_dim=8, window=256,
    mask_id=MASK, end_id=END, qk_norm=True, context_attention="bidirectional", canvas_attention="bidirectional",
)  # fmt: skip


def net(seed: int, **capabilities: object) -> Transformer:
    """Random weights, loud enough that confidences differ and some are high."""
    torch.manual_seed(seed)
    network = Transformer(replace(SPEC, **capabilities)).eval().requires_grad_(False)
    for parameter in network.parameters():
        if parameter.ndim == 2:
            parameter.normal_(0.0, 0.35)
    return network


def blocks(seed: int, **capabilities: object) -> Transformer:
    return net(seed, context_attention="block", canvas_attention="block", block_size=BLOCK, **capabilities)


class Bytes:
    """As much of a tokenizer as the loop asks of one when nothing is pending."""

    vocab_size = VOCAB

    def allowed_first(self, pending: bytes) -> None:
        assert not pending

    def token_bytes(self, id_: int) -> bytes:
        return b"%c" % (97 + id_)

    def decode_bytes(self, ids: Sequence[int]) -> bytes:
        return b"".join(map(self.token_bytes, ids))


def model(network: Transformer) -> published.Model:
    """The network as the published loops see it; like ours it never proposes the mask."""

    def logits(ids: list[int]) -> Tensor:
        size = network.spec.block_size
        attend = block_causal(len(ids), size) if size else bidirectional
        with torch.no_grad():
            found = network.logits(network(torch.tensor([ids]), torch.arange(len(ids))[None], attend))[0]
        found[:, MASK] = -torch.inf
        return found

    return logits


def ours(
    session: Session,
    name: str,
    unread: Sequence[int] = (),
    length: int = 12,
    most: int | None = None,
    seed: int = 0,
) -> list[int]:
    """The ids that our loop writes: all of the canvas, or of as many blocks as `length` takes."""
    banned = torch.zeros(VOCAB, dtype=torch.bool)
    banned[MASK] = True
    task = Task(
        unread=list(unread),
        pending=b"",
        limits=Limits(max_tokens=most or length),
        sampling=Sampling(seed=seed),
        canvas=length,
        banned=banned,
        copying=CopyModel(None, [], None, END, None),
        began=time.perf_counter(),
    )
    tokenizer: Tokenizer = Bytes()  # type: ignore[assignment]
    denoising = Denoising(session, tokenizer, policy(name), task)
    denoising.written.ends = ()  # the published loops write whole canvases and cut their text afterwards
    for _ in range(400):
        if denoising.finished() is not None:
            standing = [] if denoising.ended else denoising.canvas.tokens[: denoising.canvas.leading].tolist()
            return [*denoising.written.tokens, *standing[denoising.canvas.given_count :]][: most or length]
        denoising.take(session.forward(denoising.ask()))
    raise AssertionError("no end")


def ids(draw: random.Random, size: int) -> list[int]:
    return [draw.randrange(DELETE) for _ in range(size)]


def in_hole(network: Transformer, prefix: list[int], suffix: list[int]) -> BidirectionalSession:
    session = BidirectionalSession(network, "exact")
    session.begin(prefix, suffix)
    return session


Loop = Callable[[Transformer, list[int], list[int]], list[int]]

UNSHIFTED: dict[str, Loop] = {
    "low_confidence": lambda net, p, s: published.llada(model(net), p, s, 12, 12, 12, MASK),
    "low_confidence:steps=5": lambda net, p, s: published.llada(model(net), p, s, 12, 5, 12, MASK),
    "low_confidence:steps=2,block=4": lambda net, p, s: published.llada(model(net), p, s, 12, 2, 4, MASK),
    "random:steps=6": lambda net, p, s: published.llada(
        model(net), p, s, 12, 6, 12, MASK, torch.Generator().manual_seed(0)
    ),
    "fast_dllm:threshold=0.6": lambda net, p, s: published.fast_dllm(model(net), p, s, 12, 12, MASK, 0.6),
    "fast_dllm:threshold=0.5,block=6": lambda net, p, s: published.fast_dllm(model(net), p, s, 12, 6, MASK, 0.5),
    "fast_dllm_factor:factor=1.0": lambda net, p, s: published.fast_dllm_factor(model(net), p, s, 12, MASK, 1.0),
    "fast_dllm_factor:factor=2.5": lambda net, p, s: published.fast_dllm_factor(model(net), p, s, 12, MASK, 2.5),
    "prophet:steps=8,high=3,middle=2,low=1": lambda net, p, s: published.prophet(
        model(net), p, s, 12, 8, MASK, (3.0, 2.0, 1.0)
    ),
    "eb_sampler:bound=1.5": lambda net, p, s: published.eb_sampler(model(net), p, s, 12, MASK, 1.5),
    "credit:threshold=0.7": lambda net, p, s: published.credit(model(net), p, s, 12, MASK, 0.7, 0.7, 0.8, 0.2),
}  # fmt: skip

SHIFTED: dict[str, Loop] = {
    "origin:steps=7": lambda net, p, s: published.dream(
        model(net), p, s, 12, 7, MASK, "origin", random=torch.Generator().manual_seed(0)
    ),
    "maskgit_plus:steps=5": lambda net, p, s: published.dream(model(net), p, s, 12, 5, MASK, "maskgit_plus"),
    "maskgit_plus": lambda net, p, s: published.dream(model(net), p, s, 12, 12, MASK, "maskgit_plus"),
    "maskgit_plus:steps=6,alg_temp=0.2": lambda net, p, s: published.dream(
        model(net), p, s, 12, 6, MASK, "maskgit_plus", alg_temp=0.2, random=torch.Generator().manual_seed(0)
    ),
    "topk_margin:steps=5": lambda net, p, s: published.dream(model(net), p, s, 12, 5, MASK, "topk_margin"),
    "dream_entropy:steps=6": lambda net, p, s: published.dream(model(net), p, s, 12, 6, MASK, "entropy"),
    "dream_entropy:steps=12,top_p=0.8": lambda net, p, s: published.dream(
        model(net), p, s, 12, 12, MASK, "entropy", top_p=0.8
    ),
    "p2:steps=5": lambda net, p, s: published.p2(model(net), p, s, 12, 5, MASK),
    "p2": lambda net, p, s: published.p2(model(net), p, s, 12, 12, MASK),
    "p2:steps=30": lambda net, p, s: published.p2(model(net), p, s, 12, 30, MASK),
}  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", UNSHIFTED)
def test_holes_of_unshifted_networks(name: str, seed: int):
    draw, network = random.Random(seed), net(seed)
    for sides in ((9, 6), (5, 0)):
        prefix, suffix = ids(draw, sides[0]), ids(draw, sides[1])
        assert ours(in_hole(network, prefix, suffix), name) == UNSHIFTED[name](network, prefix, suffix)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", SHIFTED)
def test_holes_of_shifted_networks(name: str, seed: int):
    draw, network = random.Random(seed), net(seed, shifted=True)
    for sides in ((9, 6), (5, 0)):
        prefix, suffix = ids(draw, sides[0]), ids(draw, sides[1])
        assert ours(in_hole(network, prefix, suffix), name) == SHIFTED[name](network, prefix, suffix)


@pytest.mark.parametrize("length", [1, 4, 12])
@pytest.mark.parametrize("tokens", [1, 2])
@pytest.mark.parametrize("spread", [False, True])
def test_dreamon_expands_and_deletes(spread: bool, tokens: int, length: int):
    """Expand and delete are made likely by the head's rows; in one of the models delete is the end token."""
    lengths = set()
    for seed in range(6):
        delete = DELETE if seed % 2 else END
        network = net(seed, shifted=True, expand_id=EXPAND, delete_id=delete)
        network.embedding.weight[[EXPAND, delete]] *= 2.0
        draw = random.Random(seed)
        prefix, suffix = ids(draw, 8), ids(draw, 5)
        expected = published.dreamon(
            model(network), prefix, suffix, length, 16, MASK, EXPAND, delete, tokens, spread
        )
        policy = f"dreamon:tokens={tokens},spread={spread:d}"
        written = ours(in_hole(network, prefix, suffix), policy, length=length, most=16)
        if tokens == 1:
            assert written == expected
        assert len(written) <= 16
        assert not {EXPAND, delete, MASK} & set(written)
        lengths.add(len(written))
    assert len(lengths) > 1, "some of the canvases changed their length"


@pytest.mark.parametrize("block", [12, 6])
@pytest.mark.parametrize("seed", range(4))
def test_wino_with_its_shadow_block(seed: int, block: int):
    draw, network = random.Random(seed), net(seed)
    prefix, suffix = ids(draw, 7), ids(draw, 5)

    def twins(x: list[int], shadow: list[int], start: int, length: int) -> tuple[Tensor, Tensor]:
        rows = len(x) + len(shadow)
        mask = torch.ones(rows, rows, dtype=torch.bool)
        mask[: len(x), len(x) :] = False
        for at in range(len(shadow)):
            mask[len(x) + at, start + at] = False
        places = torch.tensor([[*range(len(x)), *range(start, start + len(shadow))]])
        with torch.no_grad():
            logits = network.logits(network(torch.tensor([[*x, *shadow]]), places, masked(mask)))[0]
        logits[:, MASK] = -torch.inf
        return logits[start : start + length], logits[len(x) :]

    expected = published.wino(twins, prefix, suffix, 12, block, MASK, 0.25, 0.3)
    written = ours(in_hole(network, prefix, suffix), f"wino:threshold=0.25,hold=0.3,block={block}")
    assert written == expected


@pytest.mark.parametrize("prompt", [3, 8, 13, 16])
@pytest.mark.parametrize("strategy", ["low_confidence_dynamic", "low_confidence_static", "sequential"])
def test_blocks_of_sdar(strategy: str, prompt: int):
    """The prompt ends inside a block, at its end, or is shorter than one."""
    for seed in range(3):
        network, text = blocks(seed), ids(random.Random(seed), prompt)
        setting = ":threshold=0.5" if strategy == "low_confidence_dynamic" else ""
        expected = published.sdar(model(network), text, 14, BLOCK, BLOCK, MASK, strategy, 0.5, None)
        session = BlockSession(network, 256)
        written = ours(session, strategy + setting, session.begin(text), 14)
        assert written[:14] == expected[:14]


def test_blocks_of_sdar_in_fewer_steps():
    for seed in range(3):
        network, text = blocks(seed), ids(random.Random(seed), 16)
        expected = published.sdar(
            model(network), text, 16, BLOCK, 3, MASK, "low_confidence_static", 1.0, None
        )
        session = BlockSession(network, 256)
        assert ours(session, "low_confidence_static:steps=3", session.begin(text), 16) == expected


@pytest.mark.parametrize("edit", [0.0, 0.5])
@pytest.mark.parametrize("prompt", [3, 16])
def test_joint_thresholds_edit_what_stands(prompt: int, edit: float):
    for seed in range(4):
        network, text = blocks(seed), ids(random.Random(seed), prompt)
        expected = published.joint_threshold(model(network), text, 14, BLOCK, MASK, 0.3, edit, 5)
        session = BlockSession(network, 256)
        name = f"joint_threshold:threshold=0.3,edit={edit},edits=5"
        assert ours(session, name, session.begin(text), len(expected)) == expected


@pytest.mark.parametrize("edits", [0, 3, 16])
@pytest.mark.parametrize("edit", [0.0, 0.4])
@pytest.mark.parametrize("prompt", [3, 16])
def test_blocks_are_deleted_from_and_inserted_into(prompt: int, edit: float, edits: int):
    """Networks that often delete and insert: the logits of both are raised."""
    changed = 0
    for seed in range(6):
        network, text = blocks(seed, delete_id=DELETE, insert_id=EXPAND), ids(random.Random(seed), prompt)
        network.embedding.weight[[DELETE, EXPAND]] *= 1.0 + 0.3 * seed
        expected = published.joint_threshold_indel(
            model(network), text, 14, BLOCK, MASK, DELETE, EXPAND, 0.3, edit, edits
        )
        session = BlockSession(network, 256)
        name = f"joint_threshold_indel:threshold=0.3,edit={edit},edits={edits}"
        assert ours(session, name, session.begin(text), len(expected)) == expected
        assert not {MASK, DELETE, EXPAND} & set(expected)
        plain = published.joint_threshold(model(network), text, 14, BLOCK, MASK, 0.3, edit, edits)
        changed += bool({DELETE, EXPAND} & set(plain))
    assert changed or not edits


def test_other_policies_neither_delete_nor_insert():
    for seed in range(4):
        network, text = blocks(seed, delete_id=DELETE, insert_id=EXPAND), ids(random.Random(seed), 16)
        network.embedding.weight[[DELETE, EXPAND]] *= 3
        session = BlockSession(network, 256)
        found = ours(session, "joint_threshold:threshold=0.3", session.begin(text), 16)
        assert len(found) == 16
        assert not {DELETE, EXPAND} & set(found)


def test_a_policy_that_a_network_cannot_follow_is_refused():
    for name, network in (
        ("joint_threshold_indel", blocks(0)),
        ("joint_threshold_indel", blocks(0, delete_id=DELETE)),
        ("renoise", blocks(0)),
        ("verified", blocks(0)),
    ):
        with pytest.raises(ConfigError, match=f"policy {name} is for|policy {name} reads"):
            ours(BlockSession(network, 256), name)


@pytest.mark.parametrize("prompt", [3, 13, 16])
@pytest.mark.parametrize("threshold", [0.4, 1.0])
def test_fast_dllm_v2_foretells_the_first_token_of_a_block(prompt: int, threshold: float):
    for seed in range(3):
        network, text = blocks(seed, shifted=True), ids(random.Random(seed), prompt)
        expected = published.fast_dllm_v2(model(network), text, 14, BLOCK, 4, MASK, threshold)
        session = BlockSession(network, 256)
        name = f"fast_dllm_v2:threshold={threshold},block=4"
        assert ours(session, name, session.begin(text), 14)[:14] == expected[:14]
