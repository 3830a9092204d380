"""What written types mean: the class that is named, the container that is described, what is in it."""

from __future__ import annotations

from coderdiff.context.records import Definition
from coderdiff.context.retrieval.classes import Classes
from coderdiff.context.retrieval.containers import Container
from coderdiff.context.retrieval.expressions import NAME, SELF_TYPE
from coderdiff.context.retrieval.known import Known, Many, Owner, Row, Said, Table, Value
from coderdiff.context.retrieval.lookup import Here
from coderdiff.context.retrieval.view import CLASSES
from coderdiff.context.retrieval.written import Shape, ShapeKind, bound_of, is_manager, shape_of

_DEPTH = 6
"""Type aliases and types in types are followed this far."""


class Types:
    """The types that files write, read with the classes of the repository."""

    def __init__(self, classes: Classes, known: Known) -> None:
        self._classes = classes
        self._known = known
        self._names = classes.names

    def named(self, path: str, written: str, depth: int = 0, scope: str = "") -> Owner | None:
        """The class that a written type means: of `Optional[Circle]`, `list[Circle]`, `*Circle` it is Circle.

        An alias counts where no class is written: `Result<Circle>` is a Circle, whatever `Result` stands for. A type
        variable is what it is bound to by what is around the scope: `S` of `class Service<S extends Store>`.
        """
        aliases: list[Here] = []
        names = dict.fromkeys(NAME.findall(written))
        for name in names:
            found = self._inside(path, scope, name) or self._names.named(path, name)
            if isinstance(found, Here) and found.definition.kind in CLASSES:
                return Owner(found)
            if isinstance(found, Here) and found.definition.kind in {"type", "variable"}:
                aliases.append(found)
        for alias in aliases if depth < _DEPTH else ():
            owner = self.named(alias.path, _right_side(alias.definition), depth + 1)
            if owner is not None:
                return owner
        bounds = (self._bound(path, scope, name) for name in names if scope and depth < _DEPTH)
        owners = (self.named(path, bound, depth + 1) for bound in bounds if bound)
        return next((owner for owner in owners if owner), None)

    def _inside(self, path: str, scope: str, name: str) -> Here | None:
        """A class that stands in one of those around a scope: a `Builder` in what it builds."""
        facts = self._known.facts(path) if scope else None
        while facts is not None and scope:
            definition = facts.members(scope).get(name)
            if definition is not None and definition.kind in CLASSES:
                return Here(path, definition)
            scope = scope.rpartition(".")[0]
        return None

    def _bound(self, path: str, scope: str, name: str) -> str | None:
        """What a type variable of the definitions around a scope is bound to, as written."""
        facts = self._known.facts(path)
        pattern = bound_of(name)
        while facts is not None and pattern is not None and scope:
            definition = facts.at(scope)
            found = pattern.search(definition.signature) if definition is not None else None
            if found is not None:
                return found[1]
            scope = scope.rpartition(".")[0]
        return None

    def settled(self, value: Value | None) -> Owner | None:
        """The class or module that a value's members are looked for in. Of a container it is that of its elements:
        these come into play with it."""
        if value is None or isinstance(value, Owner):
            return value
        if isinstance(value, Said):
            owner = self.named(value.path, value.written, scope=value.scope)
            return owner or (
                self.around(value.path, value.scope) if SELF_TYPE.search(value.written) else None
            )
        if isinstance(value, Many):
            return self.settled(value.each)
        parts = value.parts if isinstance(value, Row) else (value.value, value.key)
        return next((owner for part in parts if (owner := self.settled(part))), None)

    def around(self, path: str, scope: str, above: bool = False) -> Owner | None:
        """The class around a scope, or its first base."""
        cls = self._classes.class_of(path, scope)
        if cls is not None and above:
            cls = next(iter(self._classes.family(cls)[1:]), None)
        return Owner(cls) if cls else None

    def shape(self, said: Said) -> Shape | None:
        """What a written type is a container of; None where the repository has a class of that name."""
        shape = shape_of(said.written)
        if shape is None or not shape.head:
            return shape
        found = self._names.named(said.path, shape.head)
        return None if isinstance(found, Here) and found.definition.kind in CLASSES else shape

    def container(self, value: Value | None, depth: int = 0) -> Container | None:
        """A value as a container: as its type, or the base of its class, says; None if it is none."""
        if value is None or depth > _DEPTH:
            return None
        if isinstance(value, Owner):
            return self._of_bases(value, depth)
        if not isinstance(value, Said):
            return value
        shape = self.shape(value)
        if shape is None:
            return self._of_plain(value, depth)
        parts = [value._replace(written=each) for each in shape.arguments]
        if shape.kind in ("wrapped", "union"):
            found = (self.container(each, depth + 1) for each in parts)
            return next((each for each in found if each is not None), None)
        return _made(shape.kind, parts)

    def unwrapped(self, value: Value | None) -> Value | None:
        """What is in an `Optional`, `Promise`, `Box`, an alias or brackets of the kind, as long as there are any."""
        for _ in range(_DEPTH):
            if not isinstance(value, Said):
                break
            shape = self.shape(value)
            if shape is None:
                alias = self._alias(value)
                if alias is None or shape_of(alias.written) is None:
                    break
                value = alias
            elif shape.kind == "wrapped":
                value = value._replace(written=shape.arguments[0])
            else:
                break
        return value

    def managed(self, value: Value | None) -> Value | None:
        """What entering gives by what a type's name says: `AbstractContextManager[Circle]`; None for others."""
        shape = self.shape(value) if isinstance(value, Said) else None
        if not isinstance(value, Said) or shape is None or not is_manager(shape.head):
            return None
        return value._replace(written=shape.arguments[0])

    def returned(self, value: Value | None) -> Value | None:
        """What calling something of a type gives, as far as the type says: `Callable[[int], Circle]`."""
        value = self.unwrapped(value)
        shape = self.shape(value) if isinstance(value, Said) else None
        if isinstance(value, Said) and shape is not None:
            return value._replace(written=shape.arguments[0]) if shape.kind == "callable" else None
        return value

    def _of_plain(self, said: Said, depth: int) -> Container | None:
        """A name alone: an alias of a container, or a class."""
        alias = self._alias(said)
        if alias is not None:
            return self.container(alias, depth + 1)
        owner = self.settled(said)
        return self._of_bases(owner, depth) if owner else None

    def _alias(self, said: Said) -> Said | None:
        name = NAME.search(said.written)
        found = self._names.named(said.path, name[0]) if name else None
        if not isinstance(found, Here) or found.definition.kind not in {"type", "variable"}:
            return None
        return Said(found.path, found.definition.scope, _right_side(found.definition))

    def _of_bases(self, owner: Owner, depth: int) -> Container | None:
        """A class that is a container, by what it extends: `class Circles(list[Circle])`."""
        for cls in self._classes.family(owner.cls) if owner.cls else ():
            for written in cls.definition.bases:
                shape = shape_of(written)
                if shape is not None and shape.kind in {"many", "table", "row"}:
                    found = self.container(Said(cls.path, cls.definition.scope, written), depth + 1)
                    if found is not None:
                        return found
        return None


def _right_side(alias: Definition) -> str:
    """What stands for an alias: its type, or what is behind its `=`, or its name (`type Discs []Circle`, `typedef
    struct disc Disc`)."""
    if alias.type:
        return alias.type
    _, equals, right = alias.signature.partition("=")
    return right.strip() if equals else alias.signature.partition(alias.name)[2].strip() or alias.signature


def _made(kind: ShapeKind, parts: list[Said]) -> Container | None:
    if kind == "table":
        return Table(parts[0], parts[1])
    if kind == "row":
        return Row(tuple(parts))
    return None if kind == "callable" else Many(parts[0])
