"""Typing a held-out line character by character: how long each pack takes, and how many keystrokes leave it as it is.

Asked on a repository that does not change meanwhile, as an editor asks between two saves.
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


@dataclass(frozen=True, slots=True)
class TypingFigures:
    """Milliseconds: `opening` is the first pack of a document that was not open, `fresh` that of another line of it,
    `again` one for each key of that line. `unchanged` is the share of keystrokes after which the pack had the same
    bytes."""

    lines: int
    keystrokes: int
    opening_p50_ms: float
    opening_p95_ms: float
    fresh_p50_ms: float
    fresh_p95_ms: float
    again_p50_ms: float
    again_p95_ms: float
    unchanged: float


@dataclass(frozen=True, slots=True)
class Typed:
    """One line typed: milliseconds of the document's first pack, of the line's first and of each later one, and which
    of these changed nothing."""

    opening_ms: float
    fresh_ms: float
    again_ms: tuple[float, ...]
    unchanged: tuple[bool, ...]


def type_line(repository: Repository, cursor: Cursor, budget: int) -> Typed:
    """Open the document at its first line, go to the cursor, then type what was held out there."""
    repository.forget()
    began = time.perf_counter()
    repository.context(cursor.document, 0, budget, count_lexemes)
    opening_ms = (time.perf_counter() - began) * 1000
    fresh_ms, shown = _asked(repository, cursor, 0, budget)
    again_ms, unchanged = [], []
    for typed in range(1, len(cursor.held_out) + 1):
        took, now = _asked(repository, cursor, typed, budget)
        again_ms.append(took)
        unchanged.append(now == shown)
        shown = now
    return Typed(opening_ms, fresh_ms, tuple(again_ms), tuple(unchanged))


def figures(lines: Iterable[Typed]) -> TypingFigures:
    """Figures over some lines, at least one of them with a character in it."""
    listed = list(lines)
    opening = [line.opening_ms for line in listed]
    fresh = [line.fresh_ms for line in listed]
    again = [took for line in listed for took in line.again_ms]
    unchanged = [same for line in listed for same in line.unchanged]
    return TypingFigures(
        lines=len(listed),
        keystrokes=len(again),
        opening_p50_ms=percentile(opening, 50),
        opening_p95_ms=percentile(opening, 95),
        fresh_p50_ms=percentile(fresh, 50),
        fresh_p95_ms=percentile(fresh, 95),
        again_p50_ms=percentile(again, 50),
        again_p95_ms=percentile(again, 95),
        unchanged=sum(unchanged) / len(unchanged),
    )


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that at least so many percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def _asked(repository: Repository, cursor: Cursor, typed: int, budget: int) -> tuple[float, bytes]:
    """Milliseconds of a pack after so many typed characters, and the pack's bytes."""
    text, at = cursor.document.text, cursor.offset
    document = Document(text[:at] + cursor.held_out[:typed] + text[at:], cursor.document.path)
    began = time.perf_counter()
    context = repository.context(document, at + typed, budget, count_lexemes)
    return (time.perf_counter() - began) * 1000, _bytes(context.snippets)


def _bytes(pack: Sequence[Snippet]) -> bytes:
    return "\0".join(heading(snippet.path) + snippet.text for snippet in pack).encode()
