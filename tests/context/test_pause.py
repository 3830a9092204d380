"""The collector stands still while somebody is inside and a little longer, and is then what it was."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator

import pytest

from coderdiff.context.pause import MOST_PUT_OFF, NO_COLLECTIONS, Pause


@pytest.fixture(autouse=True)
def collector_on() -> Iterator[None]:
    """It runs, and the process' own pause, which an earlier test may have used, has nothing to do with it any more."""
    while NO_COLLECTIONS.holding:
        time.sleep(0.005)
    gc.enable()
    yield
    gc.enable()


def on_again() -> bool:
    """Whether the collector goes on by itself before long."""
    for _ in range(2000):
        if gc.isenabled():
            return True
        time.sleep(0.005)
    return False


def test_off_inside_and_on_again_after_the_last() -> None:
    pause = Pause(0.001)
    with pause:
        with pause:
            assert not gc.isenabled()
        assert not gc.isenabled()
        time.sleep(0.05)
        assert not gc.isenabled(), "somebody is inside still"
    assert on_again()
    with pause:
        assert not gc.isenabled()
    assert on_again()


def test_whoever_has_left_is_not_held_up() -> None:
    pause = Pause(1000.0)
    with pause:
        pass
    assert not gc.isenabled()


def test_where_somebody_always_comes_it_goes_on_all_the_same() -> None:
    pause = Pause(1000.0)
    for _ in range(2):
        for _ in range(MOST_PUT_OFF):
            with pause:
                assert not gc.isenabled()
        assert gc.isenabled()


def test_one_that_was_off_stays_off() -> None:
    gc.disable()
    with Pause(0.001):
        pass
    time.sleep(0.05)
    assert not gc.isenabled()


def test_on_again_after_an_error() -> None:
    with pytest.raises(ValueError, match="inside"), Pause(0.001):
        raise ValueError("inside")
    assert on_again()
