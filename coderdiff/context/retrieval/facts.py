"""One file's symbols by name: what stands at its top, what it imports, what its names are said to be."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property

from coderdiff.context.records import Binding, Definition, FileSymbols, Import
from coderdiff.context.retrieval.view import CLASSES

_EXTENDED = re.compile(r"\(\s*this\s+(?:(?:in|ref|scoped)\s+)*(?:\w+(?:\.|::))*(\w+)\b(?![.\[])")
"""The type of what an extension method is called on; not of a list of such (`Order[]`)."""


class Facts:
    """One file's symbols, by name.

    `top` are the definitions that other files can name: those outside of everything, and those in namespaces and
    modules that are written as blocks (C#, C++, PHP, Ruby, Rust), which are seen through. `exports` are other names
    that it gives to what it has: `export { Ring as Out }`, "default" for `export default Ring`. `has_modules` says
    whether any namespace or module is written as a block.
    """

    def __init__(self, symbols: FileSymbols) -> None:
        self.language = symbols.language
        self.scopes: dict[str, dict[str, Definition]] = defaultdict(dict)
        self.top: dict[str, Definition] = {}
        self.imports: dict[str, Import] = {}
        self.stars: list[Import] = []
        self.exports: dict[str, str] = {}
        self._bindings = symbols.bindings
        modules = {""}
        for definition in symbols.definitions:
            self.scopes[definition.scope].setdefault(definition.name, definition)
            if definition.scope in modules:
                self.top.setdefault(definition.name, definition)
                if definition.kind == "module":
                    modules.add(definition.qualified)
        self.has_modules = len(modules) > 1
        for each in symbols.imports:
            if not each.module:
                self.exports.setdefault(each.alias, each.name or each.alias)
            elif each.name == "*":
                self.stars.append(each)
            else:
                self.imports[each.alias] = each

    @cached_property
    def extensions(self) -> dict[str, list[Definition]]:
        """The methods that C# lets be called on something else, by the name of what that is."""
        found: dict[str, list[Definition]] = {}
        for inside in self.scopes.values() if self.language == "c_sharp" else ():
            for each in inside.values():
                extended = _EXTENDED.search(each.signature) if each.kind == "method" else None
                if extended is not None:
                    found.setdefault(extended[1], []).append(each)
        return found

    @cached_property
    def bindings(self) -> dict[str, list[Binding]]:
        """What is said of each target, in the order of lines. Few files are ever asked for it."""
        found: defaultdict[str, list[Binding]] = defaultdict(list)
        for binding in self._bindings:
            found[binding.target].append(binding)
        return dict(found)

    def at(self, qualified: str) -> Definition | None:
        """The definition with this dotted name."""
        scope, _, name = qualified.rpartition(".")
        if scope in self.scopes and name in self.scopes[scope]:
            return self.scopes[scope][name]
        return self.scopes[""].get(qualified) if "" in self.scopes else None

    def class_around(self, scope: str) -> Definition | None:
        """The innermost class of a scope."""
        while scope:
            definition = self.at(scope)
            if definition is not None and definition.kind in CLASSES:
                return definition
            scope = scope.rpartition(".")[0]
        return None

    def members(self, scope: str) -> dict[str, Definition]:
        """What is defined right inside of a scope, by name."""
        return self.scopes.get(scope, {})

    def binding(self, target: str, scope: str, line: int, without: Sequence[Binding] = ()) -> Binding | None:
        """What is said of a name that is used in this scope, on this line: the innermost, then the last before it.

        A binding whose own value is asked for is left out: the second x of `x = x or Circle()` is what it was before.
        """
        around = [
            each
            for each in self.bindings.get(target, ())
            if within(scope, each.scope)
            and (each.until is None or each.line <= line <= each.until)
            and not any(each is other for other in without)
        ]
        if not around:
            return None
        return max(around, key=lambda each: (len(each.scope), each.line <= line, each.line))

    def declared(self, target: str, scope: str) -> Binding | None:
        """What a name was declared to be in this very scope, whatever it gets."""
        said = (each for each in self.bindings.get(target, ()) if each.form == "type" and each.scope == scope)
        return next((each for each in said if each.until is None), None)

    def of_member(self, name: str, scope: str) -> list[Binding]:
        """What is said of a class's member, in the class or in its methods."""
        bare = name.lstrip("$@")
        inside = [
            each
            for target in (f"self.{bare}", f"this.{bare}", f"$this->{bare}", f"this->{bare}", f"@{bare}")
            for each in self.bindings.get(target, ())
            if within(each.scope, scope)
        ]
        said = (*self.bindings.get(bare, ()), *self.bindings.get(f"${bare}", ()))
        return [each for each in said if each.scope == scope] + inside


def within(scope: str, outer: str) -> bool:
    """Whether a dotted scope is another one or lies in it."""
    return scope == outer or not outer or scope.startswith(outer + ".")
