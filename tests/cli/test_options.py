from __future__ import annotations

import pytest

from coderdiff.cli import options


@pytest.mark.parametrize(("asked", "lanes"), [(None, 8), (3, 3)])
def test_a_command_has_the_threads_asked_for_else_all_one_for_each_lane(
    threads_set: list[int], asked: int | None, lanes: int
) -> None:
    assert options.open_engine(None, "cpu", asked, None).lanes == lanes
    assert threads_set == [1]
