"""The collector stands still while somebody is inside, and is then what it was."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from coderdiff.context.pause import Pause


@pytest.fixture(autouse=True)
def collector_on() -> Iterator[None]:
    gc.enable()
    yield
    gc.enable()


def test_off_inside_and_on_again_after_the_last() -> None:
    pause = Pause()
    with pause:
        with pause:
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_one_that_was_off_stays_off() -> None:
    gc.disable()
    with Pause():
        pass
    assert not gc.isenabled()


def test_on_again_after_an_error() -> None:
    with pytest.raises(ValueError, match="inside"), Pause():
        raise ValueError("inside")
    assert gc.isenabled()
