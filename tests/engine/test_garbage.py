"""Full collections leave out what has survived one, and yet find cycles that were dropped since."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from coderdiff.engine import garbage


@pytest.fixture(autouse=True)
def the_collector_as_it_was() -> Iterator[None]:
    before = list(gc.callbacks)
    yield
    gc.callbacks[:] = before
    gc.unfreeze()


class Cycle:
    def __init__(self) -> None:
        self.itself = self


def test_what_survived_is_left_out_and_what_is_new_is_not() -> None:
    garbage.keep_collections_short()
    frozen = gc.get_freeze_count()
    assert frozen > 1000
    survivors = [Cycle() for _ in range(500)]
    gc.collect()
    assert gc.get_freeze_count() >= frozen + 500
    dropped = weakref.ref(Cycle())
    gc.collect()
    assert dropped() is None
    assert len(survivors) == 500


def test_after_many_collections_all_is_looked_at_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage, "_LOOKS_AT_ALL_EVERY", 3)
    garbage.keep_collections_short()
    kept = Cycle()
    gone = weakref.ref(kept)
    gc.collect()
    del kept
    for _ in range(3):
        gc.collect()
    assert gone() is None


def test_asking_twice_is_as_once() -> None:
    garbage.keep_collections_short()
    callbacks = len(gc.callbacks)
    garbage.keep_collections_short()
    assert len(gc.callbacks) == callbacks
