"""The value of an expression: what stands before a dot, and so what may follow it.

Nothing here is a type checker. A receiver's type is what a binding says of it (an annotation, the class or function
that is called to make it, the expression that it gets, a field of `self`), followed from file to file; where nothing
is said, nothing is known. Values are followed only as far as somebody asks for one.
"""

from __future__ import annotations

from functools import partial

from coderdiff.context.records import Binding
from coderdiff.context.retrieval.calls import given_by, result_of
from coderdiff.context.retrieval.classes import Classes
from coderdiff.context.retrieval.displays import displayed
from coderdiff.context.retrieval.elements import Elements
from coderdiff.context.retrieval.expressions import SELF, SUPER, Segment, chain_of, read_expression, words
from coderdiff.context.retrieval.facts import Facts
from coderdiff.context.retrieval.finders import found_by
from coderdiff.context.retrieval.fixtures import Fixtures
from coderdiff.context.retrieval.known import Known, Many, Owner, Row, Said, Shared, Value
from coderdiff.context.retrieval.lookup import Here, Overlay
from coderdiff.context.retrieval.modules.find import Modules
from coderdiff.context.retrieval.remarks import said_above
from coderdiff.context.retrieval.rustpaths import seen_from_file, starts_path
from coderdiff.context.retrieval.types import Types
from coderdiff.context.retrieval.view import CLASSES
from coderdiff.context.retrieval.written import made_with

_DEPTH = 6
"""Bindings are followed this far: deeper ones are of no use to a reader."""

_HAVE_MEMBERS = CLASSES | {"module"}
"""Kinds of definitions that have members. So has a variable whose object is written out: `const api = { get() {} }`."""

IMPLICIT_SELF = frozenset({"java", "c_sharp", "cpp", "ruby"})
"""Languages in which a member of the class around needs no receiver."""

_STAY = words(
    "new clone Clone to_owned await unwrap expect unwrap_or unwrap_or_else unwrap_or_default as_ref as_mut as_deref "
    "cloned copied ok ok_or ok_or_else orElse orElseThrow orElseGet"
)
"""What gives the same class that it is asked of, unless that says otherwise: optional things are known by what they
hold."""


class Resolver:
    """Follows expressions through a repository, as one cursor's file, `own`, sees it."""

    def __init__(self, lookup: Overlay, modules: Modules, own: str, shared: Shared | None = None) -> None:
        self.known = Known(lookup, modules, own, shared)
        self.classes = Classes(self.known)
        self.names = self.classes.names
        self.fixtures = Fixtures(self.known, self.names)
        self._types = Types(self.classes, self.known)
        self._elements = Elements(self._types, self._step)
        self._under_way: list[Binding] = []

    def owner(self, path: str, scope: str, expression: str, line: int) -> Owner | None:
        """What an expression's members are: `self.client`, `get_config()`, `luigi.parameter`, `xs[0]`.

        What cannot be read at its end is left out: it may be unfinished.
        """
        return self._types.settled(self._value(path, scope, expression, line, 0, whole=False))

    def _value(
        self, path: str, scope: str, expression: str, line: int, depth: int, whole: bool = True
    ) -> Value | None:
        """What an expression stands for; `whole`, only if all of it can be read."""
        if depth > _DEPTH:
            return None
        form, parts = read_expression(expression)
        if form == "one":
            return self._chain(path, scope, expression, line, depth, whole)
        if form == "said":
            return self._known(Said(path, scope, parts[0]))
        values = (self._value(path, scope, each, line, depth) for each in parts)
        if form == "row":
            return Row(tuple(values))
        found = next((each for each in values if each is not None), None)
        return Many(found) if form == "each" and found is not None else found

    def _known(self, value: Value | None) -> Value | None:
        """A value that leads to something of the repository; there is nothing to say of others."""
        return value if value is not None and self._types.settled(value) is not None else None

    def _chain(
        self, path: str, scope: str, expression: str, line: int, depth: int, whole: bool
    ) -> Value | None:
        """What a dotted expression stands for."""
        facts = self.known.facts(path)
        segments, is_whole = chain_of(expression)
        if facts is None or not segments or (whole and not is_whole):
            return None
        if facts.language == "rust" and starts_path(expression):
            segments = seen_from_file(segments, facts, scope)
            if not segments:
                return Owner(module=(path,))
            value, used = self._at_top(path, "", facts, segments, line, depth)
        else:
            value, used = self._start(path, scope, facts, segments, line, depth)
        for segment in segments[used:]:
            value = self._member(value, segment, depth)
        return value

    def _start(
        self, path: str, scope: str, facts: Facts, segments: tuple[Segment, ...], line: int, depth: int
    ) -> tuple[Value | None, int]:
        """What a dotted expression begins with, and how many names of it that are."""
        first, used = segments[0], 1
        binding = facts.binding(first.name, scope, line, self._under_way) if first.name else None
        value: Value | None = None
        if not first.name:
            value = self._displayed(path, scope, first.behind[0], line, depth)
            value = self._elements.behind(value, first.behind[1:], depth)
        elif first.name in SELF or (first.name in SUPER and binding is None):
            value = self._types.around(path, scope, above=first.name in SUPER)
        elif first.name.startswith("@"):
            value = self._member(self._types.around(path, scope), first, depth)
        elif binding is not None:
            value = self._elements.behind(self._bound(path, binding, depth), first.behind, depth)
        elif facts.language == "python" and (fixture := self.fixtures.of_parameter(path, scope, first.name)):
            return self._elements.behind(self._of_fixture(fixture, depth), first.behind, depth), used
        if first.name and value is None and (binding is None or not binding.scope):
            value, used = self._at_top(path, scope, facts, segments, line, depth)
        return value, used

    def _of_fixture(self, fixture: Here, depth: int) -> Value | None:
        """What one of pytest's fixtures gives."""
        path, definition = fixture
        known = self.known.about(path).given
        if fixture not in known:
            known[fixture] = None
            for expression, form in self.fixtures.given(fixture):
                value: Value | None = Said(path, definition.scope, expression)
                if form in ("value", "entered"):
                    line = definition.end_line
                    value = self._value(path, definition.qualified, expression, line, depth + 1)
                if form in ("each", "entered"):
                    value = self._elements.after(value, form, False, depth)
                known[fixture] = self._known(value)
                if known[fixture] is not None:
                    break
        return known[fixture]

    def _at_top(
        self, path: str, scope: str, facts: Facts, segments: tuple[Segment, ...], line: int, depth: int
    ) -> tuple[Value | None, int]:
        """What the start of a dotted expression is at the top of a file, and how many names of it that are."""
        first, used = segments[0], 1
        found = self.names.named(path, first.name)
        if len(segments) > 1 and not first.called and (isinstance(found, Owner) or not _has_members(found)):
            longest = self._longest(path, segments)
            if longest is not None:
                found, used = longest
        last = segments[used - 1]
        if found is None:
            if facts.language in IMPLICIT_SELF:
                value = self._member(self._types.around(path, scope), first, depth)
                if value is not None:
                    return value, 1
            return self._given(path, scope, segments, line, depth)
        if last.called and isinstance(found, Owner):
            found = self.names.default_of(found, first.name) or found
        value = self._valued(found, last.called, depth)
        if value is None and last.types:
            value = self._known(Said(path, scope, made_with(last.name, last.types)))
        return self._elements.behind(value, last.behind[last.called :], depth), used

    def _longest(self, path: str, segments: tuple[Segment, ...]) -> tuple[Owner | Here, int] | None:
        """The start of a dotted expression, of two names or more, that is a definition; or else the longest that
        is a module. With how many names it is."""
        best: tuple[Owner | Here, int] | None = None
        for size in range(2, len(segments) + 1):
            found = self.names.named(path, ".".join(each.name for each in segments[:size]))
            if found is not None:
                best = found, size
            if segments[size - 1].called or (isinstance(found, Here) and _has_members(found)):
                break
        return best

    def _given(
        self, path: str, scope: str, segments: tuple[Segment, ...], line: int, depth: int
    ) -> tuple[Value | None, int]:
        """What a function gives that is none of the repository's, and how many names it is called by."""
        size = next((at for at, each in enumerate(segments[:2], 1) if each.called), 1)
        called = segments[size - 1]
        value: Value | None = None
        if called.types:
            value = self._known(Said(path, scope, made_with(called.name, called.types)))
        elif called.called and (given := given_by(segments[:size])):
            value = (
                Said(path, scope, given.arguments[0])
                if given.form == "said"
                else result_of(
                    given,
                    partial(self._value, path, scope, line=line, depth=depth + 1),
                    self._elements,
                    self._keys_only(path),
                    depth,
                )
            )
        return self._elements.behind(self._known(value), called.behind[1:], depth), size

    def _displayed(self, path: str, scope: str, text: str, line: int, depth: int) -> Value | None:
        """What is written out in brackets."""
        value_of = partial(self._value, path, scope, line=line, depth=depth + 1)
        each_of = partial(self._elements.each, keys_only=self._keys_only(path), depth=depth)
        return displayed(text, value_of, each_of)

    def _keys_only(self, path: str) -> bool:
        """Whether a loop over a table gets its keys alone."""
        facts = self.known.facts(path)
        return facts is not None and facts.language == "python"

    def _bound(self, path: str, binding: Binding, depth: int) -> Value | None:
        """What a binding says; if that is nothing, what the name was declared to be."""
        known = self.known.about(path).bound
        key = path, binding
        if key not in known:
            known[key] = None
            self._under_way.append(binding)
            value = self._bound_to(path, binding, depth)
            self._under_way.pop()
            if value is None and binding.form != "type":
                facts = self.known.facts(path)
                declared = facts.declared(binding.target, binding.scope) if facts else None
                value = self._bound_to(path, declared, depth) if declared else None
            known[key] = value
        return known[key]

    def _bound_to(self, path: str, binding: Binding, depth: int) -> Value | None:
        """What a binding says. In `x = x.grown()` the second x is what it was before."""
        value: Value | None
        if binding.form == "type":
            value = Said(path, binding.scope, binding.type)
        elif binding.form == "made":
            line = binding.line - 1
            value = self._value(path, binding.scope, binding.type + "()", line, depth + 1, whole=False)
        else:
            value = self._value(path, binding.scope, binding.type, binding.line, depth + 1)
        for step in binding.steps:
            value = self._elements.after(value, step, self._keys_only(path), depth)
        return self._known(value)

    def _valued(self, found: Owner | Here, called: bool, depth: int) -> Value | None:
        """What a found thing's members are, called or not. A module's members are its own."""
        if isinstance(found, Owner):
            return found if found.cls or not called else None
        if found.definition.kind in _HAVE_MEMBERS:
            return Owner(found)
        if called:
            return self._called(found)
        facts = self.known.facts(found.path)
        bound = facts.binding(found.definition.name, found.definition.scope, 1 << 30) if facts else None
        value = self._bound(found.path, bound, depth + 1) if bound else self._called(found, called=False)
        if value is None and facts and found.definition.kind == "variable":
            return Owner(found) if facts.members(found.definition.qualified) else None
        return value

    def _called(self, found: Here, called: bool = True) -> Value | None:
        """What calling a function gives, by the result that it declares; or what a variable is, or holds to call."""
        definition = found.definition
        if definition.kind in _HAVE_MEMBERS:
            return Owner(found)
        if definition.type is not None:
            said = Said(found.path, definition.scope, definition.type)
            holds = called and definition.kind in {"field", "variable"}
            value = self._known(self._types.returned(said) if holds else said)
            if value is not None:
                return value
        told = said_above(self.known, found)
        return self._known(Said(found.path, definition.scope, told)) if told else None

    def _member(self, value: Value | None, segment: Segment, depth: int) -> Value | None:
        """From a value to one of its members, called and indexed."""
        found = self._elements.member(value, segment.name, segment.called, depth)
        return self._elements.behind(found, segment.behind[segment.called :], depth)

    def _step(self, owner: Owner, name: str, called: bool, depth: int) -> Value | None:
        """From an owner to one of its members' members."""
        known = self.known.about(owner.cls.path if owner.cls else owner.module[0]).steps
        key = owner, name, called
        if key not in known:
            known[key] = None
            known[key] = self._find_step(owner, name, called, depth)
        return known[key]

    def _find_step(self, owner: Owner, name: str, called: bool, depth: int) -> Value | None:
        if owner.cls is None:
            found = self.names.in_module(owner.module, (name,))
            return self._valued(found, called, depth) if found else None
        for cls in self.classes.family(owner.cls):
            qualified = cls.definition.qualified
            for path in self.classes.pieces(cls):
                facts = self.known.facts(path)
                if facts is None:
                    continue
                for binding in facts.of_member(name, qualified):
                    value = self._bound(path, binding, depth + 1)
                    if value is not None:
                        return self._types.returned(value) if called else value
                member = facts.members(qualified).get(name)
                if member is not None:
                    return self._called(Here(path, member), called)
        extension = self.classes.extension(owner.cls, name) if called else None
        if extension is not None:
            return self._called(extension)
        if name in _STAY:
            return owner
        about = self.known.facts(owner.cls.path)
        asked = found_by(owner, about.language if about else None, name)
        return asked if asked is not None and self.classes.extends_foreign(owner.cls) else None


def _has_members(found: Here | None) -> bool:
    """Whether a definition is more than a namespace, so that what follows it are its own members."""
    return found is not None and found.definition.kind != "module"
