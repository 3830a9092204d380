"""What retrieval asks of the index, as a protocol, and open documents laid over it.

`Lookup` is the part of `index.Index` that retrieval reads; tests stand in for it with plain dictionaries.
`Overlay` answers for the files that are open in an editor from their buffers, for all others from the index.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import repeat
from typing import NamedTuple, Protocol

from coderdiff.context.records import Definition, FileSymbols


class Placed(Protocol):
    """A definition and the file it is in."""

    @property
    def path(self) -> str:
        """Relative to the root."""
        ...

    @property
    def definition(self) -> Definition:
        """What is defined there."""
        ...


class Hit(Protocol):
    """A chunk that a search found."""

    @property
    def path(self) -> str:
        """Relative to the root."""
        ...

    @property
    def start_line(self) -> int:
        """Its first line."""
        ...

    @property
    def end_line(self) -> int:
        """Its last line."""
        ...

    @property
    def score(self) -> float:
        """The higher, the more alike."""
        ...


class Lookup(Protocol):
    """An index of a repository, as far as retrieval reads it. Paths are posix, relative to the root."""

    @property
    def generation(self) -> int:
        """Grows with every change that can be seen: what is kept of an answer holds for one generation."""
        ...

    def paths(self) -> list[str]:
        """Every file."""
        ...

    def symbols(self, path: str) -> FileSymbols | None:
        """All that is known of a file; None for an unknown one."""
        ...

    def lines(self, places: Sequence[tuple[str, int, int]]) -> list[str | None]:
        """The text of some lines of files, one for each place (path, first line, last line); None for an unknown
        file."""
        ...

    def definitions(self, name: str, limit: int = 50) -> Sequence[Placed]:
        """The definitions of a name."""
        ...

    def defined(self, names: Iterable[str]) -> set[str]:
        """Those of these names that some file defines."""
        ...

    def search(
        self, weights: Mapping[str, float], limit: int = 20, without: Collection[str] = ()
    ) -> Sequence[Hit]:
        """The chunks most like a bag of weighted words, best first, none of the files `without`."""
        ...


class Here(NamedTuple):
    """A definition at its place."""

    path: str
    definition: Definition


_here = partial(tuple.__new__, Here)
"""A `Here` of a pair: with thousands of members in sight, what a named tuple checks takes as long as all else."""


def placed(path: str, definitions: Iterable[Definition]) -> Iterator[Here]:
    """Definitions of one file at their place."""
    return map(_here, zip(repeat(path), definitions, strict=False))


@dataclass(frozen=True, slots=True)
class Buffer:
    """An open file as its editor has it."""

    text: str
    symbols: FileSymbols


class Overlay:
    """A `Lookup` in which open buffers stand for their files."""

    def __init__(self, below: Lookup, buffers: Mapping[str, Buffer]) -> None:
        self._below = below
        self.buffers = buffers

    @property
    def generation(self) -> int:
        """The index's; buffers are the caller's to compare."""
        return self._below.generation

    def paths(self) -> list[str]:
        """Every file, open ones that the index does not know included."""
        known = self._below.paths()
        return [*known, *(self.buffers.keys() - set(known))]

    def symbols(self, path: str) -> FileSymbols | None:
        """From the buffer if the file is open."""
        buffer = self.buffers.get(path)
        return buffer.symbols if buffer else self._below.symbols(path)

    def definitions(self, name: str, limit: int = 50) -> list[Placed]:
        """Those in open buffers first."""
        below = (placed for placed in self._below.definitions(name, limit) if placed.path not in self.buffers)
        return [*self._defined.get(name, ()), *below][:limit]

    def defined(self, names: Iterable[str]) -> set[str]:
        """Those that the index or a buffer defines."""
        names = set(names)
        own = names.intersection(
            each.name for buffer in self.buffers.values() for each in buffer.symbols.definitions
        )
        return own | self._below.defined(names - own)

    def search(
        self, weights: Mapping[str, float], limit: int = 20, without: Collection[str] = ()
    ) -> Sequence[Hit]:
        """Chunks of files that are not open: the index's lines of an open one may not be its lines any more."""
        return self._below.search(weights, limit, {*without, *self.buffers})

    def lines(self, places: Sequence[tuple[str, int, int]]) -> list[str | None]:
        """The buffers' lines where the file is open."""
        below = iter(self._below.lines([place for place in places if place[0] not in self.buffers]))
        return [
            "\n".join(self._lines[path][first - 1 : last]) if path in self.buffers else next(below)
            for path, first, last in places
        ]

    @cached_property
    def _lines(self) -> dict[str, list[str]]:
        return {path: buffer.text.split("\n") for path, buffer in self.buffers.items()}

    @cached_property
    def _defined(self) -> dict[str, list[Here]]:
        found: dict[str, list[Here]] = defaultdict(list)
        for path, buffer in self.buffers.items():
            for definition in buffer.symbols.definitions:
                found[definition.name].append(Here(path, definition))
        return found
