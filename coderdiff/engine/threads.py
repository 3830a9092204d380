"""How a model uses CPU threads: within every product, or for several forwards at once (`lanes.py`, `team.py`)."""

from __future__ import annotations

from typing import NamedTuple

from coderdiff.model.spec import ModelSpec

NARROW = 512
"""A network at most so wide computes several forwards at once. Networks twice and four times as wide were measured by
their products alone: two threads take half to two thirds of the time (by a script that was not kept)."""

MOST_ALONE = 4
"""Threads that share a narrow network's products, at most: they are small, and more than two were not measured."""


class Threads(NamedTuple):
    """`alone`: threads that share the products of a forward that is the only one; `lanes`: forwards at once."""

    alone: int
    lanes: int


def divided(spec: ModelSpec, threads: int, beside_others: bool = False) -> Threads:
    """What a model makes of so many CPU threads: a narrow one computes as many forwards at once, if there are requests
    for them, and shares out the products of one that is alone; a wide one does the latter only.

    `beside_others`: the process has other work (HTTP, retrieval), and of threads that wait for one another one core is
    left to that; lanes can share theirs. On two cores, a server that has both for a request that is alone answers it in
    two thirds of the time, and at half load, where the second core has others to serve, uses 1.15 times the processor
    time: that has to be asked for.
    """
    sharing = max(1, threads - 1) if beside_others else threads
    if spec.width <= NARROW:
        return Threads(alone=min(sharing, MOST_ALONE), lanes=threads)
    return Threads(alone=sharing, lanes=1)
