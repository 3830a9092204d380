"""Short collections for a process that lives long: what has survived one full collection is left out of the next.

An index and a model are some hundred thousand objects that stay. Python's collector looks at all of them whenever
enough new ones have come, and holds up whoever asks then: 50 to 100 ms with the index of 3,000 files, for one pack in
sixty. Counting references frees nearly all that ever goes; only cycles wait for the collector.
"""

from __future__ import annotations

import gc

_LOOKS_AT_ALL_EVERY = 1000
"""Full collections after which all is looked at once more, for cycles of what had survived and is in use no more."""


class _Freezer:
    """Told by the collector when it begins and ends (`gc.callbacks`)."""

    def __init__(self) -> None:
        self._full = 0

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        if info["generation"] != 2:
            return
        if phase == "stop":
            self._full += 1
            gc.freeze()
        elif self._full % _LOOKS_AT_ALL_EVERY == 0:
            gc.unfreeze()


def keep_collections_short() -> None:
    """Collect now, and from now on look but seldom at what has survived a full collection. Asking twice is as once."""
    if not any(isinstance(each, _Freezer) for each in gc.callbacks):
        gc.callbacks.append(_Freezer())
        gc.collect()
