from __future__ import annotations

import pytest
import torch

from coderdiff.engine.threads import threads_beside_others


def test_a_served_model_leaves_a_core_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    for cores, threads in ((8, 7), (2, 1), (1, 1)):
        monkeypatch.setattr(torch, "get_num_threads", lambda cores=cores: cores)
        assert threads_beside_others() == threads


def test_who_sets_the_threads_of_openmp_gets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    assert threads_beside_others() == 2
