"""Recall: the share of needed identifiers that a pack names, and what the pack cost."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from coderdiff.evaluation.context.cursors import KINDS, Cursor, CursorKind
from coderdiff.evaluation.context.lexemes import cost, identifiers
from coderdiff.evaluation.context.systems import Pack, System


@dataclass(frozen=True, slots=True)
class RecallFigures:
    """One system on one package, for one kind of cursor and one budget.

    `recall` is over all needed identifiers of all cursors, in [0, 1]; `lexemes` is the mean cost of a pack;
    `per_thousand` is recall a thousand lexemes of pack.
    """

    package: str
    system: str
    kind: CursorKind
    budget: int
    cursors: int
    needed: int
    recall: float
    lexemes: float

    @property
    def per_thousand(self) -> float:
        """Recall a thousand lexemes; 0 where no pack was made."""
        return 1000 * self.recall / self.lexemes if self.lexemes else 0.0


@dataclass(frozen=True, slots=True)
class Judged:
    """One pack held against what its cursor needed."""

    system: str
    kind: CursorKind
    budget: int
    needed: int
    found: int
    lexemes: int


def judge(system: str, cursor: Cursor, pack: Pack, budget: int) -> Judged:
    """Count the needed identifiers that stand as words in the pack's texts; paths do not count.

    A pack above its budget, or one that shows the cursor's own file, would win by cheating: both are asserted.
    """
    lexemes = cost(pack)
    assert lexemes <= budget, f"{system} spent {lexemes} of {budget} lexemes at {cursor.path}"
    shown = {name for snippet in pack for name in identifiers(snippet.text)}
    assert all(snippet.path != cursor.path for snippet in pack), f"{system} shows {cursor.path} to itself"
    return Judged(system, cursor.kind, budget, len(cursor.needed), len(cursor.needed & shown), lexemes)


def measure(
    systems: Sequence[System],
    cursors: Iterable[Cursor],
    budgets: Sequence[int],
    prepare: Callable[[Cursor], None],
) -> list[Judged]:
    """Every system's packs at every cursor; `prepare` is called before each cursor."""
    judged = []
    for cursor in cursors:
        prepare(cursor)
        for system in systems:
            packs = system.packs(cursor.document, cursor.offset, budgets)
            judged += [
                judge(system.name, cursor, pack, budget) for pack, budget in zip(packs, budgets, strict=True)
            ]
    return judged


def figures(package: str, judged: Sequence[Judged]) -> list[RecallFigures]:
    """Figures by kind of cursor, budget and system, in the order in which they come first."""
    groups: dict[tuple[CursorKind, int, str], list[Judged]] = {}
    for each in sorted(judged, key=lambda each: (KINDS.index(each.kind), each.budget)):
        groups.setdefault((each.kind, each.budget, each.system), []).append(each)
    return [
        RecallFigures(
            package=package,
            system=system,
            kind=kind,
            budget=budget,
            cursors=len(group),
            needed=sum(each.needed for each in group),
            recall=sum(each.found for each in group) / sum(each.needed for each in group),
            lexemes=statistics.fmean(each.lexemes for each in group),
        )
        for (kind, budget, system), group in groups.items()
    ]
