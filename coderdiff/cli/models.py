"""`coderdiff models`: the models there are, and what one takes in memory before it is loaded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coderdiff.errors import CheckpointError

if TYPE_CHECKING:
    from coderdiff.model.catalogue import Known
    from coderdiff.model.memory import MemoryPlan
    from coderdiff.model.survey import Survey

app = typer.Typer(help="List models, and plan the memory of one.", invoke_without_command=True)

_SOURCES = {
    "shipped": "the package",
    "folder": "its folder",
    "cache": "the cache",
    "server": "its config, just fetched; the weights are not here",
    "published": "published numbers; it is not here",
}
_UNITS = ("B", "kB", "MB", "GB", "TB")
_NUMBERS = (1, 2)
"""Columns of the list that stand to the right."""


@app.callback()
def models(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """List models: those shipped, those in the cache, and the published ones that --model takes by name."""
    if context.invoked_subcommand is not None:
        return
    from coderdiff.model import survey
    from coderdiff.model.catalogue import KNOWN, known

    here = list(survey.local())
    names = {each.name for each in here}
    rows = [_row(each, known(each.name)) for each in here]
    for entry in KNOWN:
        if entry.name not in names:
            rows.append(_row(survey.of_published(entry) if entry.config else None, entry))
    if as_json:
        print(json.dumps({"models": rows}))
        return
    _print_list(rows)


@app.command()
def plan(
    name: Annotated[str, typer.Argument(help="A shipped model, ORG/NAME or a folder.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """What a model takes in memory, by its shapes alone, and whether its files fit them; nothing is loaded."""
    from coderdiff.model.memory import free_memory, plans
    from coderdiff.model.survey import survey

    found = survey(name)
    planned, free = plans(found.network), free_memory()
    if as_json:
        print(json.dumps(as_object(found, planned, free)))
        return
    print("\n".join(summary(found, planned, free)))


def as_object(found: Survey, planned: list[MemoryPlan], free: dict[str, int]) -> dict[str, Any]:
    """The plan as `--json` prints it: bytes, and the published numbers marked as such."""
    return {
        "name": found.name,
        "source": found.source,
        "parameters": found.network.parameters_count,
        "window": found.spec.window,
        "stored": None if found.stored is None else {"bytes": found.stored.bytes, "types": list(found.stored.types)},
        "plans": [
            {
                "dtype": each.dtype,
                "weights": each.weights,
                "kv_token": each.kv_token,
                "kv_window": each.kv_window,
                "total": each.total,
            }
            for each in planned
        ],
        "free": free,
    }  # fmt: skip


def summary(found: Survey, planned: list[MemoryPlan], free: dict[str, int]) -> list[str]:
    """The plan in words and a table."""
    window = f"{found.spec.window:,}"
    lines = [
        f"{found.name}: {count(found.network.parameters_count)} weights, a window of {window} tokens"
        f" (by {_SOURCES[found.source]})"
    ]
    if found.stored is not None:
        lines.append(f"its files fit: {size(found.stored.bytes)} as {', '.join(found.stored.types)}")
    head = ("", "weights", "KV a token", f"KV at {window}", "together")
    table = [head, *((p.dtype, *map(size, (p.weights, p.kv_token, p.kv_window, p.total))) for p in planned)]
    widths = [max(len(row[at]) for row in table) for at in range(len(head))]
    for row in table:
        cells = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        lines.append("  ".join((row[0].ljust(widths[0]), *cells)))
    lines.append("Not counted: what a forward holds for a moment, which grows with the rows read at once.")
    lines += [
        f"free here on {device}: {size(free[device])}; {_fitting(planned, free[device])}" for device in free
    ]
    return lines


def _fitting(planned: list[MemoryPlan], free: int) -> str:
    fits = [each.dtype for each in planned if each.total <= free]
    return f"it fits as {', '.join(fits)}" if fits else "it does not fit"


def size(number: int) -> str:
    """Bytes for people, in powers of a thousand."""
    value, unit = float(number), 0
    while value >= 1000 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.0f} {_UNITS[unit]}" if value >= 100 or unit == 0 else f"{value:.3g} {_UNITS[unit]}"


def count(number: int) -> str:
    """A number of weights for people, as in 7.6B."""
    return f"{number / 1e9:.1f}B" if number >= 1e9 else f"{number / 1e6:.1f}M"


def _row(found: Survey | None, entry: Known | None) -> dict[str, Any]:
    from coderdiff.model import hub
    from coderdiff.model.catalogue import abilities

    folder = found.folder if found is not None else None
    if found is None and entry is not None:
        folder = hub.cached(entry.name)  # one that we cannot survey may be here all the same
    stored = found.stored.bytes if found is not None and found.stored is not None else None
    if found is None and folder is not None:
        stored = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    can = [] if found is None else list(abilities(found.spec))
    if _chats(folder, entry):
        can.append("chat")
    shipped = found is not None and found.source == "shipped"
    return {
        "name": found.name if found is not None else entry.name if entry is not None else None,
        "source": found.source if found is not None else "published" if folder is None else "cache",
        "parameters": None if found is None else found.network.parameters_count,
        "window": None if found is None else found.spec.window,
        "can": can,
        "licence": "Apache-2.0" if shipped else entry.licence if entry is not None else None,
        "note": None if entry is None else entry.note,
        "folder": None if folder is None else str(folder),
        "bytes": stored,
    }


def _chats(folder: Path | None, entry: Known | None) -> bool:
    """Whether a model can be talked to: by its files where they are here, else by the table."""
    from coderdiff.model.chat import chat_template

    if folder is None:
        return entry is not None and entry.chat
    try:
        return chat_template(folder) is not None
    except CheckpointError:
        return False


def _print_list(rows: list[dict[str, Any]]) -> None:
    """One line a model, however wide: names stay whole, to be copied."""
    table = [("name", "weights", "window", "here", "licence", "can")]
    for row in rows:
        table.append(
            (
                row["name"],
                count(row["parameters"]) if row["parameters"] else "?",
                f"{row['window']:,}" if row["window"] else "?",
                f"{size(row['bytes'])}, {row['source']}" if row["bytes"] else "-",
                row["licence"] or "see its page",
                ", ".join([*row["can"], *([row["note"]] if row["note"] else [])]),
            )
        )
    widths = [max(len(cells[at]) for cells in table) for at in range(len(table[0]) - 1)]
    for cells in table:
        aligned = [
            cell.rjust(width) if at in _NUMBERS else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(cells, widths, strict=False))
        ]
        print("  ".join((*aligned, cells[-1])).rstrip())
    print("--model NAME takes any of them; what is not here is downloaded into the cache.")
