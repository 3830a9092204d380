"""From the matches of a query to bindings: what is said of each name. The captures are explained in `reader.py`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import tree_sitter

from coderdiff.context.records import Binding, BindingForm
from coderdiff.context.syntax.declarators import Declared, declared
from coderdiff.context.syntax.definitions import MOST_CHARS, UNTYPED, tidy, written
from coderdiff.context.syntax.languages import Language
from coderdiff.context.syntax.narrowing import lines_narrowed
from coderdiff.context.syntax.scopes import FUNCTIONS, Captures, Scope, Scopes
from coderdiff.context.syntax.source import Source
from coderdiff.context.syntax.targets import names_in

MOST_VALUE_CHARS = 200
"""An expression that a name gets is written out up to this many bytes."""


class _Form(NamedTuple):
    """What a capture says: how a binding's type is to be read, and the first step from it."""

    form: BindingForm
    steps: tuple[str, ...] = ()


_FORMS = {
    "binding.many": _Form("type", ("many",)),
    "binding.type": _Form("type"),
    "binding.said": _Form("type"),
    "binding.narrowed": _Form("type"),
    "binding.value": _Form("value"),
    "binding.given": _Form("value"),
    "binding.each": _Form("value", ("each",)),
    "binding.pairs": _Form("value", ("pairs",)),
    "binding.entered": _Form("value", ("entered",)),
    "binding.made": _Form("made"),
    "binding.from": _Form("made"),
}
"""Of several for one name the first counts."""

_ORDER = tuple(_FORMS)
_STRENGTHS = {capture: at for at, capture in enumerate(_ORDER)}
_TAKEN_APART = frozenset(
    ("binding.said", "binding.value", "binding.each", "binding.pairs", "binding.entered")
)
"""Captures whose targets may be patterns: `a, (b, c)`."""

_ASSIGNS = frozenset({"assignment", "assignment_expression"})


class _Said(NamedTuple):
    """A capture's value for one name, not written out yet. `until` is the last line (1-based) that it holds on."""

    start: int
    strength: int
    name: tree_sitter.Node
    value: tree_sitter.Node
    steps: tuple[str, ...]
    line: int
    until: int | None


def read_bindings(
    language: Language, matches: Iterable[Captures], source: Source, scopes: Scopes, stretch: range
) -> Iterator[tuple[int, Binding]]:
    """The bindings of a stretch in order, each with its offset.

    Where a name is given to another, the other's own binding says the type.
    """
    said = [
        each
        for captures in matches
        for each in _said(language, captures, source, scopes)
        if each.start in stretch
    ]
    said.sort(key=lambda each: (each.start, each.line, each.strength))
    known: dict[tuple[Scope, str], Binding] = {}
    last: tuple[int, int, int | None] | None = None
    for start, strength, node, value, behind, line, until in said:
        if (start, line, until) == last:
            continue
        scope = scopes.at(start)
        target = written(node, source)
        capture = _ORDER[strength]
        form, steps = _FORMS[capture]
        if capture == "binding.from":
            other = known.get((scope, written(value, source))) if scope.kind in FUNCTIONS else None
            if other is None:
                continue
            form, type_, steps = other.form, other.type, other.steps
        else:
            type_ = _text_of(value, form, source)
            steps = (*steps, *behind)
        if target not in ("", "_") and type_ and (form != "type" or type_ not in UNTYPED):
            last = start, line, until
            binding = Binding(target, type_, form, line, scope.name, steps, until)
            if until is None:
                known[scope, target] = binding
            yield start, binding


def _said(language: Language, captures: Captures, source: Source, scopes: Scopes) -> Iterator[_Said]:
    """What one match says of each of its names."""
    capture = next(each for each in captures if each in _STRENGTHS)
    strength = _STRENGTHS[capture]
    value = captures[capture][0]
    for node in captures["binding.target"]:
        if capture in _TAKEN_APART:
            names = ((node, ()),) if node.type == "identifier" else names_in(node, source)
            for name, steps in names:
                lines = _lines_of(captures, name, source)
                counts = capture == "binding.pairs" and not steps
                yield _Said(name.start_byte, strength, name, value, ("0",) if counts else steps, *lines)
        elif capture == "binding.narrowed":
            lines_ = lines_narrowed(captures["binding.check"][0])
            if lines_ is not None and scopes.at(node.start_byte).kind in FUNCTIONS:
                yield _Said(node.start_byte, strength, node, value, (), *lines_)
        else:
            said = declared(node) if language.declarators else Declared(node, (), False)
            if said is not None and not said.function:
                start = said.name.start_byte
                yield _Said(start, strength, said.name, value, (), source.line_of(start), None)


def _lines_of(captures: Captures, name: tree_sitter.Node, source: Source) -> tuple[int, int | None]:
    """The lines that a name holds on: those of what it is `@binding.within`, or from its own on."""
    within = captures.get("binding.within")
    if not within:
        return source.line_of(name.start_byte), None
    return source.line_of(within[0].start_byte), source.line_of(within[0].end_byte - 1)


def _text_of(node: tree_sitter.Node, form: BindingForm, source: Source) -> str:
    if form == "type":
        return written(node, source)
    if form == "made":
        return _called(node, source)
    while node.type in _ASSIGNS and (right := node.child_by_field_name("right")) is not None:
        node = right
    start, end = node.start_byte, node.end_byte
    return tidy(source.text(start, end)) if end - start <= MOST_VALUE_CHARS else ""


def _called(node: tree_sitter.Node, source: Source) -> str:
    """What is called: the text, without arguments and block if it is the whole call."""
    ends = [node.child_by_field_name(name) for name in ("arguments", "block")]
    end = min((each.start_byte for each in ends if each is not None), default=node.end_byte)
    start = node.start_byte
    return tidy(source.text(start, end)) if end - start <= MOST_CHARS else ""
