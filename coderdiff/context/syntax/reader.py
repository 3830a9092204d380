"""From a syntax tree to symbols, the same way for every language: `queries/<language>.scm` says what is what.

Each pattern of a query file has one role, told by its captures:

definitions
    `@definition.KIND`  the whole definition; KIND is one of `DefinitionKind`
    `@name`             its name, or where the language has declarators one of these. Of two definitions with one
                        name node the outermost counts, then the pattern that captures most, then the first
    `@head`             where its signature starts; the definition's start if there is none. Decorators stand
                        between the two
    `@body`             where its signature ends; the definition's end if there is none
    `@type`             its declared type, or its result's type
    `@bases`            a list of what it extends or implements (may be captured more than once)
    `@within`           a type that it belongs to though it stands elsewhere (a Go receiver, C++'s `Circle::`)
    What is in a definition, from its head on, is in its scope. A function in a class is a method. A variable in a
    function is no definition but a local name; a field is one of the nearest class around it, so that `self.x = 1`
    in a method may be captured as a field.
    `@inherits`         in a pattern of its own: one more base of the definition in this file called `@name`
scopes
    `@scope`            something that is no definition, yet what is in it belongs to `@name` (a Rust impl)
references
    `@reference.KIND`   the name that is used; KIND is one of `ReferenceKind`, or "none": not a use after all
    `@receiver`         what stands before its dot
    Of several patterns for one name node the kind counts that comes first in `STRENGTHS`, so that a language can
    say `(identifier) @reference.name` for all that is not said better. A definition's name is no use of it. A
    receiver that is a plain name is a use of that name too.
locals
    `@local`            a parameter, variable or type parameter of a function, or a type parameter in the head of
                        a class: within it, uses without a receiver are no references
imports
    `@import.module`, `@import.name` ("*" for all of it), `@import.alias`; a name that the source leaves out is
    said by `(#set! import.name "default")`
    An import without a module is another name that the file gives to something of its own (`export { Ring as Out }`).
    `@import.text`      instead of these: a nested import, which `imports.py` takes apart
bindings
    `@binding.target`   the name or attribute that gets a value, with one of
    `@binding.type`     its annotation,
    `@binding.made`     the function or class that is called to make it, or the whole call,
    `@binding.given`    the expression that a field gets, where that may say what it is
    `@binding.from`     another name: the target has the type that this name was said to have in this function
    and in the document that is being edited, for the names of the function around the cursor, with one of
    `@binding.value`    the expression that it gets; the target may be a pattern, here and below: `a, (b, c)`
    `@binding.each`     an expression whose elements it gets, one after the other
    `@binding.pairs`    the same, each element with its number or its key before it (Go's `range`)
    `@binding.entered`  an expression that is entered: `with f() as target`
    `@binding.said`     an annotation
    `@binding.many`     an annotation of each of several: `*target: Circle`
    `@binding.narrowed` a type that `@binding.check` has found it to be; holds where the check has (`narrowing.py`)
    `@binding.within`   with any of these: no binding outside of this
    Of several bindings of one target the first counts, in the order of `bindings.py`. Other files' functions are never
    asked for their names: there these take no time.

Captures that start with `_` serve predicates only; those are explained in `patterns.py`.

A stretch of a file can be read on its own, so that a keystroke in a long file costs little: what starts in it is
read, with the definitions around it, and `Part.cuts` are the places at which the file may be taken apart.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Generic, TypeVar, cast

import tree_sitter

from coderdiff.context.records import Binding, Definition, Import, Reference, ReferenceKind
from coderdiff.context.syntax.bindings import read_bindings
from coderdiff.context.syntax.declarators import Declared, declared
from coderdiff.context.syntax.definitions import make_definition, written
from coderdiff.context.syntax.imports import MOST_NAMES, take_apart
from coderdiff.context.syntax.languages import Language
from coderdiff.context.syntax.patterns import NOT_A_USE, STRENGTHS, Pattern, query_of
from coderdiff.context.syntax.scopes import Captures, Found, Scope, Scopes, place
from coderdiff.context.syntax.source import Source

_SELF = frozenset({"", "_", "this", "self", "super", "cls", "Self"})
_ANY = sys.maxsize
_DEEPEST = 400
"""Nothing is read that is nested deeper: a sum of 10,000 terms would take seconds."""

MOST_DEPTH = 300
"""What is nested deeper is not read: matching takes time by the square of the depth (12,000 sums in sums: 3 s)."""

Record = TypeVar("Record", Definition, Reference, Import, Binding)


@dataclass(slots=True)
class Placed(Generic[Record]):
    """Records in the order of the file, and the byte offset that each starts at."""

    starts: list[int] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)

    def add(self, start: int, record: Record) -> None:
        """One more record, behind those that are there."""
        self.starts.append(start)
        self.records.append(record)


@dataclass(frozen=True, slots=True)
class Cut:
    """A place at which a file may be taken apart: the start of a definition that no function is around.

    `around` says by name and kind what it is in.
    """

    offset: int
    around: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Part:
    """What a stretch of a file says: all that starts in it. `enclosing` are the definitions that it is in."""

    definitions: Placed[Definition] = field(default_factory=Placed)
    references: Placed[Reference] = field(default_factory=Placed)
    imports: Placed[Import] = field(default_factory=Placed)
    bindings: Placed[Binding] = field(default_factory=Placed)
    enclosing: Placed[Definition] = field(default_factory=Placed)
    inherits: list[tuple[int, str, str]] = field(default_factory=list)
    cuts: list[Cut] = field(default_factory=list)


@dataclass(slots=True)
class _Matches:
    """The matches of one stretch, by role. `references` is by start byte: strength, end, receiver."""

    definitions: list[tuple[Pattern, Captures]] = field(default_factory=list)
    references: dict[int, tuple[int, int, list[tree_sitter.Node] | None]] = field(default_factory=dict)
    local: list[tree_sitter.Node] = field(default_factory=list)
    imports: list[tuple[Pattern, Captures]] = field(default_factory=list)
    bindings: list[Captures] = field(default_factory=list)
    inherits: list[Captures] = field(default_factory=list)


def read_part(
    language: Language,
    tree: tree_sitter.Tree,
    source: Source,
    start: int = 0,
    end: int = _ANY,
    uses: bool = True,
) -> Part:
    """All the symbols that start in a stretch of a file; without `uses` no references, which are most of the work.

    A part without cuts is not to be put between others: what is around it cannot be told from it alone.
    """
    matches = _match(language, tree.root_node, source, start, end, uses)
    named = _imported(matches.imports)
    scopes = Scopes()
    found = place(language, matches.definitions, source, scopes, named)
    _add_locals(language, matches.local, source, scopes)
    heads_are_known = not start or _add_head_locals(language, tree, source, scopes, start)
    part = Part()
    for each in found:
        if start <= each.start < end:
            part.definitions.add(each.start, make_definition(language, each, source))
        elif each.start < start < each.end:
            part.enclosing.add(each.start, make_definition(language, each, source))
    _read_references(matches, source, scopes, named, range(start, end), part.references)
    _read_imports(language, matches.imports, source, scopes, range(start, end), part.imports)
    for offset, binding in read_bindings(language, matches.bindings, source, scopes, range(start, end)):
        part.bindings.add(offset, binding)
    for captures in matches.inherits:
        for node in captures["inherits"]:
            if start <= node.start_byte < end:
                part.inherits.append(
                    (node.start_byte, written(captures["name"][0], source), written(node, source))
                )
    part.inherits.sort()
    if heads_are_known:
        part.cuts += (cut for cut in _cuts(found) if start <= cut.offset)
    return part


def around(scope: Scope | None) -> tuple[tuple[str, str], ...]:
    """What a scope is in, itself included, innermost first, by name and kind."""
    names = []
    while scope is not None and scope.parent is not None:
        names.append((scope.name, scope.kind))
        scope = scope.parent
    return tuple(names)


def _cuts(found: Iterable[Found]) -> Iterator[Cut]:
    for each in found:
        if each.opens is not None and not (each.opens.parent and each.opens.parent.in_function()):
            yield Cut(each.start, around(each.opens.parent))


def _match(
    language: Language, root: tree_sitter.Node, source: Source, start: int, end: int, uses: bool = True
) -> _Matches:
    query = query_of(language, uses)
    patterns = query.patterns
    matches = _Matches()
    references = matches.references
    cursor = tree_sitter.QueryCursor(query.compiled)
    cursor.set_max_start_depth(MOST_DEPTH)
    if start or end != _ANY:
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


def _add_locals(
    language: Language, nodes: Iterable[tree_sitter.Node], source: Source, scopes: Scopes
) -> None:
    for node in nodes:
        said = declared(node) if language.declarators else Declared(node, (), False)
        if said is not None:
            start = said.name.start_byte
            scopes.at(start).add_local(source.text(start, said.name.end_byte), start)


def _add_head_locals(
    language: Language, tree: tree_sitter.Tree, source: Source, scopes: Scopes, start: int
) -> bool:
    """The type parameters of the classes around a stretch: they stand in their heads, before it.

    False where a head reaches into the stretch, for want of a body in broken code: names in it may be a function's.
    """
    scope: Scope | None = scopes.at(start)
    while scope is not None and scope.parent is not None:
        if scope.start < start < scope.head_end:
            return False
        if scope.start < start:
            head = _match(language, tree.root_node, source, scope.start, scope.head_end)
            inside = (node for node in head.local if scope.start <= node.start_byte < scope.head_end)
            _add_locals(language, inside, source, scopes)
        scope = scope.parent
    return True


def _read_references(
    matches: _Matches,
    source: Source,
    scopes: Scopes,
    named: set[int],
    stretch: range,
    references: Placed[Reference],
) -> None:
    found = matches.references
    borders = [*scopes.borders, _ANY]
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


def _imported(matches: Iterable[tuple[Pattern, Captures]]) -> set[int]:
    """The places of what imports name: neither references nor definitions. A name of the file's own is a use."""
    return {
        place_
        for _, captures in matches
        for capture, nodes in captures.items()
        if capture == "import.alias" or "import.module" in captures or "import.text" in captures
        for node in nodes
        for place_ in range(node.start_byte, node.end_byte)
    }


def _read_imports(
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
