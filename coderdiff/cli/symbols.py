"""`coderdiff symbols QUERY`: find definitions by name."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from coderdiff.context.index.index import Placed


def symbols(
    query: Annotated[
        str,
        typer.Argument(
            help="A name, its beginning, its subwords (tot ar, totAr) or a part; Circle.area asks for a scope."
        ),
    ],
    *,
    path: Annotated[
        Path | None,
        typer.Option(
            help="The project, or a file or folder of it to stay in. By default the current folder's project.",
            show_default=False,
        ),
    ] = None,
    limit: Annotated[int, typer.Option(help="Most symbols to show.", min=1)] = 50,
    everything: Annotated[
        bool, typer.Option("--everything", help="Index even a home folder or the root of the file system.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Find definitions by name, best matches first: place, kind, name with its scope, signature.

    The index is refreshed first.
    """
    from coderdiff.context.files.roots import find_root, refuse_everything
    from coderdiff.context.files.scan import Scanner
    from coderdiff.context.index.build import refresh
    from coderdiff.context.index.index import Index
    from coderdiff.context.index.location import has_index
    from coderdiff.errors import InputError

    if not query.strip():
        raise InputError("the query is empty; type a name or a part of one")
    if path is not None and not path.exists():
        raise InputError(f"{path}: no such file or folder; name one to search in")
    where = path or Path.cwd()
    # A folder that was indexed on its own is asked on its own.
    root = where if where.is_dir() and has_index(where) else find_root(where, around=Path.cwd())
    if not everything:
        refuse_everything(root)
    scanner = Scanner(root)
    below = (
        ""
        if path is None or os.path.realpath(path) == str(scanner.root)
        else scanner.relative(path.absolute())
    )
    with Index.open(scanner.root, say=_say) as index:
        refresh(index, scanner, jobs=os.cpu_count() or 1)
        found = index.find_symbols(query, limit, below)
    if as_json:
        print(json.dumps({"root": str(scanner.root), "symbols": [as_object(each) for each in found]}))
        return
    if not found:
        _say(f"no symbol matches {query!r} in {path or scanner.root}")
    for each in found:
        print(line(each, scanner.root))


def as_object(placed: Placed) -> dict[str, object]:
    """A symbol as `--json` prints it."""
    definition = placed.definition
    return {
        "name": definition.name,
        "kind": definition.kind,
        "scope": definition.scope,
        "path": placed.path,
        "line": definition.start_line,
        "end_line": definition.end_line,
        "signature": definition.signature,
        "doc": definition.doc,
    }


def line(placed: Placed, root: Path) -> str:
    """A symbol as a line that terminals and editors can jump from."""
    definition = placed.definition
    place = os.path.relpath(root / placed.path)
    if place.startswith(os.pardir):
        place = str(root / placed.path)
    return (
        f"{place}:{definition.start_line}: {definition.kind} {definition.qualified}  {definition.signature}"
    )


def _say(text: str) -> None:
    print(f"coderdiff: {text}", file=sys.stderr)
