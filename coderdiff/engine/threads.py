"""How a model uses CPU threads: within every product, or for several forwards at once (`lanes.py`)."""

from __future__ import annotations

from typing import NamedTuple

from coderdiff.model.spec import ModelSpec

NARROW = 512
"""A network at most so wide has one thread a forward. Measured are 256, below, and networks twice and four times as
wide as this, whose products alone take half to two thirds of the time with two threads (by a script that was not
kept)."""


class Threads(NamedTuple):
    """`inside`: threads that torch uses for one operation; `lanes`: forwards at once."""

    inside: int
    lanes: int


def divided(spec: ModelSpec, threads: int, beside_others: bool = False) -> Threads:
    """What a model makes of so many CPU threads: lanes if it is narrow, else all for one forward.

    `beside_others`: the process has other work (HTTP, retrieval), and of threads that wait for one another one core is
    left to that; lanes can share theirs.

    Threads that wait for one another in every operation lose more to one that is held up than they gain from the
    small products of a narrow network. On two cores with matrix units, `coderdiff bench batch --model small` (256
    wide) took 174 ms of processor time a completion with two threads inside and 107 with one, and 1.5 times as long by
    the clock; without matrix units both took equally long, at 1.4 times the processor time (docs/benchmarks.md).
    """
    if spec.width <= NARROW:
        return Threads(inside=1, lanes=threads)
    return Threads(inside=max(1, threads - 1) if beside_others else threads, lanes=1)
