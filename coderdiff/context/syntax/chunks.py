"""Cutting a file into pieces of 10 to 20 lines, by how its lines look: what lexical search finds.

The rule needs no tree, so that a file can be searched before it is parsed, and nothing changes once it is. Borders
at the starts of definitions, as trees tell them, found one needed identifier of 242 more on two packages.

A piece ends before the best line within its reach: one after an empty line, the less indented the better; else the
least indented one; the latest among equals. `cut` looks at one file, line by line; `cut_all` at many in one go.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

MIN_LINES = 10
MAX_LINES = 20

_TEXT_ABOVE = 100
_EMPTY = 200
_INDENT_MAX = 99
_PAD = b"\n" * 8
_EIGHT_BLANKS = np.uint64(int.from_bytes(b" " * 8, "little"))
_ROUNDS = _INDENT_MAX // 8 + 1
_MANTISSA_BITS, _EXPONENT_OF_1 = 52, 1023


def cut(lines: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Ranges (first line, last line) that together cover the file, 10 to 20 lines each, the last maybe fewer."""
    total, first = len(lines), 1
    ranges: list[tuple[int, int]] = []
    while total - first + 1 > MAX_LINES:
        best, border = _EMPTY + 1, 0
        # Written out, since it is run for every other line of a file.
        for line in range(first + MAX_LINES, first + MIN_LINES - 1, -1):
            text = lines[line - 1]
            bare = text.lstrip()
            if not bare:
                cost = _EMPTY
            else:
                above = lines[line - 2]
                cost = min(len(text) - len(bare), _INDENT_MAX)
                if above and not above.isspace():
                    cost += _TEXT_ABOVE
            if cost < best:
                best, border = cost, line
                if not cost:
                    break
        ranges.append((first, border - 1))
        first = border
    if first <= total:
        ranges.append((first, total))
    return tuple(ranges)


def cut_all(text: bytes, line_ends: npt.NDArray[np.intp], lasts: Iterable[int]) -> list[list[int]]:
    """Of each file its pieces' last lines, as `cut` has them, but for `lasts`: counted through all files.

    `text` has the files one behind the other, up to their `lasts` lines. All lines end with a line feed, at
    `line_ends`; there are no blanks in it but these, " " and "\t".
    """
    costs = _costs(text, line_ends)
    found = []
    first = 0
    for last in lasts:
        found.append(_borders(costs, first, last))
        first = last
    return found


def _borders(costs: bytes, first: int, end: int) -> list[int]:
    """Where the pieces of a file end, whose lines have `costs[first:end]`."""
    borders = []
    while end - first > MAX_LINES:
        least, most = first + MIN_LINES, first + MAX_LINES + 1
        first = costs.rfind(min(costs[least:most]), least, most)
        borders.append(first)
    if first < end:
        borders.append(end)
    return borders


def _costs(text: bytes, line_ends: npt.NDArray[np.intp]) -> bytes:
    """How bad it is to cut before each line, as `cut` reckons; a file's first line counts as any other."""
    if not len(line_ends):
        return b""
    text = text.replace(b"\t", b" ") + _PAD
    eights: npt.NDArray[np.uint64] = np.ndarray(len(text) - 7, np.dtype("<u8"), text, strides=(1,))
    starts = np.concatenate((np.zeros(1, dtype=np.intp), line_ends[:-1] + 1))
    indents = np.zeros(len(starts), dtype=np.intp)
    lines = np.arange(len(starts))
    for _ in range(_ROUNDS):
        # The lowest bit that is not a blank's tells how many of the next eight bytes are blanks. As a float it has its
        # place as exponent.
        other = eights[starts[lines] + indents[lines]] ^ _EIGHT_BLANKS
        lowest = (other & (~other + np.uint64(1))).astype(np.float64)
        places = (lowest.view(np.int64) >> _MANTISSA_BITS) - _EXPONENT_OF_1
        blanks = np.where(other == 0, 8, places >> 3)
        indents[lines] += blanks
        lines = lines[blanks == 8]
        if not len(lines):
            break
    is_empty = starts + indents == line_ends
    for line in lines.tolist():
        is_empty[line] = not text[starts[line] : line_ends[line]].strip()
    costs = np.minimum(indents, _INDENT_MAX)
    costs[1:] += np.where(is_empty[:-1], 0, _TEXT_ABOVE)
    costs[is_empty] = _EMPTY
    return costs.astype(np.uint8).tobytes()
