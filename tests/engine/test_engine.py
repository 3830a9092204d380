"""The engine as a `Completer`: requests in, drafts and completions out."""

from __future__ import annotations

import dataclasses
import math
import time

import pytest
import torch

from coderdiff.engine.engine import Engine
from coderdiff.errors import CheckpointError, ConfigError, InputError
from coderdiff.model.keep_weights import KeepWeights
from coderdiff.model.loader import Checkpoint
from coderdiff.types import Completion, Document, Draft, FillRequest, Hole, Limits, Snippet, complete


def request(source: str, at: int, end: int | None = None, **settings) -> FillRequest:
    settings.setdefault("limits", Limits(max_tokens=12))
    return FillRequest(Document(source, "shapes.py"), Hole(at, at if end is None else end), **settings)


def drain(steps) -> tuple[list[Draft], Completion]:
    drafts = []
    while True:
        try:
            drafts.append(next(steps))
        except StopIteration as done:
            return drafts, done.value


@pytest.fixture
def engine(checkpoint: Checkpoint) -> Engine:
    return Engine(checkpoint)


def test_a_completion_says_what_it_cost(engine: Engine, source: str):
    drafts, answer = drain(engine.fill(request(source, 120, policy="threshold")))
    assert answer.model == engine.model == "random"
    assert answer.policy == "threshold"
    assert answer.forwards == len(drafts) > 0
    assert answer.tokens == 12
    assert answer.tpf == pytest.approx(12 / answer.forwards)
    assert answer.latency_ms >= drafts[-1].elapsed_ms > 0


@pytest.mark.parametrize("name", ["verified", "threshold", "reference"])
def test_a_calibrated_model_says_how_likely_a_completion_is_kept(
    checkpoint: Checkpoint, engine: Engine, source: str, name: str
):
    asked = request(source, 120, policy=name)
    asked = dataclasses.replace(
        asked, document=Document(source, "notes.txt")
    )  # no grammar withdraws its nonsense
    assert complete(engine, asked).confidence is None
    keeping = KeepWeights((0.0, 1.0, 0.0, 0.0, 0.0, 0.0))  # one that knows itself
    calibrated = Engine(dataclasses.replace(checkpoint, keeping=keeping))
    answer = complete(calibrated, asked)
    assert len(answer.logs) == answer.tokens == 12
    assert answer.confidence == pytest.approx(math.exp(sum(answer.logs)), rel=1e-3, abs=1e-8)
    nothing = complete(calibrated, request(source, 120, policy=name, limits=Limits(deadline_ms=0.0)))
    assert (nothing.text, nothing.confidence) == ("", None)


def test_a_completion_says_what_was_read_and_what_was_known(engine: Engine, source: str):
    cold = complete(engine, request(source, 120))
    assert cold.prompt_tokens == engine.prompt(request(source, 120)).rows
    assert cold.cached_tokens == 0
    warm = complete(engine, request(source, 120))
    assert warm.prompt_tokens == cold.prompt_tokens
    assert warm.cached_tokens == warm.prompt_tokens - 1, "the last token is always read again"


def test_a_warm_session_answers_as_a_fresh_engine(engine: Engine, checkpoint: Checkpoint, source: str):
    for at in (90, 91, 92, 200, 90):
        warm = complete(engine, request(source, at))
        cold = complete(Engine(checkpoint), request(source, at))
        assert (warm.text, warm.tokens, warm.forwards) == (cold.text, cold.tokens, cold.forwards)


def test_requests_side_by_side_do_not_share_a_context(engine: Engine, checkpoint: Checkpoint, source: str):
    places = (60, 61, 62, 150, 300, 301)
    running = [engine.fill(request(source, at)) for at in places]
    answers: dict[int, Completion] = {}
    while len(answers) < len(running):
        for index, steps in enumerate(running):
            if index not in answers:
                try:
                    next(steps)
                except StopIteration as done:
                    answers[index] = done.value
    for index, at in enumerate(places):
        assert answers[index].text == complete(Engine(checkpoint), request(source, at)).text
    assert len(engine.pool._idle) <= engine.pool.most_sessions


def test_a_closed_fill_gives_its_session_back(engine: Engine, source: str):
    for _ in range(10):
        steps = engine.fill(request(source, 100))
        next(steps)
        steps.close()
    assert engine.pool.idle == 1


def test_replacing_a_selection_equals_a_hole_where_it_was(engine: Engine, source: str):
    at = source.index("math.pi")
    replaced = complete(engine, request(source, at, at + 7))
    assert replaced.text == complete(engine, request(source[:at] + source[at + 7 :], at)).text


def test_holes_outside_the_document_are_refused(engine: Engine, source: str):
    for start, end in ((-1, 3), (5, 4), (0, len(source) + 1)):
        with pytest.raises(InputError, match="outside the document"):
            complete(engine, request(source, start, end))


def test_files_far_longer_than_the_window_are_cut_to_it(engine: Engine, source: str):
    long = source * 200
    for at in (0, len(long) // 2, len(long)):
        prompt = engine.prompt(request(long, at))
        assert len(prompt.ids) + 12 <= engine.checkpoint.spec.window
        assert complete(engine, request(long, at)).finish_reason == "length"


def test_limits_are_cut_to_the_window(engine: Engine, source: str):
    answer = complete(engine, request(source, 100, limits=Limits(max_tokens=100_000), policy="threshold"))
    assert answer.finish_reason in ("length", "stop")
    assert answer.tokens < engine.checkpoint.spec.window


@pytest.mark.parametrize("window", [160, 1024])
def test_another_window_is_filled_up_to_its_end(source: str, window: int):
    """The shipped model, since it is loaded by name; its session, its prompt and its limits all know the window."""
    engine = Engine.open("tiny", "cpu", window=window + 168)
    room = engine.prompt(request(source * 100, 20_000, limits=Limits(max_tokens=5000)))
    assert window // 2 < len(room.ids) <= window + 168
    answer = complete(engine, request(source * 100, 20_000, limits=Limits(max_tokens=4)))
    assert answer.prompt_tokens == len(room.ids)


def test_a_window_without_room_is_refused():
    with pytest.raises(ConfigError, match="a window of 100 is too small for tiny: give it at least"):
        Engine.open("tiny", "cpu", window=100)


def test_deadline_and_cancelling(engine: Engine, source: str):
    assert complete(engine, request(source, 100, limits=Limits(deadline_ms=0))).finish_reason == "deadline"
    begun = time.perf_counter()
    assert complete(engine, request(source, 100), cancelled=lambda: True).finish_reason == "cancelled"
    assert time.perf_counter() - begun < 5


def test_a_first_forward_that_cannot_be_in_time_is_not_begun(engine: Engine, source: str):
    """By how long rows have taken at the quickest; an engine that knows nothing yet tries."""
    asked = request(source, 100, limits=Limits(deadline_ms=10_000))
    for quickest_ms, forwards in ((0.0, True), (0.001, True), (1000.0, False)):
        engine._pace.row_ms = quickest_ms
        begun = time.perf_counter()
        completion = complete(engine, asked)
        assert bool(completion.forwards) is forwards
        assert (completion.finish_reason == "deadline") is not forwards
        assert time.perf_counter() - begun < 5
        engine.pool.forget()
    assert complete(engine, request(source, 100)).forwards  # no deadline, and it learns
    assert 0 < engine._pace.row_ms < 1000


UNITS = Snippet("units.py", 1, 2, "METRE = 1.0\nFOOT = 0.3048\n", "body", 1.0, "import")


def test_a_pack_changes_what_is_said(engine: Engine, source: str):
    prompt = engine.prompt(request(source, 100, pack=(UNITS,)))
    assert engine.checkpoint.tokenizer.decode(prompt.pack[0][1:]).startswith("# units.py\nMETRE = 1.0")
    asked = dataclasses.replace(
        request(source, 100), document=Document(source)
    )  # no guard for an unknown language
    with_pack, without = (complete(engine, dataclasses.replace(asked, pack=pack)) for pack in ((UNITS,), ()))
    assert with_pack.context == (UNITS,)
    assert without.context == ()
    assert with_pack.text != without.text


def test_a_model_that_was_never_shown_a_pack_is_shown_none(checkpoint: Checkpoint, source: str):
    engine = Engine(dataclasses.replace(checkpoint, spec=dataclasses.replace(checkpoint.spec, pack=0)))
    assert engine.prompt(request(source, 100, pack=(UNITS,))).pack == ()
    assert complete(engine, request(source, 100, pack=(UNITS,))).context == ()


def test_completions_with_packs_by_turns_are_those_of_a_fresh_engine(
    engine: Engine, checkpoint: Checkpoint, source: str
):
    other = dataclasses.replace(UNITS, path="other.py", text="def other(): ...")
    for pack in ((UNITS,), (), (UNITS, other), (other,), (UNITS,)):
        warm = complete(engine, request(source, 100, pack=pack))
        assert warm.text == complete(Engine(checkpoint), request(source, 100, pack=pack)).text


def test_settings_that_are_not_there_are_refused(engine: Engine, source: str):
    with pytest.raises(ConfigError, match="no policy 'magic'"):
        complete(engine, request(source, 100, policy="magic"))
    with pytest.raises(CheckpointError, match="there is no model"):
        Engine.open("no-such-model")
    with pytest.raises(ConfigError, match="'int3' is not supported: use bfloat16, float16, float32"):
        Engine.open(dtype="int3")
    if not torch.cuda.is_available():
        with pytest.raises(ConfigError, match="no device 'cuda'"):
            Engine.open(device="cuda")


def test_models_of_another_kind_are_refused(checkpoint: Checkpoint):
    other = dataclasses.replace(checkpoint, spec=dataclasses.replace(checkpoint.spec, shifted=True))
    with pytest.raises(
        CheckpointError, match="random has causal context and a bidirectional canvas, shifted: only"
    ):
        Engine(other)
