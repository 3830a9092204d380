"""`coderdiff symbols` and an editor's symbol search: from what was typed to definitions, best first."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

from coderdiff.context.index.symbol_match import Query, in_scope, match, pattern
from coderdiff.context.records import Definition

MOST_NAMES = 2_000
"""So many names, the shortest that have the query's letters, are judged."""

_KINDS = ("class", "interface", "enum", "type", "function", "method", "macro", "module", "variable", "field")
_RANK = {kind: rank for rank, kind in enumerate(_KINDS)}

Defined = Callable[[str], Sequence[tuple[str, Definition]]]


def search(
    connection: sqlite3.Connection, query: Query, limit: int, below: str, defined: Defined
) -> list[tuple[str, Definition]]:
    """The definitions, with their files, whose names match best; `defined` gives the definitions of a name.

    Equal names stand in the order of kind, path and line; names that match alike, the shorter first. `below` is
    a file or folder to stay in, "" for all.
    """
    found: list[tuple[str, Definition]] = []
    for name in _names(connection, query):
        placed = [
            (path, definition)
            for path, definition in defined(name)
            if in_scope(query, definition.scope) and _is_below(path, below)
        ]
        placed.sort(key=lambda each: (_RANK[each[1].kind], each[0], each[1].start_line))
        found += placed
        if len(found) >= limit:
            break
    return found[:limit]


def _names(connection: sqlite3.Connection, query: Query) -> list[str]:
    """The names that match, best first."""
    rows = connection.execute(
        "SELECT DISTINCT name FROM defined WHERE name LIKE ? ORDER BY length(name) LIMIT ?",
        (pattern(query), MOST_NAMES),
    )
    ranked = ((match(query, name), len(name), name) for (name,) in rows)
    return [name for how, _, name in sorted(each for each in ranked if each[0] is not None)]


def _is_below(path: str, below: str) -> bool:
    return not below or path == below or path.startswith(below.rstrip("/") + "/")
