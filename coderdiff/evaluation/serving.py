"""What a running server does under load: latencies, completions a second, what failed, and memory before and after.

Two ways to ask. Open loop: requests arrive by chance at a stated rate (a Poisson process), whether or not the earlier
ones are answered, as many people's do; a latency counts from the arrival. Closed loop: so many clients, each of which
asks again once it is answered. A share of the requests can be given up at random moments, by closing the socket.
Afterwards the server's own metrics say whether anything still waits or runs, and how much memory it holds.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, Literal

import httpx

from coderdiff.errors import InputError
from coderdiff.types import FillRequest

SPEED = (
    "load",
    "sent",
    "completions/s",
    "gain",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "p95/p50",
    "batch",
    "CPU ms each",
)
STATE = (
    "load",
    "errors",
    "refused",
    "cancelled",
    "stuck",
    "left",
    "MiB at start",
    "half-way",
    "at the end",
    "KV MiB",
)

Fate = Literal["completed", "cancelled", "refused", "failed", "stuck"]

_MIB = 2**20
_SAMPLE_S = 1.0
_SETTLE_S = 10.0
"""How often memory is looked at, and how long the server has to let go of the last requests."""
_OVERLOADED = frozenset({429, 503})


@dataclass(frozen=True)
class Setting:
    """What all loads have in common. `patience_s`: a request without an answer for so long is stuck. `cancel_share` of
    the requests are given up, each at a moment drawn evenly from `cancel_within_s`. `seed` draws arrivals and
    cancellations. `token` is what the server asks of clients."""

    patience_s: float = 60.0
    cancel_share: float = 0.0
    cancel_within_s: float = 2.0
    seed: int = 1
    token: str | None = None


@dataclass(frozen=True)
class Load:
    """So many `clients` in a closed loop, or `rate` arrivals a second in an open one, for `seconds`."""

    seconds: float
    clients: int | None = None
    rate: float | None = None

    @property
    def name(self) -> str:
        """As a table shows it."""
        if self.rate is not None:
            return f"{self.rate:.2f}/s"
        return "one at a time" if self.clients == 1 else f"{self.clients} clients"


@dataclass(frozen=True)
class Result:
    """What became of one request, how long it took, and what the server said where it did not complete."""

    fate: Fate
    ms: float
    said: str = ""


@dataclass(frozen=True)
class State:
    """What a server's metrics say. `memory` is the process's resident memory in bytes and `cpu_s` its processor time:
    None where its system does not tell. `served` sums requests over `forwards`, `kv` is in bytes."""

    unanswered: int
    kv: int
    forwards: float
    served: float
    memory: int | None
    cpu_s: float | None


@dataclass(frozen=True)
class LoadFigures:
    """One load. Latencies are of completed requests, None if there are none; `batch` is requests a forward; `cpu_ms`
    the server's processor time a completion, which other work on the machine moves less than the clock. `left` waited
    or ran still when all clients had gone. Memory and KV are in bytes; `said` is the first error."""

    load: str
    seconds: float
    sent: int
    completed: int
    cancelled: int
    refused: int
    failed: int
    stuck: int
    left: int
    per_s: float
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    batch: float | None
    cpu_ms: float | None
    memory_start: int | None
    memory_middle: int | None
    memory_end: int | None
    kv_start: int
    kv_end: int
    said: str


def arrivals(rate: float, seconds: float, rng: random.Random) -> list[float]:
    """When requests come, in seconds from the start: a Poisson process of `rate` a second."""
    found = []
    at = rng.expovariate(rate)
    while at < seconds:
        found.append(at)
        at += rng.expovariate(rate)
    return found


def body_of(request: FillRequest) -> dict[str, Any]:
    """The request as a client of `/v1/completions` sends it."""
    text, hole = request.document.text, request.hole
    body = {
        "prompt": text[: hole.start],
        "suffix": text[hole.end :],
        "max_tokens": request.limits.max_tokens,
        "path": request.document.path,
        "policy": request.policy,
    }
    return {name: value for name, value in body.items() if value is not None}


def measure(
    url: str,
    requests: Sequence[FillRequest],
    load: Load,
    setting: Setting,
    advance: Callable[[], None] = lambda: None,
) -> LoadFigures:
    """Load the server at `url` with the requests in turn, round and round; `advance` is called after each answer.

    Raises InputError if no coderdiff server answers, or if equal requests would be under way together: the server
    computes those once.
    """
    clients, distinct = load.clients or 1, len(set(requests))
    if clients > distinct:
        raise InputError(f"{clients} clients need as many distinct requests, there are {distinct}")
    return asyncio.run(_measure(url, requests, load, setting, advance))


async def _measure(
    url: str, requests: Sequence[FillRequest], load: Load, setting: Setting, advance: Callable[[], None]
) -> LoadFigures:
    async with httpx.AsyncClient(
        base_url=url,
        headers={"Authorization": f"Bearer {setting.token}"} if setting.token else {},
        timeout=setting.patience_s,
        limits=httpx.Limits(max_connections=None),
        trust_env=False,  # a proxy is not what is measured
    ) as http:
        bodies = itertools.cycle([body_of(request) for request in requests])
        return await _Run(http, bodies, setting, advance).load(load)


class _Run:
    """One load of one server."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        bodies: Iterator[dict[str, Any]],
        setting: Setting,
        advance: Callable[[], None],
    ) -> None:
        self._http, self._bodies, self._setting, self._advance = http, bodies, setting, advance
        self._rng = random.Random(setting.seed)
        self._results: list[Result] = []

    async def load(self, load: Load) -> LoadFigures:
        before = await read_state(self._http)
        samples: list[int] = []
        watching = asyncio.create_task(self._watch(samples))
        began = time.perf_counter()
        try:
            if load.rate is not None:
                await self._open(arrivals(load.rate, load.seconds, self._rng), began)
            else:
                await self._closed(load.clients or 1, began + load.seconds)
            took = time.perf_counter() - began
        finally:
            watching.cancel()
        return figures(load, took, self._results, before, samples, await self._settled())

    async def _open(self, offsets: Sequence[float], began: float) -> None:
        async with asyncio.TaskGroup() as tasks:
            for offset in offsets:
                await asyncio.sleep(began + offset - time.perf_counter())
                tasks.create_task(self._ask(began + offset))

    async def _closed(self, clients: int, until: float) -> None:
        async def client() -> None:
            while (now := time.perf_counter()) < until:
                result = await self._ask(now)
                if result.fate == "refused":
                    await asyncio.sleep(1)  # as a client does that is told to come again

        async with asyncio.TaskGroup() as tasks:
            for _ in range(clients):
                tasks.create_task(client())

    async def _ask(self, began: float) -> Result:
        """One request, of somebody who has waited since `began`."""
        body, given_up = next(self._bodies), None
        if self._rng.random() < self._setting.cancel_share:
            given_up = self._rng.uniform(0, self._setting.cancel_within_s)
        fate: Fate = "completed"
        said = ""
        try:
            async with asyncio.timeout(given_up):
                response = await self._http.post("/v1/completions", json=body)
            if response.status_code != httpx.codes.OK:
                fate = "refused" if response.status_code in _OVERLOADED else "failed"
                said = f"{response.status_code}: {response.text[:200]}"
        except TimeoutError:
            fate = "cancelled"
        except httpx.TimeoutException as error:
            fate, said = "stuck", f"no answer for {self._setting.patience_s:g} s: {type(error).__name__}"
        except httpx.HTTPError as error:
            fate, said = "failed", f"{type(error).__name__}: {error}"
        result = Result(fate, (time.perf_counter() - began) * 1000, said)
        self._results.append(result)
        self._advance()
        return result

    async def _watch(self, samples: list[int]) -> None:
        while True:
            await asyncio.sleep(_SAMPLE_S)
            state = await read_state(self._http)
            if state.memory is not None:
                samples.append(state.memory)

    async def _settled(self) -> State:
        """The state once nothing is left of the requests, or when the server has had time enough for that."""
        until = time.perf_counter() + _SETTLE_S
        while (state := await read_state(self._http)).unanswered and time.perf_counter() < until:
            await asyncio.sleep(0.05)
        return state


async def read_state(http: httpx.AsyncClient) -> State:
    """What the server says of itself. Raises InputError if no coderdiff server answers."""
    try:
        response = await http.get("/metrics")
    except httpx.HTTPError as error:
        raise InputError(f"no server answers at {http.base_url}: {error}") from error
    lines = [line.rpartition(" ") for line in response.text.splitlines() if not line.startswith("#")]
    if response.status_code != httpx.codes.OK or "coderdiff_running" not in {name for name, _, _ in lines}:
        raise InputError(
            f"{http.base_url}/metrics has no figures of coderdiff (status {response.status_code}): is it a coderdiff "
            "server, is its model loaded, does it need --token?"
        )
    said = {name: float(value) for name, _, value in lines}
    forwards = said.get("coderdiff_engine_forwards", 0.0)
    memory = said.get("process_resident_memory_bytes")
    return State(
        unanswered=int(said["coderdiff_waiting"] + said["coderdiff_running"]),
        kv=int(said.get("coderdiff_engine_kv_bytes", 0)),
        forwards=forwards,
        served=forwards * said.get("coderdiff_engine_batch_size_mean", 0.0),
        memory=None if memory is None else int(memory),
        cpu_s=said.get("process_cpu_seconds_total"),
    )


def figures(
    load: Load, took: float, results: Sequence[Result], before: State, samples: Sequence[int], after: State
) -> LoadFigures:
    """What the results of one load amount to. `samples` of memory were taken evenly between the states."""
    fates = Counter(result.fate for result in results)
    completed = fates["completed"]
    latencies = sorted(result.ms for result in results if result.fate == "completed")
    forwards = after.forwards - before.forwards
    used = None if before.cpu_s is None or after.cpu_s is None else after.cpu_s - before.cpu_s
    middle = samples[len(samples) * 2 // 5 : len(samples) * 3 // 5 + 1]
    return LoadFigures(
        load=load.name,
        seconds=took,
        sent=len(results),
        completed=completed,
        cancelled=fates["cancelled"],
        refused=fates["refused"],
        failed=fates["failed"],
        stuck=fates["stuck"],
        left=after.unanswered,
        per_s=completed / took,
        p50_ms=percentile(latencies, 0.5),
        p95_ms=percentile(latencies, 0.95),
        p99_ms=percentile(latencies, 0.99),
        batch=(after.served - before.served) / forwards if forwards else None,
        cpu_ms=used / completed * 1000 if used is not None and completed else None,
        memory_start=before.memory,
        memory_middle=int(median(middle)) if middle else None,
        memory_end=after.memory,
        kv_start=before.kv,
        kv_end=after.kv,
        said=next((result.said for result in results if result.fate in ("failed", "stuck")), ""),
    )


def percentile(ordered: Sequence[float], share: float) -> float | None:
    """The smallest value that at least `share` of them do not exceed; None of nothing."""
    if not ordered:
        return None
    return next(value for at, value in enumerate(ordered, 1) if at >= share * len(ordered))


def alone_per_s(rows: Sequence[LoadFigures]) -> float | None:
    """Completions a second of all loads that asked one at a time, together; None if there was none."""
    alone = [row for row in rows if row.load == Load(0, clients=1).name]
    seconds = sum(row.seconds for row in alone)
    return sum(row.completed for row in alone) / seconds if seconds else None


def speed_cells(row: LoadFigures, alone: float | None) -> tuple[str, ...]:
    """One line of the table of speed; `alone` is the rate that gains are measured against."""
    tail = row.p95_ms / row.p50_ms if row.p95_ms is not None and row.p50_ms else None
    return (
        row.load,
        str(row.sent),
        f"{row.per_s:.2f}",
        _cell(row.per_s / alone if alone else None, "{:.2f}x"),
        _cell(row.p50_ms, "{:.0f}"),
        _cell(row.p95_ms, "{:.0f}"),
        _cell(row.p99_ms, "{:.0f}"),
        _cell(tail, "{:.2f}"),
        _cell(row.batch, "{:.1f}"),
        _cell(row.cpu_ms, "{:.0f}"),
    )


def state_cells(row: LoadFigures) -> tuple[str, ...]:
    """One line of the table of what failed and of memory."""
    counts = (row.failed, row.refused, row.cancelled, row.stuck, row.left)
    memory = (row.memory_start, row.memory_middle, row.memory_end)
    return (
        row.load,
        *map(str, counts),
        *(_cell(None if held is None else held / _MIB, "{:.0f}") for held in memory),
        f"{row.kv_start / _MIB:.0f} to {row.kv_end / _MIB:.0f}",
    )


def as_object(row: LoadFigures) -> dict[str, object]:
    """The figures as plain values."""
    return asdict(row)


def _cell(value: float | None, form: str) -> str:
    return "-" if value is None else form.format(value)
