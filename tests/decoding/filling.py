"""A fill that is run to its end."""

from __future__ import annotations

from collections.abc import Generator

from coderdiff.decoding.task import Denoised
from coderdiff.types import Draft


def drained(steps: Generator[Draft, None, Denoised]) -> tuple[list[Draft], Denoised]:
    """The drafts that were shown on the way, and the answer."""
    drafts: list[Draft] = []
    while True:
        try:
            drafts.append(next(steps))
        except StopIteration as done:
            return drafts, done.value
