"""`coderdiff stats`: what became of the completions that the server gave, from its own store on this machine."""

from __future__ import annotations

import dataclasses
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coderdiff.config import ENVIRONMENT

if TYPE_CHECKING:
    from coderdiff_api.feedback import Figures

_DAY = 24 * 3600


def stats(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    days: Annotated[float, typer.Option(help="Only the last so many days.", min=0.0)] = 30.0,
    store: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The store; by default where `coderdiff serve` keeps it.",
            show_default=False,
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.toml",
            help=f"The server's settings, which may say where the store is; else {ENVIRONMENT}CONFIG.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Acceptance, retained characters and latency of the completions that were served.

    Editors tell the server what became of a completion (/v1/feedback, Tabby's /v1/events). Nothing leaves the machine,
    and no text is kept.
    """
    from coderdiff.config import feedback_file, settings_file
    from coderdiff.errors import InputError
    from coderdiff_api.feedback import FeedbackStore

    path = store.expanduser() if store else feedback_file(settings_file(config))
    if not path.is_file():
        raise InputError(f"there is no feedback store at {path}: `coderdiff serve` makes it")
    opened = FeedbackStore.open(path)
    try:
        figures = opened.figures(time.time() - days * _DAY)
    finally:
        opened.close()
    if as_json:
        print(json.dumps(dataclasses.asdict(figures)))
    else:
        print("\n".join(lines(figures, days)))


def lines(figures: Figures, days: float) -> list[str]:
    """The figures in words."""
    told = [f"last {days:g} days: {figures.completions} completions, {figures.with_text} with text"]
    if figures.latency_p50_ms is not None and figures.latency_p95_ms is not None:
        told.append(
            f"latency: {figures.latency_p50_ms:.0f} ms at the median, {figures.latency_p95_ms:.0f} ms at the 95th "
            "percentile"
        )
    if figures.tokens_per_forward is not None:
        told.append(f"tokens a forward: {figures.tokens_per_forward:.2f}")
    if not figures.shown:
        return [*told, "nobody said yet what became of one"]
    told.append(
        f"shown: {figures.shown}; accepted {_share(figures.accepted, figures.shown)}, in part "
        f"{_share(figures.partly_accepted, figures.shown)}, rejected {_share(figures.rejected, figures.shown)}"
    )
    told.append(
        f"characters: {figures.characters_shown} shown, "
        f"{_share(figures.characters_accepted, figures.characters_shown)} accepted"
    )
    if figures.retention_known:
        told.append(
            f"retained: {_share(figures.characters_retained, figures.retention_known)} of the accepted characters "
            "that a client looked at again"
        )
    return told


def _share(part: int, whole: int) -> str:
    return f"{part} ({part / whole:.0%})" if whole else str(part)
