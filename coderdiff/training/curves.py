"""The record of a run: one CSV line a measurement, and a picture of it."""

from __future__ import annotations

import csv
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from coderdiff.model.files import replaced


@dataclass(frozen=True)
class Point:
    """One measurement.

    `rate` is the factor on the learning rates. Losses are nats a token: `causal` and `canvas` of the step
    just done, None where there was none; validation ones are None between validations.
    """

    step: int
    minutes: float
    context_tokens: int
    tokens_per_second: float
    rate: float
    causal: float | None
    canvas: float | None
    validation_causal: float | None = None
    validation_canvas: float | None = None
    validation_first: float | None = None
    validation_length: float | None = None


_NAMES = [field.name for field in fields(Point)]

_LINES = {
    "causal": ("next token, training", "0.75", 1.0),
    "canvas": ("canvas, training", "#f0c9a0", 1.0),
    "validation_causal": ("next token, validation", "#1f4e8c", 2.0),
    "validation_canvas": ("hidden canvas tokens, validation", "#d1661a", 2.0),
    "validation_first": ("first token of a hidden canvas, validation", "#2a8a57", 2.0),
    "validation_length": ("expand and delete, validation", "#7a4ea3", 2.0),
}
"""Column -> label, colour and width of its line in the picture."""


def append(path: Path, point: Point) -> None:
    """Add a line to the CSV, with a heading if the file is new."""
    new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, _NAMES)
        if new:
            writer.writeheader()
        writer.writerow(asdict(point))


def read(path: Path) -> list[dict[str, float | None]]:
    """All lines of the CSV; empty cells are None."""
    with path.open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    return [{name: float(cell) if cell else None for name, cell in line.items()} for line in lines]


def forget(path: Path, step: int) -> None:
    """Drop the lines of steps after `step`, if there is a CSV: a resumed run takes these again."""
    if not path.exists():
        return
    with path.open(newline="", encoding="utf-8") as file:
        kept = [line for line in csv.DictReader(file) if int(line["step"]) <= step]
    with replaced(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, _NAMES)
        writer.writeheader()
        writer.writerows(kept)


def draw(path: Path, picture: Path) -> None:
    """Draw the losses of a CSV against training tokens."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    points = read(path)
    figure, axes = plt.subplots(figsize=(8, 4.5), constrained_layout=True)
    for name, (label, colour, width) in _LINES.items():
        known = [(point["context_tokens"], point[name]) for point in points]
        drawn = [(tokens / 1e6, loss) for tokens, loss in known if tokens is not None and loss is not None]
        if drawn:
            millions, losses = zip(*drawn, strict=True)
            axes.plot(millions, losses, label=label, color=colour, linewidth=width)
    axes.set_xlabel("context tokens seen (millions)")
    axes.set_ylabel("loss (nats a token)")
    axes.set_ylim(bottom=0 if any(point["validation_length"] for point in points) else 1.5, top=7)
    axes.grid(alpha=0.3)
    if points:
        axes.legend(frameon=False)
    figure.savefig(picture, dpi=110)
    plt.close(figure)
