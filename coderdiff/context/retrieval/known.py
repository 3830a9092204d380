"""What is known of a repository's files, as one cursor's file sees it: their symbols by name, and answers remembered.

An answer that is still being looked for is remembered as "nothing": so a cycle ends where it began, and no question
is asked twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

from coderdiff.context.records import Binding, Definition
from coderdiff.context.retrieval.facts import Facts
from coderdiff.context.retrieval.lexical import Chunk
from coderdiff.context.retrieval.lookup import Here, Overlay
from coderdiff.context.retrieval.modules.find import Modules
from coderdiff.context.syntax.languages import language_of

SCRIPTS = frozenset({"javascript", "typescript", "tsx"})
"""Languages in which a module may be one thing: its default export, or what `module.exports` is set to."""

WRITTEN_OUT = SCRIPTS | {"python"}
"""Languages in which a name of another file is known by an import alone."""

STARS_LEAD_ON = WRITTEN_OUT | {"rust"}
"""Languages in which `*` brings what the module itself has brought; elsewhere it names a folder or a header."""

MOST_STARS = 24
"""Modules whose `*` are followed for one name."""


class Owner(NamedTuple):
    """What has members: a class, or a module with the files that make it up."""

    cls: Here | None = None
    module: tuple[str, ...] = ()


class Said(NamedTuple):
    """A type as a file says it, in a scope: `list[Circle]`. What it means is looked up when it is needed."""

    path: str
    scope: str
    written: str


class Many(NamedTuple):
    """Any number of things, each of which is the same."""

    each: Value | None


class Row(NamedTuple):
    """A tuple."""

    parts: tuple[Value | None, ...]


class Table(NamedTuple):
    """Values by their keys."""

    key: Value | None
    value: Value | None


Value: TypeAlias = Owner | Said | Many | Row | Table
"""What an expression stands for."""

Access = Literal["private", "protected", "folder", "module", "custom"]
"""Within a class; in those that extend it too; in a folder (Go's and Java's packages); in a module of Rust and those
in it; or anywhere, but by custom in the class alone (Python's `_name`)."""

Listing = tuple[str, Mapping[str, Definition]]
"""A file and definitions of it, by name."""


class Restricted(NamedTuple):
    """Those of some definitions that are not free to be used anywhere.

    `told` says from where the language lets each be used. `unusual` are those that nobody uses from elsewhere by
    custom; `homes` are the files and scopes in which some of these are used all the same.
    """

    told: Mapping[str, Access]
    unusual: frozenset[str]
    homes: frozenset[tuple[str, str]]


class Shared:
    """What was found out about files that are not open: it holds until the index or an open file changes.

    What names mean and what classes have is kept here; `defined` and `chunks` are what similar code needs.
    """

    def __init__(self) -> None:
        self.facts: dict[str, Facts] = {}
        self.named: dict[tuple[str, str], Owner | Here | None] = {}
        self.members: dict[Owner, dict[str, Here]] = {}
        self.families: dict[Here, list[Here]] = {}
        self.pieces: dict[Here, list[str]] = {}
        self.steps: dict[tuple[Owner, str, bool], Value | None] = {}
        self.bound: dict[tuple[str, Binding], Value | None] = {}
        self.defined: dict[str, bool] = {}
        self.chunks: dict[tuple[str, int, int], Chunk] = {}
        self.namespaces: dict[str, str] = {}
        self.seen: dict[str, list[str]] = {}
        self.conftests: dict[str, list[str]] = {}
        self.fixtures: dict[Here, bool] = {}
        self.restricted: dict[Owner, Restricted] = {}
        self.restricted_at_top: dict[str, tuple[Restricted, dict[str, Here]]] = {}
        self.given: dict[Here, Value | None] = {}
        self.to_write: dict[Here, frozenset[Here]] = {}


class Known:
    """The files that names lead to. `own` is the cursor's: what is found out about it holds for this cursor alone."""

    def __init__(self, lookup: Overlay, modules: Modules, own: str, shared: Shared | None = None) -> None:
        self.lookup = lookup
        self.modules = modules
        self.shared = shared or Shared()
        self.own = own
        self._of_own = Shared()

    def about(self, path: str) -> Shared:
        """Where answers about a file are remembered."""
        return self._of_own if path == self.own else self.shared

    def facts(self, path: str) -> Facts | None:
        """A file's symbols by name; None if the index does not have it."""
        known = self.about(path).facts
        if path not in known:
            symbols = self.lookup.symbols(path)
            if symbols is None:
                return None
            known[path] = Facts(symbols)
        return known[path]


def alike(one: str, other: str) -> bool:
    """Whether two files are of languages that see each other's names."""
    languages = {each.name for path in (one, other) if (each := language_of(path))}
    return len(languages) == 1 or languages == {"c", "cpp"}
