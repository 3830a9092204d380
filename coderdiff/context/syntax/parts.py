"""What a stretch of a file says: records in the order of the file, and where it may be taken apart."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from coderdiff.context.records import Binding, Definition, Import, Reference

Record = TypeVar("Record", Definition, Reference, Import, Binding)


@dataclass(slots=True)
class Placed(Generic[Record]):
    """Records in the order of the file, and the byte offset that each starts at."""

    starts: list[int] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)

    def add(self, start: int, record: Record) -> None:
        """One more record, behind those that are there."""
        self.starts.append(start)
        self.records.append(record)


@dataclass(frozen=True, slots=True)
class Cut:
    """A place at which a file may be taken apart: the start of a definition that no function is around,
    nor anything to whose end a name is what is said of it.

    `around` says by name and kind what it is in.
    """

    offset: int
    around: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Part:
    """What a stretch of a file says: all that starts in it. `enclosing` are the definitions that it is in."""

    definitions: Placed[Definition] = field(default_factory=Placed)
    references: Placed[Reference] = field(default_factory=Placed)
    imports: Placed[Import] = field(default_factory=Placed)
    bindings: Placed[Binding] = field(default_factory=Placed)
    enclosing: Placed[Definition] = field(default_factory=Placed)
    inherits: list[tuple[int, str, str]] = field(default_factory=list)
    cuts: list[Cut] = field(default_factory=list)
