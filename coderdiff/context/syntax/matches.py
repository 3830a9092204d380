"""From a syntax tree to what a language's queries find in a stretch of it, by role (`reader.py` has the roles)."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

import tree_sitter

from coderdiff.context.syntax.languages import Language
from coderdiff.context.syntax.patterns import Pattern, query_of
from coderdiff.context.syntax.scopes import Captures
from coderdiff.context.syntax.source import Source

NO_END = sys.maxsize
"""The end of a stretch that has none."""

MOST_DEPTH = 300
"""What is nested deeper is not read: matching takes time by the square of the depth (12,000 sums in sums: 3 s)."""


@dataclass(slots=True)
class Matches:
    """The matches of one stretch, by role. `references` is by start byte: strength, end, receiver."""

    definitions: list[tuple[Pattern, Captures]] = field(default_factory=list)
    references: dict[int, tuple[int, int, list[tree_sitter.Node] | None]] = field(default_factory=dict)
    local: list[tree_sitter.Node] = field(default_factory=list)
    imports: list[tuple[Pattern, Captures]] = field(default_factory=list)
    bindings: list[Captures] = field(default_factory=list)
    inherits: list[Captures] = field(default_factory=list)


def find_matches(
    language: Language, root: tree_sitter.Node, source: Source, start: int, end: int, uses: bool = True
) -> Matches:
    """All that a language's queries find in a stretch of a tree; without `uses` no references."""
    query = query_of(language, uses)
    patterns = query.patterns
    matches = Matches()
    references = matches.references
    cursor = tree_sitter.QueryCursor(query.compiled)
    cursor.set_max_start_depth(MOST_DEPTH)
    if start or end != NO_END:
        cursor.set_byte_range(
            start, min(end, len(source.content) - 1) + 1
        )  # with what starts at its end: a cut
    for index, captures in cursor.matches(root):
        pattern = patterns[index]
        if pattern.checks and not _holds(pattern, captures, source):
            continue
        strength = pattern.strength
        if strength >= 0:
            node = captures[pattern.key][0]
            place_ = node.start_byte
            known = references.get(place_)
            if known is None or strength < known[0]:
                references[place_] = (strength, node.end_byte, captures.get("receiver"))
            continue
        match pattern.role:
            case "definition" | "scope":
                matches.definitions.append((pattern, captures))
            case "local":
                matches.local += captures["local"]
            case "import":
                matches.imports.append((pattern, captures))
            case "inherits":
                matches.inherits.append(captures)
            case _:
                matches.bindings.append(captures)
    return matches


def _holds(pattern: Pattern, captures: Captures, source: Source) -> bool:
    return all(
        check.holds(source.text(node.start_byte, node.end_byte))
        for check in pattern.checks
        for node in captures.get(check.capture, ())[:1]
    )
