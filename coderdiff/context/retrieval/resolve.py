"""The type of an expression: what stands before a dot, and so what may follow it.

Nothing here is a type checker. A receiver's type is what a binding says of it (an annotation, the class or function
that is called to make it, a field of `self`), followed from file to file; where nothing is said, nothing is known.
"""

from __future__ import annotations

from coderdiff.context.records import Binding, Definition
from coderdiff.context.retrieval.classes import Classes
from coderdiff.context.retrieval.expressions import NAME, SELF, SELF_TYPE, SUPER, segments
from coderdiff.context.retrieval.known import Known, Owner, Shared
from coderdiff.context.retrieval.lookup import Here, Overlay
from coderdiff.context.retrieval.modules.find import Modules
from coderdiff.context.retrieval.view import CLASSES

_DEPTH = 6
"""Bindings and type aliases are followed this far: deeper ones are of no use to a reader."""

_HAVE_MEMBERS = CLASSES | {"module"}
"""Kinds of definitions that have members. So has a variable whose object is written out: `const api = { get() {} }`."""

_IMPLICIT_SELF = frozenset({"java", "c_sharp", "cpp", "ruby"})
"""Languages in which a member of the class around needs no receiver."""


class Resolver:
    """Follows expressions through a repository, as one cursor's file, `own`, sees it."""

    def __init__(self, lookup: Overlay, modules: Modules, own: str, shared: Shared | None = None) -> None:
        self.known = Known(lookup, modules, own, shared)
        self.classes = Classes(self.known)
        self.names = self.classes.names

    def type_named(self, path: str, written: str, depth: int = 0) -> Owner | None:
        """The class that a written type means: of `Optional[Circle]`, `list[Circle]`, `*Circle` it is Circle.

        An alias counts where no class is written: `Result<Circle>` is a Circle, whatever `Result` stands for.
        """
        aliases: list[Here] = []
        for name in dict.fromkeys(NAME.findall(written)):
            found = self.names.named(path, name)
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
        facts = self.known.facts(path)
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
            found = self.names.named(path, first)
            if following and not called and (isinstance(found, Owner) or not _has_members(found)):
                whole = self._longest(path, names)
                if whole is not None:
                    found, used = whole
                    called, following = names[used - 1][1], names[used:]
            if called and isinstance(found, Owner):
                found = self.names.default_of(found, first) or found
            owner = self._valued(found, called, depth)
            if found is None and facts.language in _IMPLICIT_SELF:
                around = self._around(path, scope)
                owner = self._step(around, first, called, depth) if around else None
        for name, is_called in following:
            owner = self._step(owner, name, is_called, depth) if owner else None
        return owner

    def _around(self, path: str, scope: str, above: bool = False) -> Owner | None:
        """The class around, or its first base."""
        cls = self.classes.class_of(path, scope)
        if cls is not None and above:
            cls = next(iter(self.classes.family(cls)[1:]), None)
        return Owner(cls) if cls else None

    def _longest(self, path: str, names: list[tuple[str, bool]]) -> tuple[Owner | Here, int] | None:
        """The start of a dotted expression, of two names or more, that is a definition; or else the longest that
        is a module. With how many names it is."""
        best: tuple[Owner | Here, int] | None = None
        for size in range(2, len(names) + 1):
            found = self.names.named(path, ".".join(name for name, _ in names[:size]))
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
        if found.definition.kind in _HAVE_MEMBERS:
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
        if found.definition.kind in _HAVE_MEMBERS:
            return Owner(found)
        facts = self.known.facts(found.path)
        bound = facts.binding(found.definition.name, found.definition.scope, 1 << 30) if facts else None
        owner = self._bound(found.path, bound, depth + 1) if bound else self._called(found, depth)
        if owner is None and facts and found.definition.kind == "variable":
            return Owner(found) if facts.members(found.definition.qualified) else None
        return owner

    def _step(self, owner: Owner, name: str, called: bool, depth: int) -> Owner | None:
        """From an owner to one of its members' members."""
        known = self.known.about(owner.cls.path if owner.cls else owner.module[0]).steps
        key = owner, name, called
        if key not in known:
            known[key] = None
            known[key] = self._find_step(owner, name, called, depth)
        return known[key]

    def _find_step(self, owner: Owner, name: str, called: bool, depth: int) -> Owner | None:
        if owner.cls is None:
            return self._valued(self.names.in_module(owner.module, (name,)), called, depth)
        for cls in self.classes.family(owner.cls):
            qualified = cls.definition.qualified
            for path in self.classes.pieces(cls):
                facts = self.known.facts(path)
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


def _right_side(alias: Definition) -> str:
    """What stands for an alias: behind its `=`, or its name (`type Discs []Circle`, `typedef struct disc Disc`)."""
    _, equals, right = alias.signature.partition("=")
    return right if equals else alias.signature
