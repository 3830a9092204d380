"""Cutting a file into pieces of 10 to 20 lines at its syntax borders: what lexical search finds."""

from __future__ import annotations

from collections.abc import Collection, Sequence

MIN_LINES = 10
MAX_LINES = 20

_DEFINITION = 0
_BLANK = 100
_INDENT_MAX = 99


def cut(lines: Sequence[str], starts: Collection[int] = ()) -> tuple[tuple[int, int], ...]:
    """Ranges (first line, last line) that together cover the file, 10 to 20 lines each, the last maybe fewer.

    `starts` are the lines on which definitions start. A piece ends before the best line within its reach:
    one where a definition starts, the less indented the better; else one after an empty line; else the least
    indented one; the latest among equals.
    """
    known = set(starts)
    total, first = len(lines), 1
    ranges: list[tuple[int, int]] = []
    while total - first + 1 > MAX_LINES:
        reach = range(first + MIN_LINES, first + MAX_LINES + 1)
        border = min(reach, key=lambda line: (_cost(lines, line, known), -line))
        ranges.append((first, border - 1))
        first = border
    if first <= total:
        ranges.append((first, total))
    return tuple(ranges)


def _cost(lines: Sequence[str], line: int, starts: set[int]) -> int:
    """How bad it is to cut before a line."""
    text = lines[line - 1]
    indent = min(_INDENT_MAX, len(text) - len(text.lstrip()))
    if line in starts:
        return indent
    if not text or text.isspace():
        return 3 * _BLANK
    if not lines[line - 2].strip():
        return _BLANK + indent
    return 2 * _BLANK + indent
