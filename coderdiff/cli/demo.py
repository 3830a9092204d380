"""`coderdiff demo`: holes in real code are filled before the reader's eyes, then compared with the truth."""

from __future__ import annotations

import ast
import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from coderdiff.cli import options, terminal
from coderdiff.cli.options import DeviceOption, DtypeOption, ModelOption, PolicyOption, ThreadsOption
from coderdiff.cli.picture import write as write_picture
from coderdiff.cli.stream import record, stream
from coderdiff.cli.window import printable
from coderdiff.errors import ConfigError
from coderdiff.types import Completion, Document, Draft, FillRequest, Hole, Limits, complete

_EXAMPLES = "coderdiff.examples"
MOST_TOKENS = 64
"""Enough for each hole; a model that goes on beyond it is stopped there."""


@dataclass(frozen=True)
class Example:
    """A hole in a shipped file: `document` lacks the hole's text, `truth` is what the author wrote there."""

    kind: str
    document: Document
    hole: Hole
    truth: str


def demo(
    *,
    model: ModelOption = None,
    policy: PolicyOption = None,
    pace: Annotated[
        float, typer.Option(metavar="MS", help="Show each step for at least so long.", min=0.0)
    ] = 150.0,
    picture: Annotated[
        Path | None,
        typer.Option(metavar="FILE.svg", help="Also draw the longest answer's steps.", show_default=False),
    ] = None,
    device: DeviceOption = None,
    dtype: DtypeOption = None,
    threads: ThreadsOption = None,
) -> None:
    """Watch holes in real code being filled.

    The times are the model's own: the pace slows down only what is shown. What the model gets wrong is shown
    as it is, beside what the author wrote.
    """
    console = Console(highlight=False)
    holes = examples()
    completer = options.open_completer(model, device, threads, dtype)
    complete(completer, FillRequest(Document("def warm_up():\n    ", "warm_up.py"), Hole(19, 19)))
    answers: list[Completion] = []
    recorded: list[tuple[FillRequest, list[Draft]]] = []
    for number, example in enumerate(holes, 1):
        console.print(
            Rule(f"{number} of {len(holes)} · {example.kind} · {example.document.path}", align="left")
        )
        request = FillRequest(example.document, example.hole, Limits(MOST_TOKENS), policy=policy)
        drafts: list[Draft] = []
        answer = terminal.show_live(console, request, record(stream(completer, request), drafts), pace)
        answers.append(answer)
        recorded.append((request, drafts))
        _print_answer(console, request, example, answer)
    console.print(_table(holes, answers))
    if picture is not None:
        longest = max(range(len(answers)), key=lambda index: len(answers[index].text))
        request, drafts = recorded[longest]
        write_picture(picture, request, drafts, answers[longest])


def examples() -> list[Example]:
    """The holes of `holes.toml`, cut out of their files.

    Raises ConfigError for a hole whose `before` is not once in its file, or whose `after` does not follow.
    """
    folder = resources.files(_EXAMPLES)
    table = tomllib.loads(folder.joinpath("holes.toml").read_text(encoding="utf-8"))
    return [cut(entry, folder.joinpath(entry["file"]).read_text(encoding="utf-8")) for entry in table["hole"]]


def cut(entry: dict[str, str], text: str) -> Example:
    """Take the hole that `entry` (kind, file, before, after) describes out of a file's text."""
    start = text.find(entry["before"]) + len(entry["before"])
    end = text.find(entry["after"], start)
    if text.count(entry["before"]) != 1 or end == -1:
        raise ConfigError(
            f"holes.toml: the {entry['kind']} hole does not fit {entry['file']}; correct its text"
        )
    document = Document(text[:start] + text[end:], entry["file"])
    return Example(entry["kind"], document, Hole(start, start), text[start:end])


def is_exact(example: Example, answer: Completion) -> bool:
    """Whether the completion is what the author wrote, blanks at its end aside."""
    return answer.text.rstrip() == example.truth.rstrip()


def parses(example: Example, answer: Completion) -> bool:
    """Whether the file is valid Python with the completion in it."""
    text, at = example.document.text, example.hole.start
    try:
        ast.parse(text[:at] + answer.text + text[at:])
    except SyntaxError:
        return False
    return True


def _print_answer(console: Console, request: FillRequest, example: Example, answer: Completion) -> None:
    if answer.text:
        console.print(terminal.finished(console, request, answer))
    elif answer.withdrawn:
        console.print(
            "Withdrawn: with it the file would not parse, or it repeats itself or what follows.",
            style="italic",
        )
    else:
        console.print("The model offers nothing here.", style="italic")
    console.print(terminal.summary(answer), style="dim", markup=False)
    if is_exact(example, answer):
        console.print("This is what the author wrote.", style="bold")
    else:
        console.print("The author wrote:", style="italic")
        console.print(Text(printable(example.truth.strip("\n")), no_wrap=True, overflow="ellipsis"))
    console.print()


def _table(holes: list[Example], answers: list[Completion]) -> Table:
    table = Table(
        title=f"{answers[0].model}, policy {answers[0].policy}",
        title_justify="left",
        caption="TPF: tokens a forward. Exact: what the author wrote.",
        caption_justify="left",
        box=SIMPLE,
    )
    table.add_column("hole", no_wrap=True)
    for heading in ("tokens", "forwards", "TPF", "ms"):
        table.add_column(heading, justify="right")
    table.add_column("exact")
    table.add_column("parses")
    for example, answer in zip(holes, answers, strict=True):
        table.add_row(
            example.kind,
            str(answer.tokens),
            str(answer.forwards),
            f"{answer.tpf:.1f}",
            f"{answer.latency_ms:.0f}",
            "yes" if is_exact(example, answer) else "no" if answer.text else "no answer",
            ("yes" if parses(example, answer) else "no") if answer.text else "",
        )
    tokens, forwards = sum(a.tokens for a in answers), sum(a.forwards for a in answers)
    exact = sum(is_exact(example, answer) for example, answer in zip(holes, answers, strict=True))
    table.add_section()
    table.add_row(
        "all",
        str(tokens),
        str(forwards),
        f"{tokens / max(forwards, 1):.1f}",
        f"{sum(answer.latency_ms for answer in answers):.0f}",
        f"{exact} of {len(holes)}",
        "",
    )
    return table
