"""The engine serves every kind of network by its capabilities: the same answers whatever is kept, and plain errors."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from coderdiff.decoding.lengths import LengthBias
from coderdiff.engine.engine import Engine
from coderdiff.engine.length_bias import BIAS_NAME, read_bias, write_bias
from coderdiff.engine.step import RowBounds
from coderdiff.errors import CheckpointError, ConfigError, EngineError
from coderdiff.model.loader import Checkpoint
from coderdiff.model.prompt import Prompt
from coderdiff.model.spec import ModelSpec
from coderdiff.model.tokenizer import Tokenizer
from coderdiff.model.transformer import Transformer
from coderdiff.types import Completion, Document, FillRequest, Hole, Limits, complete

Make = Callable[..., Checkpoint]


@pytest.fixture(scope="session")
def make(network: Transformer, tokenizer: Tokenizer) -> Make:
    """A checkpoint with the random network's weights and other capabilities."""

    def checkpoint(folder: Path = Path("nowhere"), **capabilities: object) -> Checkpoint:
        spec: ModelSpec = dataclasses.replace(network.spec, name="other", pack=0, **capabilities)
        other = Transformer(spec).eval().requires_grad_(False)
        other.load_state_dict(network.state_dict())
        return Checkpoint(spec, other, tokenizer, folder)

    return checkpoint


HOLE = {"context_attention": "bidirectional", "canvas_attention": "bidirectional"}
BLOCKS = {"context_attention": "block", "canvas_attention": "block", "block_size": 8}
KINDS = {
    "hole": HOLE,
    "shifted hole": HOLE | {"shifted": True},
    "blocks": BLOCKS,
    "shifted blocks": BLOCKS | {"shifted": True},
}


def request(source: str, at: int, **settings: object) -> FillRequest:
    settings.setdefault("limits", Limits(max_tokens=24))
    return FillRequest(Document(source), Hole(at, at), **settings)  # type: ignore[arg-type]


def said(answer: Completion) -> tuple[str, str, int, int]:
    return answer.text, answer.finish_reason, answer.tokens, answer.forwards


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_answers_and_a_warm_exact_engine_as_a_fresh_one(make: Make, source: str, kind: str):
    checkpoint = make(**KINDS[kind])
    warm = Engine(checkpoint, mode="exact")
    for at in (90, 91, 200, 90):
        fresh = Engine(checkpoint, mode="exact")
        answer = complete(warm, request(source, at))
        assert said(answer) == said(complete(fresh, request(source, at)))
        assert answer.policy == "fast_dllm:threshold=0.9"
        assert 0 < answer.tokens <= 24


@pytest.mark.parametrize(
    "policy", ["reference", "entropy", "revise", "low_confidence", "wino", "saber", "credit"]
)
@pytest.mark.parametrize("kind", KINDS)
def test_policies_of_both_houses_run_on_every_kind(make: Make, source: str, kind: str, policy: str):
    answer = complete(Engine(make(**KINDS[kind])), request(source, 150, policy=policy))
    assert answer.finish_reason in {"stop", "length"}
    assert answer.forwards <= 24 * 6


@pytest.mark.parametrize("kind", KINDS)
def test_policies_that_read_left_to_right_are_refused(make: Make, source: str, kind: str):
    engine = Engine(make(**KINDS[kind]))
    with pytest.raises(ConfigError, match="reads its drafts left to right, which other cannot"):
        complete(engine, request(source, 150, policy="verified"))
    assert engine.pool.in_use == 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_cursor_inside_a_word_is_healed(make: Make, source: str, kind: str):
    """What the canvas spells begins with the bytes that were given back."""
    engine = Engine(make(**KINDS[kind]), **({"mode": "exact", "length": 6} if "hole" in kind else {}))
    for at in range(200, 212):
        prompt = engine.prompt(request(source, at))
        answer = complete(engine, request(source, at, policy="low_confidence"))
        tokenizer = engine.checkpoint.tokenizer
        assert tokenizer.decode_bytes(prompt.ids).endswith(source[:at].encode().removesuffix(prompt.pending))
        assert answer.tokens > 0


def test_a_canvas_of_a_given_length_and_one_that_is_searched_for(make: Make, source: str):
    engine = Engine(make(**HOLE), mode="exact", length=7)
    answer = complete(engine, request(source, 120, policy="low_confidence"))
    assert (answer.tokens, answer.forwards, answer.finish_reason) == (7, 7, "stop")
    searched = complete(Engine(make(**HOLE), mode="exact"), request(source, 120, policy="low_confidence"))
    assert searched.forwards in {searched.tokens + 1, searched.tokens + 2}


def test_expanding_is_bounded_by_the_limit(make: Make, source: str, network: Transformer):
    """The head is made to say expand, or delete, nearly always."""
    checkpoint = make(**HOLE, expand_id=5, delete_id=6)
    for wanted, most in ((5, 24), (6, 24), (5, 1)):
        weights = checkpoint.network.embedding.weight
        weights.copy_(network.embedding.weight)
        hidden = weights.mean(0)
        weights[wanted] = hidden / hidden.norm() * 40
        answer = complete(
            Engine(checkpoint, mode="exact"),
            request(source, 120, limits=Limits(max_tokens=most), policy="fast_dllm"),
        )
        assert answer.finish_reason == "stop"
        assert answer.tokens <= most


def test_deadlines_and_cancelling(make: Make, source: str):
    for kind in KINDS.values():
        engine = Engine(make(**kind))
        assert complete(engine, request(source, 99, limits=Limits(deadline_ms=0))).finish_reason == "deadline"
        assert complete(engine, request(source, 99), cancelled=lambda: True).finish_reason == "cancelled"
        assert complete(engine, request(source, 99)).finish_reason in {"stop", "length"}


def test_files_far_longer_than_the_window_are_cut_to_it(make: Make, source: str):
    for kind in KINDS.values():
        engine = Engine(make(**kind))
        for at in (0, len(source) * 50, len(source) * 100):
            assert complete(engine, request(source * 100, at)).tokens > 0


def test_what_a_model_cannot_be_is_said(make: Make, checkpoint: Checkpoint):
    with pytest.raises(
        ConfigError, match="other has block context, which is exact: it takes no mode 'cached'"
    ):
        Engine(make(**BLOCKS), mode="cached")
    with pytest.raises(
        ConfigError, match="random has causal context, which is exact: it takes no canvas length"
    ):
        Engine(checkpoint, length=8)
    with pytest.raises(ConfigError, match="the canvas length is 0: it must be from 1 to 256"):
        Engine(make(**HOLE), length=0)
    with pytest.raises(CheckpointError, match="other has causal context and a causal canvas: only"):
        Engine(make(canvas_attention="causal"))


def test_the_bias_beside_a_model_is_used(make: Make, tmp_path: Path, source: str):
    assert read_bias(tmp_path) is None
    bias = LengthBias(0.0, 1.0, 0.0, 1.0, 1.0)
    assert write_bias(tmp_path, bias) == tmp_path / BIAS_NAME
    assert read_bias(tmp_path) == bias
    engine = Engine(make(tmp_path, **HOLE))
    assert complete(engine, request(source, 120)).tokens > 0
    (tmp_path / BIAS_NAME).write_text("[1, 2]")
    with pytest.raises(CheckpointError, match="is no length bias"):
        Engine(make(tmp_path, **HOLE))


def test_too_little_memory_ends_the_request_and_nothing_else(make: Make, source: str):
    engine = Engine(make(**HOLE), mode="exact", length=6)
    expected = complete(engine, request(source, 100))

    def fail(*_: object) -> torch.Tensor:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 99 bytes")

    network = engine.checkpoint.network
    network.logits, kept = fail, network.logits  # type: ignore[method-assign, assignment]
    with pytest.raises(EngineError, match="out of memory: let fewer requests"):
        complete(engine, request(source, 100))
    network.logits = kept  # type: ignore[method-assign]
    assert said(complete(engine, request(source, 100))) == said(expected)


def test_too_little_memory_for_a_context_is_told_in_one_line_too(
    make: Make, source: str, monkeypatch: pytest.MonkeyPatch
):
    """The first time what nobody uses is freed, and the request goes on."""
    engine = Engine(make(**BLOCKS))
    expected = complete(engine, request(source, 100))
    take, failures = engine.pool.take, [torch.OutOfMemoryError("no room")]

    def short(prompt: Prompt) -> Any:
        if failures:
            raise failures.pop()
        return take(prompt)

    monkeypatch.setattr(engine.pool, "take", short)
    assert said(complete(engine, request(source, 100))) == said(expected)
    failures += [torch.OutOfMemoryError("no room"), MemoryError()]
    with pytest.raises(EngineError, match="out of memory"):
        complete(engine, request(source, 100))
    assert engine.pool.in_use == 0


@pytest.mark.parametrize("kind", KINDS)
def test_many_requests_in_one_step_answer_as_each_alone(make: Make, source: str, kind: str):
    """Steps of the engine serve all that are under way; prompts are read in pieces."""
    checkpoint = make(**KINDS[kind])
    settings = {"mode": "exact"} if "hole" in kind else {}
    places = (30, 90, 150, 231)
    alone = [said(complete(Engine(checkpoint, **settings), request(source, at))) for at in places]
    engine = Engine(checkpoint, **settings)
    began = time.perf_counter()
    fills = [engine.start(request(source, at), began) for at in places]
    answers: dict[int, Completion] = {}
    while len(answers) < len(fills):
        for at, fill in enumerate(fills):
            reason = fill.denoising.finished()
            if at not in answers and reason is not None:
                answers[at] = engine.finish(fill, reason, began)
                engine.release(fill)
        running = [fill for at, fill in enumerate(fills) if at not in answers]
        if running:
            outcomes = engine.step(running, RowBounds(most=70, joint=10, least_read=16))
            assert all(outcome.error is None for outcome in outcomes)
    together = [answers[at] for at in range(len(places))]
    assert [(each.text, each.tokens) for each in together] == [(text, tokens) for text, _, tokens, _ in alone]
    assert engine.pool.in_use == 0
