"""How many threads share a forward, on a machine that is played: its clock and the cores that it grants."""

from __future__ import annotations

import pytest
import torch

from coderdiff.engine.lanes import Lanes
from coderdiff.engine.team import LONGEST_S, SHORTEST_S, SLACK, WINDOW_S, Team


class Machine:
    """Grants `cores` to whatever is done; a forward takes twice `WINDOW_S`, so each is judged."""

    def __init__(self, cores: float) -> None:
        self.cores, self.now, self.used = cores, 0.0, 0.0

    def team(self, most: int) -> Team:
        return Team(most, lambda: self.now, lambda: self.used)

    def forward(self, team: Team) -> int:
        """Threads that one had."""
        size = team.size
        with team.working():
            self.pass_time(2 * WINDOW_S, size)
        return size

    def pass_time(self, seconds: float, threads: int = 0) -> None:
        self.now += seconds
        self.used += seconds * min(threads, self.cores)


@pytest.fixture(autouse=True)
def _counted(threads_set: list[int]) -> None:
    """Torch is told, but does nothing."""
    del threads_set


@pytest.mark.parametrize("most", [1, 2, 4])
def test_a_quiet_machine_is_used_with_all(most: int) -> None:
    machine = Machine(cores=most)
    team = machine.team(most)
    assert [machine.forward(team) for _ in range(50)] == [most] * 50


@pytest.mark.parametrize(("most", "cores", "left"), [(2, 1.3, 1), (4, 3.5, 3), (4, 0.5, 1)])
def test_missing_cores_make_it_smaller_until_it_has_rested(most: int, cores: float, left: int) -> None:
    machine = Machine(cores)
    team = machine.team(most)
    assert machine.forward(team) == most
    assert machine.forward(team) == left
    machine.pass_time(SHORTEST_S)
    assert machine.forward(team) == most


def test_a_little_may_be_missing() -> None:
    machine = Machine(cores=2 - SLACK / 2)
    team = machine.team(2)
    assert [machine.forward(team) for _ in range(5)] == [2] * 5


def test_it_rests_longer_each_time_and_shortly_again_after_a_quiet_time() -> None:
    machine = Machine(cores=1)
    team = machine.team(2)
    rests = []
    for _ in range(8):
        assert machine.forward(team) == 2
        began = machine.now
        while team.size == 1:
            machine.pass_time(0.25)
        rests.append(machine.now - began)
    assert rests[:3] == pytest.approx([SHORTEST_S, 2 * SHORTEST_S, 4 * SHORTEST_S])
    assert rests[-2:] == pytest.approx([LONGEST_S] * 2)
    machine.cores = 2
    assert machine.forward(team) == 2
    machine.cores = 1
    machine.forward(team)
    machine.pass_time(SHORTEST_S)
    assert team.size == 2


def test_short_forwards_are_judged_together() -> None:
    """A clock of processor time may stand still for longer than a forward takes."""
    machine = Machine(cores=0)
    team = machine.team(2)
    for _ in range(9):
        assert team.size == 2
        with team.working():
            machine.pass_time(WINDOW_S / 10, 2)
    with team.working():
        machine.pass_time(WINDOW_S / 5, 2)
    assert team.size == 1


def test_a_forward_that_fails_judges_nothing() -> None:
    machine = Machine(cores=0)
    team = machine.team(2)

    def fail() -> None:
        machine.pass_time(WINDOW_S, 2)
        raise MemoryError

    with pytest.raises(MemoryError):
        Lanes(2, team).run([fail])
    assert team.size == 2


@pytest.mark.parametrize(("calls", "told"), [(1, [4]), (2, [1, 1]), (3, [1, 1, 1])])
def test_several_calls_have_a_thread_each(
    threads_set: list[int], monkeypatch: pytest.MonkeyPatch, calls: int, told: list[int]
) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: -1)  # whatever it is, it is another number
    found = Lanes(4, Machine(4).team(4)).run([lambda: 7] * calls)
    assert found == [7] * calls
    assert threads_set == told


def test_without_a_team_torch_keeps_what_it_has(threads_set: list[int]) -> None:
    Lanes(2).run([lambda: 1] * 2)
    Lanes(1).run([lambda: 1])
    assert threads_set == []
