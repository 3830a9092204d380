"""What is answered for a cursor, and what that depends on: as long as nothing of it changes, the answer stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from coderdiff.context.retrieval.asked import Line
from coderdiff.context.retrieval.costs import Count
from coderdiff.context.retrieval.evidence import Evidence
from coderdiff.context.retrieval.pack import Taken
from coderdiff.context.retrieval.retrieve import Retriever
from coderdiff.types import Snippet


@dataclass(frozen=True, slots=True)
class Context:
    """The pack for one cursor.

    `tokens` is what each snippet costs, its heading included, as the caller counts; `quiet` says why nothing was
    looked for (the pack is then empty, or the one that stood before); None if something was.
    """

    snippets: tuple[Snippet, ...]
    tokens: tuple[int, ...]
    latency_ms: float
    quiet: str | None = None


NOTHING = Context((), (), 0.0)


@dataclass(frozen=True, slots=True)
class World:
    """What is true of other files: the index's state, and the open documents by the hash of their text."""

    generation: int
    others: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a document, whatever is written on it: its number, and the text above and below it by hash."""

    world: World
    above: int
    below: int
    line: int


@dataclass(frozen=True, slots=True)
class Asked:
    """All that an answer depends on. `line` is what the line asks for that is being written."""

    place: Place
    line: Line
    budget: int
    count: Count


@dataclass(frozen=True, slots=True)
class Gathered:
    """What may help at a place: it holds for all that is written on its line."""

    place: Place
    retriever: Retriever
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Held:
    """The last answer of a document: what it was asked, whether there was an answer to its line, what was chosen."""

    asked: Asked
    of_line: bool
    taken: Sequence[Taken]
    context: Context

    def still_true(self, asked: Asked) -> bool:
        """Whether what was chosen then stands in the files as it did, and is counted as it was."""
        then = self.asked
        return (then.place.world, then.budget, then.count) == (asked.place.world, asked.budget, asked.count)
