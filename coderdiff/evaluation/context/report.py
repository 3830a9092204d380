"""Figures -> tables: recall of all systems side by side, a row a package, and what the index and typing cost."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from coderdiff.evaluation.context.benchmark import PackageFigures
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
    return [*recall, _cost_table(found)]


def markdown(found: Sequence[PackageFigures]) -> str:
    """All tables for a page."""
    return "\n".join(table.markdown() for table in tables(found))


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


def _cost_table(found: Sequence[PackageFigures]) -> Table:
    headings = (
        *("package", "files", "files/s", "peak MB", "second start s", "opening p50 ms", "opening p95 ms"),
        *("new line p50 ms", "new line p95 ms"),
        *("same line p50 ms", "same line p95 ms", "keystrokes", "pack unchanged"),
    )
    rows = [
        (
            each.package,
            f"{each.index.files:,}",
            f"{each.index.files_per_second:,.0f}",
            f"{each.index.peak_mb:.0f}",
            f"{each.index.second_start_s:.2f}",
            f"{each.typing.opening_p50_ms:.1f}",
            f"{each.typing.opening_p95_ms:.1f}",
            f"{each.typing.fresh_p50_ms:.1f}",
            f"{each.typing.fresh_p95_ms:.1f}",
            f"{each.typing.again_p50_ms:.2f}",
            f"{each.typing.again_p95_ms:.2f}",
            f"{each.typing.keystrokes:,}",
            f"{each.typing.unchanged:.1%}",
        )
        for each in found
    ]
    return Table("Index on one core, latency and keystrokes", headings, tuple(rows))
