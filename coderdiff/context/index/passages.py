"""Many texts made ready for the index at once: their lines, their chunks, and the words of these.

Texts are laid one behind the other, about a megabyte at a time: so much stays in the processor's cache, and costs
numpy's calls but once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt

from coderdiff.context.index.postings import Cut, Ids
from coderdiff.context.index.terms import Vocabulary
from coderdiff.context.safety.screen import Marked
from coderdiff.context.syntax.chunks import cut_all

MOST_CHUNKS_OF_A_FILE = 4_000
"""Lexical search does not see what stands below (40,000 lines at least): one file cannot fill a segment."""

_BLOCK_CHARS = 1 << 20
_LINE_END = ord("\n")
_FIRST_BYTES = -64
"""The least byte, of eight bits with a sign, that a character begins with in UTF-8."""

_WIDE_BLANKS = re.compile("[\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\x85]")


@dataclass(frozen=True, slots=True)
class Passages:
    """How many lines each text has, and the chunks of all; in `cut` a content is its text's place, from 1 on.

    `begins` and `stops` are where each chunk does in its text.
    """

    lines: list[int]
    cut: Cut
    begins: Ids
    stops: Ids

    def marked(self, vocabulary: Vocabulary) -> list[list[Marked]]:
        """Of each text the chunks with words that `safety.screen` marks. The vocabulary has learned the words."""
        marks = vocabulary.marks[self.cut.words]
        noted = np.flatnonzero(marks)
        joined: npt.NDArray[np.uint32] = np.zeros(len(self.cut.contents), dtype=np.uint32)
        np.bitwise_or.at(joined, self.cut.chunks[noted], marks[noted])
        found: list[list[Marked]] = [[] for _ in self.lines]
        chunks = np.flatnonzero(joined)
        columns = (self.cut.contents[chunks] - 1, joined[chunks], self.begins[chunks], self.stops[chunks])
        for text, mark, begin, stop in zip(*(column.tolist() for column in columns), strict=True):
            found[text].append((mark, begin, stop))
        return found

    def cut_off(self) -> list[bool]:
        """Of each text whether some of it may not be in its chunks."""
        counts = np.bincount(self.cut.contents, minlength=len(self.lines) + 1)
        return [count >= MOST_CHUNKS_OF_A_FILE for count in counts[1:].tolist()]

    def exchanged(self, places: Sequence[int], others: Passages) -> Passages:
        """These with others instead of those of the texts at `places` (from 0 on, ascending)."""
        old, new = self.cut, others.cut
        own = np.array(places, dtype=np.int64) + 1
        keep = ~np.isin(old.contents, own)
        kept = keep[old.chunks]
        contents = np.concatenate((old.contents[keep], own[new.contents - 1]))
        order = np.argsort(contents, kind="stable")
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        chunks = np.concatenate(((np.cumsum(keep) - 1)[old.chunks[kept]], new.chunks + int(keep.sum())))
        lines = self.lines.copy()
        for place, count in zip(places, others.lines, strict=True):
            lines[place] = count
        return Passages(
            lines,
            Cut(
                contents[order],
                np.concatenate((old.starts[keep], new.starts))[order],
                np.concatenate((old.ends[keep], new.ends))[order],
                np.concatenate((old.words[kept], new.words)),
                rank[chunks],
            ),
            np.concatenate((self.begins[keep], others.begins))[order],
            np.concatenate((self.stops[keep], others.stops))[order],
        )


def passages_of(texts: Sequence[str], vocabulary: Vocabulary) -> Passages:
    """The passages of some texts, in which all lines end with line feeds. The vocabulary is still to learn."""
    lines: list[int] = []
    parts: list[Passages] = []
    done = 0
    for block in _blocks(texts):
        part = _of_block(block, len(lines), done, vocabulary)
        lines += part.lines
        parts.append(part)
        done += len(part.cut.contents)
    none = np.empty(0, dtype=np.int64)
    return Passages(
        lines,
        Cut.joined([part.cut for part in parts]),
        np.concatenate([none, *(part.begins for part in parts)]),
        np.concatenate([none, *(part.stops for part in parts)]),
    )


def _blocks(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    start = size = 0
    for at, text in enumerate(texts, 1):
        size += len(text)
        if size >= _BLOCK_CHARS or at == len(texts):
            yield texts[start:at]
            start, size = at, 0


def _of_block(texts: Sequence[str], before: int, chunks: int, vocabulary: Vocabulary) -> Passages:
    """The passages of some texts; so many texts and chunks come before them."""
    parts = list(map(_as_bytes, texts))
    joined = b"".join(parts)
    line_ends = np.flatnonzero(np.frombuffer(joined, dtype=np.uint8) == _LINE_END)
    sizes = np.array(list(map(len, parts)), dtype=np.int64)
    lasts = np.searchsorted(line_ends, np.cumsum(sizes))
    firsts = np.concatenate((np.zeros(1, dtype=np.intp), lasts[:-1]))
    pieces = cut_all(joined, line_ends, lasts.tolist())
    for at, piece_ends in enumerate(pieces):
        if len(piece_ends) > MOST_CHUNKS_OF_A_FILE:
            del piece_ends[MOST_CHUNKS_OF_A_FILE:]
            parts[at] = _blank_from(parts[at], piece_ends[-1] - int(firsts[at]))
            joined = b"".join(parts)
    counts = np.array(list(map(len, pieces)), dtype=np.intp)
    ends = np.fromiter(chain.from_iterable(pieces), np.intp, int(counts.sum()))
    starts = np.concatenate((np.zeros(1, dtype=np.intp), ends[:-1]))[: len(ends)]
    starts[(np.cumsum(counts) - counts)[counts > 0]] = firsts[counts > 0]
    above, ahead = np.repeat(firsts, counts), np.repeat(np.cumsum(sizes) - sizes, counts)
    stops = line_ends[ends - 1] + 1
    begins = np.concatenate((np.zeros(1, dtype=np.int64), line_ends + 1))[starts]
    words, places = vocabulary.lexicon.pairs_of(joined, stops)
    ahead, begins, stops = _in_characters(joined, ahead, begins, stops)
    return Passages(
        (lasts - firsts).tolist(),
        Cut(
            np.repeat(np.arange(before + 1, before + 1 + len(texts)), counts),
            (starts - above + 1).astype(np.uint32),
            (ends - above).astype(np.uint32),
            words,
            places + chunks,
        ),
        begins - ahead,
        stops - ahead,
    )


def _in_characters(content: bytes, *places: Ids) -> Iterator[Ids]:
    """How many characters stand before some places of a text in UTF-8."""
    continuing = np.flatnonzero(np.frombuffer(content, dtype=np.int8) < _FIRST_BYTES)
    for each in places:
        yield each - np.searchsorted(continuing, each)


def _as_bytes(text: str) -> bytes:
    """A text with no blanks but " " and "\\t", the last line ended."""
    if not text.isascii():
        text = _WIDE_BLANKS.sub(" ", text)
    content = text.encode(errors="replace")
    return content if not content or content.endswith(b"\n") else content + b"\n"


def _blank_from(content: bytes, lines: int) -> bytes:
    """A text that is as long, with nothing to be seen behind so many lines."""
    at = 0
    for _ in range(lines):
        at = content.index(b"\n", at) + 1
    return content[:at] + b"\n" * (len(content) - at)
