"""The files most like the surroundings of a cursor, as wholes: not for the model to read, but to repeat from.

A pack has room for a few hundred tokens; what a hole needs is often written out somewhere else in the repository.
So whole files are named, and the decoder looks up in them what followed the same tokens (`decoding/copying.py`).
The choice depends on the place in strides of `STRIDE` lines: while one types, it stays.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Mapping, Sequence

from coderdiff.context.index.bm25 import ChunkHit
from coderdiff.context.index.index import Index
from coderdiff.context.retrieval.lexical import MIN_LETTERS
from coderdiff.context.retrieval.view import words_in
from coderdiff.context.safety.forgery import neutral
from coderdiff.context.safety.secrets import redact
from coderdiff.types import Document

STRIDE = 16
LINES_ABOVE = 40
LINES_BELOW = 24

MOST_HITS = 100
MOST_FILES = 8
MOST_CHARS = 160_000
"""Of all files together."""

MOST_FILE_CHARS = 40_000
"""Of a longer file only what stands around its likest lines is taken."""

_KEPT = 32


class RelatedFiles:
    """Answers from an index, the last ones remembered."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._kept: OrderedDict[tuple[object, ...], tuple[Document, ...]] = OrderedDict()

    def of(
        self, path: str, lines: Sequence[str], line: int, opened: Mapping[str, str]
    ) -> tuple[Document, ...]:
        """The files for a cursor on a 1-based line of a file, likest first; their texts are safe to show.

        `opened` are the texts of files that are open in the editor, by path: they count instead of the index's.
        """
        anchor = (line - 1) // STRIDE * STRIDE
        key = (
            self._index.generation,
            path,
            anchor,
            tuple(sorted((other, hash(text)) for other, text in opened.items())),
        )
        if key not in self._kept:
            self._kept[key] = tuple(self._chosen(path, lines, anchor, opened))
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]

    def _chosen(
        self, path: str, lines: Sequence[str], anchor: int, opened: Mapping[str, str]
    ) -> list[Document]:
        around = "\n".join(lines[max(0, anchor - LINES_ABOVE) : anchor + LINES_BELOW])
        words = {word for word in words_in(around) if len(word) >= MIN_LETTERS}
        found: defaultdict[str, list[ChunkHit]] = defaultdict(list)
        for hit in self._index.search(sorted(words), MOST_HITS, without=(path,)):
            found[hit.path].append(hit)
        likest = sorted(found, key=lambda other: (-sum(hit.score for hit in found[other]), other))
        chosen: list[Document] = []
        room = MOST_CHARS
        for other in likest[:MOST_FILES]:
            text = redact(neutral(opened[other])) if other in opened else self._index.text(other)
            if text is None:
                continue
            text = _around(text, found[other][0].start_line, min(MOST_FILE_CHARS, room))
            room -= len(text)
            if text:
                chosen.append(Document(text, other))
        return chosen


def _around(text: str, line: int, most: int) -> str:
    """At most so many characters of a text, whole lines around a 1-based one."""
    if len(text) <= most:
        return text
    lines = text.splitlines(keepends=True)
    first = last = min(line, len(lines)) - 1
    size = 0
    while size <= most and (first > 0 or last < len(lines)):
        if last < len(lines):
            size += len(lines[last])
            last += 1
        if size <= most and first > 0:
            first -= 1
            size += len(lines[first])
    return "".join(lines[first:last])[:most]
