"""Dotted expressions as people write them, in any of the languages, taken apart into the names to follow."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, NamedTuple

SELF = frozenset({"self", "cls", "this", "$this", "Self", "static"})
SUPER = frozenset({"super", "base", "parent"})
NAME = re.compile(r"[$@]*[^\W\d]\w*(?:(?:\.|::|\\)[^\W\d]\w*)*")
"""A name with what is before it: `shapes.Circle`, `std::vector`, `App\\Models\\User`."""

SELF_TYPE = re.compile(r"\b(?:Self|self|static|this)\b")
"""A result type that is the class of the method itself."""

_SEPARATOR = re.compile(r"\.|::|->|\\")
_SEGMENT = re.compile(r"\s*(?:await\s+|new\s+|&mut\s+|&|\*)*\\?([$@#]*[^\W\d]\w*)")
_OPENS = re.compile(r"\s*(?:await\s+|&(?:mut\s+)?|\*)*(?=[(\[{])()")
_ENDS = re.compile(r"[\s?!;]*$")
_JOINED = re.compile(r"\s(?:or|and|if|for|as|satisfies)\s|\?(?![.)\]])|\|\||&&|,")
"""What an expression has that is more than one chain; it may stand in brackets."""

_EITHER = (" or ", "||", "??")
_SAY = (" as ", " satisfies ")
_JOINTS = (*_EITHER, " and ", "&&", *_SAY)
"""What joins values, in the order in which it binds: of some any may be the value, of others the last is."""

_CONDITION = re.compile(r"(?<!\?)\?(?![.?])")
_QUOTES = frozenset("\"'`")
_STRING = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`")
_LINK = re.compile(r"\s*[?!&]?(?:\.|->|::|\\)\s*")

_NAMES_TYPES = r"(?:::)?<[^<>()]*(?:<[^<>()]*>[^<>()]*)*>"
_TYPES = re.compile(_NAMES_TYPES + r"(?=\()")
"""The types that a call is made with: `inject<Circle>(...)`."""

_PART = rf"[$@#]*[^\W\d]\w*(?:{_NAMES_TYPES})?(?:\([^()]*\)|\[[^\[\]]*\])*"
ONE_VALUE = re.compile(
    rf"\(\s*((?:await\s+|new\s+|[&*])?{_PART}(?:\s*[?!&]?(?:\.|->|::|\\)\s*{_PART})*)\s*\)"
)
"""One value in brackets: `(await x)`, `(new Ring(1))`, `(*it)`; not `(a + b)`."""


def words(listed: str) -> frozenset[str]:
    """The words of a text, for long lists of names."""
    return frozenset(listed.split())


def parts_of(written: str) -> tuple[str, ...]:
    """The names of a dotted one."""
    return tuple(part for part in _SEPARATOR.split(written) if part)


class Segment(NamedTuple):
    """One name of a dotted expression, the types it is called with ("<Circle>") and the brackets behind it ("(1)",
    "[0]"). Where the expression starts with a bracket the name is "", and that is the first of them."""

    name: str
    types: str = ""
    behind: tuple[str, ...] = ()

    @property
    def called(self) -> bool:
        """Whether it is called, before anything else is done with it."""
        return bool(self.behind) and self.behind[0][0] == "("


class Chain(NamedTuple):
    """A dotted expression: its names, and whether they are all of it."""

    segments: tuple[Segment, ...]
    whole: bool


@lru_cache(maxsize=1 << 12)
def chain_of(expression: str) -> Chain:
    """`self.pool.take(1)[0].name` as self, pool, take with "(1)" and "[0]", name."""
    found: list[Segment] = []
    at = 0
    while at < len(expression):
        name = (
            _SEGMENT.match(expression, at)
            if found or not _OPENS.match(expression)
            else _OPENS.match(expression)
        )
        if name is None:
            return Chain(tuple(found), False)
        at = name.end()
        types = _TYPES.match(expression, at)
        at = types.end() if types else at
        brackets: list[str] = []
        while (
            at < len(expression)
            and expression[at] in "([{"
            and (expression[at] != "{" or (not found and not name[1]))
        ):
            end = _behind(expression, at)
            if not name[1] and expression[end - 1] not in ")]}":
                return Chain((), False)
            brackets.append(expression[at:end])
            at = end
        found.append(Segment(name[1], types[0].lstrip(":") if types else "", tuple(brackets)))
        link = _LINK.match(expression, at)
        if link is None:
            return Chain(tuple(found), _ENDS.match(expression, at) is not None)
        at = link.end()
    return Chain(tuple(found), False)


ExpressionForm = Literal["one", "choice", "row", "each", "said"]


class Expression(NamedTuple):
    """What an expression is made of: `one` chain; values of which it is a `choice`, the likeliest first; a `row` of
    values; one made for `each` of something; or one that is `said` to be of a type."""

    form: ExpressionForm
    parts: tuple[str, ...]


@lru_cache(maxsize=1 << 12)
def read_expression(text: str) -> Expression:
    """An expression taken apart once, where it binds least."""
    if _JOINED.search(text):
        if len(parts := split_at(text, ",", angles=False)) > 1:
            return Expression("row", tuple(each for each in parts if each))
        if len(parts := split_at(text, " for ", angles=False)) > 1:
            return Expression("each", (parts[0].removesuffix(" async"),))
        if choice := _conditional(text):
            return Expression("choice", choice)
        for joint in _JOINTS:
            if len(parts := split_at(text, joint, angles=False)) > 1:
                form: ExpressionForm = "said" if joint in _SAY else "choice"
                return Expression(form, tuple(parts if joint in _EITHER else parts[-1:]))
    return Expression("one", (text,))


def _conditional(text: str) -> tuple[str, ...] | None:
    """The values of `a if c else b` or `c ? a : b`."""
    chosen, *others = split_at(text, " if ", angles=False)
    if others and len(parts := split_at(others[0], " else ", angles=False)) > 1:
        return chosen, *parts[1:]
    others = _split(text, _CONDITION)[1:]
    if others and len(parts := split_at(others[0], ":", angles=False)) > 1:
        return tuple(parts)
    return None


def split_at(text: str, separator: str, angles: bool = True) -> list[str]:
    """The parts of a text between separators that stand in no brackets and in no string; `angles` are brackets too."""
    return _split(text, re.compile(re.escape(separator)), angles) if separator in text else [text.strip()]


def _split(text: str, separator: re.Pattern[str], angles: bool = False) -> list[str]:
    parts: list[str] = []
    depth = start = at = 0
    while at < len(text):
        sign = text[at]
        found = separator.match(text, at) if depth == 0 else None
        if found:
            parts.append(text[start:at].strip())
            start = at = found.end()
            continue
        if sign in _QUOTES and (string := _STRING.match(text, at)):
            at = string.end()
            continue
        if sign == "<" and not angles and (types := _TYPES.match(text, at)):
            at = types.end()
            continue
        if sign in "([{" or (angles and sign == "<"):
            depth += 1
        elif sign in ")]}" or (angles and sign == ">" and text[at - 1 : at] not in ("-", "=")):
            depth -= 1
        at += 1
    return [*parts, text[start:].strip()]


def _behind(text: str, opening: int) -> int:
    """Index behind the bracket that closes the one at `opening`; the text's end if nothing does."""
    depth, at = 0, opening
    while at < len(text):
        if text[at] in _QUOTES and (string := _STRING.match(text, at)):
            at = string.end()
            continue
        depth += (text[at] in "([{") - (text[at] in ")]}")
        at += 1
        if depth == 0:
            return at
    return len(text)
