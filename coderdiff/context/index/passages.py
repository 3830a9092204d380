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

from coderdiff.context.index.postings import Cut
from coderdiff.context.index.terms import Vocabulary
from coderdiff.context.syntax.chunks import cut_all

MOST_CHUNKS_OF_A_FILE = 4_000
"""Lexical search does not see what stands below (40,000 lines at least): one file cannot fill a segment."""

_BLOCK_CHARS = 1 << 20
_LINE_END = ord("\n")
_WIDE_BLANKS = re.compile("[\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\x85]")


@dataclass(frozen=True, slots=True)
class Passages:
    """How many lines each text has, and the chunks of all; in `cut` a content is its text's place, from 1 on."""

    lines: list[int]
    cut: Cut

    def marks(self, vocabulary: Vocabulary) -> list[int]:
        """What `safety.screen` says of each text's words together. The vocabulary has learned them."""
        marks = vocabulary.marks[self.cut.words]
        marked = np.flatnonzero(marks)
        joined: npt.NDArray[np.uint32] = np.zeros(len(self.lines) + 1, dtype=np.uint32)
        np.bitwise_or.at(joined, self.cut.contents[self.cut.chunks[marked]], marks[marked])
        found: list[int] = joined[1:].tolist()
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
        )


def passages_of(texts: Sequence[str], vocabulary: Vocabulary) -> Passages:
    """The passages of some texts, in which all lines end with line feeds. The vocabulary is still to learn."""
    lines: list[int] = []
    cuts = []
    done = 0
    for block in _blocks(texts):
        counts, cut = _of_block(block, len(lines), done, vocabulary)
        lines += counts
        cuts.append(cut)
        done += len(cut.contents)
    return Passages(lines, Cut.joined(cuts))


def _blocks(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    start = size = 0
    for at, text in enumerate(texts, 1):
        size += len(text)
        if size >= _BLOCK_CHARS or at == len(texts):
            yield texts[start:at]
            start, size = at, 0


def _of_block(
    texts: Sequence[str], before: int, chunks: int, vocabulary: Vocabulary
) -> tuple[list[int], Cut]:
    """The lines and the chunks of some texts; so many texts and chunks come before them."""
    parts = list(map(_as_bytes, texts))
    joined = b"".join(parts)
    line_ends = np.flatnonzero(np.frombuffer(joined, dtype=np.uint8) == _LINE_END)
    lasts = np.searchsorted(line_ends, np.cumsum([len(part) for part in parts]))
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
    above = np.repeat(firsts, counts)
    words, places = vocabulary.lexicon.pairs_of(joined, line_ends[ends - 1] + 1)
    return (lasts - firsts).tolist(), Cut(
        np.repeat(np.arange(before + 1, before + 1 + len(texts)), counts),
        (starts - above + 1).astype(np.uint32),
        (ends - above).astype(np.uint32),
        words,
        places + chunks,
    )


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
