"""Holes as editors make them, drawn from a file: rest of a line, whole lines, syntax nodes, random spans.

Training draws them from the train split, `evaluation` from held-out packages. Offsets are in characters.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import tree_sitter
import tree_sitter_python

from coderdiff.types import Hole

HoleKind = Literal["rest", "line", "block", "node", "span", "open"]
"""rest: cursor to line end; line: one to three whole lines; block: an indented body; node: any syntax node;
span: any run of characters; open: everything behind the cursor is gone (plain left-to-right completion)."""

Mixture = Sequence[tuple[HoleKind, float]]
"""Kinds of hole and their shares, which need not add up to one."""

TOP_LEVEL = re.compile(r"^(?:@|def |class |async def )", re.MULTILINE)
"""Where a definition at the top level of a file begins."""

PARSED_CHARS = 6000
"""How much text around a place is parsed for syntax nodes: broken edges do no harm, long files would cost."""


@dataclass(frozen=True)
class DrawnHole:
    """A hole, its kind, and the text it hides."""

    hole: Hole
    kind: HoleKind
    middle: str


class HoleDrawer:
    """Draws holes of one kind near a place of a text. Holds only the parser."""

    def __init__(self) -> None:
        self._parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_python.language()))

    def draw(
        self, text: str, at: int, kind: HoleKind, rng: random.Random, *, most_chars: int = 800
    ) -> DrawnHole | None:
        """A hole of `kind` at or near `at` that hides at most `most_chars` characters, not all blank.

        None where there is none: on a blank line, in no body, in a body that is too long.
        """
        hole = self._draw(text, at, kind, rng, most_chars)
        if hole is None:
            return None
        middle = text[hole.start : hole.end]
        return DrawnHole(hole, kind, middle) if middle.strip() and len(middle) <= most_chars else None

    def _draw(self, text: str, at: int, kind: HoleKind, rng: random.Random, most_chars: int) -> Hole | None:
        if kind == "rest":
            return _rest_of_line(text, at, rng)
        if kind == "line":
            return _whole_lines(text, at, rng)
        if kind == "span":
            return Hole(at, min(len(text), at + _log_uniform(rng, 1, 200)))
        if kind == "open":
            return Hole(at, min(len(text), at + most_chars))
        return self._syntax(text, at, kind, rng, most_chars)

    def _syntax(self, text: str, at: int, kind: HoleKind, rng: random.Random, most_chars: int) -> Hole | None:
        """Any of the nodes around `at` that has a fitting size; of the bodies around it, for a block.

        What is parsed is the text near `at`. Where that begins within a docstring, its example code counts as code.
        """
        start = max(0, text.rfind("\n", 0, max(0, at - PARSED_CHARS // 2)) + 1)
        part = text[start : start + PARSED_CHARS]
        content = part.encode("utf-8", "surrogatepass")
        place = len(part[: at - start].encode("utf-8", "surrogatepass"))
        node = self._parser.parse(content).root_node.descendant_for_byte_range(place, place)
        found: list[tree_sitter.Node] = []
        while node is not None:
            wanted = node.is_named if kind == "node" else node.type == "block"
            if wanted and 4 <= node.end_byte - node.start_byte <= most_chars:
                found.append(node)
            node = node.parent
        if not found:
            return None
        chosen = rng.choice(found)
        before = len(content[: chosen.start_byte].decode("utf-8", "surrogatepass"))
        inside = len(content[chosen.start_byte : chosen.end_byte].decode("utf-8", "surrogatepass"))
        return Hole(start + before, start + before + inside)


def _rest_of_line(text: str, at: int, rng: random.Random) -> Hole | None:
    start, end = _line(text, at)
    content = text[start:end]
    first = len(content) - len(content.lstrip())
    if first >= len(content.rstrip()):
        return None
    return Hole(start + rng.randint(first, len(content.rstrip()) - 1), end)


def _whole_lines(text: str, at: int, rng: random.Random) -> Hole | None:
    start, end = _line(text, at)
    content = text[start:end]
    if not content.strip():
        return None
    if rng.random() < 0.8:  # the editor has indented already
        start += len(content) - len(content.lstrip())
    for _ in range(rng.choice((0, 0, 0, 1, 2))):
        if end < len(text):
            end = _line(text, end + 1)[1]
    return Hole(start, end)


def _line(text: str, at: int) -> tuple[int, int]:
    """The line that holds offset `at`, without its line end."""
    end = text.find("\n", at)
    return text.rfind("\n", 0, at) + 1, len(text) if end < 0 else end


def _log_uniform(rng: random.Random, low: int, high: int) -> int:
    return int(low * (high / low) ** rng.random())


def choose_kind(mixture: Mixture, rng: random.Random) -> HoleKind:
    """A kind by its share in `mixture`."""
    kinds, shares = zip(*mixture, strict=True)
    chosen: HoleKind = rng.choices(kinds, shares)[0]
    return chosen
