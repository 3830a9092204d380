"""Keeping a pack: a new one must be worth the reading.

A pack that changes is read again, and the document behind it: some hundred rows, against the one or two that a
keystroke costs. So the pack that stands is weighed by what is wanted now, and stays as long as it is nearly as good
as the best that could be chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter

from coderdiff.context.retrieval.pack import QUALITY, Key, Step, Taken, key_of
from coderdiff.context.retrieval.rank import Ranking
from coderdiff.context.retrieval.view import words_of

NEARLY = 0.85
"""The share of the best choice's worth at which the pack that stands is kept."""


def stays(held: Sequence[Taken], best: Sequence[Taken], ranking: Ranking) -> bool:
    """Whether the pack that stands is to be kept, rather than the best one for what is wanted now."""
    return (
        bool(held)
        and _shows_needed(held, best, ranking)
        and worth(held, ranking, _words) >= NEARLY * worth(best, ranking)
    )


def _shows_needed(held: Sequence[Taken], best: Sequence[Taken], ranking: Ranking) -> bool:
    """Whether a pack shows what the line needs, as far as the best one does: a signature is little of its worth."""
    needed = {key_of(found) for found, _ in ranking.needed}
    missing = needed & _signed(best) - _signed(held) if needed else ()
    lines = [each.step.example.chunk for each in held if each.step.example is not None] if missing else []
    return all(
        any(chunk.path == path and chunk.start_line <= line <= chunk.end_line for chunk in lines)
        for path, _, line in missing
    )


def _signed(taken: Sequence[Taken]) -> set[Key]:
    return {each.step.key for each in taken if each.step.resolution == "signature"}


def worth(
    taken: Sequence[Taken], ranking: Ranking, names_of: Callable[[Step], Iterable[str]] = attrgetter("names")
) -> float:
    """What a choice is worth by this ranking. `names_of` are the names that a step tells: those that were worth
    something by the ranking that it was chosen by, if that is this one."""
    used = {(found.here.path, found.here.definition.qualified): score for found, score in ranking.in_play}
    alike = {(example.chunk.path, example.chunk.start_line): score for example, score in ranking.examples}
    names = ranking.names
    told: dict[str, float] = {}
    total = 0.0
    for step, _, _ in taken:
        path, qualified, line = step.key
        quality = QUALITY[step.resolution]
        if step.found is not None:
            if used:
                total += used.pop((path, qualified), 0.0)
        else:
            total += alike.get((path, line), 0.0)
        for name in names_of(step):
            if name in names and (known := told.get(name, 0.0)) < quality:
                total += (quality - known) * names[name]
                told[name] = quality
    return total


def _words(step: Step) -> Iterable[str]:
    if step.resolution == "name":
        return step.names
    return step.example.chunk.names if step.example is not None else words_of(step.text)
