"""`coderdiff context FILE:LINE:COL`: what a model would be shown of the rest of the repository, and why."""

from __future__ import annotations

import dataclasses
import json
from textwrap import indent
from typing import TYPE_CHECKING, Annotated

import typer

from coderdiff.cli import files, places
from coderdiff.cli.repositories import repository_around
from coderdiff.types import Document, Snippet

if TYPE_CHECKING:
    from coderdiff.context.answer import Context
    from coderdiff.model.tokenizer import Tokenizer

_AMPLE = 1_500
"""So many tokens hold any snippet."""


def context(
    place: Annotated[
        str, typer.Argument(metavar="FILE:LINE:COL", help="The cursor, 1-based as compilers print it.")
    ],
    *,
    budget: Annotated[
        int | None,
        typer.Option(
            metavar="TOKENS",
            min=0,
            help="Most tokens of the pack. What the model reads by default.",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(help="Whose tokens to count. The shipped model's by default.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Show the pack for a cursor: each snippet, why it is there, and what it costs.

    The index of the file's repository is refreshed first. No model runs.
    """
    spot = places.parse(place)
    source = files.read(spot.path)
    hole = places.hole_at(spot, source.text)
    tokenizer, most = _reader(model)
    emptied = Document(source.text[: hole.start] + source.text[hole.end :], str(spot.path.absolute()))
    with repository_around(spot.path) as repository:
        allowed = most if budget is None else budget

        def pack(tokens: int) -> Context:
            return repository.context(
                emptied, hole.start, tokens, lambda text: len(tokenizer.encode(text)) + 1
            )

        found = pack(allowed)
        # Only asking for more tells an empty pack for want of tokens from one for want of anything to show.
        if not found.snippets and found.quiet is None and pack(max(allowed, _AMPLE)).snippets:
            found = dataclasses.replace(found, quiet=f"{allowed:,} tokens are too few for any snippet")
        root = repository.root
    if as_json:
        print(json.dumps(as_object(found)))
        return
    _print(found)
    typer.echo(f"{summary(found)} (searched: {root})", err=True)


def as_object(found: Context) -> dict[str, object]:
    """The pack as `--json` prints it."""
    snippets = [
        {**dataclasses.asdict(snippet), "tokens": tokens}
        for snippet, tokens in zip(found.snippets, found.tokens, strict=True)
    ]
    return {
        "snippets": snippets,
        "tokens": sum(found.tokens),
        "latency_ms": round(found.latency_ms, 3),
        "quiet": found.quiet,
    }


def summary(found: Context) -> str:
    """The pack in one line."""
    if not found.snippets:
        return f"nothing is shown: {found.quiet or 'nothing in the repository is worth its tokens here'}"
    number = f"{len(found.snippets)} snippet{'s' * (len(found.snippets) > 1)}"
    return f"{number}, {sum(found.tokens):,} tokens, {found.latency_ms:.1f} ms"


def heading(snippet: Snippet, tokens: int) -> str:
    """One line over a snippet: where it is from, in what resolution, what it costs, why it is there."""
    lines = (
        f"{snippet.start_line}"
        if snippet.end_line == snippet.start_line
        else f"{snippet.start_line}-{snippet.end_line}"
    )
    return f"{snippet.path}:{lines}  {snippet.resolution}  {tokens} tokens  {snippet.reason}"


def _print(found: Context) -> None:
    """The snippets in colour in a terminal, as plain text elsewhere."""
    from rich.console import Console
    from rich.padding import Padding
    from rich.syntax import Syntax
    from rich.text import Text

    from coderdiff.cli.terminal import syntax_theme
    from coderdiff.cli.window import printable

    console = Console(highlight=False)
    for snippet, tokens in zip(found.snippets, found.tokens, strict=True):
        title, code = printable(heading(snippet, tokens)), printable(snippet.text)
        if not console.is_terminal:
            typer.echo(f"{title}\n{indent(code, '  ')}\n")
            continue
        console.print(Text(title, style="bold"))
        language = Syntax.guess_lexer(snippet.path, code)
        console.print(Padding(Syntax(code, language, theme=syntax_theme(), word_wrap=True), (0, 0, 1, 2)))


def _reader(model: str | None) -> tuple[Tokenizer, int]:
    """A model's tokenizer, and how many tokens of snippets it reads."""
    from coderdiff.model import loader

    checkpoint = loader.load(loader.find(model))
    return checkpoint.tokenizer, checkpoint.spec.pack
