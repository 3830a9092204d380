"""From a value to what is in it: what a loop gets, what an index or a call gives, what entering gives, a member."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from coderdiff.context.retrieval import containers
from coderdiff.context.retrieval.expressions import SELF_TYPE, words
from coderdiff.context.retrieval.known import Many, Owner, Said, Value
from coderdiff.context.retrieval.types import Types

Step = Callable[[Owner, str, bool, int], Value | None]
"""From an owner to what its member of a name is, called or not, at a depth."""

_GIVE_EACH = ("__iter__", "__aiter__", "__next__", "__anext__", "iterator", "iter", "GetEnumerator")
_GIVE_ITEM = ("__getitem__", "operator[]")
_ENTER = ("__enter__", "__aenter__")
_UNWRAP = words(
    """
    unwrap expect unwrap_or unwrap_or_else unwrap_or_default get get_mut lock read write borrow borrow_mut
    as_ref as_mut as_deref clone cloned copied to_owned await upgrade ok ok_or ok_or_else value Value result
    Result orElse orElseThrow orElseGet
    """
)
"""Methods by which what is in an `Option`, a `Mutex`, a `Future` is had."""


class Elements:
    """What is in values, read with the types of the repository. `depth` counts how far a name was followed."""

    def __init__(self, types: Types, step: Step) -> None:
        self._types = types
        self._step = step

    def each(self, value: Value | None, keys_only: bool, depth: int) -> Value | None:
        """What a loop over a value gets; over a table its keys alone, or rows of keys and values."""
        container = self._types.container(value)
        if container is not None:
            return containers.each_of(container, keys_only)
        given = self._types.container(self._asked(value, _GIVE_EACH, depth))
        return containers.each_of(given, True) if given else self._asked(value, _GIVE_ITEM, depth)

    def entered(self, value: Value | None, depth: int) -> Value | None:
        """What a context manager gives where it is entered: itself, unless it says otherwise."""
        managed = self._types.managed(value)
        if managed is not None:
            return managed
        value = self._types.unwrapped(value)
        container = self._types.container(value)
        if isinstance(container, Many):  # what a function yields that is made a context manager
            return container.each
        given = self._asked(value, _ENTER, depth)
        if given is None or (isinstance(given, Said) and SELF_TYPE.search(given.written)):
            return value
        return given

    def behind(self, value: Value | None, brackets: Iterable[str], depth: int) -> Value | None:
        """A value, called and indexed as the brackets behind it say. A class with types in brackets is that class."""
        signs = [each[0] for each in brackets]
        for at, bracket in enumerate(brackets):
            if value is None:
                return None
            if bracket[0] == "(":
                value = self._types.returned(value)
                continue
            container = self._types.container(value)
            if container is not None:
                value = containers.item_of(container, bracket[1:-1].strip())
            elif signs[at + 1 : at + 2] != ["("]:
                value = self._asked(value, _GIVE_ITEM, depth)
        return value

    def after(self, value: Value | None, step: str, keys_only: bool, depth: int) -> Value | None:
        """From what a binding says to what one of its steps leads to."""
        match step:
            case "each":
                return self.each(value, keys_only, depth)
            case "many":
                return Many(value)
            case "entered":
                return self.entered(value, depth)
        if step.startswith("."):
            return self.member(value, step[1:], False, depth)
        container = self._types.container(value)
        if container is None:
            return None
        return containers.pairs_of(container) if step == "pairs" else containers.part_of(container, step)

    def member(self, value: Value | None, name: str, called: bool, depth: int) -> Value | None:
        """What a member of a value is, called or not."""
        if isinstance(value, Owner):
            return self._step(value, name, called, depth)
        if not isinstance(value, Said):
            return containers.member_of(value, name) if value is not None else None
        shape = self._types.shape(value)
        kind = shape.kind if shape else "other"
        found: Value | None = None
        if shape and kind in ("wrapped", "union"):
            parts = [value._replace(written=each) for each in shape.arguments]
            members = (self.member(each, name, called, depth) for each in parts)
            found = next((each for each in members if each is not None), None)
            return parts[0] if found is None and kind == "wrapped" and name in _UNWRAP else found
        owner = self._types.settled(value) if kind == "other" else None
        found = self._step(owner, name, called, depth) if owner else None
        container = self._types.container(value) if found is None else None
        return containers.member_of(container, name) if container else found

    def _asked(self, value: Value | None, names: Iterable[str], depth: int) -> Value | None:
        """What the first of these methods gives that a value's class has."""
        value = self._types.unwrapped(value)
        owner = self._types.settled(value) if isinstance(value, Owner | Said) else None
        if owner is None or owner.cls is None:
            return None
        found = (self._step(owner, name, True, depth) for name in names)
        return next((each for each in found if each is not None), None)
