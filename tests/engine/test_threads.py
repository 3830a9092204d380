"""What a model makes of CPU threads."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from coderdiff.engine.threads import MOST_ALONE, NARROW, Threads, divided
from coderdiff.model import loader
from coderdiff.model.spec import ModelSpec


@pytest.fixture(scope="module")
def narrow() -> ModelSpec:
    return loader.open_model(None, "cpu", "float32").spec


@pytest.mark.parametrize(("threads", "served"), [(8, 7), (2, 1), (1, 1)])
def test_a_wide_network_gets_all_cores_and_in_a_server_all_but_one(
    narrow: ModelSpec, threads: int, served: int
) -> None:
    wide = replace(narrow, width=2 * NARROW)
    assert divided(wide, threads) == Threads(alone=threads, lanes=1)
    assert divided(wide, threads, beside_others=True) == Threads(alone=served, lanes=1)


@pytest.mark.parametrize(("threads", "alone", "served"), [(8, MOST_ALONE, MOST_ALONE), (2, 2, 1), (1, 1, 1)])
def test_the_shipped_network_is_narrow_and_gets_lanes_and_few_threads_for_one_that_is_alone(
    narrow: ModelSpec, threads: int, alone: int, served: int
) -> None:
    assert divided(narrow, threads) == Threads(alone=alone, lanes=threads)
    assert divided(narrow, threads, beside_others=True) == Threads(alone=served, lanes=threads)


@pytest.mark.parametrize(("set_by", "asked", "threads"), [("1", "None", 1), ("1", "3", 3)])
def test_who_sets_the_threads_of_openmp_gets_them_and_a_flag_counts_more(
    set_by: str, asked: str, threads: int
) -> None:
    """In a process of its own: threads are a setting of all of it."""
    program = (
        "import torch; from coderdiff.engine.engine import Engine; "
        f"print(Engine.open('tiny', 'cpu', {asked}).threads, torch.get_num_threads())"
    )
    environment = os.environ | {"OMP_NUM_THREADS": set_by}
    told = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == f"Threads(alone={threads}, lanes={threads}) {set_by}"


@pytest.mark.skipif(sys.platform != "linux", reason="threads are counted in /proc")
def test_who_makes_an_engine_leaves_no_helpers_behind() -> None:
    """OpenMP's helpers of two threads are more than two cores: they would no longer wait busily (`team.py`)."""
    program = (
        "import os, torch; from coderdiff.engine.engine import Engine; "
        "count = lambda: len(os.listdir('/proc/self/task')); before = count(); "
        "engine = Engine.open('tiny', 'cpu', 2); print(count() - before); "
        "torch.ones(2**20).sum(); print(count() - before)"
    )
    environment = os.environ | {"OMP_NUM_THREADS": "2"}
    told = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == ["0", "1"]
