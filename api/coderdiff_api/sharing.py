"""Identical asks in flight are computed once: one computation, several readers.

A reader that leaves takes nothing with it; when the last has left, the computation is cancelled at its next step.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
import traceback
from collections import deque
from dataclasses import dataclass, replace

from anyio import CapacityLimiter, move_on_after, to_thread

from coderdiff.errors import ClosedError, CoderdiffError, ConfigError, TooLongError
from coderdiff.types import Completion, Draft, FillRequest
from coderdiff_api.ask import Ask, Context
from coderdiff_api.errors import ApiError, stopping, unexpected
from coderdiff_api.metrics import Metrics
from coderdiff_api.runner import MOST_DRAFTS, QueueFullError, Runner

_LOG = logging.getLogger("coderdiff.api")

CONTEXT_THREADS = 4
"""Packs that are gathered at a time; further asks wait."""

_LAST_SECONDS = 2.0
"""So long before the end of a server's grace what still runs is told to stop: it does after the step it is at, and
then its answer has to be sent."""


@dataclass(frozen=True)
class Answer:
    """Something that came for ask `index` of those that were begun together."""

    index: int
    item: Draft | Completion


@dataclass(frozen=True)
class Unanswered:
    """The server's end came before a draft: `instead` stands for it beside others that have an answer."""

    instead: Completion


class Answers:
    """What comes back for a few asks, in the order it is made. Close it to cancel what is not done."""

    def __init__(self, asks: int) -> None:
        self._open = set(range(asks))
        self._unanswered: dict[int, Completion] = {}
        self._drafts: deque[Answer] = deque(maxlen=MOST_DRAFTS)
        self._completed: deque[Answer] = deque()
        self._answered = 0
        self._error: ApiError | None = None
        self._changed = asyncio.Event()
        self._sources: list[_Computation] = []

    def join(self, source: _Computation) -> None:
        """Read from a computation; the next in turn."""
        index = len(self._sources)
        self._sources.append(source)
        source.readers.append((self, index))

    async def begun(self) -> None:
        """Wait until there is something to read. Raises ApiError if an ask failed by then."""
        while not (self._drafts or self._completed or self._error):
            self._changed.clear()
            await self._changed.wait()
        if self._error is not None:
            raise self._error

    def __aiter__(self) -> Answers:
        return self

    async def __anext__(self) -> Answer:
        """The next draft or completion; each ask ends with its completion. Raises ApiError if one failed."""
        while not (self._drafts or self._completed or self._error) and self._open:
            self._changed.clear()
            await self._changed.wait()
        if self._error is not None:
            raise self._error
        if self._drafts:
            return self._drafts.popleft()
        if self._completed:
            return self._completed.popleft()
        raise StopAsyncIteration

    async def completions(self) -> list[Completion]:
        """Wait for all; the answers in the order of the asks."""
        found: dict[int, Completion] = {}
        async for answer in self:
            if isinstance(answer.item, Completion):
                found[answer.index] = answer.item
        return [found[index] for index in sorted(found)]

    def close(self) -> None:
        """Read no more."""
        for source in self._sources:
            source.leave(self)
        self._sources.clear()

    def put(self, index: int, item: Draft | Completion | Unanswered | ApiError) -> None:
        """Something came for an ask."""
        if isinstance(item, ApiError):
            self._error = self._error or item
        elif isinstance(item, Draft):
            self._drafts.append(Answer(index, item))
        elif index in self._open:
            self._open.discard(index)
            if isinstance(item, Unanswered):
                self._unanswered[index] = item.instead
            else:
                self._answered += 1
                self._completed.append(Answer(index, item))
            if not self._open:
                self._settle_unanswered()
        self._changed.set()

    def _settle_unanswered(self) -> None:
        """All that will come is there: what has no answer is empty beside those that have one, else all is refused."""
        if self._unanswered and not self._answered:
            self._error = self._error or stopping()
        self._completed.extend(Answer(index, each) for index, each in self._unanswered.items())
        self._unanswered.clear()


class _Computation:
    """One ask being computed. `wanted` turns false when its last reader has left."""

    def __init__(self, ask: Ask, model: str) -> None:
        self.ask = ask
        self.model = model
        self.readers: list[tuple[Answers, int]] = []
        self.wanted = True
        self.begun = False
        self.enough = False
        self.done = False

    def cancelled(self) -> bool:
        """Whether to stop at the next step."""
        return not self.wanted or self.enough

    def stop(self) -> None:
        """Be content with the best draft so far; without one, tell that there will be none."""
        if self.begun:
            self.enough = True
        else:
            self.refuse()

    def refuse(self) -> None:
        """Tell that there will be no answer any more."""
        self.tell(
            Unanswered(Completion("", "deadline", 0, 0, 0.0, self.model, self.ask.request.policy or ""))
        )
        self.wanted = False

    def tell(self, item: Draft | Completion | Unanswered | ApiError) -> None:
        for reader, index in self.readers:
            reader.put(index, item)

    def leave(self, reader: Answers) -> None:
        self.readers = [each for each in self.readers if each[0] is not reader]
        if not self.readers:
            self.wanted = False


class Sharing:
    """All that is being computed."""

    def __init__(self, runner: Runner, context: Context | None, metrics: Metrics) -> None:
        self._runner = runner
        self._context = context
        self._metrics = metrics
        self._computations: dict[Ask, _Computation] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._limiter = CapacityLimiter(CONTEXT_THREADS)

    def begin(self, asks: list[Ask]) -> Answers:
        """Start what is not being computed already, and read from all."""
        answers = Answers(len(asks))
        for ask in asks:
            computation = self._computations.get(ask)
            if computation is None or computation.cancelled() or computation.done:
                computation = self._computations[ask] = _Computation(ask, self._runner.model)
                task = asyncio.create_task(self._compute(computation))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            else:
                self._metrics.shared.inc()
            answers.join(computation)
        return answers

    async def wind_down(self, seconds: float) -> None:
        """Refuse what comes and what waits, let go on what runs, and end it so that all is told within `seconds`."""
        self._runner.refuse()
        last = min(_LAST_SECONDS, seconds / 2)
        await asyncio.sleep(seconds - last)
        for computation in self._unfinished():
            computation.stop()
        await asyncio.sleep(last / 2)
        for computation in self._unfinished():  # the engine is still at the step it was at
            computation.refuse()

    def _unfinished(self) -> list[_Computation]:
        return [each for each in self._computations.values() if not each.done]

    async def _compute(self, computation: _Computation) -> None:
        try:
            await self._run(computation)
        except QueueFullError as error:
            again = max(1, math.ceil(error.retry_after_s))
            computation.tell(
                ApiError(
                    429, "too many requests are waiting; try again later", "overloaded", retry_after=again
                )
            )
        except ClosedError:
            computation.refuse()
        except ApiError as error:
            computation.tell(error)
        except CoderdiffError as error:
            code = "context_length_exceeded" if isinstance(error, TooLongError) else "unusable"
            # Of what the engine is asked, only a policy's name and settings can be unknown.
            named = isinstance(error, ConfigError) and computation.ask.request.policy is not None
            param = "policy" if named else None
            computation.tell(ApiError(400, " ".join(str(error).splitlines()), code, param))
        except Exception as error:
            log_without_text(error)
            computation.tell(unexpected())
        finally:
            computation.done = True
            if self._computations.get(computation.ask) is computation:
                del self._computations[computation.ask]

    async def _run(self, computation: _Computation) -> None:
        ask = computation.ask
        request = await self._with_context(ask)
        if request is None:
            ms = ask.request.limits.deadline_ms or 0.0
            policy = ask.request.policy or ""
            self._metrics.phase("total", ms / 1000)
            computation.tell(Completion("", "deadline", 0, 0, ms, self._runner.model, policy))
            return
        began = time.perf_counter()
        waited: float | None = None
        items = self._runner.submit(request, computation.cancelled, ask.caller or "")
        async for item in items:
            if isinstance(item, Draft):
                if waited is None:
                    waited = max(0.0, time.perf_counter() - began - item.elapsed_ms / 1000)
                    self._metrics.phase("queue", waited)
                late = ask.line_ms is not None and item.elapsed_ms >= ask.line_ms
                computation.enough = computation.enough or (late and "\n" in item.text)
                computation.begun = True
                computation.tell(item)
            else:
                self._count(computation, item, waited or 0.0)
                if computation.enough and item.finish_reason == "cancelled":
                    computation.tell(replace(item, finish_reason="deadline"))
                else:
                    computation.tell(item)

    def _count(self, computation: _Computation, completion: Completion, waited: float) -> None:
        self._metrics.completed(completion)
        if not computation.wanted:
            self._metrics.cancelled.inc()
            return
        self._metrics.phase("total", completion.latency_ms / 1000)
        if completion.forwards:
            self._metrics.phase("denoise", max(0.0, completion.latency_ms / 1000 - waited))

    async def _with_context(self, ask: Ask) -> FillRequest | None:
        """The request with its snippets; gathering them takes from its deadline. None where that is all it had."""
        if self._context is None or (ask.workspace is None and not ask.snippets):
            return ask.request
        began = time.perf_counter()
        limits = ask.request.limits
        request: FillRequest | None = None
        with move_on_after(None if limits.deadline_ms is None else limits.deadline_ms / 1000):
            request = await to_thread.run_sync(
                self._context.seen, ask, limiter=self._limiter, abandon_on_cancel=True
            )
        took = time.perf_counter() - began
        self._metrics.phase("context", took)
        if request is None:
            return None
        if limits.deadline_ms is not None:
            limits = replace(limits, deadline_ms=max(0.0, limits.deadline_ms - took * 1000))
        return replace(request, limits=limits)


def log_without_text(error: BaseException) -> None:
    """Log where an error was raised, and its kind; not its message, which may quote what a client sent."""
    where = "".join(traceback.format_tb(error.__traceback__))
    _LOG.error("%s at\n%s", type(error).__name__, where.rstrip())
