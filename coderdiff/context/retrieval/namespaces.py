"""Namespaces of C++ and C#: in which one a definition is, and which ones a file sees without writing them.

They are no folders: a namespace is open in any number of files, and a name that several of them define is told apart
by what a file uses (`using namespace a::b`, `using A.B`), by the namespaces that it is in itself, and by what is
written before the name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from coderdiff.context.retrieval.expressions import parts_of
from coderdiff.context.retrieval.facts import Facts
from coderdiff.context.retrieval.known import Known
from coderdiff.context.retrieval.lookup import Here, Placed
from coderdiff.context.retrieval.modules.files import Parts

_HAVE_NAMESPACES = frozenset({"cpp", "c_sharp"})

FOREIGN = frozenset({"std", "boost"})
"""C++'s namespaces that are looked for nowhere: most of what C++ writes with a namespace is of these."""

_NAMESPACE = re.compile(r"[\w:.]+(?<!\.h)(?<!\.hpp)(?<!\.hh)(?<!\.hxx)")
"""Not `geo/point.hpp`, nor `<memory>`."""

_FILE_SCOPED = re.compile(r"^\s*namespace\s+([\w.]+)\s*;", re.MULTILINE)
"""C#'s namespace without braces: no definition, since nothing is written inside of it."""

_MOST_HEAD = 120
"""Lines of a file that such a namespace is looked for in: only usings and remarks stand before it."""


class Namespaces:
    """Tells definitions of one name apart."""

    def __init__(self, known: Known) -> None:
        self._known = known

    def spelled(self, facts: Facts, parts: Parts) -> Parts:
        """A dotted name, its start as it is called elsewhere: `using R = Acme.Reports`, `using a::B`."""
        alias = facts.imports.get(parts[0]) if facts.language in _HAVE_NAMESPACES else None
        if alias is None or not _is_namespace(alias.module):
            return parts
        return (*parts_of(alias.module), *((alias.name,) if alias.name else ()), *parts[1:])

    def named(self, path: str, parts: Parts) -> Here | None:
        """The namespace of C++ that a dotted name means, where its head names several at once: `namespace a::b`."""
        facts = self._known.facts(path)
        if facts is None or facts.language != "cpp" or parts[0] in FOREIGN:
            return None
        for seen in self._seen(path):
            qualified = ".".join((*parts_of(seen), *parts))
            for each in self._known.lookup.definitions(qualified, 1) if "." in qualified else ():
                if each.definition.kind == "module" and each.definition.qualified == qualified:
                    return Here(each.path, each.definition)
        return None

    def meant(self, path: str, written: Parts, candidates: Sequence[Placed]) -> list[Placed]:
        """Those of some definitions of one name that a file means by it; `written` is what it writes before the name.

        None of them where the namespaces say nothing, or the language has none.
        """
        facts = self._known.facts(path)
        if facts is None or facts.language not in _HAVE_NAMESPACES or not candidates:
            return []
        scopes = [self._scope_of(each) for each in candidates]
        if not written and len(set(scopes)) == 1:
            return []
        before = ".".join(written)
        for seen in self._seen(path):
            scope = f"{seen}.{before}".strip(".")
            if scope in scopes:
                return [each for each, its in zip(candidates, scopes, strict=True) if its == scope]
        ends = f".{before}"
        return [
            each for each, its in zip(candidates, scopes, strict=True) if written and f".{its}".endswith(ends)
        ]

    def _scope_of(self, placed: Placed) -> str:
        """All that stands around a definition, its file's namespace first."""
        return ".".join(part for part in (self._of_file(placed.path), placed.definition.scope) if part)

    def _seen(self, path: str) -> list[str]:
        """The namespaces whose names a file sees, its own ones first, the innermost of these before the outer ones."""
        known = self._known.about(path).seen
        if path not in known:
            facts = self._known.facts(path)
            own = [self._of_file(path)]
            for definition in facts.top.values() if facts else ():
                if definition.kind == "module":
                    own.append(definition.qualified)
            around: list[str] = []
            for inner in sorted(own, key=lambda each: -each.count(".")):
                parts = inner.split(".") if inner else []
                around += (".".join(parts[:size]) for size in range(len(parts), 0, -1))
            modules = [star.module for star in (facts.stars if facts else ())]
            used = [".".join(parts_of(module)) for module in modules if _is_namespace(module)]
            known[path] = list(dict.fromkeys((*around, *used, "")))
        return known[path]

    def _of_file(self, path: str) -> str:
        """The namespace that all of a file is in; "" if there is none."""
        known = self._known.about(path).namespaces
        if path not in known:
            facts = self._known.facts(path)
            known[path] = ""
            if facts is not None and facts.language == "c_sharp" and not facts.has_modules:
                (text,) = self._known.lookup.lines([(path, 1, _MOST_HEAD)])
                found = _FILE_SCOPED.search(text or "")
                known[path] = found[1] if found else ""
        return known[path]


def _is_namespace(module: str) -> bool:
    return _NAMESPACE.fullmatch(module) is not None
