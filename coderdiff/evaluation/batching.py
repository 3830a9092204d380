"""What batching gives: completions a second and latencies of the scheduler at several concurrencies.

A closed loop: so many requests are always under way, the next comes when one is answered. All requests are distinct
holes of held-out documents, and every concurrency has the same ones and an engine that has seen nothing before.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from queue import SimpleQueue

from coderdiff.engine.engine import Engine
from coderdiff.engine.scheduler import Scheduler
from coderdiff.engine.threads import Threads
from coderdiff.engine.ticket import Event
from coderdiff.evaluation.infill import draw_tasks
from coderdiff.model.loader import Checkpoint
from coderdiff.training.corpus.shards import Document
from coderdiff.types import Completion, FillRequest

HEADINGS = (
    "at once",
    "completions/s",
    "gain",
    "p50 ms",
    "p95 ms",
    "batch",
    "forwards",
    "rows",
    "CPU ms each",
    "other texts",
)


@dataclass(frozen=True)
class BatchFigures:
    """One concurrency. `batch`: requests a forward, on average; `rows` of all forwards; `cpu_ms`: processor time of the
    whole process a completion, which other work on the machine moves less than the clock; `texts`: the answers."""

    at_once: int
    per_s: float
    p50_ms: float
    p95_ms: float
    batch: float
    forwards: int
    rows: int
    cpu_ms: float
    texts: tuple[str, ...]


def draw_requests(
    documents: Iterable[Document], count: int, seed: int, policy: str | None = None
) -> list[FillRequest]:
    """`count` holes of all kinds, mixed."""
    tasks = draw_tasks(documents, -(-count // 3), seed)
    random.Random(seed).shuffle(tasks)
    return [task.request(policy) for task in tasks[:count]]


def measure(
    checkpoint: Checkpoint,
    requests: Sequence[FillRequest],
    at_once: int,
    threads: Threads | None,
    advance: Callable[[], None],
) -> BatchFigures:
    """Answer all requests, `at_once` at a time, with these threads of a CPU; `advance` is called after each answer."""
    scheduler = Scheduler(Engine(checkpoint, threads=threads), most_active=at_once)
    try:
        events: SimpleQueue[tuple[int, Event]] = SimpleQueue()

        def submit(number: int) -> None:
            scheduler.submit(requests[number], lambda event: events.put((number, event)), drafts=False)

        began, processor = time.perf_counter(), time.process_time()
        for number in range(min(at_once, len(requests))):
            submit(number)
        answers: dict[int, Completion] = {}
        for number in range(at_once, at_once + len(requests)):
            answered, event = events.get()
            if isinstance(event, Exception):
                raise event
            assert isinstance(event, Completion)
            answers[answered] = event
            if number < len(requests):
                submit(number)
            advance()
        took, used = time.perf_counter() - began, time.process_time() - processor
        stats = scheduler.stats()
    finally:
        scheduler.close(drain=False)
    latencies = sorted(answer.latency_ms for answer in answers.values())
    served = sum(size * times for size, times in stats.batch_sizes.items())
    return BatchFigures(
        at_once=at_once,
        per_s=len(requests) / took,
        p50_ms=latencies[len(latencies) // 2],
        p95_ms=latencies[min(len(latencies) - 1, int(len(latencies) * 0.95))],
        batch=served / stats.forwards,
        forwards=stats.forwards,
        rows=stats.rows,
        cpu_ms=used / len(requests) * 1000,
        texts=tuple(answers[number].text for number in range(len(requests))),
    )


def cells(row: BatchFigures, alone: BatchFigures) -> tuple[str, ...]:
    """One line of the table; `alone` is what gains are measured against, and whose texts the row's should be."""
    return (
        str(row.at_once),
        f"{row.per_s:.1f}",
        f"{row.per_s / alone.per_s:.2f}x",
        f"{row.p50_ms:.0f}",
        f"{row.p95_ms:.0f}",
        f"{row.batch:.1f}",
        str(row.forwards),
        str(row.rows),
        f"{row.cpu_ms:.1f}",
        str(sum(ours != theirs for ours, theirs in zip(row.texts, alone.texts, strict=True))),
    )


def as_object(row: BatchFigures) -> dict[str, object]:
    """The figures as plain values, without the texts."""
    return {name: value for name, value in asdict(row).items() if name != "texts"}
