"""The batching benchmark: the same distinct requests at every concurrency, and figures that add up."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from coderdiff.engine.threads import Threads
from coderdiff.evaluation import batching
from coderdiff.model.loader import Checkpoint
from coderdiff.training.corpus.shards import Document

DOCUMENTS = [Document("one", "1", "one/wrap.py", Path(textwrap.__file__).read_text())]


def test_a_real_run(checkpoint: Checkpoint):
    requests = batching.draw_requests(DOCUMENTS, 5, seed=2, policy="threshold")
    assert len(set(requests)) == 5
    assert requests == batching.draw_requests(DOCUMENTS, 5, seed=2, policy="threshold")
    done: list[int] = []
    alone, together = (
        batching.measure(checkpoint, requests, number, Threads(1, 2), lambda: done.append(1))
        for number in (1, 8)
    )
    assert len(done) == 10
    assert alone.texts == together.texts
    assert len(alone.texts) == 5
    assert alone.batch == 1 < together.batch <= 5
    assert together.forwards < alone.forwards
    assert 0 < alone.p50_ms <= alone.p95_ms
    assert alone.per_s > 0
    assert alone.cpu_ms > 0
    cells = batching.cells(alone, alone)
    assert len(cells) == len(batching.HEADINGS)
    assert (cells[2], cells[-1]) == ("1.00x", "0")
    assert "texts" not in batching.as_object(alone)


def test_an_error_is_not_a_figure(checkpoint: Checkpoint):
    requests = batching.draw_requests(DOCUMENTS, 3, seed=2, policy="magic")
    with pytest.raises(Exception, match="no policy 'magic'"):
        batching.measure(checkpoint, requests, 2, None, lambda: None)
