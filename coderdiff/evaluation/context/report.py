"""Figures -> tables: recall of all systems side by side, a row a package, and what the index and typing cost."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from coderdiff.evaluation.context.benchmark import PackageFigures
from coderdiff.evaluation.context.keystrokes import Spread
from coderdiff.evaluation.context.latency import FolderFigures
from coderdiff.evaluation.context.recall import RecallFigures

_CURSORS = {"line": "an emptied line", "member": "behind the dot"}


@dataclass(frozen=True)
class Table:
    """A titled table of text; all columns but the first hold numbers."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def markdown(self) -> str:
        """The table as Markdown, its title above it."""
        rule = ("---", *["---:"] * (len(self.headings) - 1))
        lines = ["| " + " | ".join(row) + " |" for row in (self.headings, rule, *self.rows)]
        return f"**{self.title}**\n\n" + "\n".join(lines) + "\n"


def tables(found: Sequence[PackageFigures]) -> list[Table]:
    """All tables of a run."""
    cases = list(dict.fromkeys((row.kind, row.budget) for each in found for row in each.recall))
    recall = [
        _recall_table(
            f"Recall of needed identifiers, {_CURSORS[kind]}, {budget:,} lexemes",
            [[row for row in each.recall if (row.kind, row.budget) == (kind, budget)] for each in found],
        )
        for kind, budget in cases
    ]
    return [*recall, *cost_tables(found)]


def markdown(tables: Sequence[Table]) -> str:
    """Tables for a page."""
    return "\n".join(table.markdown() for table in tables)


def _recall_table(title: str, packages: Sequence[Sequence[RecallFigures]]) -> Table:
    """A row a package, means over packages below: of recall, of a pack's length, and of recall by length.

    A package that has no cursor of the kind has no row."""
    present = [rows for rows in packages if rows]
    systems = list(dict.fromkeys(row.system for rows in present for row in rows))

    def mean(value: Callable[[RecallFigures], float]) -> list[float]:
        return [
            statistics.fmean(value(row) for rows in present for row in rows if row.system == system)
            for system in systems
        ]

    body = [
        (rows[0].package, str(rows[0].cursors), str(rows[0].needed), *(f"{row.recall:.3f}" for row in rows))
        for rows in present
    ]
    cursors = sum(rows[0].cursors for rows in present)
    needed = sum(rows[0].needed for rows in present)
    body += [
        ("mean", str(cursors), str(needed), *(f"{each:.3f}" for each in mean(lambda row: row.recall))),
        ("lexemes a pack", "", "", *(f"{each:.0f}" for each in mean(lambda row: row.lexemes))),
        ("recall a 1,000 lexemes", "", "", *(f"{each:.3f}" for each in mean(lambda row: row.per_thousand))),
    ]
    return Table(title, ("package", "cursors", "needed", *systems), tuple(body))


def cost_tables(found: Sequence[PackageFigures] | Sequence[FolderFigures]) -> list[Table]:
    """What the index and typing cost: a row a package each."""
    index = [
        (
            each.package,
            f"{each.index.files:,}",
            f"{each.index.files_per_second:,.0f}",
            f"{each.index.peak_mb:.0f}",
            f"{each.index.second_start_s:.2f}",
        )
        for each in found
    ]
    typing = [
        (
            each.package,
            *_spread(each.typing.opening, 1),
            *_spread(each.typing.fresh, 1),
            *_spread(each.typing.entered, 1),
            *_spread(each.typing.again, 2),
            f"{each.typing.keystrokes:,}",
            f"{each.typing.unchanged:.1%}",
        )
        for each in found
    ]
    packs = ("opening", "new line", "line below", "same line")
    percentiles = tuple(f"{name} {percent}" for name in packs for percent in ("p50", "p95"))
    return [
        Table(
            "Index on one core", ("package", "files", "files/s", "peak MB", "second start s"), tuple(index)
        ),
        Table(
            "Latency of a pack in ms (of CPU in ms), and keystrokes",
            ("package", *percentiles, "keystrokes", "pack unchanged"),
            tuple(typing),
        ),
    ]


def folder_tables(found: FolderFigures) -> list[Table]:
    """All tables of a folder."""
    edits = found.edits
    if edits is None:
        return cost_tables([found])
    headings = ("package", "p50", "p95")
    row = (found.package, *_spread(edits, 1))
    edited = Table(
        "A line entered in a file of 10,000: ms until its symbols are told (of CPU in ms)", headings, (row,)
    )
    return [*cost_tables([found]), edited]


def _spread(spread: Spread, digits: int) -> tuple[str, str]:
    return (
        f"{spread.p50_ms:.{digits}f} ({spread.cpu_p50_ms:.{digits}f})",
        f"{spread.p95_ms:.{digits}f} ({spread.cpu_p95_ms:.{digits}f})",
    )
