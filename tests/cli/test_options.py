from __future__ import annotations

import pytest

from coderdiff.cli import options


@pytest.mark.parametrize(("asked", "alone", "lanes"), [(None, 4, 8), (3, 3, 3)])
def test_a_command_has_the_threads_asked_for_else_all(
    threads_set: list[int], asked: int | None, alone: int, lanes: int
) -> None:
    assert options.open_engine(None, "cpu", asked, None).threads == (alone, lanes)
    assert set(threads_set) == {1}  # makes the engine
