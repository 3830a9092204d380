"""What the engine counts, and the snapshot of it that others read."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

Phase = Literal["queue", "prompt", "forward", "decide", "finish"]


@dataclass(frozen=True)
class EngineStats:
    """Figures since the engine began, and its state now.

    Now: `queued` and `active` requests, idle sessions, `kv_bytes` (sessions and prefix cache) and `prefix_bytes` of
    them, `snippet_bytes`. Since the beginning, requests: `completed` (stop or length), `late` (deadline), `cancelled`,
    `failed` (not those whose own fault it was), `refused` (no room), `joined` (answered by another's computation).
    Computed: `forwards`, `rows` of them, `tokens` answered; `batch_sizes` says how many forwards served how many
    requests. Of prompts: `read_rows` computed, `reused_rows` known to an idle session, `prefix_hit_rows` from the
    prefix cache. `seconds` by phase: `queue` is summed over requests, the others are the engine's own time.
    """

    queued: int
    active: int
    idle_sessions: int
    kv_bytes: int
    prefix_bytes: int
    snippet_bytes: int
    completed: int
    late: int
    cancelled: int
    failed: int
    refused: int
    joined: int
    forwards: int
    rows: int
    tokens: int
    batch_sizes: dict[int, int]
    read_rows: int
    reused_rows: int
    prefix_hit_rows: int
    seconds: dict[Phase, float]

    def figures(self) -> dict[str, float]:
        """One number a name, for a page of metrics."""
        served = sum(size * times for size, times in self.batch_sizes.items())
        known = self.reused_rows + self.prefix_hit_rows
        asked = known + self.read_rows
        return {
            "forwards": self.forwards,
            "rows": self.rows,
            "tokens": self.tokens,
            "batch_size_mean": served / self.forwards if self.forwards else 0.0,
            "prompt_rows_read": self.read_rows,
            "prompt_rows_known": known,
            "cache_hit_share": known / asked if asked else 0.0,
            "kv_bytes": self.kv_bytes,
            "idle_sessions": self.idle_sessions,
            "cancelled": self.cancelled,
            "failed": self.failed,
            "refused": self.refused,
            "joined": self.joined,
        } | {f"seconds_{phase}": spent for phase, spent in self.seconds.items()}


@dataclass
class Counts:
    """The engine's own counters; see `EngineStats`."""

    answers: Counter[str] = field(default_factory=Counter)
    """By finish reason, and `failed`, `refused`, `joined`."""
    forwards: int = 0
    rows: int = 0
    tokens: int = 0
    read_rows: int = 0
    batch_sizes: Counter[int] = field(default_factory=Counter)
    seconds: dict[Phase, float] = field(
        default_factory=lambda: dict.fromkeys(("queue", "prompt", "forward", "decide", "finish"), 0.0)
    )

    @contextmanager
    def phase(self, name: Phase) -> Iterator[None]:
        """Count the time of what is done inside."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] += time.perf_counter() - began
