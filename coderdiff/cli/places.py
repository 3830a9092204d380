"""Places as people write them: `FILE:LINE:COL`, 1-based as compilers print it, to and from offsets in a text.

Columns count characters (a tab is one). The column after a line's last character is its end. Lines are what
"\\n" divides: `files.read` has folded all line ends to it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from coderdiff.errors import InputError
from coderdiff.types import Hole

_PLACE = re.compile(
    r"(?P<path>.+?):(?P<line>\d{1,18})"
    r"(:(?P<column>\d{1,18})(-(?P<end_line>\d{1,18}):(?P<end_column>\d{1,18}))?)?",
    re.DOTALL | re.ASCII,
)


@dataclass(frozen=True)
class Position:
    """A 1-based line and column; no column is the end of the line."""

    line: int
    column: int | None


@dataclass(frozen=True)
class Place:
    """A position in a file, or the stretch of it from `start` up to `end`."""

    path: Path
    start: Position
    end: Position | None


def parse(argument: str) -> Place:
    """Read `FILE:LINE:COL`, `FILE:LINE` or `FILE:LINE:COL-LINE:COL`; the file's name may have colons too.

    Raises InputError for anything else.
    """
    match = _PLACE.fullmatch(argument)
    if match is None:
        raise InputError(f"cannot read {argument!r} as FILE:LINE:COL; write it as in app.py:12:5")
    column, end_line = match["column"], match["end_line"]
    start = Position(int(match["line"]), None if column is None else int(column))
    end = None if end_line is None else Position(int(end_line), int(match["end_column"]))
    return Place(Path(match["path"]), start, end)


def hole_at(place: Place, text: str) -> Hole:
    """The place as offsets in the file's text.

    Raises InputError for a line or column that the text does not have, or a range that ends before it starts.
    """
    start = offset_of(place.start, text, place.path.name)
    end = start if place.end is None else offset_of(place.end, text, place.path.name)
    if end < start:
        raise InputError(f"the range in {place.path.name} ends before it starts; write it as START-END")
    return Hole(start, end)


def offset_of(position: Position, text: str, name: str) -> int:
    """The offset of a position in a text; InputError, with the file's `name`, if it is out of range."""
    lines = text.split("\n")
    count = len(lines) - 1 if lines[-1] == "" and len(lines) > 1 else len(lines)
    if not 1 <= position.line <= len(lines):
        raise InputError(f"line {position.line} is out of range: {name} has {_count(count, 'line')}")
    line = lines[position.line - 1]
    column = len(line) + 1 if position.column is None else position.column
    if not 1 <= column <= len(line) + 1:
        raise InputError(
            f"column {column} is out of range: line {position.line} of {name} has "
            f"{_count(len(line), 'character')}, so columns 1 to {len(line) + 1}"
        )
    return sum(len(line) + 1 for line in lines[: position.line - 1]) + column - 1


def position_of(offset: int, text: str) -> Position:
    """The 1-based line and column of an offset."""
    line_start = text.rfind("\n", 0, offset) + 1
    return Position(text.count("\n", 0, offset) + 1, offset - line_start + 1)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
