"""The text of a skeleton: chosen definitions of one file in source order, with their signatures or by name only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from coderdiff.context.records import Definition
from coderdiff.context.retrieval.view import words_of

INDENT = "    "


class Shown(NamedTuple):
    """A definition in a skeleton: with its signature, or by name only. A tuple, since a pack has hundreds."""

    definition: Definition
    signature: bool


def heading(path: str) -> str:
    """What a prompt puts before a snippet: it costs tokens too."""
    return f"# {path}\n"


@lru_cache(maxsize=1 << 14)
def signature_line(definition: Definition) -> tuple[str, tuple[str, ...]]:
    """A definition's line in a skeleton, and its words, each once and always in one order, since sums of floats depend
    on it. Remembered: the same ones are weighed at every line."""
    text = INDENT * definition.scope.count(".") + definition.signature + "\n"
    return text, tuple(sorted(words_of(text)))


def skeleton(shown: Sequence[Shown]) -> str:
    """The chosen definitions of one file, by scope: heads on lines of their own, then the bare names on one line.

    class Client(Base)
        def get(self, url: str) -> Response
        post put close
    connect DEFAULT_PORT
    """
    named = sorted(
        ((each.definition.qualified, each) for each in shown),
        key=lambda pair: (pair[1].definition.start_line, pair[0]),
    )
    by_scope: dict[str, list[tuple[str, Shown]]] = defaultdict(list)
    for qualified, each in named:
        by_scope[each.definition.scope].append((qualified, each))
    lines: list[str] = []
    _write_scope("", 0, by_scope, lines)
    return "\n".join(lines)


def _write_scope(
    scope: str, depth: int, by_scope: dict[str, list[tuple[str, Shown]]], lines: list[str]
) -> None:
    here = by_scope.get(scope, [])
    inner = _inner_scopes(scope, by_scope)
    heads: dict[str, list[str]] = defaultdict(list)  # an overloaded name has several
    for qualified, each in here:
        if each.signature:
            heads[qualified].append(each.definition.signature)
    order = {qualified: each.definition.start_line for qualified, each in here}
    first_line = {name: min(_first_line(name, by_scope), order.get(name, 1 << 30)) for name in inner}
    entries = sorted({*heads, *inner}, key=lambda name: (first_line.get(name, order.get(name, 0)), name))
    for name in entries:
        if name in heads:
            lines += (INDENT * depth + signature for signature in dict.fromkeys(heads[name]))
        else:
            lines.append(INDENT * depth + name.rpartition(".")[2] + ":")
        if name in inner:
            _write_scope(name, depth + 1, by_scope, lines)
    bare = [each.definition.name for qualified, each in here if not each.signature and qualified not in inner]
    if bare:
        lines.append(INDENT * depth + " ".join(dict.fromkeys(bare)))


def _inner_scopes(scope: str, by_scope: dict[str, list[tuple[str, Shown]]]) -> set[str]:
    """The scopes right inside of one that have something to show, at any depth."""
    start = f"{scope}." if scope else ""
    return {
        start + other[len(start) :].split(".")[0] for other in by_scope if other and other.startswith(start)
    }


def _first_line(scope: str, by_scope: dict[str, list[tuple[str, Shown]]]) -> int:
    return min(
        each.definition.start_line
        for other, listed in by_scope.items()
        if other == scope or other.startswith(scope + ".")
        for _, each in listed
    )
