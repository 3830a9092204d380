"""All that may help at a cursor: definitions by what names there mean, chunks by what they have in common with it.

Each list is in its own order of merit and says nothing of the others; `rank.py` weighs them against each other.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import NamedTuple

from coderdiff.context.records import Reference
from coderdiff.context.retrieval import lexical
from coderdiff.context.retrieval.lexical import Chunk
from coderdiff.context.retrieval.lookup import Here
from coderdiff.context.retrieval.resolve import Owner, Resolver
from coderdiff.context.retrieval.view import CLASSES, WORD, View

NEAR = 15
"""Lines above and below the cursor whose receivers count as in play."""

MOST_OWNERS = 16
MOST_MEMBERS = 400
MOST_CHUNKS = 30
MOST_OPENED = 8
MOST_IN_PLAY = 40
MOST_RELATED = 4
MOST_BESIDE_FILES = 8
MOST_BODY_LINES = 24

_UNUSED = 2
"""An import that nothing uses yet counts like one used so many lines away."""

_SCOPE = 0.5


@dataclass(frozen=True, slots=True)
class Edit:
    """Lines that were changed lately, as they are now; 1-based and inclusive."""

    path: str
    start_line: int
    end_line: int
    text: str


class Found(NamedTuple):
    """A definition that may be needed, and why in a few words. A tuple, since a cursor has a thousand of them."""

    here: Here
    reason: str

    @property
    def name(self) -> str:
        """Its name, without scope."""
        return self.here.definition.name


@dataclass(frozen=True, slots=True)
class Example:
    """Lines of another file that show how it is done, and why these."""

    chunk: Chunk
    reason: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found for one cursor, each list best first.

    receiver  members of what stands before the dot that is being written
    in_play   definitions that this file imports or extends, those used near the cursor first
    members   members of what the lines around the cursor have in hand: variables, `self`, modules
    imported  members of the classes that the file imports
    modules   what else the imported modules define
    beside    top-level definitions of files in the same folder
    alike     lines of other files like those around the cursor
    opened    such lines of files that are open in the editor
    related   what the enclosing function overrides, and bodies of what is called next to the cursor
    edited    lines that were changed lately
    votes     names used by `alike` and `opened`, by how much these speak for them
    """

    receiver: Sequence[Found] = ()
    in_play: Sequence[Found] = ()
    members: Sequence[Found] = ()
    imported: Sequence[Found] = ()
    modules: Sequence[Found] = ()
    beside: Sequence[Found] = ()
    alike: Sequence[Example] = ()
    opened: Sequence[Example] = ()
    related: Sequence[Example] = ()
    edited: Sequence[Example] = ()
    votes: Mapping[str, float] = field(default_factory=dict)


class Retriever:
    """Gathers evidence for cursors, through one resolver."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._lookup = resolver.lookup
        self._shared = resolver.shared

    def gather(self, view: View, edits: Sequence[Edit] = ()) -> Evidence:
        """Everything that may help at the view's line, whatever is written there."""
        nearest = _nearest_uses(view)
        near = _near(view.symbols.references, view.line)
        in_play = self._in_play(view, nearest, near)
        alike, opened = self._alike(view, in_play)
        votes = self._votes(view, alike, opened)
        brought, modules = self._imported(view, nearest)
        return Evidence(
            in_play=in_play,
            members=self._members(view, near, votes),
            imported=self._listed(brought, votes, view),
            modules=self._listed(modules, votes, view),
            beside=self._beside(view, votes),
            alike=alike,
            opened=opened,
            related=self._related(view, in_play),
            edited=[self._edited(edit) for edit in reversed(edits)],
            votes=votes,
        )

    def members_of(self, view: View, receiver: str, votes: Mapping[str, float]) -> Sequence[Found]:
        """The members of what stands before the dot that is being written; none if nobody says what that is."""
        owner = self._resolver.owner(view.path, view.scope, receiver, view.line)
        return self._listed([(owner, f"member of {receiver}")], votes, view) if owner else ()

    def _votes(self, view: View, *lists: Sequence[Example]) -> dict[str, float]:
        """How much examples speak for names that the repository defines and the file does not show."""
        known = self._shared.defined
        asked = frozenset().union(*(each.chunk.names for listed in lists for each in listed)) - view.known
        missing = asked - known.keys()
        if missing:
            known.update(dict.fromkeys(missing, False))
            known.update(dict.fromkeys(self._lookup.defined(missing), True))
        wanted = frozenset(name for name in asked if known[name])
        found: dict[str, float] = {}
        for listed in lists:
            for name, vote in lexical.votes([each.chunk for each in listed], wanted).items():
                found[name] = found.get(name, 0.0) + vote
        return found

    def _in_play(self, view: View, nearest: Mapping[str, int], near: Sequence[Reference]) -> list[Found]:
        """Imported definitions and the enclosing class's bases, those used nearest to the cursor first."""
        found: dict[tuple[str, str], tuple[int, Found]] = {}

        def put(here: Here, away: int, reason: str) -> None:
            key = (here.path, here.definition.qualified)
            if here.path != view.path and (key not in found or away < found[key][0]):
                found[key] = (away, Found(here, reason))

        cls = self._resolver.class_of(view.path, view.scope)
        if cls is not None:
            for base in self._resolver.family(cls)[1:]:
                put(base, 3, f"base of {cls.definition.name}")
        for imported in view.symbols.imports:
            brought = self._resolver.owner_of_import(view.path, imported)
            if isinstance(brought, Here):
                put(brought, nearest.get(imported.alias, _UNUSED), f"imported by line {imported.line}")
        for reference in near:
            if reference.receiver and reference.kind == "call":
                away = abs(reference.line - view.line)
                owner = self._resolver.owner(view.path, reference.scope, reference.receiver, reference.line)
                member = self._member(owner, reference.name)
                if member is not None:
                    put(member, away, f"called on line {reference.line}")
        return [each for _, each in sorted(found.values(), key=lambda pair: pair[0])][:MOST_IN_PLAY]

    def _member(self, owner: Owner | None, name: str) -> Here | None:
        if owner is None:
            return None
        if owner.cls is not None:
            return self._resolver.member(owner.cls, name)
        found = self._resolver.in_module(owner.module, (name,))
        return found if isinstance(found, Here) else None

    def _members(self, view: View, near: Sequence[Reference], votes: Mapping[str, float]) -> list[Found]:
        """Members of whatever the lines around the cursor have in hand, the nearest first."""
        expressions: dict[str, int] = {}

        def put(expression: str, away: int) -> None:
            expressions[expression] = min(away, expressions.get(expression, away))

        for reference in near:
            away = abs(reference.line - view.line)
            whole = f"{reference.receiver}.{reference.name}" if reference.receiver else reference.name
            put(whole + "()" if reference.kind == "call" else whole, away)
            if reference.receiver:
                put(reference.receiver, away)
        for binding in view.symbols.bindings:
            if binding.scope and (view.scope + ".").startswith(binding.scope + "."):
                put(binding.target, min(2 * NEAR, abs(binding.line - view.line)))
        owners: dict[Owner, str] = {}
        for expression, _ in sorted(expressions.items(), key=lambda item: (item[1], item[0])):
            owner = self._resolver.owner(view.path, view.scope, expression, view.line)
            if owner is not None and owner not in owners:
                owners[owner] = f"type of {expression}" if owner.cls else f"module {expression}"
                if len(owners) == MOST_OWNERS:
                    break
        return self._listed(owners.items(), votes, view)

    def _listed(
        self, owners: Iterable[tuple[Owner, str]], votes: Mapping[str, float], view: View
    ) -> list[Found]:
        """The members of these in turn, those that similar code uses first."""
        listed: dict[str, Found] = {}
        for owner, reason in owners:
            members = self._resolver.members(owner)
            fresh = [name for name in members if name not in view.known and name not in listed]
            fresh.sort(key=lambda name: -votes.get(name, 0.0))  # stable: equals as they stand
            for name in fresh[: MOST_MEMBERS - len(listed)]:
                if members[name].path != view.path:
                    listed[name] = Found(members[name], reason)
            if len(listed) >= MOST_MEMBERS:
                break
        return list(listed.values())

    def _imported(
        self, view: View, away: Mapping[str, int]
    ) -> tuple[list[tuple[Owner, str]], list[tuple[Owner, str]]]:
        """What imports bring that has members, and the modules that the rest comes from.

        What is imported and not used yet comes first: the next line is likely to. Then what is used nearest.
        """
        ordered = sorted(view.symbols.imports, key=lambda each: away.get(each.alias.split(".")[0], -1))
        brought: list[tuple[Owner, str]] = []
        modules: list[tuple[Owner, str]] = []
        for imported in ordered:
            found = self._resolver.owner_of_import(view.path, imported)
            reason = f"imported by line {imported.line}"
            if isinstance(found, Owner):
                brought.append((found, reason))
            elif found is not None:
                modules.append((Owner(module=(found.path,)), reason))
                if found.definition.kind in CLASSES:
                    brought.append((Owner(found), reason))
        return brought, modules

    def _beside(self, view: View, votes: Mapping[str, float]) -> list[Found]:
        found: dict[str, Found] = {}
        for path in self._resolver.modules.beside(view.path)[:MOST_BESIDE_FILES]:
            facts = self._resolver.facts(path)
            for name, definition in (facts.top if facts else {}).items():
                if name not in view.known:
                    found.setdefault(name, Found(Here(path, definition), "in the same folder"))
        return sorted(found.values(), key=lambda each: -votes.get(each.name, 0.0))

    def _alike(self, view: View, in_play: Sequence[Found]) -> tuple[list[Example], list[Example]]:
        """Chunks of other files, and those of open ones: an open file is what its buffer says, not the index."""
        extra = dict.fromkeys((part for part in view.scope.split(".") if part), _SCOPE)
        query = lexical.query(view, extra)
        hits = self._lookup.search(query, MOST_CHUNKS, (view.path,))
        chunks = self._chunks([(hit.path, hit.start_line, hit.end_line) for hit in hits])
        parts = self._chunks(
            [
                (path, first, last)
                for path, buffer in self._lookup.buffers.items()
                if path != view.path
                for first, last in buffer.symbols.chunks
            ]
        )
        open_ones = lexical.most_alike(query, parts, MOST_OPENED)
        called = [each.name for each in in_play[:8]]
        first = max(1, view.line - lexical.LINES_BEFORE)
        last = min(len(view.lines), view.line + lexical.LINES_AFTER)

        def example(chunk: Chunk) -> Example:
            used = next((name for name in called if name in chunk.names), None)
            return Example(chunk, f"uses {used} too" if used else f"similar to lines {first}-{last}")

        return [example(each) for each in chunks], [example(each) for each in open_ones]

    def _chunks(self, places: Sequence[tuple[str, int, int]]) -> list[Chunk]:
        """Lines of other files; what is gone is left out."""
        known = self._shared.chunks
        missing = [place for place in places if place not in known]
        for place, text in zip(missing, self._lookup.lines(missing) if missing else (), strict=True):
            if text is not None:
                known[place] = lexical.chunk_of(*place, text)
        return [known[place] for place in places if place in known]

    def _related(self, view: View, in_play: Sequence[Found]) -> list[Example]:
        """What the enclosing method overrides, and short bodies of what is called next to the cursor."""
        examples: list[Example] = []
        cls = self._resolver.class_of(view.path, view.scope)
        method = view.scope.rpartition(".")[2]
        if cls is not None and method != cls.definition.name:
            for base in self._resolver.family(cls)[1:]:
                own = self._resolver.own_member(base, method)
                if own is not None and own.path != view.path:
                    examples += self._body(own, f"{base.definition.name}.{method} is overridden here")
        for found in in_play[:MOST_RELATED]:
            if found.here.definition.kind in {"function", "method"}:
                examples += self._body(found.here, f"body of {found.name}, {found.reason}")
        return examples[:MOST_RELATED]

    def _body(self, here: Here, reason: str) -> list[Example]:
        definition = here.definition
        last = min(definition.end_line, definition.start_line + MOST_BODY_LINES - 1)
        return [Example(chunk, reason) for chunk in self._chunks([(here.path, definition.start_line, last)])]

    def _edited(self, edit: Edit) -> Example:
        names = frozenset(WORD.findall(edit.text))
        chunk = Chunk(edit.path, edit.start_line, edit.end_line, edit.text, names)
        return Example(chunk, "changed lately")


def _near(references: Sequence[Reference], line: int) -> list[Reference]:
    """The references near a line, its own left out. References stand in the order of their lines."""
    by_line = attrgetter("line")
    first = bisect_left(references, line - NEAR, key=by_line)
    last = bisect_right(references, line + NEAR, key=by_line)
    return [each for each in references[first:last] if each.line != line]


def _nearest_uses(view: View) -> dict[str, int]:
    """How many lines away the names that the file imports are used nearest. A receiver is a use of its own."""
    nearest: dict[str, int] = {}
    line = view.line
    imported = {each.alias.split(".")[0] for each in view.symbols.imports}
    for each in view.symbols.references:
        if each.name in imported and each.line != line:
            away = abs(each.line - line)
            nearest[each.name] = min(away, nearest.get(each.name, away))
    return nearest
