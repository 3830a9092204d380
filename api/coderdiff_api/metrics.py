"""What the server counts, for Prometheus. Each app has a registry of its own."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from coderdiff.types import Completion
from coderdiff_api.runner import Runner

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0, 5.0, 10.0)
_TOKENS_PER_FORWARD = (0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 12, 16)


class Metrics:
    """Counters and histograms; `watch` adds what a runner says of itself."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)  # memory and processor time, where the system tells
        self.requests = Counter(
            "coderdiff_requests", "HTTP requests answered.", ["dialect", "status"], registry=self.registry
        )
        self.cancelled = Counter(
            "coderdiff_cancelled", "Completions that nobody waited for any more.", registry=self.registry
        )
        self.shared = Counter(
            "coderdiff_shared", "Requests that joined an identical one in flight.", registry=self.registry
        )
        self.refused = Counter(
            "coderdiff_refused",
            "Requests refused: too many waiting, or over a token's rate.",
            registry=self.registry,
        )
        self._phases = Histogram(
            "coderdiff_phase_seconds",
            "Time of a completion by phase: context, queue, denoise, total.",
            ["phase"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._tpf = Histogram(
            "coderdiff_tokens_per_forward",
            "Tokens committed per forward.",
            buckets=_TOKENS_PER_FORWARD,
            registry=self.registry,
        )
        self._tokens = Counter("coderdiff_tokens", "Tokens committed.", registry=self.registry)
        self._forwards = Counter("coderdiff_forwards", "Network evaluations.", registry=self.registry)
        self._prompt = Counter("coderdiff_prompt_tokens", "Tokens of prompts.", registry=self.registry)
        self._cached = Counter(
            "coderdiff_cached_tokens", "Tokens of prompts that were read before.", registry=self.registry
        )

    def watch(self, runner: Runner) -> None:
        """Show a runner's load."""
        self.registry.register(_Load(runner))

    def phase(self, name: str, seconds: float) -> None:
        """A phase of a completion took so long."""
        self._phases.labels(name).observe(seconds)

    def completed(self, completion: Completion) -> None:
        """A completion was made, whoever still wants it."""
        if completion.forwards:
            self._tpf.observe(completion.tpf)
        self._tokens.inc(completion.tokens)
        self._forwards.inc(completion.forwards)
        self._prompt.inc(completion.prompt_tokens)
        self._cached.inc(completion.cached_tokens)

    def page(self) -> bytes:
        """The text that Prometheus reads."""
        return generate_latest(self.registry)


class _Load(Collector):
    """The runner's load at the time one asks."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def collect(self) -> Iterator[Metric]:
        """What waits and what runs, now."""
        load = self._runner.load
        yield GaugeMetricFamily("coderdiff_waiting", "Requests that wait for the engine.", value=load.waiting)
        yield GaugeMetricFamily("coderdiff_running", "Requests in the engine: the batch.", value=load.running)
        for name, value in self._runner.figures().items():
            yield GaugeMetricFamily(f"coderdiff_engine_{name}", "What the engine counts.", value=value)
