"""The methods that a class has yet to write: abstract ones of its bases, then those that it may override.

Where a member of a class is to be written that extends another, these are what the next lines are about. In a
language whose methods may lack a body without saying so the source tells (`raise NotImplementedError`, a Rust method
that ends with `;`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from coderdiff.context.records import Definition, FileSymbols
from coderdiff.context.retrieval.evidence import Found
from coderdiff.context.retrieval.lookup import Here
from coderdiff.context.retrieval.resolve import Resolver
from coderdiff.context.retrieval.rustpaths import IMPL
from coderdiff.context.retrieval.view import CLASSES, View, scope_at

MOST_MISSING = 24
MOST_OVERRIDDEN = 40

_FUNCTIONS = frozenset({"function", "method"})

_MOST_IMPL_LINES = 400
"""How far up the head of a Rust `impl` is looked for."""

_WITHOUT_BODY = frozenset({"python", "ruby", "javascript", "typescript", "tsx", "rust"})
"""Languages in which the body says whether a method is to be overridden."""

_SAYS_SO = re.compile(
    r"NotImplemented|\bthrow\s+new\s+Error\(.*(?:implement|abstract|overrid)", re.IGNORECASE
)
_MOST_BODY_LINES = 12

_ABSTRACT = re.compile(r"\babstract\b|\babstract(?:method|property)\b|=\s*0\s*$")
_OF_ITSELF = re.compile(r"\b(?:private|static|final|sealed|default)\b|@(?:static|class)method\b|#\w")
"""What is no member that another class has to write, or may."""

_MADE_BY = frozenset({"constructor", "initialize", "new"})

_CLAIM = re.compile(r"^\s*(?:var\s+)?_\s+([\w.]+)\s*=\s*(?:\(\*(\w+)\)\(nil\)|&?(\w+)\{)", re.MULTILINE)
"""How a file of Go says that a type has the methods of an interface: `var _ Store = (*Memory)(nil)`."""

_INTERFACE_ONLY = frozenset({"go", "java", "c_sharp", "typescript", "tsx", "php"})
"""Languages in which a member of an interface has no body unless it says `default` or the like."""


class Missing(NamedTuple):
    """What a class has of its bases and not of itself: what it must write, and what it may."""

    abstract: Sequence[Found] = ()
    overridable: Sequence[Found] = ()


NOTHING_MISSING = Missing()


def extends(symbols: FileSymbols, lines: Sequence[str], line: int) -> bool:
    """Whether a line (1-based) stands right in a class that extends something, so that what is written may override."""
    scope = scope_at(symbols, lines, line)
    if symbols.language == "rust":
        in_function = any(each.qualified == scope and each.kind in _FUNCTIONS for each in symbols.definitions)
        return not in_function and _impl_at(lines, line) is not None
    return scope != "" and any(
        each.qualified == scope and each.kind in CLASSES and each.bases for each in symbols.definitions
    )


def missing_at(resolver: Resolver, view: View) -> Missing:
    """What the class lacks that the view's line stands right in; nothing elsewhere."""
    facts = resolver.known.facts(view.path)
    around = facts.at(view.scope) if facts is not None and view.scope else None
    if facts is None or (around is not None and around.kind in _FUNCTIONS):
        return NOTHING_MISSING
    if facts.language == "rust":
        cls, bases = _implemented(resolver, view)
    elif facts.language == "go":
        cls, bases = _claimed(resolver, view)
    else:
        cls = resolver.classes.class_of(view.path, view.scope) if view.scope else None
        is_around = cls is not None and cls.definition.name == view.scope.rpartition(".")[2]
        bases = resolver.classes.family(cls)[1:] if cls is not None and is_around else []
    return _lacking(resolver, view, cls, bases) if cls is not None and bases else NOTHING_MISSING


def _implemented(resolver: Resolver, view: View) -> tuple[Here | None, list[Here]]:
    """The type and the trait of the Rust `impl` around the view's line."""
    written = _impl_at(view.lines, view.line)
    trait, cls = (resolver.names.named(view.path, name) for name in written) if written else (None, None)
    is_trait = isinstance(trait, Here) and trait.definition.kind == "interface"
    return (cls, [trait]) if isinstance(cls, Here) and isinstance(trait, Here) and is_trait else (None, [])


def _claimed(resolver: Resolver, view: View) -> tuple[Here | None, list[Here]]:
    """A type of Go and the interfaces that the file says it has, of several types the last: its methods are being
    written. They stand beside it, at the top of the file."""
    classes = resolver.classes
    cls: Here | None = None
    bases: list[Here] = []
    for interface, pointed, made in _CLAIM.findall("\n".join(view.lines)) if not view.scope else ():
        found = resolver.names.named(view.path, interface)
        its = resolver.names.named(view.path, pointed or made)
        if isinstance(found, Here) and isinstance(its, Here) and found.definition.kind == "interface":
            bases = [*(bases if its == cls else ()), *classes.family(found)]
            cls = its
    return cls, bases


def _impl_at(lines: Sequence[str], line: int) -> tuple[str, str] | None:
    """The trait and the type of the Rust `impl` around a line; None if it is of a type alone, or there is none."""
    closed = 1 << 30
    for text in reversed(lines[max(0, line - 1 - _MOST_IMPL_LINES) : line - 1]):
        if found := IMPL.match(text):
            return (found[2], found[3]) if found[2] and len(found[1]) < closed else None
        if text.lstrip().startswith("}"):
            closed = min(closed, len(text) - len(text.lstrip()))
    return None


def _lacking(resolver: Resolver, view: View, cls: Here, bases: Sequence[Here]) -> Missing:
    done = {
        each.name
        for path, each in _members(resolver, cls)
        if (path, each.start_line) != (view.path, view.line)
    }
    done |= _MADE_BY | {base.definition.name for base in bases}
    abstract: dict[str, Found] = {}
    overridable: dict[str, Found] = {}
    for base in bases:
        listed = [Here(*each) for each in _members(resolver, base)]
        to_write = _to_write(resolver, base, listed)
        for here in listed:
            name, kind = here.definition.name, here.definition.kind
            if name in done or name in overridable or name in abstract:
                continue
            if here in to_write:
                abstract[name] = Found(here, f"{base.definition.name} leaves {name} to be written")
            elif kind == "method" and not _OF_ITSELF.search(here.definition.signature):
                overridable[name] = Found(here, f"may be overridden: of {base.definition.name}")
            else:
                done.add(name)
    return Missing(
        [each for each in abstract.values() if each.here.path != view.path][:MOST_MISSING],
        [
            each
            for name, each in overridable.items()
            if each.here.path != view.path and name not in view.known and name[0] not in "_~"
        ][:MOST_OVERRIDDEN],
    )


def _members(resolver: Resolver, cls: Here) -> Iterator[tuple[str, Definition]]:
    for path in resolver.classes.pieces(cls):
        facts = resolver.known.facts(path)
        for definition in facts.members(cls.definition.qualified).values() if facts else ():
            yield path, definition


def _to_write(resolver: Resolver, base: Here, members: Sequence[Here]) -> frozenset[Here]:
    """Those members of a base that it has no body for. Remembered: many bodies are read for it, the same at each
    line of a class. Pieces of a class that the cursor's file has change with that."""
    if any(here.path == resolver.known.own for here in members):
        return _without_body(resolver, base, members)
    known = resolver.known.about(base.path).to_write
    if base not in known:
        known[base] = _without_body(resolver, base, members)
    return known[base]


def _without_body(resolver: Resolver, base: Here, members: Sequence[Here]) -> frozenset[Here]:
    facts = resolver.known.facts(base.path)
    language = facts.language if facts else None
    is_interface = base.definition.kind == "interface"
    found: set[Here] = set()
    asked: list[Here] = []
    for here in members:
        kind, signature = here.definition.kind, here.definition.signature
        if kind not in {"method", "field"}:
            continue
        if _ABSTRACT.search(signature):
            found.add(here)
        elif is_interface and language in _INTERFACE_ONLY:
            if not _OF_ITSELF.search(signature) and (kind == "method" or language != "java"):
                found.add(here)
        elif kind == "method" and language in _WITHOUT_BODY:
            asked.append(here)
    places = [
        (
            path,
            each.start_line,
            min(each.end_line, each.start_line + _MOST_BODY_LINES),
        )
        for path, each in asked
    ]
    texts = resolver.known.lookup.lines(places) if places else ()
    is_protocol = language == "python" and any("Protocol" in each for each in base.definition.bases)
    for here, text in zip(asked, texts, strict=True):
        said = text or ""
        if is_protocol or _SAYS_SO.search(said) or (language == "rust" and said.rstrip().endswith(";")):
            found.add(here)
    return frozenset(found)
