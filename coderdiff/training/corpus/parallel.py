"""A map over processes that reports how far it is."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from coderdiff.errors import CorpusError

Item = TypeVar("Item")
Result = TypeVar("Result")

Progress = Callable[[int, int], None]
"""Called with (done, total) as work goes on."""


def silent(done: int, total: int) -> None:
    """The progress that nobody watches."""


def mapped(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    jobs: int,
    chunk: int = 32,
    progress: Progress = silent,
) -> Iterator[Result]:
    """`function` of every item, in order, on `jobs` processes (in this one if `jobs` is 1).

    Processes are spawned, not forked: the caller may have threads (a progress bar), which a fork would break.
    Raises CorpusError if one of them dies.
    """
    if jobs == 1:
        for done, item in enumerate(items, start=1):
            yield function(item)
            progress(done, len(items))
        return
    try:
        with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
            for done, result in enumerate(pool.map(function, items, chunksize=chunk), start=1):
                yield result
                progress(done, len(items))
    except BrokenProcessPool as error:
        raise CorpusError("a worker process was killed (no memory?): try again with fewer --jobs") from error
