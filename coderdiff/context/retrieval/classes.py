"""Classes and modules: which bases a class has, and what its members are, its own and inherited ones."""

from __future__ import annotations

from itertools import filterfalse

from coderdiff.context.records import Definition
from coderdiff.context.retrieval.expressions import NAME
from coderdiff.context.retrieval.known import MOST_STARS, Known, Listing, Owner, alike
from coderdiff.context.retrieval.lookup import Here, placed
from coderdiff.context.retrieval.modules.files import stem_of
from coderdiff.context.retrieval.names import Names
from coderdiff.context.retrieval.view import CLASSES

_MOST_BASES = 12
_MOST_PIECES = 24
_MOST_BESIDE = 80
"""Files of the folders around that are searched for what extends a class."""

_IN_PIECES = frozenset({"go", "rust", "c_sharp"})
"""Languages in which files of a folder share a class: methods beside the type, `impl` blocks, partial classes."""

_REOPENED = frozenset({"ruby", "cpp", "c_sharp", "php"})
"""Languages in which a namespace is one in all files that open it."""

_INCLUDED = frozenset({"ruby"})
"""Languages in which a class may include a module."""

_DEFINED_ELSEWHERE = _IN_PIECES | {"cpp"}
"""Languages in which a file may hold methods of a class that it does not define."""


class Classes:
    """The classes of a repository. `names` are those that it makes out itself, by way of their members too."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self.names = Names(known, self.member)
        self._extensions: dict[Here, list[Listing]] = {}

    def class_of(self, path: str, scope: str) -> Here | None:
        """The class around a scope, which another file may define."""
        facts = self._known.facts(path)
        if facts is None:
            return None
        definition = facts.class_around(scope)
        if definition is not None:
            return Here(path, definition)
        while scope and facts.language in _DEFINED_ELSEWHERE:
            found = self.names.named(path, scope) if facts.at(scope) is None else None
            if isinstance(found, Here) and found.definition.kind in CLASSES:
                return found
            scope = scope.rpartition(".")[0]
        return None

    def family(self, cls: Here) -> list[Here]:
        """A class and the bases that the repository has of it, each once, the nearest first."""
        known = self._known.about(cls.path).families
        if cls not in known:
            found = [cls]
            for each in found:
                if len(found) > _MOST_BASES:
                    break
                found += (base for base in self._direct_bases(each) if base not in found)
            known[cls] = found
        return known[cls]

    def _direct_bases(self, cls: Here) -> list[Here]:
        found: list[Here] = []
        for path, definition in self._said(cls):
            for written in definition.bases:
                name = NAME.search(written)
                base = self._base_named(path, name[0]) if name else None
                if base is not None and base not in found:
                    found.append(base)
        return found

    def extends_foreign(self, cls: Here) -> bool:
        """Whether a class or one of its bases extends what is not in the repository: it may have any members."""
        written = (
            (each.path, NAME.search(base)) for each in self.family(cls) for base in each.definition.bases
        )
        return any(name is not None and self._base_named(path, name[0]) is None for path, name in written)

    def _said(self, cls: Here) -> list[Here]:
        """All that says what a class extends: of a partial class any piece may, of Ruby's module any that opens it."""
        others: list[Here] = []
        if _is_partial(cls.definition) or cls.definition.kind == "module":
            for path in self.pieces(cls)[1:]:
                facts = self._known.facts(path)
                piece = facts.at(cls.definition.qualified) if facts else None
                if piece is not None and (
                    _is_partial(piece) or piece.kind == cls.definition.kind == "module"
                ):
                    others.append(Here(path, piece))
        return [cls, *others]

    def _base_named(self, path: str, written: str) -> Here | None:
        """A class, or in some languages a module: its members are those of what includes it."""
        found = self.names.named(path, written)
        if not isinstance(found, Here):
            return None
        facts = self._known.facts(path)
        included = facts is not None and facts.language in _INCLUDED and found.definition.kind == "module"
        return found if included or found.definition.kind in CLASSES else None

    def pieces(self, cls: Here) -> list[str]:
        """The files that define members of a class: its own, and in some languages others of the folder; of a
        namespace, all that open it."""
        known = self._known.about(cls.path).pieces
        if cls not in known:
            facts = self._known.facts(cls.path)
            language = facts.language if facts else None
            if cls.definition.kind == "module":
                beside = self._opening(cls) if language in _REOPENED else []
            else:
                beside = self._known.modules.beside(cls.path) if language in _IN_PIECES else []
            same = [path for path in beside if alike(path, cls.path)][:_MOST_PIECES]
            qualified = cls.definition.qualified
            others = [
                path
                for path in same
                if (about := self._known.facts(path))
                and (about.members(qualified) or ((at := about.at(qualified)) and at.bases))
            ]
            known[cls] = [cls.path, *others]
        return known[cls]

    def _opening(self, namespace: Here) -> list[str]:
        """The other files that open a namespace."""
        name, qualified = namespace.definition.name, namespace.definition.qualified
        names = dict.fromkeys((name, qualified, qualified.rpartition(".")[2]))
        listed = [each for one in names for each in self._known.lookup.definitions(one, _MOST_PIECES)]
        same = (each for each in listed if each.definition.kind == "module")
        found = (each.path for each in same if each.definition.qualified == qualified)
        return [path for path in dict.fromkeys(found) if path != namespace.path]

    def member(self, cls: Here, name: str) -> Here | None:
        """A member of a class or of one of its bases."""
        return next((found for each in self.family(cls) if (found := self.own_member(each, name))), None)

    def own_member(self, cls: Here, name: str) -> Here | None:
        """A member that a class defines itself."""
        for path in self.pieces(cls):
            facts = self._known.facts(path)
            definition = facts.members(cls.definition.qualified).get(name) if facts else None
            if definition is not None:
                return Here(path, definition)
        return None

    def members(self, owner: Owner) -> dict[str, Here]:
        """All that can follow the dot, by name: of a class with its bases (its own first), of a module its top level.
        The first of a name counts; what the cursor's own file shows is left out."""
        known = self._known.about(owner.cls.path if owner.cls else owner.module[0]).members
        if owner not in known:
            found: dict[str, Here] = {}
            for path, definitions in self._listings(owner):
                if path != self._known.own:
                    fresh = list(filterfalse(found.__contains__, definitions))
                    heres = placed(path, map(definitions.__getitem__, fresh))
                    found.update(zip(fresh, heres, strict=True))
            known[owner] = found
        return known[owner]

    def _listings(self, owner: Owner) -> list[Listing]:
        """The members file by file."""
        found: list[Listing] = []
        for each in self.family(owner.cls) if owner.cls else ():
            for path in self.pieces(each):
                facts = self._known.facts(path)
                if facts is not None:
                    found.append((path, facts.members(each.definition.qualified)))
        if owner.cls is not None:
            found += self._extending(owner.cls)
        seen: set[str] = set()
        for path in owner.module:
            self._add_module(found, path, seen)
        return found

    def extension(self, cls: Here, name: str) -> Here | None:
        """A method that can be called on a class of C# though it stands elsewhere."""
        listed = ((path, methods[name]) for path, methods in self._extending(cls) if name in methods)
        return next((Here(path, definition) for path, definition in listed), None)

    def _extending(self, cls: Here) -> list[Listing]:
        """The methods that extend a class, as far as the cursor's file sees them: in what it imports, in its folder, in
        that of the class."""
        if cls not in self._extensions:
            family = {each.definition.name: each for each in self.family(cls)}
            found: list[Listing] = []
            for path in self._places_of_extensions(cls):
                facts = self._known.facts(path)
                extensions = facts.extensions if facts else {}
                methods = {
                    method.name: method
                    for name in family
                    if name in extensions and self._may_mean(path, name, family[name])
                    for method in extensions[name]
                }
                if methods:
                    found.append((path, methods))
            self._extensions[cls] = found
        return self._extensions[cls]

    def _places_of_extensions(self, cls: Here) -> list[str]:
        own = self._known.facts(self._known.own)
        if own is None or own.language != "c_sharp":
            return []
        beside = (*self._known.modules.beside(self._known.own), *self._known.modules.beside(cls.path))
        places = (*self.names.star_paths(self._known.own), cls.path, *beside[:_MOST_BESIDE])
        return [path for path in dict.fromkeys(places) if path.endswith(".cs")]

    def _may_mean(self, path: str, name: str, cls: Here) -> bool:
        """Whether a name in a file may be this class: it is another one's where that is known."""
        found = self.names.named(path, name)
        return not isinstance(found, Here) or (
            found.definition.qualified == cls.definition.qualified and found.path in self.pieces(cls)
        )

    def _add_module(self, found: list[Listing], path: str, seen: set[str]) -> None:
        """A module's top level, and what its imports bring into it from its own package."""
        facts = self._known.facts(path)
        if facts is None or path in seen or len(seen) > MOST_STARS:
            return
        seen.add(path)
        found.append((path, facts.top))
        if not _gathers(path):
            return
        for imported in facts.imports.values():
            brought = self.names.named(path, imported.alias) if imported.name else None
            if isinstance(brought, Here):
                found.append((brought.path, {brought.definition.name: brought.definition}))
        for inner in self.names.star_paths(path):
            self._add_module(found, inner, seen)


def _is_partial(definition: Definition) -> bool:
    """Whether a class says that it is a piece of one (C#)."""
    return " partial " in f" {definition.signature}"


def _gathers(path: str) -> bool:
    """Whether a file is there to bring others' names together: a package's `__init__.py`, `index.ts`, `mod.rs`."""
    return stem_of(path.rpartition("/")[2]) in {"__init__", "index", "mod", "lib"}
