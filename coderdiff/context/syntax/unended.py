"""Lines that end with a dot and go on with the next one by mistake: `handlers::` above `handlers::serve(1)`.

The parser sees no error there, but a name of two lines that nobody means. By the indentation people tell it from a
chain of calls whose dots are written at the ends of lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

import tree_sitter

from coderdiff.context.syntax.faults import COMMENT
from coderdiff.context.syntax.source import line_start

_ENDS = re.compile(rb"[\w)\]>][?!]?(?:\.|::|->)[ \t\r]*$")
_ANY_ENDS = re.compile(rb"[\w)\]>][?!]?(?:\.|::|->)[ \t\r]*\n")
_GOES_ON = re.compile(rb"(?:\.|::|->|[=+\-*/%&|^?(\[,])[ \t\r]*$")
"""How the line above one ends that is the middle of an expression."""

_MARKS = frozenset({".", "::", "->", "?.", "&."})
_MOST = 3
"""So many such lines are told of at most: one is being typed, and each costs a parse."""

_MOST_BETWEEN = 12
"""Blank lines and comments between such a line and the code around it."""


def unended_lines(content: bytes, tree: tree_sitter.Tree, among: Iterable[int] | None = None) -> list[int]:
    """The lines (from 0) that end so, of all or of these."""
    candidates = _candidates(content, among)
    found = (line for line, start, end in candidates if _is_unended(content, tree, start, end))
    return list(islice(found, _MOST))


def _candidates(content: bytes, among: Iterable[int] | None) -> Iterator[tuple[int, int, int]]:
    """Lines that end with a dot: number, start, end."""
    if among is None:
        line = at = 0
        for found in _ANY_ENDS.finditer(content):
            line += content.count(b"\n", at, found.start())
            at = found.start()
            yield line, content.rfind(b"\n", 0, at) + 1, found.end() - 1
        return
    for line in among:
        start = line_start(content, line)
        end = content.find(b"\n", start)
        if end > start and _ENDS.search(content, start, end):
            yield line, start, end


def _is_unended(content: bytes, tree: tree_sitter.Tree, start: int, end: int) -> bool:
    text = content[start:end].rstrip()
    if COMMENT.match(text):
        return False
    below = _code(content, end + 1, down=True)
    above = _code(content, start - 1, down=False)
    first = below.lstrip()[:1]
    if not (first.isalnum() or first == b"_") or _indent(below) > _indent(text) or _GOES_ON.search(above):
        return False
    last = start + len(text)
    mark = tree.root_node.descendant_for_byte_range(last - 1, last)
    return mark is not None and mark.type in _MARKS


def _code(content: bytes, at: int, down: bool) -> bytes:
    """The nearest line of code from the start of a line on, or above the end of one; empty if there is none near."""
    for _ in range(_MOST_BETWEEN):
        if not 0 <= at < len(content):
            break
        if down:
            end = content.find(b"\n", at)
            end = end if end >= 0 else len(content)
            line, at = content[at:end], end + 1
        else:
            start = content.rfind(b"\n", 0, at) + 1
            line, at = content[start:at], start - 1
        if line.strip() and not COMMENT.match(line):
            return line
    return b""


def _indent(line: bytes) -> int:
    expanded = line.expandtabs(4)
    return len(expanded) - len(expanded.lstrip())
