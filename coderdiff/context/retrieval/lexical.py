"""What the lines around the cursor have in common with other files: a weighted query, the chunks it finds, and
the names that those chunks use.

A chunk like the code around the cursor is an example of what is done in such a place. It says more by the names in
it than by its text: a name that stands in several of the chunks is likely the one that the hole needs.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from coderdiff.context.retrieval.view import View, words_in

LINES_BEFORE = 10
LINES_AFTER = 5
HALF_AWAY = 6.0
"""Lines away from the cursor at which a word counts half."""

MOST_WORDS = 60
MIN_LETTERS = 2

USUAL_WORDS = 20
"""Words of a chunk that make it no longer than others."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Lines of another file. `names` are the words in it."""

    path: str
    start_line: int
    end_line: int
    text: str
    names: frozenset[str]


def query(view: View, extra: Mapping[str, float]) -> dict[str, float]:
    """Words of the lines around the cursor, weighted by how near they are; `extra` words with weights of their own.

    How rare a word is in the repository the search itself accounts for.
    """
    weights: dict[str, float] = defaultdict(float)
    for away, text in view.around(LINES_BEFORE, LINES_AFTER):
        near = HALF_AWAY / (HALF_AWAY + abs(away) - 1)
        for word in set(words_in(text)):
            if len(word) >= MIN_LETTERS:
                weights[word] = max(weights[word], near) + 0.25 * min(weights[word], near)
    for word, weight in extra.items():
        weights[word] = max(weights[word], weight)
    kept = sorted(weights.items(), key=lambda item: (-item[1], item[0]))[:MOST_WORDS]
    return dict(kept)


def chunk_of(path: str, start_line: int, end_line: int, text: str) -> Chunk:
    """Lines of a file, and the words in them."""
    return Chunk(path, start_line, end_line, text, frozenset(words_in(text)))


def most_alike(query: Mapping[str, float], chunks: Sequence[Chunk], limit: int) -> list[Chunk]:
    """Those of some chunks that have most of a query's words, best first; none that has no word of it.

    A word counts by its weight and by how few of the chunks have it; long chunks have many words without being alike.
    """
    seen = Counter(name for chunk in chunks for name in chunk.names & query.keys())
    value = {name: query[name] * math.log(1 + len(chunks) / count) for name, count in seen.items()}
    scored = [
        (
            sum(value[name] for name in sorted(chunk.names & value.keys()))
            / math.sqrt(USUAL_WORDS + len(chunk.names)),
            chunk,
        )
        for chunk in chunks
    ]
    scored.sort(key=lambda pair: (-pair[0], pair[1].path, pair[1].start_line))
    return [chunk for score, chunk in scored[:limit] if score > 0]


def votes(chunks: Sequence[Chunk], wanted: frozenset[str]) -> dict[str, float]:
    """How much the chunks speak for each of the names wanted: a chunk's say falls with its rank."""
    found: dict[str, float] = defaultdict(float)
    for rank, chunk in enumerate(chunks):
        for name in chunk.names & wanted:
            found[name] += 1.0 / (10 + rank)
    return dict(found)
