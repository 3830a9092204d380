from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from coderdiff.engine.threads import NARROW, suitable_threads
from coderdiff.model import loader
from coderdiff.model.spec import ModelSpec


@pytest.fixture(scope="module")
def narrow() -> ModelSpec:
    return loader.open_model(None, "cpu", "float32").spec


@pytest.fixture
def wide(narrow: ModelSpec) -> ModelSpec:
    return replace(narrow, width=2 * NARROW)


def test_a_wide_network_gets_all_cores_and_in_a_server_all_but_one(
    monkeypatch: pytest.MonkeyPatch, wide: ModelSpec
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    for cores, served in ((8, 7), (2, 1), (1, 1)):
        monkeypatch.setattr(torch, "get_num_threads", lambda cores=cores: cores)
        assert suitable_threads(wide) == cores
        assert suitable_threads(wide, beside_others=True) == served


def test_the_shipped_network_is_narrow_and_gets_one(
    monkeypatch: pytest.MonkeyPatch, narrow: ModelSpec
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 8)
    assert suitable_threads(narrow) == suitable_threads(narrow, beside_others=True) == 1


def test_who_sets_the_threads_of_openmp_gets_them(monkeypatch: pytest.MonkeyPatch, narrow: ModelSpec) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    assert suitable_threads(narrow) == suitable_threads(narrow, beside_others=True) == 2
