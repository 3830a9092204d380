"""Definitions by what names near the cursor mean: what the file imports, what the lines around have in hand."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterable, Mapping, Sequence
from itertools import chain, filterfalse, islice
from operator import attrgetter

from coderdiff.context.records import Import, Reference
from coderdiff.context.retrieval.evidence import Found
from coderdiff.context.retrieval.expressions import parts_of
from coderdiff.context.retrieval.kinds import is_test
from coderdiff.context.retrieval.known import Owner
from coderdiff.context.retrieval.lookup import Here
from coderdiff.context.retrieval.resolve import IMPLICIT_SELF, Resolver
from coderdiff.context.retrieval.view import CLASSES, View, receiver_before
from coderdiff.context.retrieval.visible import Visible
from coderdiff.context.syntax.references import named

NEAR = 15
"""Lines above and below the cursor whose receivers count as in play."""

MOST_OWNERS = 16
MOST_MEMBERS = 400
MOST_IN_PLAY = 40
MOST_BESIDE_FILES = 8

MOST_FIELDS = 24

_CONSTRUCTORS = ("__init__", "constructor", "__construct", "initialize")
"""What makes one of a class, but for languages in which it is called like the class."""

_PROPERTIES = re.compile(
    r"\(\s*(?:\{[^{}]*\}|\w+)\s*:\s*(?:\w+<)*([A-Z][\w.]*)"
    r"|\b(?:FC|VFC|FunctionComponent|Component|PureComponent|forwardRef|memo)<(?:[\w.]+,\s*)?([A-Z][\w.]*)"
)
"""Where the head of a component has the type of its properties."""

_UNUSED = 2
"""An import that nothing uses yet counts like one used so many lines away."""


class Definitions:
    """Definitions for one cursor, the nearest first; `votes` say which names similar code uses."""

    def __init__(self, resolver: Resolver, view: View) -> None:
        self._resolver = resolver
        self._view = view
        self._visible = Visible(resolver, view.path, view.scope)
        self._near = _near(view.symbols.references, view.line, NEAR)
        self._nearest = _nearest_uses(view)

    def in_play(self) -> list[Found]:
        """Imported definitions and the enclosing class's bases, those used nearest to the cursor first."""
        view = self._view
        found: dict[tuple[str, str], tuple[int, Found]] = {}

        def put(here: Here, away: int, reason: str) -> None:
            key = (here.path, here.definition.qualified)
            if here.path != view.path and (key not in found or away < found[key][0]):
                found[key] = (away, Found(here, reason))

        cls = self._resolver.classes.class_of(view.path, view.scope)
        if cls is not None:
            for base in self._resolver.classes.family(cls)[1:]:
                put(base, 3, f"base of {cls.definition.name}")
        for name, fixture in self._resolver.fixtures.taken(view.path, view.scope):
            put(fixture, 1, f"fixture {name}")
        for imported in view.symbols.imports:
            brought = self._resolver.names.owner_of_import(view.path, imported)
            if isinstance(brought, Here):
                put(brought, self._nearest.get(imported.alias, _UNUSED), f"imported by line {imported.line}")
        for reference in self._near:
            if reference.receiver and reference.kind == "call":
                away = abs(reference.line - view.line)
                owner = self._resolver.owner(view.path, reference.scope, reference.receiver, reference.line)
                member = self._member(owner, reference.name)
                if member is not None:
                    put(member, away, f"called on line {reference.line}")
        return [each for _, each in sorted(found.values(), key=lambda pair: pair[0])][:MOST_IN_PLAY]

    def members(self, votes: Mapping[str, float]) -> list[Found]:
        """Members of whatever the lines around the cursor have in hand, the nearest first."""
        view = self._view
        expressions: dict[str, int] = {}

        def put(expression: str, away: int) -> None:
            expressions[expression] = min(away, expressions.get(expression, away))

        for reference in self._near:
            away = abs(reference.line - view.line)
            whole = f"{reference.receiver}.{reference.name}" if reference.receiver else reference.name
            put(whole + "()" if reference.kind == "call" else whole, away)
            if reference.receiver:
                put(reference.receiver, away)
        for binding in view.symbols.bindings:
            if binding.scope and (view.scope + ".").startswith(binding.scope + "."):
                put(binding.target, min(2 * NEAR, abs(binding.line - view.line)))
        for name, _ in self._resolver.fixtures.taken(view.path, view.scope):
            put(name, NEAR)
        owners: dict[Owner, str] = {}
        for expression, _ in sorted(expressions.items(), key=lambda item: (item[1], item[0])):
            owner = self._resolver.owner(view.path, view.scope, expression, view.line)
            if owner is not None and owner not in owners:
                owners[owner] = f"type of {expression}" if owner.cls else f"module {expression}"
                if len(owners) == MOST_OWNERS:
                    break
        return self._listed(owners.items(), votes)

    def members_of(self, receiver: str, votes: Mapping[str, float]) -> Sequence[Found]:
        """The members of what stands before the dot that is being written; none if nobody says what that is.

        Those whose names stand elsewhere in the file come last, but do come: a word of that name may be anything.
        """
        owner = self._resolver.owner(self._view.path, self._view.scope, receiver, self._view.line)
        return self._all_of(owner, f"member of {receiver}", votes) if owner else ()

    def fixtures(self, votes: Mapping[str, float]) -> Sequence[Found]:
        """What a test may take as a parameter; nothing in a file that holds no tests."""
        view = self._view
        available = self._resolver.fixtures.available(view.path, view.scope) if is_test(view.path) else ()
        found = [Found(here, "fixture that a test may take") for here in available]
        return sorted(found, key=lambda each: -votes.get(each.name, 0.0))

    def names_in(self, module: str, votes: Mapping[str, float]) -> Sequence[Found]:
        """What the module holds that the line imports names from."""
        line = self._view.line
        found = self._resolver.names.owner_of_import(self._view.path, Import(module, None, "", line))
        if isinstance(found, Here):
            found = Owner(found) if found.definition.kind in CLASSES else None
        return self._all_of(found, f"to import from {module}", votes) if found else ()

    def called(self, expression: str) -> Sequence[Found]:
        """What is called: a function, or of a class what makes one, its fields if nothing is written for that."""
        found = self._callee(expression.lstrip("@"))
        if found is None:
            return ()
        reason = f"{expression} is called on this line"
        if found.definition.kind not in CLASSES:
            return (Found(found, reason),) if found.path != self._view.path else ()
        classes = self._resolver.classes
        fields = self._fields(Owner(found), reason)
        constructors = (*_CONSTRUCTORS, found.definition.name)
        for find in (classes.own_member, classes.member)[: 1 if fields else 2]:
            made = next((here for name in constructors if (here := find(found, name))), None)
            if made is not None:
                return (Found(made, reason),) if made.path != self._view.path else ()
        return fields

    def fields_of(self, written: str) -> Sequence[Found]:
        """The fields of a type whose value is being written out."""
        found = self._resolver.names.named(self._view.path, ".".join(parts_of(written)))
        return self._fields(Owner(found), f"field of {written}") if isinstance(found, Here) else ()

    def attributes(self, element: str) -> Sequence[Found]:
        """What a component takes: the fields of the type that its head gives to its properties."""
        found = self._callee(element)
        if found is None:
            return ()
        definition = found.definition
        said = _PROPERTIES.search(" ".join((definition.signature, definition.type or "")))
        taken = self._resolver.names.named(found.path, said[1] or said[2]) if said else None
        return self._fields(Owner(taken), f"attribute of {element}") if isinstance(taken, Here) else ()

    def _fields(self, owner: Owner, reason: str) -> list[Found]:
        never, _ = self._visible.hidden(owner)
        members = self._resolver.classes.members(owner).items()
        fields = (here for name, here in members if name not in never and here.definition.kind == "field")
        return [Found(here, reason) for here in fields][:MOST_FIELDS]

    def _callee(self, expression: str) -> Here | None:
        """The definition that a called expression names."""
        view = self._view
        receiver = receiver_before(expression)
        name = parts_of(expression)[-1:]
        if not name:
            return None
        if receiver is not None:
            return self._member(self._resolver.owner(view.path, view.scope, receiver, view.line), name[0])
        found = self._resolver.names.named(view.path, expression)
        if isinstance(found, Owner):
            found = self._resolver.names.default_of(found, expression)
        if found is None and view.symbols.language in IMPLICIT_SELF:
            cls = self._resolver.classes.class_of(view.path, view.scope)
            found = self._resolver.classes.member(cls, expression) if cls is not None else None
        return found if isinstance(found, Here) else None

    def imported(self, votes: Mapping[str, float]) -> tuple[list[Found], list[Found]]:
        """Members of what imports bring, and what else the modules define that the rest comes from.

        What is imported and not used yet comes first: the next line is likely to. Then what is used nearest.
        """
        view = self._view
        ordered = sorted(
            view.symbols.imports, key=lambda each: self._nearest.get(each.alias.split(".")[0], -1)
        )
        brought: list[tuple[Owner, str]] = []
        modules: dict[Owner, str] = {}
        for imported in ordered:
            found = self._resolver.names.owner_of_import(view.path, imported)
            reason = f"imported by line {imported.line}"
            if isinstance(found, Owner):
                brought.append((found, reason))
            elif found is not None:
                modules.setdefault(Owner(module=(found.path,)), reason)
                if found.definition.kind in CLASSES:
                    brought.append((Owner(found), reason))
        return self._listed(brought, votes), self._listed(modules.items(), votes)

    def beside(self, votes: Mapping[str, float]) -> list[Found]:
        """Top-level definitions of files in the same folder; those of its tests are for other tests alone."""
        view = self._view
        paths = self._resolver.known.modules.beside(view.path)
        if not is_test(view.path):
            paths = [path for path in paths if not is_test(path)]
        found: dict[str, Found] = {}
        by_custom: frozenset[str] = frozenset()
        for path in paths[:MOST_BESIDE_FILES]:
            facts = self._resolver.known.facts(path)
            if facts is None:
                continue
            never, unusual = self._visible.hidden_at_top(path)
            by_custom |= unusual
            for name, definition in facts.top.items():
                if name not in view.known and name not in never:
                    found.setdefault(name, Found(Here(path, definition), "in the same folder"))
        return sorted(found.values(), key=lambda each: (-votes.get(each.name, 0.0), each.name in by_custom))

    def _member(self, owner: Owner | None, name: str) -> Here | None:
        if owner is None:
            return None
        if owner.cls is not None:
            return self._resolver.classes.member(owner.cls, name)
        found = self._resolver.names.in_module(owner.module, (name,))
        return found if isinstance(found, Here) else None

    def _all_of(self, owner: Owner, reason: str, votes: Mapping[str, float]) -> list[Found]:
        """All members, those that the file does not show first, and of these those that similar code uses; behind them
        all those that nobody uses from here by custom."""
        fresh = self._listed([(owner, reason)], votes)
        never, unusual = self._visible.hidden(owner)
        names = {found.name for found in fresh} | never
        members = self._resolver.classes.members(owner)
        shown = (Found(here, reason) for name, here in members.items() if name not in names)
        listed = [*fresh, *islice(shown, MOST_MEMBERS - len(fresh))]
        return sorted(listed, key=lambda each: each.name in unusual) if unusual else listed

    def _listed(self, owners: Iterable[tuple[Owner, str]], votes: Mapping[str, float]) -> list[Found]:
        """The members of these in turn that the file does not show and may use, those that similar code uses first, and
        last those that nobody uses from here by custom."""
        shown = self._view.known
        listed: dict[str, Found] = {}
        for owner, reason in owners:
            never, unusual = self._visible.hidden(owner)
            members = self._resolver.classes.members(owner)
            # A cursor sees thousands of members: filters pass over those that are no news without running code.
            fresh: Iterable[str] = members
            for passed_over in (shown, listed, never):
                fresh = filterfalse(passed_over.__contains__, fresh) if passed_over else fresh
            names = list(fresh)
            room = MOST_MEMBERS - len(listed)
            for name in islice(preferred(names, votes, unusual), room):
                listed[name] = Found(members[name], reason)
            if len(names) >= room:
                break
        return list(listed.values())


def preferred(names: list[str], votes: Mapping[str, float], unusual: frozenset[str]) -> Iterable[str]:
    """Names in order, those with votes first, the more the earlier, and last those that are not used by custom."""
    voted = sorted(filter(votes.__contains__, names), key=lambda name: -votes[name])
    if not voted and not unusual:
        return names
    usual = filterfalse(unusual.__contains__, names) if unusual else names
    return dict.fromkeys(chain(voted, usual, names))


def _near(references: Sequence[Reference], line: int, reach: int) -> list[Reference]:
    """The references near a line, its own left out. References stand in the order of their lines."""
    by_line = attrgetter("line")
    first = bisect_left(references, line - reach, key=by_line)
    last = bisect_right(references, line + reach, key=by_line)
    return [each for each in references[first:last] if each.line != line]


def _nearest_uses(view: View) -> dict[str, int]:
    """How many lines away the names that the file imports are used nearest. A receiver is a use of its own.

    Most are found near by: the whole file is looked through for the rest alone.
    """
    nearest: dict[str, int] = {}
    references = view.symbols.references
    missing = {each.alias.split(".")[0] for each in view.symbols.imports}
    _note_nearest(_near(references, view.line, _NEAR_BY), missing, view.line, nearest)
    missing -= nearest.keys()
    if missing:
        _note_nearest(named(references, missing), missing, view.line, nearest)
    return nearest


def _note_nearest(
    references: Iterable[Reference], names: Container[str], line: int, nearest: dict[str, int]
) -> None:
    """Note how far from a line these names are used nearest, but for uses on the line itself."""
    for each in references:
        if each.name in names and each.line != line:
            away = abs(each.line - line)
            nearest[each.name] = min(away, nearest.get(each.name, away))


_NEAR_BY = 50
"""Lines above and below within which uses of imports are looked for first."""
