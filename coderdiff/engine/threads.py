"""How many CPU threads a model gets in a process that does more than run it."""

from __future__ import annotations

import os

import torch


def threads_beside_others() -> int:
    """CPU threads for a model in a process with other work (HTTP, retrieval): a core is left to that.

    Threads that wait for one another in every operation lose more to one that is held up than they gain: on two cores
    a served completion of the shipped model took 176 ms of processor time with two threads and 118 with one
    (`coderdiff bench serve --threads N`, docs/benchmarks.md). Who sets OMP_NUM_THREADS has chosen.
    """
    chosen = torch.get_num_threads()
    return chosen if "OMP_NUM_THREADS" in os.environ else max(1, chosen - 1)
