"""Streams of drafts: a fill on a thread of its own, so that showing it does not hold it up; and keeping a copy."""

from __future__ import annotations

import threading
from collections.abc import Generator
from queue import SimpleQueue

from coderdiff.types import Completer, Completion, Draft, FillRequest


def stream(completer: Completer, request: FillRequest) -> Generator[Draft, None, Completion]:
    """Yield the drafts of `completer.fill` as they come and return its completion.

    Deadline and latency are the fill's own: the time between two `next` calls does not count. Closing the
    generator, or an interrupt in it, cancels the fill and waits for its current step. The fill's errors are
    raised here.
    """
    events: SimpleQueue[Draft | Completion | BaseException] = SimpleQueue()
    cancelled = threading.Event()

    def work() -> None:
        try:
            steps = completer.fill(request, cancelled.is_set)
            while True:
                try:
                    events.put(next(steps))
                except StopIteration as done:
                    events.put(done.value)
                    return
        except BaseException as error:  # raised again where the drafts are read
            events.put(error)

    worker = threading.Thread(target=work, name="coderdiff-fill", daemon=True)
    worker.start()
    try:
        while True:
            event = events.get()
            if isinstance(event, Completion):
                return event
            if isinstance(event, BaseException):
                raise event
            yield event
    finally:
        cancelled.set()
        worker.join()


def record(
    steps: Generator[Draft, None, Completion], drafts: list[Draft]
) -> Generator[Draft, None, Completion]:
    """The same steps, each kept in `drafts` on its way."""
    try:
        while True:
            draft = next(steps)
            drafts.append(draft)
            yield draft
    except StopIteration as done:
        completion: Completion = done.value
        return completion
    finally:
        steps.close()
