"""How many CPU threads a model gets where nobody says."""

from __future__ import annotations

import os

import torch

from coderdiff.model.spec import ModelSpec

NARROW = 512
"""A network at most so wide has one thread. Measured are 256, below, and networks twice and four times as wide, whose
products alone take half to two thirds of the time with two threads (by a script that was not kept)."""


def suitable_threads(spec: ModelSpec, beside_others: bool = False) -> int:
    """CPU threads for a model: one for a narrow network, else all that torch would take.

    `beside_others`: the process has other work (HTTP, retrieval), and a core is left to that. Who sets
    OMP_NUM_THREADS has chosen. Call it before the process's threads are set: torch's choice is read from torch.

    Threads that wait for one another in every operation lose more to one that is held up than they gain from the
    small products of a narrow network. On two cores with matrix units, `coderdiff bench batch --model small` (256
    wide) took 174 ms of processor time a completion with two threads and 107 with one, and 1.5 times as long by the
    clock; without matrix units both took equally long, at 1.4 times the processor time (docs/benchmarks.md).
    """
    chosen = torch.get_num_threads()
    if "OMP_NUM_THREADS" in os.environ:
        return chosen
    if spec.width <= NARROW:
        return 1
    return max(1, chosen - 1) if beside_others else chosen
