"""Conversations by the one engine: what is read, where an answer ends, and what does not apply to it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest
import torch

from coderdiff.decoding.loop import Denoising
from coderdiff.decoding.policies import policy
from coderdiff.decoding.session import Look, Scores
from coderdiff.decoding.task import Task
from coderdiff.engine.engine import Engine
from coderdiff.engine.scheduler import Scheduler
from coderdiff.errors import InputError, TooLongError
from coderdiff.model.loader import Checkpoint
from coderdiff.model.spec import ModelSpec
from coderdiff.types import NOWHERE, Completion, Document, FillRequest, Limits, Message, complete

from tests.model import checkpoints  # isort: skip

TURNS = (Message("system", "Be exact."), Message("user", "What is x?"))
SERVED = {"bidirectional": "dream", "in place": "llada", "blocks": "sdar", "shifted blocks": "fast-dllm-v2"}


def request(messages: Sequence[Message] = TURNS, max_tokens: int = 12, **settings: object) -> FillRequest:
    return FillRequest(Document(""), NOWHERE, Limits(max_tokens), messages=tuple(messages), **settings)  # type: ignore[arg-type]


def said(answer: Completion) -> tuple[str, str, int, int]:
    return answer.text, answer.finish_reason, answer.tokens, answer.forwards


@pytest.fixture(scope="module", params=SERVED.values(), ids=list(SERVED))
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("instruct") / "tiny"
    checkpoints.write_instruct(folder, request.param)
    return Engine.open(str(folder), device="cpu")


def test_the_template_is_what_is_read(engine: Engine) -> None:
    assert engine.chats
    prompt = engine.prompt(request())
    tokenizer = engine.checkpoint.tokenizer
    assert tokenizer.decode(prompt.ids) == "system\nBe exact.\nuser\nWhat is x?\nassistant\n"
    assert len(prompt.ids) == prompt.rows
    assert (prompt.pending, prompt.behind, prompt.pack) == (b"", (), ())


def test_an_answer_alone_and_among_others(engine: Engine) -> None:
    alone = complete(engine, request())
    assert 0 < alone.tokens <= 12
    assert alone.prompt_tokens == engine.prompt(request()).rows
    assert not alone.withdrawn
    other = request([Message("user", "And y?")], max_tokens=20)
    scheduler = Scheduler(engine)
    try:
        assert scheduler.chats
        steps = [scheduler.fill(each) for each in (request(), other, request())]
        answers = [complete_all(each) for each in steps]
    finally:
        scheduler.close()
    assert answers[0].text == answers[2].text
    assert said(complete(engine, request())) == said(alone)


def complete_all(steps) -> Completion:  # type: ignore[no-untyped-def]
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]


def test_what_goes_on_behind_an_earlier_answer_is_read_once(engine: Engine) -> None:
    first = complete(engine, request())
    longer = [*TURNS, Message("assistant", first.text), Message("user", "Why?")]
    assert complete(engine, request(longer)).cached_tokens >= 0
    again = complete(engine, request(longer))
    assert again.cached_tokens > again.prompt_tokens // 2


def test_a_window_is_not_overrun(engine: Engine) -> None:
    answer = complete(engine, request(max_tokens=4000))
    spec = engine.checkpoint.spec
    assert answer.tokens + answer.prompt_tokens <= spec.window
    with pytest.raises(TooLongError, match="leave out earlier turns"):
        complete(engine, request([Message("user", "x y " * spec.window)]))
    assert engine.pool.in_use == 0


def test_a_base_model_says_what_is_needed(checkpoint: Checkpoint) -> None:
    engine = Engine(checkpoint)
    assert not engine.chats
    with pytest.raises(InputError, match="a base model: a conversation needs an instruct checkpoint"):
        complete(engine, request())


class _Scripted:
    """A session whose network wants given tokens at the places of an answer, whatever stands around them."""

    length = 0

    def __init__(self, spec: ModelSpec, wanted: Sequence[int]) -> None:
        self.spec, self._wanted, self._at = spec, list(wanted), 0

    def keep(self, length: int) -> None:
        raise AssertionError(length)

    def forward(self, look: Look) -> Scores:
        """A block, or the whole canvas between two sides."""
        self.length += len(look.read)
        [canvas] = look.canvases
        logits = torch.zeros(len(canvas), self.spec.vocab_size)
        for place in range(len(canvas)):
            logits[place, self._wanted[self.length + place]] = 20.0
        return Scores(torch.zeros(0, self.spec.vocab_size), [logits])


def denoised(engine: Engine, wanted: Sequence[int], max_tokens: int) -> tuple[str, str, int]:
    """The answer to a network that wants these tokens."""
    fill = engine.start(request(max_tokens=max_tokens), 0.0)
    task: Task = dataclasses.replace(fill.denoising.task, unread=[])
    engine.release(fill)
    session = _Scripted(engine.checkpoint.spec, wanted)
    denoising = Denoising(session, engine.checkpoint.tokenizer, policy("low_confidence"), task)  # type: ignore[arg-type]
    while (reason := denoising.finished()) is None:
        denoising.take(session.forward(denoising.ask()))
    result = denoising.result(reason)
    return result.text, result.reason, result.tokens


def test_a_turn_ends_at_the_templates_end_and_at_the_networks_own(engine: Engine) -> None:
    tokenizer, spec = engine.checkpoint.tokenizer, engine.checkpoint.spec
    end = next(mark.id for mark in tokenizer.marks if mark.text == "<|im_end|>")
    answer = tokenizer.encode("x = 1")
    for last in (end, spec.end_id):
        wanted = [*answer, last, *[spec.end_id] * 40]
        assert denoised(engine, wanted, 16) == ("x = 1", "stop", len(answer) + 1)
    assert denoised(engine, tokenizer.encode("xyz" * 30), 7)[:2] == ("xyzxyzx", "length")


def test_a_completion_never_ends_at_a_turns_end(engine: Engine) -> None:
    spec, tokenizer = engine.checkpoint.spec, engine.checkpoint.tokenizer
    end = next(mark.id for mark in tokenizer.marks if mark.text == "<|im_end|>")
    fill = engine.start(FillRequest(Document("x = "), NOWHERE, Limits(4)), 0.0)
    engine.release(fill)
    assert bool(fill.denoising.task.banned[end])
    assert fill.denoising.written.ends == (spec.end_id,)
