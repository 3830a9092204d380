from __future__ import annotations

from collections.abc import Sequence

import pytest

from coderdiff.evaluation.context import recall
from coderdiff.evaluation.context.cursors import Cursor, CursorKind
from coderdiff.evaluation.context.systems import Pack, snippet
from coderdiff.types import Document


def cursor(*needed: str, kind: CursorKind = "line") -> Cursor:
    return Cursor(Document("\n", "me.py"), 0, "held out", frozenset(needed), kind)


class Says:
    """A system whose packs are one snippet of as many of its words as the budget has room for beside a heading."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self._words = text.split()

    def packs(self, document: Document, offset: int, budgets: Sequence[int]) -> list[Pack]:
        return [(snippet("it.py", 1, [" ".join(self._words[: budget - 4])], ""),) for budget in budgets]


def test_names_count_as_words_of_the_text_and_not_of_the_path() -> None:
    pack = (snippet("path_name.py", 1, ["a.first_name(second) # third"], ""),)
    judged = recall.judge("s", cursor("first_name", "second", "third", "name", "path_name"), pack, 100)
    assert (judged.needed, judged.found) == (5, 3)
    assert judged.lexemes == 4 + 8


def test_cheating_is_not_judged() -> None:
    with pytest.raises(AssertionError, match="spent 5 of 4"):
        recall.judge("s", cursor("a"), (snippet("it.py", 1, ["x"], ""),), 4)
    with pytest.raises(AssertionError, match="to itself"):
        recall.judge("s", cursor("a"), (snippet("me.py", 1, ["x"], ""),), 100)


def test_figures_are_over_all_needed_names() -> None:
    prepared: list[Cursor] = []
    cursors = [cursor("a", "b", "c"), cursor("a"), cursor("b", kind="member")]
    systems = [Says("much", "a b c"), Says("little", "a")]
    judged = recall.measure(systems, cursors, (5, 7), prepared.append)
    assert prepared == cursors
    rows = recall.figures("p", judged)
    assert [(row.kind, row.budget, row.system, row.cursors, row.needed, row.recall) for row in rows] == [
        ("line", 5, "much", 2, 4, 0.5),
        ("line", 5, "little", 2, 4, 0.5),
        ("line", 7, "much", 2, 4, 1.0),
        ("line", 7, "little", 2, 4, 0.5),
        ("member", 5, "much", 1, 1, 0.0),
        ("member", 5, "little", 1, 1, 0.0),
        ("member", 7, "much", 1, 1, 1.0),
        ("member", 7, "little", 1, 1, 0.0),
    ]
    assert (rows[2].lexemes, rows[2].per_thousand) == (7.0, pytest.approx(1000 / 7))
