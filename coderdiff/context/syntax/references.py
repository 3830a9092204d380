"""The references of a text that changes: those behind an edit are moved when somebody asks for them.

A long file has ten thousand, and a line that is entered moves most of them; of these a cursor looks at some dozens.
So they are kept as they were read, in stretches that have moved by the same bytes and lines: few, since stretches that
have moved alike are put together again.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Container, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import overload

from coderdiff.context.records import Reference
from coderdiff.context.syntax.parts import Placed


@dataclass(frozen=True, slots=True)
class _Stretch:
    """References as they were read, and how far they have moved since."""

    read: Placed[Reference]
    moved: int = 0
    lines: int = 0

    def between(self, first: int, last: int, moved: int = 0, lines: int = 0) -> _Stretch:
        """Those with an index from `first` to before `last`, moved further."""
        part = Placed(self.read.starts[first:last], self.read.records[first:last])
        return _Stretch(part, self.moved + moved, self.lines + lines)

    def before(self, offset: int) -> int:
        """How many start before a byte offset."""
        return bisect_left(self.read.starts, offset - self.moved)

    def records(self, first: int, last: int) -> list[Reference]:
        """Those with an index from `first` to before `last`, where they are now."""
        return self._moved(self.read.records[first:last])

    def named(self, names: Container[str]) -> list[Reference]:
        """Those of these names, where they are now."""
        return self._moved([each for each in self.read.records if each[0] in names])

    def _moved(self, records: list[Reference]) -> list[Reference]:
        lines = self.lines
        if not lines:
            return records
        return [
            Reference(name, kind, line + lines, scope, receiver)
            for name, kind, line, scope, receiver in records
        ]


class References(Sequence[Reference]):
    """References in the order of the file. Equal to any sequence of the same ones."""

    def __init__(self, stretches: Sequence[_Stretch]) -> None:
        self._stretches = stretches
        self._ends = list(accumulate(len(each.read.records) for each in stretches))

    @staticmethod
    def of(read: Placed[Reference]) -> References:
        """Those of a text that was read as a whole."""
        return References([_Stretch(read)])

    def spliced(self, new: Placed[Reference], first: int, second: int, moved: int, lines: int) -> References:
        """New ones for those from one byte offset to before another; what is behind that moves."""
        before = [each.between(0, each.before(first)) for each in self._stretches]
        behind = [
            each.between(each.before(second), len(each.read.records), moved, lines)
            for each in self._stretches
        ]
        return References(_together([*before, _Stretch(new), *behind]))

    def named(self, names: Container[str]) -> list[Reference]:
        """Those of these names: the others are not even moved."""
        return [found for each in self._stretches for found in each.named(names)]

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    @overload
    def __getitem__(self, at: int) -> Reference: ...

    @overload
    def __getitem__(self, at: slice) -> list[Reference]: ...

    def __getitem__(self, at: int | slice) -> Reference | list[Reference]:
        if isinstance(at, slice):
            first, last, step = at.indices(len(self))
            return self._between(first, last) if step == 1 else list(self)[at]
        if not -len(self) <= at < len(self):
            raise IndexError(at)
        at %= len(self)
        number = bisect_right(self._ends, at)
        at -= self._ends[number - 1] if number else 0
        return self._stretches[number].records(at, at + 1)[0]

    def _between(self, first: int, last: int) -> list[Reference]:
        found: list[Reference] = []
        start = 0
        for stretch, end in zip(self._stretches, self._ends, strict=True):
            if first < end and start < last:
                found += stretch.records(max(0, first - start), min(last, end) - start)
            start = end
        return found

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self[:]) == list(other)

    def __hash__(self) -> int:
        return hash(tuple(self[:]))


def named(references: Sequence[Reference], names: Container[str]) -> list[Reference]:
    """The references of some names, of a text that changes or of one that does not."""
    if isinstance(references, References):
        return references.named(names)
    return [each for each in references if each.name in names]


def _together(stretches: Sequence[_Stretch]) -> list[_Stretch]:
    """The stretches that have anything in them, neighbours that have moved alike as one."""
    joined: list[_Stretch] = []
    for each in stretches:
        if not each.read.records:
            continue
        last = joined[-1] if joined else None
        if last is not None and (last.moved, last.lines) == (each.moved, each.lines):
            starts = last.read.starts + each.read.starts
            joined[-1] = _Stretch(
                Placed(starts, last.read.records + each.read.records), each.moved, each.lines
            )
        else:
            joined.append(each)
    return joined
