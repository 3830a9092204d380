"""What a dotted name means at the top of a file: through its imports, re-exports and `*`, to a definition or a module.

The rules are the same for all languages but for the few sets below; how modules are named is in `modules/`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from coderdiff.context.records import Import
from coderdiff.context.retrieval.expressions import parts_of
from coderdiff.context.retrieval.facts import Facts
from coderdiff.context.retrieval.known import (
    MOST_STARS,
    SCRIPTS,
    STARS_LEAD_ON,
    WRITTEN_OUT,
    Known,
    Owner,
    alike,
)
from coderdiff.context.retrieval.lookup import Here, Placed
from coderdiff.context.retrieval.modules.files import Parts, Target
from coderdiff.context.retrieval.namespaces import FOREIGN, Namespaces
from coderdiff.context.retrieval.view import CLASSES

_LONGEST_CHAIN = 24
"""Files that one name is followed through."""

_MOST_SAME_NAME = 20

_DEFAULTS = ("default", "exports")
"""What a script's default export is called: as a module says it, and as CommonJS does (`module.exports = Ring`)."""


class Names:
    """Follows names from file to file. `member` gives a class's member: names go on behind their dots."""

    def __init__(self, known: Known, member: Callable[[Here, str], Here | None]) -> None:
        self._known = known
        self._member = member
        self._namespaces = Namespaces(known)

    def owner_of_import(self, path: str, imported: Import) -> Owner | Here | None:
        """What an import of a file brings: a module, or a definition; None if it is not in the repository."""
        facts = self._known.facts(path)
        return self._through(path, facts, imported, (), 0) if facts else None

    def named(self, path: str, written: str, depth: int = 0) -> Owner | Here | None:
        """What a dotted name means at the top of a file: a definition, or a module."""
        answers = self._known.about(path).named
        key = path, written
        if key not in answers:
            answers[key] = None
            answers[key] = self._find_named(path, parts_of(written), depth)
        return answers[key]

    def _find_named(self, path: str, parts: tuple[str, ...], depth: int) -> Owner | Here | None:
        facts = self._known.facts(path)
        if facts is None or not parts or depth > _LONGEST_CHAIN:
            return None
        own = facts.top.get(parts[0])
        if own is not None:
            return self._member_path(Here(path, own), parts[1:])
        for size in range(len(parts), 0, -1):
            imported = facts.imports.get(".".join(parts[:size]))
            if imported is not None:
                found = self._through(path, facts, imported, parts[size:], depth)
                if found is not None:
                    return found
        target = self._known.modules.of_path(path, facts.language, parts)
        return (
            (self._in_target(target, (), depth) if target else None)
            or self._package(path, facts, parts, depth)
            or self._through_stars(path, facts, parts, depth)
            or self._by_name(path, facts, parts)
        )

    def _through(
        self, path: str, facts: Facts, imported: Import, parts: Sequence[str], depth: int
    ) -> Owner | Here | None:
        if not imported.module:
            return None
        target = self._known.modules.find(path, facts.language, imported.module, imported.name)
        if target is None or path in target.paths:
            return None
        if imported.name == "default" and target.rest:
            return self._default(target, imported.alias, parts, depth)
        return self._in_target(target, parts, depth)

    def _in_target(self, target: Target, parts: Sequence[str], depth: int) -> Owner | Here | None:
        rest = (*target.rest, *parts)
        return self.in_module(target.paths, rest, depth + 1) if rest else Owner(module=target.paths)

    def _default(self, target: Target, alias: str, parts: Sequence[str], depth: int) -> Owner | Here | None:
        """A module's default export, or else the module."""
        found = self._exported(target.paths, alias, parts, depth)
        return found or self._in_target(Target(target.paths), parts, depth)

    def default_of(self, module: Owner, alias: str) -> Owner | Here | None:
        """What a module is where it is called, in languages in which a module may be one thing."""
        facts = self._known.facts(module.module[0]) if module.module else None
        if facts is None or facts.language not in SCRIPTS:
            return None
        return self._exported(module.module, alias, (), 0)

    def _exported(self, paths: Parts, alias: str, parts: Sequence[str], depth: int) -> Owner | Here | None:
        """A module's default export; where it names none, what is called like the import or like the file, or the
        only thing there is."""
        stem = paths[0].rpartition("/")[2].split(".")[0]
        facts = self._known.facts(paths[0])
        top = facts.top if facts else {}
        for name in (*_DEFAULTS, alias, stem, *(top if len(top) == 1 else ())):
            found = self.in_module(paths, (name, *parts), depth + 1)
            if found is not None:
                return found
        return None

    def _package(self, path: str, facts: Facts, parts: Sequence[str], depth: int) -> Owner | Here | None:
        """`import a.b` makes `a` known, and with it what other files imported of it: `a.c.f`."""
        if not any(
            each.name is None and "." in each.alias and each.alias.split(".")[0] == parts[0]
            for each in facts.imports.values()
        ):
            return None
        target = self._known.modules.find(path, facts.language, ".".join(parts), None)
        return self._in_target(target, (), depth) if target else None

    def _through_stars(
        self, path: str, facts: Facts, parts: Sequence[str], depth: int
    ) -> Owner | Here | None:
        """A name that `from shapes import *` brings, from there or from where that module brings all."""
        if not facts.stars or facts.language not in STARS_LEAD_ON:
            return None
        seen = [path]
        for place in seen:
            if len(seen) > MOST_STARS:
                return None
            for inner in self.star_paths(place):
                about = self._known.facts(inner)
                if inner in seen or about is None:
                    continue
                seen.append(inner)
                if parts[0] in about.top or parts[0] in about.imports:
                    found = self.named(inner, ".".join(parts), depth + 1)
                    if found is not None:
                        return found
        return None

    def star_paths(self, path: str) -> list[str]:
        """The files of the modules that a file imports with `*`."""
        facts = self._known.facts(path)
        found: list[str] = []
        for star in facts.stars if facts else ():
            target = self._known.modules.find(path, facts.language if facts else None, star.module, star.name)
            found += target.paths if target else ()
        return found

    def _by_name(self, path: str, facts: Facts, parts: Parts) -> Here | Owner | None:
        """A name that needs no import: of the same folder, or in languages that import whole namespaces.

        Of several the nearest counts: in what is imported whole, in the same folder, or in one of two files at
        most. `Acme.Shapes.Circle` is a class of the name Circle, whatever its namespaces; of several the one whose
        namespaces are these (`namespaces.py`).
        """
        if facts.language is None or facts.language in WRITTEN_OUT:
            return None
        parts = self._namespaces.spelled(facts, parts)
        first = self._near(path, parts[0])
        found = self._member_path(first, parts[1:]) if first else None
        if found is not None:
            return found
        space = self._namespaces.named(path, parts)
        if space is not None:
            return space
        may_be_small = facts.language == "cpp" and parts[0] not in FOREIGN
        if len(parts) < 2 or not (parts[-1][:1].isupper() or may_be_small):
            return None
        candidates = self._candidates(path, parts[-1])
        if meant := self._namespaces.meant(path, parts[:-1], candidates):
            return _first(meant)
        last = self._near(path, parts[-1]) if parts[-1][:1].isupper() else None
        return last if last and last.definition.kind in CLASSES else None

    def _near(self, path: str, name: str) -> Here | None:
        candidates = self._candidates(path, name)
        if not candidates:
            return None
        stars = set(self.star_paths(path))
        folder = path.rpartition("/")[0]
        nearest = (
            self._namespaces.meant(path, (), candidates)
            or [each for each in candidates if each.path in stars]
            or [each for each in candidates if each.path.rpartition("/")[0] == folder]
            or (candidates if len({each.path for each in candidates}) <= 2 else [])
        )
        return _first(nearest) if nearest else None

    def _candidates(self, path: str, name: str) -> list[Placed]:
        """What other files of a language have of a name at their top."""
        return [
            each
            for each in self._known.lookup.definitions(name, _MOST_SAME_NAME)
            if each.path != path and alike(path, each.path) and self._is_top(each)
        ]

    def _is_top(self, placed: Placed) -> bool:
        if not placed.definition.scope:
            return True
        if placed.definition.kind in {"method", "field"}:
            return False
        facts = self._known.facts(placed.path)
        return facts is not None and facts.top.get(placed.definition.name) == placed.definition

    def in_module(self, paths: Sequence[str], names: Sequence[str], depth: int = 0) -> Owner | Here | None:
        """A name in a module: defined there, re-exported from elsewhere, or a module inside of it."""
        if depth > _LONGEST_CHAIN or not names:
            return None
        for path in paths:
            facts = self._known.facts(path)
            own = facts.exports.get(names[0]) if facts else None
            if own is not None:
                found = self.named(path, ".".join((own, *names[1:])), depth + 1)
                if found is not None:
                    return found
            definition = facts.top.get(names[0]) if facts else None
            if definition is not None:
                return self._member_path(Here(path, definition), names[1:])
        for path in paths:
            facts = self._known.facts(path)
            if facts is None:
                continue
            if names[0] in facts.imports or (facts.stars and facts.language in STARS_LEAD_ON):
                found = self.named(path, ".".join(names), depth + 1)
                if found is not None:
                    return found
            if self._known.modules.is_package_file(path):
                inside = self._known.modules.find(path, facts.language, "." + ".".join(names), None)
                if inside and path not in inside.paths:
                    return self._in_target(inside, (), depth)
        return None

    def _member_path(self, here: Here, names: Sequence[str]) -> Here | None:
        """`Circle.area` from `Circle`."""
        for name in names:
            member = self._member(here, name)
            if member is None:
                return None
            here = member
        return here


def _first(listed: Sequence[Placed]) -> Here:
    """A class before anything else, then in the order of paths."""
    first = min(listed, key=lambda each: (each.definition.kind not in CLASSES, each.path))
    return Here(first.path, first.definition)
