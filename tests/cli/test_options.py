from __future__ import annotations

import pytest

from coderdiff.cli import options


@pytest.mark.parametrize(("asked", "set_to"), [(None, 1), (3, 3)])
def test_a_command_has_the_threads_asked_for_else_those_that_suit_the_model(
    threads_set: list[int], asked: int | None, set_to: int
) -> None:
    options.open_engine(None, "cpu", asked, None)
    assert threads_set == [set_to]
