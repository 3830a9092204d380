"""From the matches of a query to the names that a file uses: its references, and what it imports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import cast

from coderdiff.context.records import Import, Reference, ReferenceKind
from coderdiff.context.syntax.definitions import written
from coderdiff.context.syntax.imports import MOST_NAMES, take_apart
from coderdiff.context.syntax.languages import Language
from coderdiff.context.syntax.matches import NO_END, Matches
from coderdiff.context.syntax.parts import Placed
from coderdiff.context.syntax.patterns import NOT_A_USE, STRENGTHS, Pattern
from coderdiff.context.syntax.scopes import Captures, Scopes, around
from coderdiff.context.syntax.source import Source

_SELF = frozenset({"", "_", "this", "self", "super", "cls", "Self"})


def read_references(
    matches: Matches,
    source: Source,
    scopes: Scopes,
    named: set[int],
    stretch: range,
    references: Placed[Reference],
) -> None:
    """Add the references that start in a stretch; `named` are places that imports name."""
    found = matches.references
    borders = [*scopes.borders, NO_END]
    at = 0
    for start in sorted(found):
        strength, end, receivers = found[start]
        if strength == NOT_A_USE or start in named or start not in stretch:
            continue
        while borders[at + 1] <= start:
            at += 1
        scope = scopes.scopes[at]
        name = source.text(start, end)
        receiver = None
        if receivers:
            first = receivers[0].start_byte
            receiver = written(receivers[0], source)
            if (
                first not in found
                and receiver not in _SELF
                and receiver.isidentifier()
                and not scope.hides(receiver)
            ):
                use = Reference(receiver, "name", source.line_of(first), scope.name)
                references.add(start, use)
        elif name in _SELF or name[0].isdigit() or scope.hides(name):
            continue
        kind = cast(ReferenceKind, STRENGTHS[strength])
        references.add(start, Reference(name, kind, source.line_of(start), scope.name, receiver))


def imported(matches: Iterable[tuple[Pattern, Captures]]) -> set[int]:
    """The places of what imports name: neither references nor definitions. A name of the file's own is a use."""
    return {
        place_
        for _, captures in matches
        for capture, nodes in captures.items()
        if capture == "import.alias" or "import.module" in captures or "import.text" in captures
        for node in nodes
        for place_ in range(node.start_byte, node.end_byte)
    }


def read_imports(
    language: Language,
    matches: Sequence[tuple[Pattern, Captures]],
    source: Source,
    scopes: Scopes,
    stretch: range,
    imports: Placed[Import],
) -> None:
    """Of several patterns for one name of one module the one counts that says most."""
    known: dict[tuple[int, int], tuple[int, Import]] = {}
    for pattern, captures in matches:
        if "import.text" in captures:
            whole = captures["import.text"][0]
            text = source.text(whole.start_byte, whole.end_byte)
            inline = sum(kind == "module" for _, kind in around(scopes.at(whole.start_byte)))
            for part in islice(take_apart(language.name, text, inline), MOST_NAMES):
                start = whole.start_byte + part.offset
                line = source.line_of(start)
                known[-1, start] = (0, Import(part.module, part.name, part.alias, line))
            continue
        names, aliases = captures.get("import.name"), captures.get("import.alias")
        modules = captures.get("import.module")
        first = modules[0] if modules else captures["import.name"][0]
        module = written(first, source) if modules else ""
        name = written(names[0], source) if names else pattern.silent
        alias = written(aliases[0], source) if aliases else name or language.alias_of(module)
        start = (names or aliases or [first])[0].start_byte
        key = (first.start_byte, start)
        if (module or not modules) and (key not in known or len(captures) > known[key][0]):
            known[key] = (len(captures), Import(module, name, alias, source.line_of(start)))
    named = {of for of, place_ in known if place_ != of}
    for (of, place_), (_, each) in sorted(known.items(), key=lambda item: item[0][1]):
        if place_ in stretch and (place_ != of or of not in named):
            imports.add(place_, each)
