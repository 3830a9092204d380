"""From bytes to a syntax tree, in bounded time and memory, whatever the bytes are."""

from __future__ import annotations

import re
import time

import tree_sitter

from coderdiff.context.common import in_common
from coderdiff.context.syntax.languages import Language

PARSE_SECONDS = 0.2
"""CPU time one try at parsing may take; then a quarter of the file is tried."""

SMALL_BYTES = 4_000
"""A file of this size is parsed without a clock: no input of that length takes long."""

WINDOW_BYTES = 32_768
"""How much the parser is given at once."""

MOST_DEPTH = 500
"""Brackets of one kind that stay open deeper than this are no code: what is in them is not parsed.

At the end of the file the parser gives up on all open brackets at once, which costs time and memory by the square
of their number (16,000 open `<` in Java: more than 3 GB), without asking the clock.
"""

_PAIRS = ((b"(", b")"), (b"[", b"]"), (b"{", b"}"), (b"<", b">"))
_ENDS_ANGLES = b";{}"
_ALL_BYTES = bytes(range(256))
_NO_BRACKETS = _ALL_BYTES.translate(None, delete=b"".join(opening + closing for opening, closing in _PAIRS))
_NOT_BLANK = re.compile(rb"[^\s]")


def parse(language: Language, content: bytes, old: tree_sitter.Tree | None = None) -> tree_sitter.Tree:
    """The syntax tree of a file; of its first part alone where all of it takes too long.

    `old` is an earlier tree that knows of all edits since: then only what changed is parsed. Deeply nested
    brackets are parsed as if they were empty; all places are those of `content`.
    """
    content = _tamed(content)
    parser = tree_sitter.Parser(language.grammar)
    tree = _in_time(parser, content, old)
    while tree is None:
        parser.reset()
        content = content[: len(content) // 4]
        tree = _in_time(parser, content, None)
    return tree


def parse_within(
    language: Language, content: bytes, old: tree_sitter.Tree, seconds: float
) -> tree_sitter.Tree | None:
    """`parse` of what changed since an old tree; None where it takes more CPU time than `seconds`."""
    return _in_time(tree_sitter.Parser(language.grammar), _tamed(content), old, seconds)


def _in_time(
    parser: tree_sitter.Parser,
    content: bytes,
    old: tree_sitter.Tree | None,
    seconds: float = PARSE_SECONDS,
) -> tree_sitter.Tree | None:
    """The tree, or None if it takes too long."""
    if len(content) <= SMALL_BYTES:
        return parser.parse(content, old) if old else parser.parse(content)
    until, at_least = time.thread_time() + seconds, time.perf_counter() + seconds

    def read(offset: int, _: tree_sitter.Point) -> bytes:
        return content[offset : offset + WINDOW_BYTES]  # a memoryview would crash `Node.text` later

    def late(_: int, __: bool) -> bool:
        return (
            time.perf_counter() > at_least and time.thread_time() > until
        )  # the second costs ten times as much

    try:
        if old:
            return parser.parse(read, old, progress_callback=late)
        return parser.parse(read, progress_callback=late)
    except ValueError:  # the parser's word for: stopped
        return None


def edit_between(
    old: bytes, new: bytes
) -> tuple[int, int, int, tuple[int, int], tuple[int, int], tuple[int, int]]:
    """The one stretch in which two contents differ, in the form that `Tree.edit` wants it."""
    start, same = in_common(old, new)
    row, line_start = old.count(b"\n", 0, start), old.rfind(b"\n", 0, start) + 1

    def point(content: bytes, end: int) -> tuple[int, int]:
        rows = content.count(b"\n", start, end)
        return row + rows, end - (content.rfind(b"\n", start, end) + 1 if rows else line_start)

    old_end, new_end = len(old) - same, len(new) - same
    return start, old_end, new_end, (row, start - line_start), point(old, old_end), point(new, new_end)


def _tamed(content: bytes) -> bytes:
    """The content with blanks for what stands too deep in brackets, and NUL bytes; nearly always the content as it is.

    A NUL is no code in any language, and Bash's scanner takes time by the square of their number.
    """
    if b"\0" in content:
        content = content.replace(b"\0", b" ")
    brackets = content.translate(None, delete=_NO_BRACKETS)
    for opening, closing in _PAIRS:
        if brackets.count(opening) > MOST_DEPTH and _may_be_deep(brackets, opening, closing):
            content = _without_depths(content, opening, closing)
            brackets = content.translate(None, delete=_NO_BRACKETS)
    return content


def _may_be_deep(brackets: bytes, opening: bytes, closing: bytes) -> bool:
    """A quick look that is never wrong in saying no: pairs are taken out, all those of one depth at once."""
    rest = brackets.translate(None, delete=_ALL_BYTES.translate(None, delete=opening + closing))
    for depth in range(MOST_DEPTH):
        less = rest.replace(opening + closing, b"")
        if len(less) == len(rest):
            return depth + rest.count(opening) > MOST_DEPTH
        rest = less
    return True


def _without_depths(content: bytes, opening: bytes, closing: bytes) -> bytes:
    """The content with blanks where one kind of bracket is open more than `MOST_DEPTH` times."""
    stops = _ENDS_ANGLES if opening == b"<" else b""
    kept: list[bytes] = []
    depth = start = 0
    for found in re.finditer(b"[" + re.escape(opening + closing + stops) + b"]", content):
        if found[0] == opening:
            depth += 1
            if depth == MOST_DEPTH + 1:
                kept.append(content[start : found.start()])
                start = found.start()
        elif found[0] == closing:
            if depth == MOST_DEPTH + 1:
                kept.append(_NOT_BLANK.sub(b" ", content[start : found.end()]))
                start = found.end()
            depth = max(0, depth - 1)
        else:
            if depth > MOST_DEPTH:
                kept.append(_NOT_BLANK.sub(b" ", content[start : found.start()]))
                start = found.start()
            depth = 0
    rest = content[start:]
    kept.append(_NOT_BLANK.sub(b" ", rest) if depth > MOST_DEPTH else rest)
    return b"".join(kept)
