from __future__ import annotations

import threading

import pytest

from coderdiff.cli.stream import stream
from coderdiff.errors import InputError
from coderdiff.types import Document, FillRequest, Hole

from .conftest import ANSWER, DRAFTS, Scripted

REQUEST = FillRequest(Document("x"), Hole(1, 1))


def test_gives_the_same_steps_and_answer() -> None:
    steps = stream(Scripted(), REQUEST)
    assert [next(steps) for _ in DRAFTS] == list(DRAFTS)
    with pytest.raises(StopIteration) as done:
        next(steps)
    assert done.value.value == ANSWER


def test_raises_the_fill_s_error() -> None:
    with pytest.raises(InputError, match="outside"):
        next(stream(Scripted(error=InputError("hole outside of the document")), REQUEST))


def test_a_slow_reader_does_not_hold_the_fill_up() -> None:
    finished = threading.Event()

    class Watched(Scripted):
        def fill(self, *arguments: object) -> object:
            answer = yield from super().fill(*arguments)
            finished.set()
            return answer

    steps = stream(Watched(), REQUEST)
    next(steps)
    assert finished.wait(10), "the fill waits for its reader"
    steps.close()


def test_closing_cancels_the_fill() -> None:
    at_work, go_on = threading.Event(), threading.Event()

    class Blocked(Scripted):
        def fill(self, request: FillRequest, cancelled: object = None) -> object:
            yield DRAFTS[0]
            at_work.set()
            assert go_on.wait(10)
            if cancelled():
                self.cancelled.set()
            return ANSWER

    completer = Blocked()
    steps = stream(completer, REQUEST)
    next(steps)
    assert at_work.wait(10)
    threading.Timer(0.05, go_on.set).start()
    steps.close()
    assert completer.cancelled.is_set()
