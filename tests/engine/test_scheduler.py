"""Many requests at once: each gets what it gets alone, whoever comes, goes or fails beside it.

Schedules are driven from `notify`, which runs on the engine thread between steps: nothing depends on the clock.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
import torch

from coderdiff.engine.engine import Engine
from coderdiff.engine.scheduler import Scheduler
from coderdiff.engine.step import RowBounds
from coderdiff.engine.threads import Threads
from coderdiff.engine.ticket import Event, Ticket
from coderdiff.errors import ClosedError, ConfigError, EngineError, InputError, OverloadedError
from coderdiff.model.loader import Checkpoint
from coderdiff.model.transformer import Transformer
from coderdiff.types import (
    Completion,
    Document,
    Draft,
    FillRequest,
    Hole,
    Limits,
    Sampling,
    Snippet,
    complete,
    last,
)

UNITS = Snippet("units.py", 1, 2, "METRE = 1.0\nFOOT = 0.3048\n", "body", 1.0, "import")


def request(source: str, at: int, tokens: int = 10, **settings) -> FillRequest:
    return FillRequest(Document(source, "shapes.py"), Hole(at, at), Limits(tokens), **settings)


def mixed(source: str) -> list[FillRequest]:
    """Distinct requests of all sorts: long and short prompts, packs, policies, samples, stops, half-typed words."""
    return [
        request(source, 20, 6),
        request(source, 90, 17),
        request(source * 6, 1500, 12),
        request(source * 6, 400, 12, policy="entropy"),
        request(source, 200, 9, pack=(UNITS,)),
        request(source, 201, 9, policy="revise"),
        request(source, 150, 14, policy="threshold"),
        request(source, 310, 5, policy="reference", pack=(UNITS,)),
        request(source, 120, 12, sampling=Sampling(2.0, seed=3)),
        request(source, 120, 12, sampling=Sampling(2.0, seed=4), policy="entropy"),
        request(source, 250, 12, sampling=Sampling(2.0, seed=4), pack=(UNITS,)),
        replace(request(source, 330, 12), limits=Limits(12, stop=("a", "e"))),
        request(source, 10, 0),
    ]


Answer = tuple[str, str, int]


def said(event: Event) -> Answer:
    assert isinstance(event, Completion), event
    return event.text, event.finish_reason, event.tokens


@pytest.fixture(scope="module")
def alone(checkpoint: Checkpoint) -> Callable[[FillRequest], Answer]:
    """What a request gets from an engine that has nobody else and knows nothing."""
    known: dict[FillRequest, Answer] = {}

    def answer(asked: FillRequest) -> Answer:
        if asked not in known:
            known[asked] = said(complete(Engine(checkpoint), asked))
        return known[asked]

    return answer


@contextmanager
def serving(
    checkpoint: Checkpoint, kv_bytes: int | None = None, lanes: int = 1, **settings
) -> Iterator[Scheduler]:
    scheduler = Scheduler(Engine(checkpoint, kv_bytes, threads=Threads(alone=1, lanes=lanes)), **settings)
    try:
        yield scheduler
    finally:
        assert scheduler.close(drain=False, timeout_s=60)


class Caller:
    """Keeps what it is told. `then` is called with each event, on the engine thread."""

    def __init__(self, then: Callable[[Event], None] | None = None) -> None:
        self.events: list[Event] = []
        self.ticket: Ticket | None = None
        self._then = then
        self._answered = threading.Event()

    def __call__(self, event: Event) -> None:
        assert not self._answered.is_set(), "nothing comes after the answer"
        self.events.append(event)
        try:
            if self._then is not None:
                self._then(event)
        finally:
            if not isinstance(event, Draft):
                self._answered.set()

    @property
    def answer(self) -> Event:
        assert self._answered.wait(60)
        return self.events[-1]

    @property
    def drafts(self) -> list[Draft]:
        return [event for event in self.events if isinstance(event, Draft)]


def hold(scheduler: Scheduler, source: str) -> tuple[threading.Event, Caller]:
    """Keep the engine thread inside a first request until the gate is opened."""
    gate, held = threading.Event(), threading.Event()

    def wait(event: Event) -> None:
        held.set()
        assert gate.wait(60)

    caller = Caller(wait)
    scheduler.submit(request(source, 33), caller, "first")
    assert held.wait(60)
    return gate, caller


def submit_all(scheduler: Scheduler, requests: list[FillRequest], client: str = "") -> list[Caller]:
    callers = [Caller() for _ in requests]
    for caller, asked in zip(callers, requests, strict=True):
        caller.ticket = scheduler.submit(asked, caller, client)
    return callers


@pytest.mark.parametrize(
    "bounds",
    [RowBounds(), RowBounds(joint=0), RowBounds(most=40, joint=0, least_read=8), RowBounds(joint=10**6)],
)
@pytest.mark.parametrize("lanes", [1, 2])
def test_together_as_alone(checkpoint: Checkpoint, source: str, alone, bounds: RowBounds, lanes: int):
    requests = mixed(source)
    with serving(checkpoint, bounds=bounds, lanes=lanes) as scheduler:
        callers = submit_all(scheduler, requests)
        for asked, caller in zip(requests, callers, strict=True):
            assert said(caller.answer) == alone(asked)
            assert [draft.forwards for draft in caller.drafts] == sorted(
                {draft.forwards for draft in caller.drafts}
            )
        stats = scheduler.stats()
    assert stats.active == stats.queued == 0
    assert max(stats.batch_sizes) > 1
    assert stats.completed == len(requests)


@pytest.mark.parametrize("seed", range(3))
def test_joining_and_leaving_at_random_steps(checkpoint: Checkpoint, source: str, alone, seed: int):
    """Every event may bring further requests, duplicates among them, or end others."""
    draw = random.Random(seed)
    todo = [draw.choice(mixed(source)) for _ in range(30)]
    callers: list[tuple[FillRequest, Caller]] = []
    finished = threading.Event()

    bounds = RowBounds(most=100, joint=60)
    with serving(checkpoint, lanes=1 + seed % 2, most_active=5, bounds=bounds) as scheduler:

        def come(count: int) -> None:
            for _ in range(min(count, len(todo))):
                asked = todo.pop()
                if draw.random() < 0.1:
                    asked = replace(asked, limits=replace(asked.limits, deadline_ms=0.0))
                caller = Caller(go_on)
                callers.append((asked, caller))
                caller.ticket = scheduler.submit(
                    asked, caller, draw.choice("abc"), drafts=draw.random() < 0.7
                )

        def go_on(event: Event) -> None:
            come(draw.choice((0, 0, 1, 2)))
            if draw.random() < 0.1:
                ticket = draw.choice(callers)[1].ticket
                if ticket is not None:
                    ticket.cancel()
            if isinstance(event, Completion):
                come(1)
                if not todo:
                    finished.set()

        come(4)
        assert finished.wait(60)
        reasons = set()
        for asked, caller in callers:
            text, reason, tokens = said(caller.answer)
            reasons.add(reason)
            whole = alone(replace(asked, limits=replace(asked.limits, deadline_ms=None)))
            if reason in ("stop", "length"):
                assert (text, reason, tokens) == whole
            else:
                assert tokens <= whole[2]
        stats = scheduler.stats()
        assert (stats.active, stats.queued) == (0, 0)
        assert len(callers) == 30
        assert stats.completed + stats.late + stats.cancelled == 30
        assert stats.failed == 0
        assert {"length", "deadline"} <= reasons
    assert scheduler.stats().kv_bytes == 0


def test_hundreds_of_cancels_free_all(checkpoint: Checkpoint, source: str):
    draw = random.Random(1)
    most = 5 * 2**20
    with serving(checkpoint, most, most_queued=1000) as scheduler:
        gate, _ = hold(scheduler, source)
        callers = []
        for number in range(200):
            patience = draw.randrange(3)

            def leave(event: Event, number: int = number, patience: int = patience) -> None:
                if len(callers[number].drafts) >= patience:
                    callers[number].ticket.cancel()

            caller = Caller(leave)
            callers.append(caller)
            asked = request(source, draw.randrange(len(source)), 8, sampling=Sampling(1.0, number))
            caller.ticket = scheduler.submit(asked, caller, str(number % 7))
            if draw.random() < 0.3:
                caller.ticket.cancel()
        gate.set()
        for caller in callers:
            assert isinstance(caller.answer, Completion)
        stats = scheduler.stats()
        assert (stats.active, stats.queued, stats.failed) == (0, 0, 0)
        assert stats.cancelled > 100
        assert max(stats.batch_sizes) > 4
        assert stats.kv_bytes <= most
    assert scheduler.stats().kv_bytes == 0


def test_equal_requests_are_computed_once(checkpoint: Checkpoint, source: str, alone):
    """Four callers, two of them of other clients; one leaves, one has a deadline, one comes when it is half done."""
    asked = request(source, 90, 14)
    with serving(checkpoint) as scheduler:
        gate, first = hold(scheduler, source)
        late = Caller()

        def join(event: Event) -> None:
            if len(callers[0].drafts) == 2:
                scheduler.submit(asked, late)

        callers = [Caller(join), Caller(), Caller(), Caller()]
        tickets = [
            scheduler.submit(asked, callers[0], "a"),
            scheduler.submit(asked, callers[1], "a"),
            scheduler.submit(asked, callers[2], "b"),
            scheduler.submit(replace(asked, limits=replace(asked.limits, deadline_ms=0.0)), callers[3], "c"),
        ]
        tickets[1].cancel()
        gate.set()
        for caller in (callers[0], callers[2], late):
            assert said(caller.answer) == alone(asked)
        assert said(callers[1].answer)[1] == "cancelled"
        assert said(callers[3].answer)[1] == "deadline"
        assert len(callers[0].drafts) == len(callers[2].drafts) > len(late.drafts) > 0
        assert said(first.answer)
        stats = scheduler.stats()
        assert stats.joined == 4
        assert stats.tokens == sum(
            event.tokens for caller in (*callers, late, first) for event in caller.events[-1:]
        )
        assert sum(size * times for size, times in stats.batch_sizes.items()) == sum(
            caller.answer.forwards for caller in (first, callers[0])
        )


def test_a_cancelled_request_takes_no_further_step(checkpoint: Checkpoint, source: str):
    with serving(checkpoint) as scheduler:
        caller = Caller(lambda event: caller.ticket.cancel())
        gate, _ = hold(scheduler, source)
        caller.ticket = scheduler.submit(request(source, 90, 40), caller)
        gate.set()
        assert said(caller.answer)[1] == "cancelled"
        assert len(caller.drafts) == 1
        assert caller.answer.forwards == caller.drafts[0].forwards


def test_clients_take_turns(checkpoint: Checkpoint, source: str):
    with serving(checkpoint, most_active=1) as scheduler:
        gate, _ = hold(scheduler, source)
        order: list[str] = []
        callers = []
        for client, count in (("many", 20), ("few", 2), ("one", 1)):
            for number in range(count):
                caller = Caller(lambda event, client=client: order.append(client))
                callers.append(caller)
                asked = request(source, 40 + number, 2, sampling=Sampling(seed=len(callers)))
                scheduler.submit(asked, caller, client, drafts=False)
        gate.set()
        assert all(isinstance(caller.answer, Completion) for caller in callers)
    assert order[:5] == ["many", "few", "one", "many", "few"]


def test_a_full_queue_says_when_to_come_back(checkpoint: Checkpoint, source: str):
    with serving(checkpoint, most_active=1, most_queued=8) as scheduler:
        gate, _ = hold(scheduler, source)
        places = iter(range(40, 80))
        callers = submit_all(scheduler, [request(source, next(places), 2) for _ in range(4)], "greedy")
        with pytest.raises(OverloadedError, match="4 requests are waiting") as refused:
            scheduler.submit(request(source, next(places), 2), Caller(), "greedy")
        assert refused.value.retry_after_s > 0
        callers += submit_all(scheduler, [request(source, next(places), 2)], "modest")
        callers += submit_all(scheduler, [request(source, 40, 2)], "greedy")  # it is computed anyway
        gate.set()
        assert all(isinstance(caller.answer, Completion) for caller in callers)
        assert scheduler.stats().refused == 1


@contextmanager
def failing(network: Transformer, fails: Callable[[torch.Tensor], bool], error: Exception) -> Iterator[None]:
    """The network raises in every forward whose ids [1, rows] are such."""

    def check(module: torch.nn.Module, arguments: tuple[torch.Tensor, ...]) -> None:
        if fails(arguments[0]):
            raise error

    hook = network.register_forward_pre_hook(check)
    try:
        yield
    finally:
        hook.remove()


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (torch.OutOfMemoryError("no room on the device"), "out of memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), "out of memory"),
        (RuntimeError("something else"), "something else"),
    ],
)
def test_what_fails_in_one_fails_alone(
    checkpoint: Checkpoint, network: Transformer, source: str, alone, error: Exception, told: str
):
    good = mixed(source)[:4]
    expected = [alone(asked) for asked in good]
    bad = request(source + "zebra_quagga = 1\n", len(source), 8)
    engine = Engine(checkpoint)
    marks = set(engine.prompt(bad).ids).difference(*(engine.prompt(asked).ids for asked in good))
    assert marks
    with (
        serving(checkpoint) as scheduler,
        failing(network, lambda ids: bool(marks & set(ids[0].tolist())), error),
    ):
        gate, first = hold(scheduler, source)
        callers = submit_all(scheduler, [*good, bad])
        gate.set()
        assert [said(caller.answer) for caller in callers[:4]] == expected
        failure = callers[4].answer
        assert isinstance(failure, EngineError if told == "out of memory" else RuntimeError)
        assert told in str(failure)
        assert said(first.answer)
        assert said(complete(scheduler, good[0])) == expected[0]
        stats = scheduler.stats()
        assert (stats.failed, stats.active) == (1, 0)


def test_memory_that_many_lack_and_each_has(checkpoint: Checkpoint, network: Transformer, source: str, alone):
    """A forward for all at once does not fit: one by one they do."""
    requests = mixed(source)[:4]
    expected = [alone(asked) for asked in requests]
    most = max(len(Engine(checkpoint).prompt(asked).ids) for asked in requests) + 12
    with (
        serving(checkpoint, bounds=RowBounds(most=10**6, joint=0)) as scheduler,
        failing(network, lambda ids: ids.shape[1] > most, MemoryError()),
    ):
        callers = submit_all(scheduler, requests)
        assert [said(caller.answer) for caller in callers] == expected


def test_bad_requests_are_told_what_is_wrong(checkpoint: Checkpoint, source: str, alone):
    with serving(checkpoint) as scheduler:
        good, outside, unknown = submit_all(
            scheduler,
            [request(source, 90), request(source, len(source) + 1), request(source, 90, policy="magic")],
        )
        assert isinstance(outside.answer, InputError)
        assert isinstance(unknown.answer, ConfigError)
        assert said(good.answer) == alone(request(source, 90))
        with pytest.raises(InputError, match="outside the document"):
            last(scheduler.fill(request(source, -1)))
        assert scheduler.stats().failed == 0, "they are the clients' mistakes"


def test_callers_that_cannot_be_told_or_asked_have_let_go(checkpoint: Checkpoint, source: str, alone):
    def broken(event: Event) -> None:
        raise RuntimeError("the event loop is closed")

    def unanswerable() -> bool:
        raise RuntimeError("no answer")

    with serving(checkpoint) as scheduler:
        scheduler.submit(request(source, 90, 40), broken)
        caller = Caller()
        scheduler.submit(request(source, 91, 40), caller, cancelled=unanswerable)
        assert said(caller.answer)[1] == "cancelled"
        assert said(complete(scheduler, request(source, 92))) == alone(request(source, 92))
        assert scheduler.stats().active == 0


def test_fills_from_many_threads(checkpoint: Checkpoint, source: str, alone):
    requests = mixed(source)
    expected = [alone(asked) for asked in requests]
    found: dict[int, Answer] = {}
    with serving(checkpoint) as scheduler:

        def work(number: int) -> None:
            found[number] = said(complete(scheduler, requests[number]))

        threads = [threading.Thread(target=work, args=(number,)) for number in range(len(requests))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert [found[number] for number in range(len(requests))] == expected


def test_a_fill_yields_drafts_and_asks_whether_to_go_on(checkpoint: Checkpoint, source: str):
    with serving(checkpoint) as scheduler:
        assert scheduler.model == "random"
        assert scheduler.pack_tokens == 120
        assert scheduler.count("def area():") == Engine(checkpoint).count("def area():")
        steps = scheduler.fill(request(source, 90, 30))
        draft = next(steps)
        assert draft.forwards == 1
        steps.close()
        answers = iter([False, False, True, True])
        stopped = complete(scheduler, request(source, 91, 30), lambda: next(answers))
        assert (stopped.finish_reason, stopped.forwards) == ("cancelled", 2)
        assert complete(scheduler, request(source, 90)).finish_reason == "length"


def test_closing_drains_or_cancels(checkpoint: Checkpoint, source: str, alone):
    for drain in (True, False):
        with serving(checkpoint, most_active=2) as scheduler:
            gate, first = hold(scheduler, source)
            callers = submit_all(scheduler, mixed(source)[:6])
            closing = threading.Thread(target=scheduler.close, args=(drain,))
            closing.start()
            while not scheduler._closing:
                pass
            gate.set()
            closing.join(60)
            answers = [said(caller.answer) for caller in callers]
            if drain:
                assert answers == [alone(asked) for asked in mixed(source)[:6]]
            else:
                assert {reason for _, reason, _ in answers} == {"cancelled"}
                assert said(first.answer)[1] == "cancelled"
            with pytest.raises(ClosedError, match="shutting down"):
                scheduler.submit(request(source, 90), Caller())
            assert scheduler.stats().kv_bytes == 0


def test_refusing_ends_what_waits_and_nothing_else(checkpoint: Checkpoint, source: str):
    with serving(checkpoint, most_active=1) as scheduler:
        gate, first = hold(scheduler, source)
        callers = submit_all(scheduler, mixed(source)[:3])
        scheduler.refuse()
        with pytest.raises(ClosedError, match="shutting down"):
            scheduler.submit(request(source, 90), Caller())
        gate.set()
        for caller in callers:
            assert isinstance(caller.answer, ClosedError)
        assert said(first.answer)[1] != "cancelled"
        assert scheduler.close(timeout_s=60)
        counted = scheduler.stats().figures()
        assert (counted["refused"], counted["failed"]) == (3, 0)


def test_a_long_prompt_does_not_hold_up_the_others(checkpoint: Checkpoint, network: Transformer, source: str):
    """Every forward is bounded, and each brings everybody who denoises on by a step."""
    rows: list[int] = []
    bounds = RowBounds(most=64, joint=0, least_read=24)
    with (
        serving(checkpoint, bounds=bounds) as scheduler,
        failing(network, lambda ids: rows.append(ids.shape[1]), Exception()),
    ):
        gate, short = hold(scheduler, source[:40])
        long = Caller(lambda event: seen.append(len(short.drafts)))
        seen: list[int] = []
        scheduler.submit(request(source * 6, 1500, 4), long)
        gate.set()
        assert said(short.answer)
        assert said(long.answer)
        assert max(rows) <= 64 + 12
        assert seen[0] >= 3, "the short one went on while the long one was read"


def test_what_one_has_read_another_need_not(checkpoint: Checkpoint, source: str, alone):
    first, second = request(source * 6, 1500, 12), request(source * 6, 1500, 13)
    with serving(checkpoint) as scheduler:
        other = Caller()
        once = iter([True])

        def come(event: Event) -> None:
            if next(once, False):
                scheduler.submit(second, other)

        caller = Caller(come)
        scheduler.submit(first, caller)
        assert said(caller.answer) == alone(first)
        assert said(other.answer) == alone(second)
        stats = scheduler.stats()
        assert stats.prefix_hit_rows > 300
        assert stats.read_rows < stats.prefix_hit_rows + 100
        assert set(stats.seconds) == {"queue", "prompt", "forward", "decide", "finish"}


def test_who_waits_is_answered_at_its_deadline_while_the_engine_is_at_a_step(
    checkpoint: Checkpoint, source: str
):
    with serving(checkpoint) as scheduler:
        gate, first = hold(scheduler, source)
        alone, one, other = submit_all(
            scheduler, [request(source, 60), request(source, 90), request(source, 90)]
        )
        for caller in (alone, one):
            assert caller.ticket is not None
            scheduler.expire(caller.ticket)
            scheduler.expire(caller.ticket)  # it may have been answered by then
            assert said(caller.answer) == ("", "deadline", 0)
        assert scheduler.stats().queued == 1
        gate.set()
        assert said(other.answer)[1] == "length"
        assert said(first.answer)[1] == "length"
        assert scheduler.stats().late == 2


def test_who_expires_while_those_that_wait_are_refused_harms_nobody(checkpoint: Checkpoint, source: str):
    """The engine thread is about to refuse what has just been answered: no fault of its own, which would end all."""
    with serving(checkpoint) as scheduler:
        gate, first = hold(scheduler, source)
        asked: list[Ticket] = []

        def expire_others(event: Event) -> None:
            for ticket in asked:
                scheduler.expire(ticket)

        callers = [Caller(expire_others), Caller(), Caller()]
        for at, caller in enumerate(callers):
            asked.append(scheduler.submit(request(source, 60 + 30 * at), caller))
        scheduler.refuse()
        gate.set()
        assert isinstance(callers[0].answer, ClosedError)
        assert [said(each.answer)[1] for each in callers[1:]] == ["deadline", "deadline"]
        assert said(first.answer)[1] == "length"


def test_what_is_under_way_does_not_expire(checkpoint: Checkpoint, source: str):
    """The engine thread answers it, with its best draft."""
    with serving(checkpoint) as scheduler:
        gate, held = threading.Event(), threading.Event()

        def wait(event: Event) -> None:
            held.set()
            assert gate.wait(60)

        caller = Caller(wait)
        ticket = scheduler.submit(request(source, 33), caller)
        assert held.wait(60)
        scheduler.expire(ticket)
        gate.set()
        assert said(caller.answer)[1] == "length"
