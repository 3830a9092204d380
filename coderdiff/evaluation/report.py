"""Figures -> a table for people, a Markdown table for docs/benchmarks.md, and a plot of quality against TPF."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from coderdiff.evaluation.infill import Figures
from coderdiff.evaluation.keeping import PRECISION, THRESHOLDS, Sureness

HEADINGS = ("policy", "holes", "n", "exact", "similar", "empty", "parses", "TPF", "p50 ms", "p95 ms")


def cells(row: Figures) -> tuple[str, ...]:
    """One line of a table."""
    return (
        row.policy,
        row.kind,
        str(row.holes),
        f"{row.exact:.1%}",
        f"{row.similarity:.1%}",
        f"{row.empty:.1%}",
        f"{row.parses:.1%}",
        f"{row.tpf:.2f}",
        f"{row.p50_ms:.0f}",
        f"{row.p95_ms:.0f}",
    )


def markdown(rows: Sequence[Figures]) -> str:
    """A Markdown table."""
    return _table(HEADINGS, [*map(cells, rows)])


CONFIDENCE_HEADINGS = (
    "policy",
    "holes",
    "n",
    "answers",
    "calibration error",
    f"answered at {PRECISION:.0%} kept",
    *(f"from {least:.0%}: answered / kept" for least in THRESHOLDS),
)


def confidence_cells(row: Sureness) -> tuple[str, ...]:
    """One line of the table of confidences."""
    return (
        row.policy,
        row.kind,
        str(row.holes),
        str(row.completions),
        f"{row.calibration_error:.3f}",
        f"{row.answered:.1%}",
        *(
            f"{each.answered:.1%} / " + ("-" if each.precision is None else f"{each.precision:.0%}")
            for each in row.thresholds
        ),
    )


def confidence_markdown(rows: Sequence[Sureness]) -> str:
    """A Markdown table of how far completions can be trusted."""
    return _table(CONFIDENCE_HEADINGS, [*map(confidence_cells, rows)])


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [headings, ("---", "---", *["---:"] * (len(headings) - 2)), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def replace_section(page: Path, name: str, content: str) -> None:
    """Put `content` between `<!-- name -->` and `<!-- /name -->` of a page, or at its end if they are not there."""
    opening, closing = f"<!-- {name} -->\n", f"<!-- /{name} -->\n"
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    section = opening + content + closing
    if opening in text and closing in text:
        before, _, rest = text.partition(opening)
        text = before + section + rest.partition(closing)[2]
    else:
        text = text.rstrip() + "\n\n" * bool(text) + section
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(text, encoding="utf-8")


def plot(rows: Sequence[Figures], picture: Path, kind: str = "line to block") -> None:
    """Exact match and edit similarity against tokens a forward, one point a policy."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    shown = [row for row in rows if row.kind == kind]
    figure, panels = plt.subplots(1, 2, figsize=(10, 4.2), constrained_layout=True)
    for axes, (name, label) in zip(
        panels, (("exact", "exact match (%)"), ("similarity", "edit similarity (%)")), strict=True
    ):
        families = list(dict.fromkeys(row.policy.partition(":")[0] for row in shown))
        for number, family in enumerate(families):
            points = sorted(
                (row.tpf, 100 * getattr(row, name)) for row in shown if row.policy.partition(":")[0] == family
            )
            axes.plot(*zip(*points, strict=True), "osD^v"[number % 5] + "-", label=family)
        axes.set_xlabel("tokens a forward")
        axes.set_ylabel(label)
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
    panels[0].legend(frameon=False)
    figure.suptitle(f"{kind} holes in packages never trained on, n = {shown[0].holes}")
    figure.savefig(picture, dpi=110)
    plt.close(figure)
