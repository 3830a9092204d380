"""Small repositories without an index, for tests of retrieval: sources by path, read by the real parser."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import dedent

from coderdiff.context.records import FileSymbols
from coderdiff.context.retrieval.known import Owner
from coderdiff.context.retrieval.lookup import Buffer, Here, Overlay, Placed
from coderdiff.context.retrieval.modules.find import Modules
from coderdiff.context.retrieval.resolve import Resolver
from coderdiff.context.syntax.symbols import read_symbols


@dataclass(frozen=True)
class Found:
    """A chunk that has words of a query."""

    path: str
    start_line: int
    end_line: int
    score: float


class Sources:
    """A `Lookup` over a dictionary of sources. Its search counts the words that a file has of the query."""

    generation = 1

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = {path: dedent(text) for path, text in sorted(files.items())}
        self._symbols = {
            path: read_symbols(path, text.encode(), uses=False) for path, text in self.files.items()
        }

    def paths(self) -> list[str]:
        return list(self.files)

    def symbols(self, path: str) -> FileSymbols | None:
        return self._symbols.get(path)

    def lines(self, places: Sequence[tuple[str, int, int]]) -> list[str | None]:
        return [
            "\n".join(self.files[path].split("\n")[first - 1 : last]) if path in self.files else None
            for path, first, last in places
        ]

    def definitions(self, name: str, limit: int = 50) -> list[Placed]:
        return [
            Here(path, each)
            for path, symbols in self._symbols.items()
            for each in symbols.definitions
            if each.name == name
        ][:limit]

    def defined(self, names: Iterable[str]) -> set[str]:
        return {name for name in names if self.definitions(name)}

    def search(
        self, weights: Mapping[str, float], limit: int = 20, without: Collection[str] = ()
    ) -> list[Found]:
        hits = [
            Found(path, 1, text.count("\n") + 1, score)
            for path, text in self.files.items()
            if path not in without
            and (score := sum(weight for word, weight in weights.items() if word in text))
        ]
        return sorted(hits, key=lambda hit: (-hit.score, hit.path))[:limit]


def buffers(files: Mapping[str, str]) -> dict[str, Buffer]:
    """Open documents."""
    return {
        path: Buffer(text, read_symbols(path, text.encode()))
        for path, text in ((path, dedent(text)) for path, text in files.items())
    }


def resolver(files: Mapping[str, str], own: str, opened: Mapping[str, str] | None = None) -> Resolver:
    """A resolver for a cursor in the file `own`, which is open."""
    edited = {own: files[own]} if own in files else {}
    overlay = Overlay(Sources(files), buffers({**edited, **(opened or {})}))
    return Resolver(overlay, Modules(overlay.paths()), own)


def said(found: Owner | Here | None) -> str | None:
    """What was found, as a test writes it: `path:Scope.name`, the paths of a module, None."""
    if found is None:
        return None
    if isinstance(found, Owner):
        if found.cls is None:
            return " ".join(found.module)
        found = found.cls
    return f"{found.path}:{found.definition.qualified}"
