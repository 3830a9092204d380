"""Dotted expressions as people write them, in any of the languages, taken apart into the names to follow."""

from __future__ import annotations

import re
from collections.abc import Iterator

SELF = frozenset({"self", "cls", "this", "$this", "Self", "static"})
SUPER = frozenset({"super", "base", "parent"})
NAME = re.compile(r"[$@]*[^\W\d]\w*(?:(?:\.|::|\\)[^\W\d]\w*)*")
"""A name with what is before it: `shapes.Circle`, `std::vector`, `App\\Models\\User`."""

SELF_TYPE = re.compile(r"\b(?:Self|self|static|this)\b")
"""A result type that is the class of the method itself."""

_SEPARATOR = re.compile(r"\.|::|->|\\")
_SEGMENT = re.compile(r"\s*(?:await\s+|new\s+|&|\*)*\\?([$@#]*[^\W\d]\w*)")
_LINK = re.compile(r"\s*[?!&]?(?:\.|->|::|\\)\s*")

_NAMES_TYPES = r"(?:::)?<[^<>()]*(?:<[^<>()]*>[^<>()]*)*>"
_TYPES = re.compile(_NAMES_TYPES + r"(?=\()")
"""The types that a call is made with: `inject<Circle>(...)`."""

_PART = rf"[$@#]*[^\W\d]\w*(?:{_NAMES_TYPES})?(?:\([^()]*\)|\[[^\[\]]*\])*"
ONE_VALUE = re.compile(
    rf"\(\s*((?:await\s+|new\s+|[&*])?{_PART}(?:\s*[?!&]?(?:\.|->|::|\\)\s*{_PART})*)\s*\)"
)
"""One value in brackets: `(await x)`, `(new Ring(1))`, `(*it)`; not `(a + b)`."""


def parts_of(written: str) -> tuple[str, ...]:
    """The names of a dotted one."""
    return tuple(part for part in _SEPARATOR.split(written) if part)


def segments(expression: str) -> Iterator[tuple[str, bool]]:
    """`self.pool.take(1)[0].name` as (self, no), (pool, no), (take, called), (name, no).

    An index changes nothing: what is said to be a list of circles counts as a circle (`Resolver.type_named`). One
    value in brackets is what is in them: `(await x).name`.
    """
    at = 0
    if whole := ONE_VALUE.match(expression):
        yield from segments(whole[1])
        link = _LINK.match(expression, whole.end())
        at = link.end() if link else len(expression)
    while at < len(expression):
        name = _SEGMENT.match(expression, at)
        if name is None:
            return
        at = name.end()
        types = _TYPES.match(expression, at)
        at = types.end() if types else at
        called = False
        while at < len(expression) and expression[at] in "([":
            called = called or expression[at] == "("
            at = _behind(expression, at)
        yield name[1], called
        link = _LINK.match(expression, at)
        if link is None:
            return
        at = link.end()


def _behind(text: str, opening: int) -> int:
    """Index behind the bracket that closes the one at `opening`; the text's end if nothing does."""
    depth = 0
    for at in range(opening, len(text)):
        depth += (text[at] in "([{") - (text[at] in ")]}")
        if depth == 0:
            return at + 1
    return len(text)
