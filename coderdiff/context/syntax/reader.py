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

from collections.abc import Iterable, Iterator, Sequence

import tree_sitter

from coderdiff.context.syntax.bindings import read_bindings
from coderdiff.context.syntax.declarators import Declared, declared
from coderdiff.context.syntax.definitions import make_definition, written
from coderdiff.context.syntax.languages import Language
from coderdiff.context.syntax.matches import NO_END, Matches, find_matches
from coderdiff.context.syntax.parts import Cut, Part
from coderdiff.context.syntax.scopes import Found, Scope, Scopes, around, place
from coderdiff.context.syntax.source import Source
from coderdiff.context.syntax.uses import imported, read_imports, read_references


def read_part(
    language: Language,
    tree: tree_sitter.Tree,
    source: Source,
    start: int = 0,
    end: int = NO_END,
    uses: bool = True,
) -> Part:
    """All the symbols that start in a stretch of a file; without `uses` no references, which are most of the work.

    A part without cuts is not to be put between others: what is around it cannot be told from it alone.
    """
    matches = find_matches(language, tree.root_node, source, start, end, uses)
    named = imported(matches.imports)
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
    read_references(matches, source, scopes, named, range(start, end), part.references)
    read_imports(language, matches.imports, source, scopes, range(start, end), part.imports)
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
        within = sorted(_places_within(matches))
        part.cuts += (cut for cut in _cuts(found, within) if start <= cut.offset)
    return part


def _places_within(matches: Matches) -> Iterator[tuple[int, int]]:
    """Where what is said of a name holds, if that is a callback or the like: up to a place behind the name."""
    for captures in matches.bindings:
        for node in captures.get("binding.within", ()):
            yield node.start_byte, node.end_byte


def _cuts(found: Iterable[Found], within: Sequence[tuple[int, int]]) -> Iterator[Cut]:
    """None stands in one of the places `within`, in order: where these end is told at their start."""
    at = reached = 0
    for each in found:
        while at < len(within) and within[at][0] < each.start:
            reached = max(reached, within[at][1])
            at += 1
        if each.opens is None or each.start < reached:
            continue
        if not (each.opens.parent and each.opens.parent.in_function()):
            yield Cut(each.start, around(each.opens.parent))


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
            head = find_matches(language, tree.root_node, source, scope.start, scope.head_end)
            inside = (node for node in head.local if scope.start <= node.start_byte < scope.head_end)
            _add_locals(language, inside, source, scopes)
        scope = scope.parent
    return True
