"""What a cursor may use of what other files define: not what is private to a class or a package that it is not in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property

from coderdiff.context.retrieval.access import restricted
from coderdiff.context.retrieval.known import Access, Owner, Restricted
from coderdiff.context.retrieval.lookup import Here
from coderdiff.context.retrieval.modules.files import stem_of
from coderdiff.context.retrieval.resolve import Resolver

_SOURCE_ROOT = re.compile(r"^(?:.*/)?src/\w+/(?:java|kotlin)(?:/|$)")
"""A package of Java is one in the tree of the sources and in that of the tests."""

_STAND_FOR_FOLDER = frozenset({"mod", "lib", "main"})


class Visible:
    """What may be used at one place: in a scope of a file."""

    def __init__(self, resolver: Resolver, path: str, scope: str) -> None:
        self._resolver = resolver
        self._path = path
        self._scope = scope
        self._hidden: dict[Owner, tuple[frozenset[str], frozenset[str]]] = {}

    def hidden(self, owner: Owner) -> tuple[frozenset[str], frozenset[str]]:
        """Those of an owner's members that may not be used here, and those that may, but are not by custom."""
        if owner not in self._hidden:
            members = self._resolver.classes.members(owner)
            known = self._resolver.known.about(owner.cls.path if owner.cls else owner.module[0]).restricted
            if owner not in known:
                known[owner] = _sorted_out(restricted(self._resolver.known, members), members)
            self._hidden[owner] = self._seen_from_here(known[owner], members)
        return self._hidden[owner]

    def hidden_at_top(self, path: str) -> tuple[frozenset[str], frozenset[str]]:
        """The same of what stands at the top of a file itself; where its imports lead is not followed for that."""
        known = self._resolver.known.about(path)
        if path not in known.restricted_at_top:
            facts = self._resolver.known.facts(path)
            top = {name: Here(path, each) for name, each in facts.top.items()} if facts else {}
            access = restricted(self._resolver.known, top)
            known.restricted_at_top[path] = (
                _sorted_out(access, top),
                {name: top[name] for name in access},
            )
        return self._seen_from_here(*known.restricted_at_top[path])

    def _seen_from_here(
        self, said: Restricted, members: Mapping[str, Here]
    ) -> tuple[frozenset[str], frozenset[str]]:
        never = said.told and frozenset(
            name for name, access in said.told.items() if not self._may_use(members[name], access)
        )
        unusual = said.unusual
        if said.homes and not self._closer.isdisjoint(
            said.homes
        ):  # seldom: of a hundred classes that one sees
            unusual = frozenset(name for name in unusual if self._is_unusual(name, members[name]))
        return never or _NONE, unusual

    def _is_unusual(self, name: str, here: Here) -> bool:
        return name.startswith("__") or _home_of(here) not in self._closer

    def _may_use(self, here: Here, access: Access) -> bool:
        if access == "folder":
            return _package_of(here.path) == self._package
        if access == "module":
            return self._module[: len(inner := _module_of(here.path))] == inner
        owner = _home_of(here)
        if access == "private":
            return owner in self._own or owner in self._taken_in
        is_reopened = here.path.endswith(".rb") and any(owner[1] == qualified for _, qualified in self._own)
        if is_reopened or owner in self._closer:
            return True
        return here.path.endswith(".java") and _package_of(here.path) == self._package

    @cached_property
    def _package(self) -> str:
        return _package_of(self._path)

    @cached_property
    def _module(self) -> tuple[str, ...]:
        return _module_of(self._path)

    @cached_property
    def _around(self) -> list[Here]:
        """The classes around, which other files may define."""
        found: list[Here] = []
        scope = self._scope
        while scope:
            cls = self._resolver.classes.class_of(self._path, scope)
            if cls is not None and cls not in found:
                found.append(cls)
            scope = scope.rpartition(".")[0]
        return found

    @cached_property
    def _own(self) -> frozenset[tuple[str, str]]:
        return self._pieces(self._around)

    @cached_property
    def _closer(self) -> frozenset[tuple[str, str]]:
        """The classes around and their bases."""
        family = self._resolver.classes.family
        return self._own | self._pieces([base for cls in self._around for base in family(cls)[1:]])

    @cached_property
    def _taken_in(self) -> frozenset[tuple[str, str]]:
        """PHP's traits: what is private in them is the class's that uses them."""
        family = self._resolver.classes.family
        bases = [base for cls in self._around for base in family(cls)[1:]]
        return self._pieces([base for base in bases if base.definition.signature.startswith("trait ")])

    def _pieces(self, listed: list[Here]) -> frozenset[tuple[str, str]]:
        pieces = self._resolver.classes.pieces
        return frozenset((path, each.definition.qualified) for each in listed for path in pieces(each))


_NONE: frozenset[str] = frozenset()


def _sorted_out(access: Mapping[str, Access], members: Mapping[str, Here]) -> Restricted:
    """What of this does not depend on the place that asks: with thousands of members in sight, nearly all."""
    told = {name: said for name, said in access.items() if said != "custom"}
    unusual = frozenset(access.keys() - told.keys())
    homes = frozenset(_home_of(members[name]) for name in unusual if not name.startswith("__"))
    return Restricted(told, unusual, homes)


def _home_of(here: Here) -> tuple[str, str]:
    return here.path, here.definition.scope


def _package_of(path: str) -> str:
    return _SOURCE_ROOT.sub("", path.rpartition("/")[0])


def _module_of(path: str) -> tuple[str, ...]:
    """A file of Rust as the module that it is, by folders."""
    *folders, name = path.split("/")
    stem = stem_of(name)
    return tuple(folders) if stem in _STAND_FOR_FOLDER else (*folders, stem)
