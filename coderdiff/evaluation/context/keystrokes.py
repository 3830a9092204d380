"""Typing a held-out line character by character: how long each pack takes, and how many keystrokes leave it as it is.

Asked on a repository that does not change meanwhile, as an editor asks between two saves. Beside the wall clock stands
the CPU time of the thread: on a machine that does other things too, the clock says what these took as well.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from coderdiff.context.repository import Repository
from coderdiff.context.retrieval.render import heading
from coderdiff.evaluation.context.cursors import Cursor
from coderdiff.evaluation.context.lexemes import count_lexemes
from coderdiff.types import Document, Snippet

BETWEEN_KEYS_SECONDS = 0.03
"""Nobody types faster; what the process puts off until nobody waits is done meanwhile, as it is in use."""


@dataclass(frozen=True, slots=True)
class Took:
    """Milliseconds of one pack, by the wall clock and of CPU."""

    wall_ms: float
    cpu_ms: float


@dataclass(frozen=True, slots=True)
class Spread:
    """Median and 95th percentile of some packs' milliseconds."""

    p50_ms: float
    p95_ms: float
    cpu_p50_ms: float
    cpu_p95_ms: float

    @staticmethod
    def of(packs: Sequence[Took]) -> Spread:
        """The spread of at least one pack."""
        wall, cpu = [each.wall_ms for each in packs], [each.cpu_ms for each in packs]
        return Spread(percentile(wall, 50), percentile(wall, 95), percentile(cpu, 50), percentile(cpu, 95))


@dataclass(frozen=True, slots=True)
class TypingFigures:
    """`opening` is the first pack of a document that was not open, `fresh` that of another line of it, `again` one for
    each key of that line, `entered` that of the line below once the line is written. `unchanged` is the share of
    keystrokes after which the pack had the same bytes."""

    lines: int
    keystrokes: int
    opening: Spread
    fresh: Spread
    again: Spread
    entered: Spread
    unchanged: float


@dataclass(frozen=True, slots=True)
class Typed:
    """One line typed: what the document's first pack took, the line's first and each later one, and the first one of
    the line below; and which keys changed nothing."""

    opening: Took
    fresh: Took
    again: tuple[Took, ...]
    entered: Took
    unchanged: tuple[bool, ...]


def type_line(repository: Repository, cursor: Cursor, budget: int) -> Typed:
    """Open the document at its first line, go to the cursor, type what was held out there, and begin a new line."""
    repository.forget()
    text, at = cursor.document.text, cursor.offset
    opening, _ = _asked(repository, cursor.document, 0, budget)
    fresh, shown = _asked(repository, cursor.document, at, budget)
    again, unchanged = [], []
    for end in range(1, len(cursor.held_out) + 1):
        took, now = _typed(repository, cursor, cursor.held_out[:end], budget)
        again.append(took)
        unchanged.append(now == shown)
        shown = now
    line = text[text.rfind("\n", 0, at) + 1 : at] + cursor.held_out
    indent = line[: len(line) - len(line.lstrip())]
    entered, _ = _typed(repository, cursor, f"{cursor.held_out}\n{indent}", budget)
    return Typed(opening, fresh, tuple(again), entered, tuple(unchanged))


def figures(lines: Iterable[Typed]) -> TypingFigures:
    """Figures over some lines, at least one of them with a character in it."""
    listed = list(lines)
    again = [took for line in listed for took in line.again]
    unchanged = [same for line in listed for same in line.unchanged]
    return TypingFigures(
        lines=len(listed),
        keystrokes=len(again),
        opening=Spread.of([line.opening for line in listed]),
        fresh=Spread.of([line.fresh for line in listed]),
        again=Spread.of(again),
        entered=Spread.of([line.entered for line in listed]),
        unchanged=sum(unchanged) / len(unchanged),
    )


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that at least so many percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def _typed(repository: Repository, cursor: Cursor, typed: str, budget: int) -> tuple[Took, bytes]:
    """What a pack takes after some typed characters, and the pack's bytes."""
    text, at = cursor.document.text, cursor.offset
    document = Document(text[:at] + typed + text[at:], cursor.document.path)
    return _asked(repository, document, at + len(typed), budget)


def _asked(repository: Repository, document: Document, offset: int, budget: int) -> tuple[Took, bytes]:
    time.sleep(BETWEEN_KEYS_SECONDS)
    wall, cpu = time.perf_counter(), time.thread_time()
    context = repository.context(document, offset, budget, count_lexemes)
    took = Took((time.perf_counter() - wall) * 1000, (time.thread_time() - cpu) * 1000)
    return took, _bytes(context.snippets)


def _bytes(pack: Sequence[Snippet]) -> bytes:
    return "\0".join(heading(snippet.path) + snippet.text for snippet in pack).encode()
