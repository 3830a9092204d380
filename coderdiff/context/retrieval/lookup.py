"""What retrieval asks of the index, as a protocol, and open documents laid over it.

`Lookup` is the part of `index.Index` that retrieval reads; tests stand in for it with plain dictionaries.
`Overlay` answers for the files that are open in an editor from their buffers, for all others from the index.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

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

    def text(self, path: str) -> str | None:
        """A file as it was indexed; None for an unknown one."""
        ...

    def definitions(self, name: str, limit: int = 50) -> Sequence[Placed]:
        """The definitions of a name."""
        ...

    def files_defining(self, names: Iterable[str]) -> dict[str, int]:
        """How many files define each of these names; names that none defines may be left out."""
        ...

    def search(
        self, weights: Mapping[str, float], limit: int = 20, without: Collection[str] = ()
    ) -> Sequence[Hit]:
        """The chunks most like a bag of weighted words, best first, none of the files `without`."""
        ...


@dataclass(frozen=True, slots=True)
class Here:
    """A definition at its place."""

    path: str
    definition: Definition


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
        self._lines: dict[str, Sequence[str]] = {}
        self._defined: dict[str, list[Here]] = defaultdict(list)
        for path, buffer in buffers.items():
            for definition in buffer.symbols.definitions:
                self._defined[definition.name].append(Here(path, definition))

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

    def text(self, path: str) -> str | None:
        """From the buffer if the file is open."""
        buffer = self.buffers.get(path)
        return buffer.text if buffer else self._below.text(path)

    def definitions(self, name: str, limit: int = 50) -> list[Placed]:
        """Those in open buffers first."""
        below = (placed for placed in self._below.definitions(name, limit) if placed.path not in self.buffers)
        return [*self._defined.get(name, ()), *below][:limit]

    def files_defining(self, names: Iterable[str]) -> dict[str, int]:
        """The index's count; a name that only buffers define counts too."""
        names = list(names)
        counts = self._below.files_defining(names)
        for name in names:
            if name in self._defined and not counts.get(name):
                counts[name] = len({here.path for here in self._defined[name]})
        return counts

    def search(
        self, weights: Mapping[str, float], limit: int = 20, without: Collection[str] = ()
    ) -> Sequence[Hit]:
        """Chunks of files that are not open: the index's lines of an open one may not be its lines any more."""
        return self._below.search(weights, limit, {*without, *self.buffers})

    def lines(self, path: str) -> Sequence[str]:
        """A file's lines; none for an unknown one."""
        if path not in self._lines:
            text = self.text(path)
            self._lines[path] = text.split("\n") if text is not None else ()
        return self._lines[path]
