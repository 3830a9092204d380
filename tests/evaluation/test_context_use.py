"""What the repository gives: holes are told apart by what they need, and every arm is shown what it says."""

from __future__ import annotations

import pytest

from coderdiff.evaluation.context_use import ARMS, NEEDS, draw, measure, need_of
from coderdiff.evaluation.infill import InfillTask
from coderdiff.evaluation.repositories import repositories
from coderdiff.training.corpus.shards import Document
from coderdiff.types import Completion, FillRequest, Hole

LIBRARY = "def shared_area(width, height):\n    return width * height\n"
USER = "from lib import *\n\nwidth = 3\nheight = width\nsize = shared_area(width, height)\nprint(size)\n"
STRANGER = "def weigh(stone):\n    mass = stone.mass\n    return mass\n"


def documents() -> list[Document]:
    return [
        Document("one", "1", "lib.py", LIBRARY),
        Document("one", "1", "user.py", USER),
        Document("two", "1", "other.py", STRANGER),
    ]


def hole(of: str, ending: str = "\n") -> InfillTask:
    start = USER.index(of)
    return InfillTask("one", "user.py", USER, Hole(start, USER.index(ending, start)), "rest")


WORDS = {
    "one": {
        "lib.py": {"shared_area", "width", "height"},
        "user.py": {"shared_area", "width", "height", "size"},
    },
}


@pytest.mark.parametrize(
    ("task", "need"),
    [
        (hole("shared_area"), "other files"),
        (hole("width, height)"), "none"),
        (hole("3"), None),
        (hole("lib"), None),  # a name that stands in no file
    ],
)
def test_what_a_hole_needs(task: InfillTask, need: str | None) -> None:
    assert need_of(task, WORDS) == need


def test_holes_are_drawn_by_need_and_seed() -> None:
    drawn = draw(documents(), 3, seed=1)
    assert drawn == draw(documents(), 3, seed=1)
    assert tuple(drawn) == NEEDS
    assert all(task.kind == "rest" for tasks in drawn.values() for task in tasks)
    assert drawn["none"]


class Watched:
    """Answers nothing, and remembers what it was shown."""

    model, pack_tokens, chats = "watched", 200, False

    def __init__(self) -> None:
        self.asked: list[FillRequest] = []

    def count(self, text: str) -> int:
        return len(text.split())

    def fill(self, request: FillRequest, cancelled: object = None):
        self.asked.append(request)
        yield from ()
        return Completion("shared_area(width, height)", "stop", 1, 1, 1.0, self.model, "reference")


def test_every_arm_is_shown_what_it_says() -> None:
    watched, answered = Watched(), []
    with repositories(documents()) as opened:
        tasks = {"other files": [hole("shared_area")], "none": []}
        rows = measure(watched, tasks, opened, seed=1, advance=lambda: answered.append(1))
    assert [(row.need, row.arm, row.exact, row.gain) for row in rows] == [
        ("other files", arm, 1.0, 0.0) for arm in ARMS
    ]
    alone, pack, both, stranger = watched.asked
    assert len(answered) == len(ARMS)
    assert (alone.pack, alone.related) == ((), ())
    assert {snippet.path for snippet in pack.pack} == {"lib.py"}
    assert not pack.related
    assert [each.text for each in both.pack] == [each.text for each in pack.pack]
    assert [each.path for each in both.related] == ["lib.py"]
    assert {each.path for each in (*stranger.pack, *stranger.related)} <= {"other.py"}
