"""Where everything stands: definitions as captured are put into one another, and each place gets its scope."""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

import tree_sitter

from coderdiff.context.syntax.declarators import Declared, declared
from coderdiff.context.syntax.languages import Language
from coderdiff.context.syntax.patterns import Pattern
from coderdiff.context.syntax.source import Source

CLASSES = frozenset({"class", "interface", "enum", "type"})
FUNCTIONS = frozenset({"function", "method"})
VALUES = frozenset({"variable", "field"})
_OPENS_SCOPE = CLASSES | FUNCTIONS | {"module"}
_HOLDS_FIELDS = CLASSES | {"module"}

Captures = dict[str, list[tree_sitter.Node]]


@dataclass(slots=True, eq=False)
class Scope:
    """What a definition encloses. `head_end` is where its body starts, `local` the names that are its own."""

    name: str = ""
    kind: str = "file"
    parent: Scope | None = None
    start: int = 0
    head_end: int = 0
    local: set[str] = field(default_factory=set)

    def hides(self, name: str) -> bool:
        """Whether a name used here is one of this scope's own, or of one around it."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.local:
                return True
            scope = scope.parent
        return False

    def in_function(self) -> bool:
        """Whether a function is around here."""
        scope: Scope | None = self
        while scope is not None:
            if scope.kind in FUNCTIONS:
                return True
            scope = scope.parent
        return False

    def add_local(self, name: str, offset: int) -> None:
        """A name that is declared here: a function's anywhere in it, another's only in its head."""
        if self.kind in FUNCTIONS or (self.parent is not None and offset < self.head_end):
            self.local.add(name)


@dataclass(slots=True)
class Found:
    """A definition as captured, in byte offsets. `scope` is what is around it, `opens` what it encloses."""

    start: int
    end: int
    name_start: int
    name: str
    kind: str
    captures: Captures
    within: str = ""
    prototype: bool = False
    scope: str = ""
    opens: Scope | None = None


class Scopes:
    """Which scope each place is in: the borders in order, and the scope behind each of them."""

    def __init__(self) -> None:
        self.file = Scope()
        self.borders = [0]
        self.scopes = [self.file]

    def add(self, border: int, scope: Scope) -> None:
        """From a place on, that is not before those known, we are in this scope."""
        self.borders.append(max(border, self.borders[-1]))
        self.scopes.append(scope)

    def at(self, offset: int) -> Scope:
        """The scope that a place is in."""
        return self.scopes[bisect_right(self.borders, offset) - 1]


def place(
    language: Language,
    matches: Sequence[tuple[Pattern, Captures]],
    source: Source,
    scopes: Scopes,
    named: set[int],
) -> list[Found]:
    """The definitions in order, each with what is around it.

    Fills `scopes`, and adds to `named` the places of their names; a name that is there already is skipped.
    """
    candidates = [
        (whole.start_byte, -whole.end_byte, -len(captures), at)
        for at, (pattern, captures) in enumerate(matches)
        for whole in captures[pattern.key][:1]
    ]
    candidates.sort()
    found: list[Found] = []
    around: list[Found] = []
    for start, negative_end, _, at in candidates:
        pattern, captures = matches[at]
        for each in _named(language, pattern, captures, start, -negative_end, source):
            if pattern.kind:
                if each.name_start in named:
                    continue
                name_end = each.name_start + len(each.name) if "." in each.name else each.name_start
                named.update(range(each.name_start, name_end + 1))
            _leave(around, start, scopes)
            if _enter(each, around, scopes) and pattern.kind:
                found.append(each)
    _leave(around, sys.maxsize, scopes)
    return found


def name_of(text: str) -> str:
    """A definition's name as a part of scopes: what the language puts between names becomes a dot."""
    if text.isidentifier():
        return text
    return " ".join(text.split()).replace("::", ".").replace("\\", ".").strip(":.")


def _named(
    language: Language, pattern: Pattern, captures: Captures, start: int, end: int, source: Source
) -> list[Found]:
    """What one match defines: a definition a name."""
    found = []
    for node in captures["name"]:
        said = declared(node) if language.declarators and pattern.kind else Declared(node, (), False)
        if said is None:
            continue
        name = name_of(source.text(said.name.start_byte, said.name.end_byte))
        if name in ("", "_"):
            continue
        each = Found(start, end, said.name.start_byte, name, pattern.kind or "class", captures)
        within = said.within or captures.get("within", ())
        if within:
            parts = (name_of(source.text(part.start_byte, part.end_byte)) for part in within)
            each.within = ".".join(part.partition("<")[0] for part in parts)
        if said.function and each.kind in VALUES:
            each.kind, each.prototype = "function", True
        found.append(each)
    return found


def _leave(around: list[Found], start: int, scopes: Scopes) -> None:
    """Close the definitions that end before a place."""
    while around and around[-1].end <= start:
        closed = around.pop()
        assert closed.opens is not None
        scopes.add(closed.end, closed.opens.parent or scopes.file)


def _enter(each: Found, around: list[Found], scopes: Scopes) -> bool:
    """Give a definition its scope and its final kind, and open its own; False if it is only a local name."""
    outer = around[-1].opens if around else None
    outer = outer or scopes.file
    scope = _join(outer.name, each.within)
    in_class = bool(each.within) or outer.kind in CLASSES
    if (each.kind == "variable" or each.prototype) and outer.kind in FUNCTIONS:
        outer.local.add(each.name)
        return False
    if each.kind == "variable" and in_class:
        each.kind = "field"
    elif each.kind == "field" and not in_class:
        holders = [other.opens for other in around if other.kind in _HOLDS_FIELDS and other.opens]
        if not holders and outer.kind in FUNCTIONS:
            return False
        scope = holders[-1].name if holders else scope
    elif each.kind == "function" and in_class:
        each.kind = "method"
    each.scope = scope
    if each.kind in _OPENS_SCOPE:
        head = each.captures.get("head")
        body = each.captures.get("body")
        border = max(each.start, head[0].start_byte) if head else each.start
        head_end = body[0].start_byte if body else each.end
        each.opens = Scope(_join(scope, each.name), each.kind, outer, each.start, head_end)
        around.append(each)
        scopes.add(border, each.opens)
    return True


def _join(scope: str, name: str) -> str:
    return f"{scope}.{name}" if scope and name else scope or name


def around(scope: Scope | None) -> tuple[tuple[str, str], ...]:
    """What a scope is in, itself included, innermost first, by name and kind."""
    names = []
    while scope is not None and scope.parent is not None:
        names.append((scope.name, scope.kind))
        scope = scope.parent
    return tuple(names)
