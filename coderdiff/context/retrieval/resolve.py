"""What a name written in a file stands for: through its imports, re-exports and bindings, to definitions.

Nothing here is a type checker. A receiver's type is what a binding says of it (an annotation, the class or function
that is called to make it, a field of `self`), followed from file to file; where nothing is said, nothing is known.
The rules are the same for all languages but for the few sets below; how modules are named is in `modules.py`.

Answers are remembered (`Shared`), those that are still being looked for as "nothing": so a cycle ends where it
began, and no question is asked twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from coderdiff.context.records import Binding, Definition, Import
from coderdiff.context.retrieval.expressions import NAME, SELF, SELF_TYPE, SUPER, parts_of, segments
from coderdiff.context.retrieval.facts import Facts
from coderdiff.context.retrieval.lexical import Chunk
from coderdiff.context.retrieval.lookup import Here, Overlay, Placed
from coderdiff.context.retrieval.modules.files import Target
from coderdiff.context.retrieval.modules.find import Modules
from coderdiff.context.retrieval.view import CLASSES
from coderdiff.context.syntax.languages import language_of

_DEPTH = 6
"""Bindings and type aliases are followed this far: deeper ones are of no use to a reader."""

_LONGEST_CHAIN = 24
"""Files that one name is followed through."""

_MOST_BASES = 12
_MOST_STARS = 24
_MOST_PIECES = 24
_MOST_SAME_NAME = 20

_WRITTEN_OUT = frozenset({"python", "javascript", "typescript", "tsx"})
"""Languages in which a name of another file is known by an import alone."""

_STARS_LEAD_ON = _WRITTEN_OUT | {"rust"}
"""Languages in which `*` brings what the module itself has brought; elsewhere it names a folder or a header."""

_IN_PIECES = frozenset({"go", "rust", "c_sharp"})
"""Languages in which files of a folder share a class: methods beside the type, `impl` blocks, partial classes."""

_DEFINED_ELSEWHERE = _IN_PIECES | {"cpp"}
"""Languages in which a file may hold methods of a class that it does not define."""

_IMPLICIT_SELF = frozenset({"java", "c_sharp", "cpp", "ruby"})
"""Languages in which a member of the class around needs no receiver."""


@dataclass(frozen=True, slots=True)
class Owner:
    """What has members: a class, or a module with the files that make it up."""

    cls: Here | None = None
    module: tuple[str, ...] = ()


class Shared:
    """What was found out about files that are not open: it holds until the index or an open file changes.

    The resolver keeps the answers to its questions here; `defined` and `chunks` are the retriever's.
    """

    def __init__(self) -> None:
        self.facts: dict[str, Facts] = {}
        self.named: dict[tuple[str, str], Owner | Here | None] = {}
        self.members: dict[Owner, dict[str, Here]] = {}
        self.families: dict[Here, list[Here]] = {}
        self.pieces: dict[Here, list[str]] = {}
        self.steps: dict[tuple[Owner, str, bool], Owner | None] = {}
        self.defined: dict[str, bool] = {}
        self.chunks: dict[tuple[str, int, int], Chunk] = {}


class Resolver:
    """Follows names through a repository, as one cursor's file sees it. `own` is that file."""

    def __init__(self, lookup: Overlay, modules: Modules, own: str, shared: Shared | None = None) -> None:
        self.lookup = lookup
        self.modules = modules
        self.shared = shared or Shared()
        self._own = own
        self._of_own = Shared()

    def _about(self, path: str) -> Shared:
        return self._of_own if path == self._own else self.shared

    def facts(self, path: str) -> Facts | None:
        """A file's symbols by name; None if the index does not have it."""
        known = self._about(path).facts
        if path not in known:
            symbols = self.lookup.symbols(path)
            if symbols is None:
                return None
            known[path] = Facts(symbols)
        return known[path]

    def owner_of_import(self, path: str, imported: Import) -> Owner | Here | None:
        """What an import of a file brings: a module, or a definition; None if it is not in the repository."""
        facts = self.facts(path)
        return self._through(path, facts, imported, (), 0) if facts else None

    def named(self, path: str, written: str, depth: int = 0) -> Owner | Here | None:
        """What a dotted name means at the top of a file: a definition, or a module."""
        known = self._about(path).named
        key = path, written
        if key not in known:
            known[key] = None
            known[key] = self._find_named(path, parts_of(written), depth)
        return known[key]

    def _find_named(self, path: str, parts: tuple[str, ...], depth: int) -> Owner | Here | None:
        facts = self.facts(path)
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
        return (
            self._package(path, facts, parts, depth)
            or self._through_stars(path, facts, parts, depth)
            or self._by_name(path, facts, parts)
        )

    def _through(
        self, path: str, facts: Facts, imported: Import, parts: Sequence[str], depth: int
    ) -> Owner | Here | None:
        target = self.modules.find(path, facts.language, imported.module, imported.name)
        if target is None or path in target.paths:
            return None
        if imported.name == "default" and target.rest:
            return self._default(target, imported.alias, parts, depth)
        return self._in_target(target, parts, depth)

    def _in_target(self, target: Target, parts: Sequence[str], depth: int) -> Owner | Here | None:
        rest = (*target.rest, *parts)
        return self.in_module(target.paths, rest, depth + 1) if rest else Owner(module=target.paths)

    def _default(self, target: Target, alias: str, parts: Sequence[str], depth: int) -> Owner | Here | None:
        """A module's default export, which it does not name: what is called like the import or like the file, the
        only thing there is, or else the module."""
        path = target.paths[0]
        stem = path.rpartition("/")[2].split(".")[0]
        facts = self.facts(path)
        top = facts.top if facts else {}
        for name in (alias, stem, *(top if len(top) == 1 else ())):
            found = self.in_module(target.paths, (name, *parts), depth + 1)
            if found is not None:
                return found
        return self._in_target(Target(target.paths), parts, depth)

    def _package(self, path: str, facts: Facts, parts: Sequence[str], depth: int) -> Owner | Here | None:
        """`import a.b` makes `a` known, and with it what other files imported of it: `a.c.f`."""
        if not any(
            each.name is None and "." in each.alias and each.alias.split(".")[0] == parts[0]
            for each in facts.imports.values()
        ):
            return None
        target = self.modules.find(path, facts.language, ".".join(parts), None)
        return self._in_target(target, (), depth) if target else None

    def _through_stars(
        self, path: str, facts: Facts, parts: Sequence[str], depth: int
    ) -> Owner | Here | None:
        """A name that `from shapes import *` brings, from there or from where that module brings all."""
        if not facts.stars or facts.language not in _STARS_LEAD_ON:
            return None
        seen = [path]
        for place in seen:
            if len(seen) > _MOST_STARS:
                return None
            for inner in self._star_paths(place):
                about = self.facts(inner)
                if inner in seen or about is None:
                    continue
                seen.append(inner)
                if parts[0] in about.top or parts[0] in about.imports:
                    found = self.named(inner, ".".join(parts), depth + 1)
                    if found is not None:
                        return found
        return None

    def _star_paths(self, path: str) -> list[str]:
        facts = self.facts(path)
        found: list[str] = []
        for star in facts.stars if facts else ():
            target = self.modules.find(path, facts.language if facts else None, star.module, star.name)
            found += target.paths if target else ()
        return found

    def _by_name(self, path: str, facts: Facts, parts: Sequence[str]) -> Here | Owner | None:
        """A name that needs no import: of the same folder, or in languages that import whole namespaces.

        Of several the nearest counts: in what is imported whole, in the same folder, or in one of two files at
        most. `Acme.Shapes.Circle` is a class of the name Circle, whatever its namespaces.
        """
        if facts.language is None or facts.language in _WRITTEN_OUT:
            return None
        first = self._near(path, parts[0])
        found = self._member_path(first, parts[1:]) if first else None
        if found is not None:
            return found
        last = self._near(path, parts[-1]) if len(parts) > 1 and parts[-1][:1].isupper() else None
        return last if last and last.definition.kind in CLASSES else None

    def _near(self, path: str, name: str) -> Here | None:
        candidates = [
            each
            for each in self.lookup.definitions(name, _MOST_SAME_NAME)
            if each.path != path and _alike(path, each.path) and self._is_top(each)
        ]
        if not candidates:
            return None
        stars = set(self._star_paths(path))
        folder = path.rpartition("/")[0]
        nearest = (
            [each for each in candidates if each.path in stars]
            or [each for each in candidates if each.path.rpartition("/")[0] == folder]
            or (candidates if len({each.path for each in candidates}) <= 2 else [])
        )
        if not nearest:
            return None
        first = min(nearest, key=lambda each: (each.definition.kind not in CLASSES, each.path))
        return Here(first.path, first.definition)

    def _is_top(self, placed: Placed) -> bool:
        if not placed.definition.scope:
            return True
        if placed.definition.kind in {"method", "field"}:
            return False
        facts = self.facts(placed.path)
        return facts is not None and facts.top.get(placed.definition.name) == placed.definition

    def in_module(self, paths: Sequence[str], names: Sequence[str], depth: int = 0) -> Owner | Here | None:
        """A name in a module: defined there, re-exported from elsewhere, or a module inside of it."""
        if depth > _LONGEST_CHAIN or not names:
            return None
        for path in paths:
            facts = self.facts(path)
            definition = facts.top.get(names[0]) if facts else None
            if definition is not None:
                return self._member_path(Here(path, definition), names[1:])
        for path in paths:
            facts = self.facts(path)
            if facts is None:
                continue
            if names[0] in facts.imports or (facts.stars and facts.language in _STARS_LEAD_ON):
                found = self.named(path, ".".join(names), depth + 1)
                if found is not None:
                    return found
            if self.modules.is_package_file(path):
                inside = self.modules.find(path, facts.language, "." + ".".join(names), None)
                if inside and path not in inside.paths:
                    return self._in_target(inside, (), depth)
        return None

    def _member_path(self, here: Here, names: Sequence[str]) -> Here | None:
        """`Circle.area` from `Circle`."""
        for name in names:
            member = self.member(here, name)
            if member is None:
                return None
            here = member
        return here

    def class_of(self, path: str, scope: str) -> Here | None:
        """The class around a scope, which another file may define."""
        facts = self.facts(path)
        if facts is None:
            return None
        definition = facts.class_around(scope)
        if definition is not None:
            return Here(path, definition)
        while scope and facts.language in _DEFINED_ELSEWHERE:
            found = self.named(path, scope) if facts.at(scope) is None else None
            if isinstance(found, Here) and found.definition.kind in CLASSES:
                return found
            scope = scope.rpartition(".")[0]
        return None

    def family(self, cls: Here) -> list[Here]:
        """A class and the bases that the repository has of it, each once, the nearest first."""
        known = self._about(cls.path).families
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
        for written in cls.definition.bases:
            name = NAME.search(written)
            base = self._class_named(cls.path, name[0]) if name else None
            if base is not None and base not in found:
                found.append(base)
        return found

    def _class_named(self, path: str, written: str) -> Here | None:
        found = self.named(path, written)
        return found if isinstance(found, Here) and found.definition.kind in CLASSES else None

    def _pieces(self, cls: Here) -> list[str]:
        """The files that define members of a class: its own, and in some languages others of the folder."""
        known = self._about(cls.path).pieces
        if cls not in known:
            facts = self.facts(cls.path)
            language = facts.language if facts else None
            beside = self.modules.beside(cls.path) if language in _IN_PIECES else []
            same = [path for path in beside if _alike(path, cls.path)][:_MOST_PIECES]
            qualified = cls.definition.qualified
            others = [path for path in same if (about := self.facts(path)) and about.members(qualified)]
            known[cls] = [cls.path, *others]
        return known[cls]

    def member(self, cls: Here, name: str) -> Here | None:
        """A member of a class or of one of its bases."""
        return next((found for each in self.family(cls) if (found := self.own_member(each, name))), None)

    def own_member(self, cls: Here, name: str) -> Here | None:
        """A member that a class defines itself."""
        for path in self._pieces(cls):
            facts = self.facts(path)
            definition = facts.members(cls.definition.qualified).get(name) if facts else None
            if definition is not None:
                return Here(path, definition)
        return None

    def members(self, owner: Owner) -> dict[str, Here]:
        """All that can follow the dot, by name: of a class with its bases (its own first), of a module its top level.
        What a module brings under another name has its own."""
        known = self._about(owner.cls.path if owner.cls else owner.module[0]).members
        if owner not in known:
            found: dict[str, Here] = {}
            for each in self.family(owner.cls) if owner.cls else ():
                for path in self._pieces(each):
                    facts = self.facts(path)
                    if facts is not None:
                        _add(found, path, facts.members(each.definition.qualified))
            seen: set[str] = set()
            for path in owner.module:
                self._add_module(found, path, seen)
            own: dict[str, Here] = {}
            for here in found.values():
                own.setdefault(here.definition.name, here)
            known[owner] = own
        return known[owner]

    def _add_module(self, found: dict[str, Here], path: str, seen: set[str]) -> None:
        """A module's top level, and what its imports bring into it from its own package."""
        facts = self.facts(path)
        if facts is None or path in seen or len(seen) > _MOST_STARS:
            return
        seen.add(path)
        _add(found, path, facts.top)
        if not _gathers(path):
            return
        for imported in facts.imports.values():
            brought = self.named(path, imported.alias) if imported.name else None
            if isinstance(brought, Here):
                found.setdefault(imported.alias, brought)
        for inner in self._star_paths(path):
            self._add_module(found, inner, seen)

    def type_named(self, path: str, written: str, depth: int = 0) -> Owner | None:
        """The class that a written type means: of `Optional[Circle]`, `list[Circle]`, `*Circle` it is Circle.

        An alias counts where no class is written: `Result<Circle>` is a Circle, whatever `Result` stands for.
        """
        aliases: list[Here] = []
        for name in dict.fromkeys(NAME.findall(written)):
            found = self.named(path, name)
            if isinstance(found, Here) and found.definition.kind in CLASSES:
                return Owner(found)
            if isinstance(found, Here) and found.definition.kind in {"type", "variable"}:
                aliases.append(found)
        for alias in aliases if depth < _DEPTH else ():
            said = alias.definition.type or _right_side(alias.definition)
            owner = self.type_named(alias.path, said, depth + 1)
            if owner is not None:
                return owner
        return None

    def result_of(self, path: str, written: str, scope: str, line: int, depth: int = 0) -> Owner | None:
        """What calling a dotted name gives: the class itself, or the declared result of a function.

        `make_shared<Circle>` and `ArrayList<Circle>` are what is in the brackets, unless we know better.
        """
        called, bracket, _ = written.partition("<")
        owner = self.owner(path, scope, called + "()", line, depth + 1)
        return owner or (self.type_named(path, written, depth + 1) if bracket else None)

    def owner(self, path: str, scope: str, expression: str, line: int, depth: int = 0) -> Owner | None:
        """What an expression's members are: `self.client`, `get_config()`, `luigi.parameter`, `x`."""
        facts = self.facts(path)
        names = list(segments(expression))
        if facts is None or not names or depth > _DEPTH:
            return None
        (first, called), *following = names
        binding = facts.binding(first, scope, line)
        owner: Owner | None
        if first in SELF or (first in SUPER and binding is None):
            owner = self._around(path, scope, above=first in SUPER)
        elif first.startswith("@"):
            around = self._around(path, scope)
            owner = self._step(around, first, called, depth) if around else None
        elif binding is not None:
            owner = self._bound(path, binding, depth)
        else:
            found = self.named(path, first)
            if following and not called and (isinstance(found, Owner) or not _has_members(found)):
                whole = self._longest(path, names)
                if whole is not None:
                    found, used = whole
                    called, following = names[used - 1][1], names[used:]
            owner = self._valued(found, called, depth)
            if found is None and facts.language in _IMPLICIT_SELF:
                around = self._around(path, scope)
                owner = self._step(around, first, called, depth) if around else None
        for name, is_called in following:
            owner = self._step(owner, name, is_called, depth) if owner else None
        return owner

    def _around(self, path: str, scope: str, above: bool = False) -> Owner | None:
        """The class around, or its first base."""
        cls = self.class_of(path, scope)
        if cls is not None and above:
            cls = next(iter(self.family(cls)[1:]), None)
        return Owner(cls) if cls else None

    def _longest(self, path: str, names: list[tuple[str, bool]]) -> tuple[Owner | Here, int] | None:
        """The start of a dotted expression, of two names or more, that is a definition; or else the longest that
        is a module. With how many names it is."""
        best: tuple[Owner | Here, int] | None = None
        for size in range(2, len(names) + 1):
            found = self.named(path, ".".join(name for name, _ in names[:size]))
            if found is not None:
                best = found, size
            if names[size - 1][1] or (isinstance(found, Here) and _has_members(found)):
                break
        return best

    def _bound(self, path: str, binding: Binding, depth: int) -> Owner | None:
        """What a binding says. In `x = x.grown()` the second x is what it was before."""
        if binding.made:
            return self.result_of(path, binding.type, binding.scope, binding.line - 1, depth + 1)
        return self._typed(path, binding.scope, binding.type, depth + 1)

    def _typed(self, path: str, scope: str, written: str, depth: int) -> Owner | None:
        owner = self.type_named(path, written, depth)
        return owner or (self._around(path, scope) if SELF_TYPE.search(written) else None)

    def _called(self, found: Owner | Here | None, depth: int) -> Owner | None:
        """What calling a thing gives. A module's members are its own."""
        if found is None or isinstance(found, Owner):
            return found if found and found.cls else None
        if found.definition.kind in CLASSES:
            return Owner(found)
        if found.definition.type is None:
            return None
        return self._typed(found.path, found.definition.scope, found.definition.type, depth + 1)

    def _valued(self, found: Owner | Here | None, called: bool, depth: int) -> Owner | None:
        """What a found thing's members are, called or not."""
        if called or found is None:
            return self._called(found, depth)
        if isinstance(found, Owner):
            return found
        if found.definition.kind in CLASSES:
            return Owner(found)
        facts = self.facts(found.path)
        bound = facts.binding(found.definition.name, found.definition.scope, 1 << 30) if facts else None
        return self._bound(found.path, bound, depth + 1) if bound else self._called(found, depth)

    def _step(self, owner: Owner, name: str, called: bool, depth: int) -> Owner | None:
        """From an owner to one of its members' members."""
        known = self._about(owner.cls.path if owner.cls else owner.module[0]).steps
        key = owner, name, called
        if key not in known:
            known[key] = None
            known[key] = self._find_step(owner, name, called, depth)
        return known[key]

    def _find_step(self, owner: Owner, name: str, called: bool, depth: int) -> Owner | None:
        if owner.cls is None:
            return self._valued(self.in_module(owner.module, (name,)), called, depth)
        for cls in self.family(owner.cls):
            qualified = cls.definition.qualified
            for path in self._pieces(cls):
                facts = self.facts(path)
                if facts is None:
                    continue
                for binding in facts.of_member(name, qualified) if not called else ():
                    found = self._bound(path, binding, depth + 1)
                    if found is not None:
                        return found
                member = facts.members(qualified).get(name)
                if member is not None:
                    return self._called(Here(path, member), depth)
        return owner if name == "new" else None


def _has_members(found: Here | None) -> bool:
    """Whether a definition is more than a namespace, so that what follows it are its own members."""
    return found is not None and found.definition.kind != "module"


def _add(found: dict[str, Here], path: str, definitions: dict[str, Definition]) -> None:
    for name, definition in definitions.items():
        found.setdefault(name, Here(path, definition))


def _gathers(path: str) -> bool:
    """Whether a file is there to bring others' names together: a package's `__init__.py`, `index.ts`, `mod.rs`."""
    return path.rpartition("/")[2].split(".")[0] in {"__init__", "index", "mod", "lib"}


def _right_side(alias: Definition) -> str:
    """What stands for an alias: behind its `=`, or its name (`type Discs []Circle`, `typedef struct disc Disc`)."""
    _, equals, right = alias.signature.partition("=")
    return right if equals else alias.signature


def _alike(one: str, other: str) -> bool:
    """Whether two files are of languages that see each other's names."""
    languages = {each.name for path in (one, other) if (each := language_of(path))}
    return len(languages) == 1 or languages == {"c", "cpp"}
