"""Pytest's fixtures: a parameter of a test is what a function of that name gives, and no import says where that is.

It is in the test's class, in its file, or in a `conftest.py` of its folder or of one above: the nearest counts, and
one that asks for its own name gets the next. What it gives is what it declares, or else what it returns or yields.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from coderdiff.context.records import Definition
from coderdiff.context.retrieval.kinds import is_test
from coderdiff.context.retrieval.known import Known
from coderdiff.context.retrieval.lookup import Here
from coderdiff.context.retrieval.names import Names

MOST_FIXTURES = 60

_FIXTURE = re.compile(r"@(?:\w+\.)*\w*fixture\b")
_CALLED_OTHERWISE = re.compile(r"\bname\s*=\s*[\"'](\w+)[\"']")
_TEST = re.compile(r"\bdef\s+test\w*")
_PARAMETERS = re.compile(r"\bdef\s+\w+\s*\((.*)\)", re.DOTALL)
_PARAMETER = re.compile(r"(?:^|,)\s*(\w+)\s*(?=[,:=]|$)")
_PLUGINS = re.compile(
    r"^pytest_plugins\s*(?::[^=\n]*)?=\s*[\[(]?((?:\s*[\"'][\w.]+[\"']\s*,?)+)", re.MULTILINE
)
_GENERATES = re.compile(r"(?:\w+\.)*(?:Async)?(?:Iterator|Iterable|Generator)\b")
_GIVES = re.compile(r"^[ \t]+(?:return|yield)\s+(.+)$", re.MULTILINE)

_MOST_LINES = 60
"""Lines of a fixture that are looked through for what it gives."""

_MOST_PLUGIN_LINES = 80
"""Lines of a `conftest.py` that may name other modules with fixtures."""


class Given(NamedTuple):
    """What a fixture gives: an expression in it, or what is entered there; or each of what it declares to give."""

    expression: str
    form: str


class Fixtures:
    """The fixtures of a repository."""

    def __init__(self, known: Known, names: Names) -> None:
        self._known = known
        self._names = names

    def of_parameter(self, path: str, scope: str, name: str) -> Here | None:
        """The fixture that a name is within a scope: a parameter of the test or fixture around; None for any other."""
        for here in self._around(path, scope):
            if name in parameters(here.definition):
                return self.named(path, scope, name, here)
        return None

    def taken(self, path: str, scope: str) -> list[tuple[str, Here]]:
        """The fixtures that the test or fixture around takes, by the names of its parameters."""
        found: list[tuple[str, Here]] = []
        for around in self._around(path, scope):
            for name in parameters(around.definition):
                here = self.named(path, scope, name, around)
                if here is not None:
                    found.append((name, here))
        return found

    def named(self, path: str, scope: str, name: str, but: Here | None = None) -> Here | None:
        """The nearest fixture of a name, as a scope of a file sees it."""
        for place, listed in self._places(path, scope):
            found = listed.get(name)
            here = Here(place, found) if found else self._names.named(place, name)
            if isinstance(here, Here) and here != but and self._is_fixture(here):
                return here
            for definition in listed.values():
                other = _CALLED_OTHERWISE.search(definition.signature)
                if other and other[1] == name and self._is_fixture(Here(place, definition)):
                    return Here(place, definition)
        return None

    def available(self, path: str, scope: str) -> list[Here]:
        """All fixtures that other files have for a test, the nearest first."""
        found: dict[str, Here] = {}
        for place, listed in self._places(path, scope):
            for name, definition in listed.items():
                here = Here(place, definition)
                if place != path and name not in found and self._is_fixture(here):
                    found[name] = here
        return list(found.values())[:MOST_FIXTURES]

    def given(self, here: Here) -> list[Given]:
        """What a fixture gives, the surest first."""
        definition = here.definition
        if definition.type:
            return [Given(definition.type, "each" if _GENERATES.match(definition.type) else "said")]
        last = min(definition.end_line, definition.start_line + _MOST_LINES)
        (text,) = self._known.lookup.lines([(here.path, definition.start_line, last)])
        found: list[Given] = []
        for expression in reversed(_GIVES.findall(text or "")):
            if expression.isidentifier():
                name = re.escape(expression)
                found += (
                    Given(each, "entered") for each in re.findall(rf"\bwith (.+) as {name}\b", text or "")
                )
                found += (
                    Given(each, "value") for each in re.findall(rf"^\s+{name}\s*=\s*(.+)$", text or "", re.M)
                )
            found.append(Given(expression, "value"))
        return found

    def _around(self, path: str, scope: str) -> Iterator[Here]:
        """The test or fixture that a scope is in."""
        facts = self._known.facts(path) if scope else None
        while facts is not None and facts.language == "python" and scope:
            definition = facts.at(scope)
            if definition is not None and definition.kind in {"function", "method"}:
                here = Here(path, definition)
                signature = definition.signature
                if _FIXTURE.match(signature) or (
                    is_test(path) and (_TEST.search(signature) or self._is_fixture(here))
                ):
                    yield here
            scope = scope.rpartition(".")[0]

    def _places(self, path: str, scope: str) -> Iterator[tuple[str, dict[str, Definition]]]:
        """Where fixtures are looked for in turn, with what is defined there."""
        own = self._known.facts(path)
        if own is not None:
            cls = own.class_around(scope)
            if cls is not None:
                yield path, own.members(cls.qualified)
            yield path, own.top
        for place in self._files(path):
            facts = self._known.facts(place)
            if facts is not None and place != path:
                yield place, facts.top

    def _files(self, path: str) -> list[str]:
        """The `conftest.py` files above a file, and the modules that these name as plugins."""
        folder = path.rpartition("/")[0]
        known = self._known.about(path).conftests
        if folder not in known:
            found: list[str] = []
            parts = folder.split("/") if folder else []
            for size in range(len(parts), -1, -1):
                place = "/".join((*parts[:size], "conftest.py"))
                if place in self._known.modules.files.paths:
                    found += [place, *self._plugins(place)]
            known[folder] = found
        return known[folder]

    def _plugins(self, place: str) -> list[str]:
        (text,) = self._known.lookup.lines([(place, 1, _MOST_PLUGIN_LINES)])
        said = _PLUGINS.search(text or "")
        found: list[str] = []
        for module in re.findall(r"[\w.]+", said[1]) if said else ():
            target = self._known.modules.find(place, "python", module, None)
            found += target.paths if target is not None else ()
        return found

    def _is_fixture(self, here: Here) -> bool:
        """Whether a function is made one: by its signature, or where that leaves it out for its length, by its line."""
        definition = here.definition
        if definition.kind not in {"function", "method"}:
            return False
        if _FIXTURE.match(definition.signature):
            return True
        known = self._known.about(here.path).fixtures
        if here not in known:
            (text,) = self._known.lookup.lines([(here.path, definition.start_line, definition.start_line)])
            known[here] = _FIXTURE.match((text or "").lstrip()) is not None
        return known[here]


def parameters(definition: Definition) -> list[str]:
    """The names of a function's parameters that no default is given to."""
    found = _PARAMETERS.search(definition.signature)
    return [name for name in _PARAMETER.findall(found[1]) if name != "self"] if found else []
