"""Packs for training: pieces of a hole's own package, such as repository context shows beside it.

Names that stand around the hole, and some of those within it (what retrieval hopes to find), are looked up in the
package's other files: as a signature, as a body, or as a place that uses the name. A few pieces have nothing to do
with the hole, and some packs hold nothing else: so a model learns to use what helps and to pass by what does not.
"""

from __future__ import annotations

import random
import re
from array import array
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from coderdiff.model.pack import snippet_ids
from coderdiff.model.tokenizer import Tokenizer
from coderdiff.training.corpus.shards import Document
from coderdiff.types import Hole

MOST_SNIPPETS = 6
SNIPPET_TOKENS = 96
"""Longer snippets are cut at a line end; a room of which this is less than a third has longer ones."""

_ROOM_A_SNIPPET = 100
"""So many ids of room allow one snippet more."""

_DEFINITION = re.compile(r"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+([A-Za-z_]\w*)", re.MULTILINE)
_NAME = re.compile(r"[A-Za-z_]\w{3,}")
_MOST_DEFINERS = 8
"""A name that more files of a package define says nothing about which one is meant."""

_SEEN_BEFORE, _SEEN_BEHIND = 500, 250
"""Characters around a hole whose names count."""

_DISTRACTED = 0.15
"""Share of the packs that hold nothing but pieces drawn blindly."""

_WITHIN = 0.6
"""Chance of a name within the hole to be looked up."""

_SHOWN = {"signature": 0.5, "body": 0.25, "usage": 0.25}
_BODY_LINES, _USAGE_LINES, _SIGNATURE_LINES = 16, 9, 6
_USERS_TRIED = 6
_OFFSET_BITS = 32


@dataclass(frozen=True, order=True)
class _Piece:
    """A stretch of a document to show; `merged` ones of a document become one snippet."""

    path: str
    line: int
    text: str
    merged: bool


class PackDrawer:
    """Draws packs for holes in `documents`, which share their numbers with the sampler's texts."""

    def __init__(self, tokenizer: Tokenizer, documents: Sequence[Document]) -> None:
        self._tokenizer, self._documents = tokenizer, documents
        self._files: dict[str, list[int]] = defaultdict(list)
        self._definitions: dict[str, dict[str, array[int]]] = defaultdict(lambda: defaultdict(_places))
        for index in sorted(range(len(documents)), key=lambda i: documents[i].path):
            document = documents[index]
            self._files[document.package].append(index)
            defined = self._definitions[document.package]
            for match in _DEFINITION.finditer(document.text):
                defined[match[1]].append(index << _OFFSET_BITS | match.start())

    def draw(self, index: int, hole: Hole, room: int, rng: random.Random) -> list[tuple[int, ...]]:
        """Snippets as ids, each with its mark, together at most `room` of them; [] where there is nothing to show."""
        wanted = rng.randint(1, MOST_SNIPPETS + room // _ROOM_A_SNIPPET)
        pieces: list[_Piece] = []
        if rng.random() >= _DISTRACTED:
            for name in self._names(self._documents[index].text, hole, rng):
                if len(pieces) == wanted:
                    break
                pieces += self._shown(index, name, rng)
        blind = wanted if not pieces else rng.choice((0, 0, 1, 2))
        pieces += [piece for _ in range(blind) for piece in self._blind(index, rng)]
        return self._snippets(pieces, room)

    def _names(self, text: str, hole: Hole, rng: random.Random) -> list[str]:
        """Names to look up: those of the hole first, then those around it, nearest first."""
        within = _NAME.findall(text, hole.start, hole.end)
        within = [name for name in within if rng.random() < _WITHIN]
        rng.shuffle(within)
        around = _NAME.findall(text, hole.end, hole.end + _SEEN_BEHIND)
        around += _NAME.findall(text, max(0, hole.start - _SEEN_BEFORE), hole.start)[::-1]
        return list(dict.fromkeys(within + around))

    def _shown(self, index: int, name: str, rng: random.Random) -> list[_Piece]:
        """A piece that shows `name` as another file of the package has it; none if this file defines it."""
        here = self._documents[index]
        places = self._definitions[here.package].get(name)
        if places is None or len(places) > _MOST_DEFINERS:
            return []
        owners = [place >> _OFFSET_BITS for place in places]
        if index in owners:
            return []
        kind = rng.choices(list(_SHOWN), list(_SHOWN.values()))[0]
        if kind == "usage":
            return self._usage(index, name, rng)
        place = max(places, key=lambda p: _common(here.path, self._documents[p >> _OFFSET_BITS].path))
        return [self._definition(place, whole=kind == "body")]

    def _blind(self, index: int, rng: random.Random) -> list[_Piece]:
        """Some definition of another file of the package."""
        other = rng.choice(self._files[self._documents[index].package])
        starts = [match.start() for match in _DEFINITION.finditer(self._documents[other].text)]
        if other == index or not starts:
            return []
        place = other << _OFFSET_BITS | rng.choice(starts)
        return [self._definition(place, whole=rng.random() < 0.5)]

    def _definition(self, place: int, whole: bool) -> _Piece:
        document = self._documents[place >> _OFFSET_BITS]
        at = place & (1 << _OFFSET_BITS) - 1
        lines = document.text[at : at + 4000].split("\n")
        line = document.text.count("\n", 0, at) + 1
        if whole:
            return _Piece(document.path, line, "\n".join(_body(lines)), merged=False)
        return _Piece(document.path, line, _signature(lines), merged=True)

    def _usage(self, index: int, name: str, rng: random.Random) -> list[_Piece]:
        """The lines around a call of `name` in some file near by."""
        files = self._files[self._documents[index].package]
        for other in rng.sample(files, min(_USERS_TRIED, len(files))):
            text = self._documents[other].text
            at = text.find(f"{name}(") if other != index else -1
            if at >= 0:
                number = text.count("\n", 0, at)
                lines = text.split("\n")
                first = max(0, number - _USAGE_LINES // 2)
                shown = "\n".join(lines[first : first + _USAGE_LINES])
                return [_Piece(self._documents[other].path, first + 1, shown, merged=False)]
        return []

    def _snippets(self, pieces: Sequence[_Piece], room: int) -> list[tuple[int, ...]]:
        """Pieces in the order of files and lines, as ids; the signatures of a file are one snippet."""
        packed: list[tuple[int, ...]] = []
        for path, text in _grouped(sorted(set(pieces))):
            ids = self._cut(snippet_ids(self._tokenizer, path, text), max(SNIPPET_TOKENS, room // 3))
            if sum(map(len, packed)) + len(ids) <= room:
                packed.append(ids)
        return packed

    def _cut(self, ids: tuple[int, ...], most: int) -> tuple[int, ...]:
        if len(ids) <= most:
            return ids
        for at in range(most, most // 2, -1):
            if self._tokenizer.token_bytes(ids[at - 1]).endswith(b"\n"):
                return ids[:at]
        return ids[:most]


def _places() -> array[int]:
    return array("q")


def _grouped(pieces: Sequence[_Piece]) -> Iterator[tuple[str, str]]:
    """(path, text) of each snippet."""
    merged: dict[str, list[str]] = defaultdict(list)
    for piece in pieces:
        if piece.merged:
            merged[piece.path].append(piece.text)
    for piece in pieces:
        if not piece.merged:
            yield piece.path, piece.text
        elif (lines := merged.pop(piece.path, None)) is not None:
            yield piece.path, "\n".join(lines)


def _body(lines: Sequence[str]) -> list[str]:
    """A definition's own lines: up to the next line that is indented no deeper."""
    depth = _indent(lines[0])
    for number, line in enumerate(lines[1:], start=1):
        if number == _BODY_LINES or (
            line.strip() and _indent(line) <= depth and not line.lstrip().startswith(")")
        ):
            return list(lines[:number])
    return list(lines[:_BODY_LINES])


def _signature(lines: Sequence[str]) -> str:
    """A definition's head on one line, with its indentation."""
    head = ""
    for line in lines[:_SIGNATURE_LINES]:
        head += " " + line.strip()
        if line.rstrip().endswith(":"):
            break
    return " " * _indent(lines[0]) + " ".join(head.split()).replace("( ", "(").replace(", )", ")")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _common(first: str, second: str) -> int:
    """How many leading folders two paths share."""
    count = 0
    for one, other in zip(first.split("/"), second.split("/"), strict=False):
        if one != other:
            break
        count += 1
    return count
