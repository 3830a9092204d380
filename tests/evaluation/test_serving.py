"""Load on a real server with a small random engine: every request has one fate, and nothing is left of it."""

from __future__ import annotations

import random
import statistics
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from coderdiff.config import ServerSettings
from coderdiff.engine.engine import Engine
from coderdiff.errors import EngineError, InputError
from coderdiff.evaluation import serving
from coderdiff.evaluation.batching import draw_requests
from coderdiff.evaluation.own_server import own_server
from coderdiff.evaluation.serving import Load, LoadFigures, Result, Setting, State
from coderdiff.model.loader import Checkpoint
from coderdiff.training.corpus.shards import Document
from coderdiff.types import FillRequest

from ..api.conftest import Held, Running, running

DOCUMENTS = [Document("one", "1", "one/wrap.py", Path(textwrap.__file__).read_text())]
AT_ONCE = 4


@pytest.fixture(scope="module")
def requests() -> list[FillRequest]:
    return list(dict.fromkeys(draw_requests(DOCUMENTS, 24, seed=2)))


@pytest.fixture(scope="module")
def server(checkpoint: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    settings = ServerSettings(feedback=tmp_path_factory.mktemp("serving") / "feedback.sqlite3")
    with running(Engine(checkpoint), settings) as started:
        yield started


@pytest.fixture
def held(checkpoint: Checkpoint, tmp_path: Path) -> Iterator[Running]:
    """A server that answers nothing, and lets one request wait."""
    settings = ServerSettings(feedback=tmp_path / "feedback.sqlite3", max_waiting=1)
    with running(Held(Engine(checkpoint)), settings) as started:
        yield started


def fates(row: LoadFigures) -> int:
    return row.completed + row.cancelled + row.refused + row.failed + row.stuck


def test_arrivals_are_a_poisson_process() -> None:
    found = serving.arrivals(5.0, 4000.0, random.Random(3))
    gaps = np.diff([0.0, *found])
    assert (gaps > 0).all()
    assert found[-1] < 4000
    assert statistics.mean(gaps) == pytest.approx(1 / 5, rel=0.03)
    assert statistics.stdev(gaps) == pytest.approx(1 / 5, rel=0.05)  # as the mean: no memory
    assert found == serving.arrivals(5.0, 4000.0, random.Random(3))
    assert found != serving.arrivals(5.0, 4000.0, random.Random(4))


@given(some.lists(some.floats(0, 1e6), min_size=1, max_size=120), some.sampled_from([0.5, 0.95, 0.99, 1.0]))
def test_percentiles_are_those_of_the_distribution(values: list[float], share: float) -> None:
    assert serving.percentile(sorted(values), share) == np.quantile(values, share, method="inverted_cdf")


def test_figures_add_up() -> None:
    results = [
        *(Result("completed", ms) for ms in (30.0, 10.0, 20.0, 40.0)),
        Result("refused", 1.0, "429"),
        Result("failed", 2.0, "400: no"),
        Result("stuck", 99.0, "no answer"),
        Result("cancelled", 5.0),
    ]
    before = State(0, kv=100, forwards=10, served=15, memory=1000, cpu_s=1.0)
    after = State(1, kv=300, forwards=30, served=75, memory=1600, cpu_s=1.4)
    samples = [1100, 1200, 1500, 1550, 1590]
    row = serving.figures(Load(2, clients=3), 2.0, results, before, samples, after)
    assert (row.load, row.sent, row.completed, row.per_s) == ("3 clients", 8, 4, 2.0)
    assert (row.cancelled, row.refused, row.failed, row.stuck, row.left) == (1, 1, 1, 1, 1)
    assert (row.p50_ms, row.p95_ms, row.p99_ms) == (20.0, 40.0, 40.0)
    assert (row.batch, row.said) == (3.0, "400: no")
    assert row.cpu_ms == pytest.approx(100.0)
    assert (row.memory_start, row.memory_middle, row.memory_end) == (1000, 1525, 1600)
    assert (row.kv_start, row.kv_end) == (100, 300)
    alone = replace(row, load="one at a time", completed=2)
    assert serving.alone_per_s([alone, row, alone]) == 1.0
    assert serving.alone_per_s([row]) is None
    assert len(serving.speed_cells(row, 1.0)) == len(serving.SPEED)
    assert serving.speed_cells(row, 1.0)[3:8] == ("2.00x", "20", "40", "40", "2.00")
    assert serving.state_cells(row)[1:6] == ("1", "1", "1", "1", "1")
    assert len(serving.state_cells(row)) == len(serving.STATE)


def test_figures_of_nothing_are_dashes() -> None:
    idle = State(0, kv=0, forwards=0, served=0, memory=None, cpu_s=None)
    row = serving.figures(Load(1, rate=2.5), 1.0, [], idle, [], idle)
    assert serving.speed_cells(row, None) == ("2.50/s", "0", "0.00", *"-------")
    assert serving.state_cells(row)[6:] == ("-", "-", "-", "0 to 0")


def test_a_closed_loop(server: Running, requests: list[FillRequest]) -> None:
    heard: list[int] = []
    alone, together = (
        serving.measure(server.url, requests, Load(0.5, clients=number), Setting(), lambda: heard.append(1))
        for number in (1, AT_ONCE)
    )
    for row in (alone, together):
        assert row.completed == row.sent == fates(row) > 0
        assert row.left == 0
        assert row.p50_ms is not None
        assert row.p95_ms is not None
        assert 0 < row.p50_ms <= row.p95_ms
        assert row.per_s > 0
        assert row.kv_end > 0
        if sys.platform == "linux":
            assert row.memory_start is not None
            assert row.memory_end is not None
            assert row.cpu_ms is not None
    assert len(heard) == alone.sent + together.sent
    assert alone.batch == pytest.approx(1)
    assert together.batch is not None
    assert 1 < together.batch <= AT_ONCE


def test_an_open_loop_sends_what_arrives(server: Running, requests: list[FillRequest]) -> None:
    due = len(serving.arrivals(30.0, 0.5, random.Random(5)))
    row = serving.measure(server.url, requests, Load(0.5, rate=30.0), Setting(seed=5))
    assert row.completed == row.sent == due > 0
    assert row.left == 0


def test_nothing_is_left_of_cancelled_requests(server: Running, requests: list[FillRequest]) -> None:
    setting = Setting(cancel_share=1.0, cancel_within_s=0.04)
    row = serving.measure(server.url, requests, Load(1.0, clients=2 * AT_ONCE), setting)
    assert row.cancelled > 0
    assert row.cancelled + row.completed == row.sent == fates(row)
    assert row.left == 0
    after = server.metrics
    assert after["coderdiff_running"] == after["coderdiff_waiting"] == 0
    again = serving.measure(server.url, requests, Load(0.1, clients=1), Setting())
    assert again.completed == again.sent > 0


def test_a_server_that_hangs_is_told_from_a_busy_one(held: Running, requests: list[FillRequest]) -> None:
    row = serving.measure(held.url, requests, Load(0.2, clients=AT_ONCE), Setting(patience_s=0.4))
    # One runs and one waits until their clients lose patience; the others find no room.
    # Where the machine is so busy that the first is not yet running when the second comes, there is room for one alone.
    assert row.completed == 0
    assert row.stuck in {1, 2}
    assert row.stuck + row.refused == 4
    assert fates(row) == row.sent
    assert row.left == 0
    assert row.said == "no answer for 0.4 s: ReadTimeout"
    assert row.p50_ms is None


def test_errors_are_counted_and_the_first_is_told(server: Running) -> None:
    wrong = draw_requests(DOCUMENTS, 3, seed=2, policy="magic")
    row = serving.measure(server.url, wrong, Load(0.1, clients=1), Setting())
    assert row.failed == row.sent > 0
    assert row.said.startswith("400: ")
    assert "magic" in row.said


def test_equal_requests_are_not_a_load(server: Running, requests: list[FillRequest]) -> None:
    with pytest.raises(InputError, match="4 clients need as many distinct requests, there are 2"):
        serving.measure(server.url, requests[:2], Load(0.1, clients=4), Setting())


def test_no_server_is_one_line(server: Running, requests: list[FillRequest]) -> None:
    with pytest.raises(InputError, match=r"no server answers at http://127\.0\.0\.1:9"):
        serving.measure("http://127.0.0.1:9", requests, Load(0.1, clients=1), Setting())
    with pytest.raises(InputError, match="is it a coderdiff server"):
        serving.measure(f"{server.url}/nowhere", requests, Load(0.1, clients=1), Setting())


def test_a_server_that_does_not_start_says_why(tmp_path: Path) -> None:
    with (
        pytest.raises(EngineError, match=r"the server did not start: .*nowhere"),
        own_server(["--model", str(tmp_path / "nowhere")]),
    ):
        pass
