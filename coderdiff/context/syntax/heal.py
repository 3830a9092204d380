"""Broken code: a line that is being typed must not hide the rest of the file.

A parser that meets an unclosed bracket or quote may take all that follows for its inside. The cure is to mend the
lines at fault before the symbols are read: close what they leave open, or put a stand-in there, and keep whichever
leaves the fewest errors. Lines keep their numbers, so what is read from mended text is true of the real one.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import tree_sitter

from coderdiff.context.syntax.faults import COMMENT, Fault, find_faults
from coderdiff.context.syntax.habits import ERROR_WEIGHT, habits_of
from coderdiff.context.syntax.languages import Language
from coderdiff.context.syntax.parse import PARSE_SECONDS, edit_between, parse_within
from coderdiff.context.syntax.source import line_start
from coderdiff.context.syntax.unended import unended_lines

MOST_FAULTS = 6
"""How many faults are mended, and how many lines are looked at for one error."""

MOST_TRIES = 200
"""How often a mended text is parsed, all together."""

SECONDS = 0.02
SECONDS_A_BYTE = 1e-6
MOST_SECONDS = 0.15
"""CPU time after which no more is tried: for a small file, for each of its bytes more, and for the largest."""

PATIENT_SECONDS = 0.002
"""CPU time that a way to mend a line gets at first; all that it takes only where no other helps."""

_MOST_NODES = 2_000


@dataclass(frozen=True, slots=True)
class Healed:
    """A text with as few errors as we could make it, its tree, how bad those left are, and what was mended or, being a
    line that runs into the next one, can only be once the text around it is."""

    content: bytes
    tree: tree_sitter.Tree
    weight: int = 0
    faults: tuple[Fault, ...] = ()


_Outcome: TypeAlias = tuple[int, bytes, tree_sitter.Tree]
_Tried: TypeAlias = tuple[Fault, _Outcome]
_Ways: TypeAlias = Callable[[bytes, bytes, bool], Iterator[bytes]]


_LISTED = re.compile(rb"[(\[{,][ \t\r\n]*\Z")
"""What stands before a line that is one of a list's: it lacks its comma while it is written."""

_LONG = 400
"""As many bytes before a line are looked at."""


def heal(
    language: Language,
    content: bytes,
    tree: tree_sitter.Tree,
    suspects: Sequence[Fault] = (),
    before: Healed | None = None,
) -> Healed:
    """Mend the lines at fault, `suspects` first. A text without errors comes back as it is.

    `before` is what the text was healed to before its last edit: no more is tried than to be as good as that, and
    what is parsed is what differs from it.
    """
    unended = unended_lines(content, tree, [each.last for each in suspects] if before else None)
    if not unended and not tree.root_node.has_error and not _open_comments(language, content):
        return Healed(content, tree)
    return _Healing(language, content, tree, before).mend(suspects, unended)


class _Healing:
    """The text as far as it is mended, and how much may still be tried."""

    def __init__(
        self, language: Language, content: bytes, tree: tree_sitter.Tree, before: Healed | None
    ) -> None:
        self.language = language
        self.habits = habits_of(language.name)
        self.content = content
        self.tree = tree
        self.weight = weigh(tree) + ERROR_WEIGHT * _open_comments(language, content)
        self.enough = max(self.habits.harmless, before.weight if before else 0)
        self.known = before or Healed(content, tree)
        self.faults: list[Fault] = []
        self.tries = MOST_TRIES
        self.until = time.thread_time() + min(MOST_SECONDS, SECONDS + SECONDS_A_BYTE * len(content))

    def mend(self, suspects: Sequence[Fault], unended: Sequence[int] = ()) -> Healed:
        """Lines that run into the next one are ended; then the suspects come first, then what the lines say is at
        fault, then what the errors say."""
        for line in unended:
            self._end(line)
        for fault in suspects:
            start, end = _span(self.content, fault.first, fault.last)
            open_ = find_faults(self.language, self.content[start:end])
            self._try_all([replace(fault, closing=open_[-1].closing if open_ else b"")])
        if self.weight > self.enough:
            self.enough = self.habits.harmless
            for fault in find_faults(self.language, self.content)[:MOST_FAULTS]:
                self._try_all([fault], stray=not fault.closing)
        while self.weight > self.enough:
            if not self._try_all([Fault(line, line) for line in _lines_of_error(self.tree, self.content)]):
                break
        return Healed(self.content, self.tree, self.weight, tuple(self.faults))

    def _end(self, line: int) -> None:
        """End a line that goes on with the next one by mistake, if that makes nothing worse; else it stays at fault."""
        self.faults.append(Fault(line, line))
        start, end = _span(self.content, line, line)
        text = self.content[start:end].rstrip()
        for ending in self.habits.stops:
            if self.tries <= 0 or time.thread_time() > self.until:
                break
            tried = self._try(start, end, text + ending, PARSE_SECONDS)
            if tried is not None and tried[0] <= self.weight:
                self.weight, self.content, self.tree = tried
                break

    def _try_all(self, faults: Sequence[Fault], stray: bool = False) -> bool:
        """Mend one of these faults, the one and in the way that leaves the least; False if all make it worse.

        A stand-in, which loses what the line says, is only tried where nothing completes it, or for a stray end.
        What leaves few errors is parsed fast, since little differs from what is known: so what takes long is only
        looked at where nothing else helps.
        """
        best: _Tried | None = None
        habits = self.habits
        for ways in (habits.replaced,) if stray else (habits.completed, habits.replaced):
            slow: list[tuple[Fault, int, int, bytes]] = []
            for fault, start, end, text in self._candidates(faults, ways):
                if self._over(best):
                    break
                tried = self._try(start, end, text, PATIENT_SECONDS)
                if tried is None:
                    slow.append((fault, start, end, text))
                elif tried[0] < (best[1][0] if best else self.weight):
                    best = fault, tried
            for fault, start, end, text in [] if best else slow:
                if self._over(best):
                    break
                tried = self._try(start, end, text, PARSE_SECONDS)
                if tried is not None and tried[0] < (best[1][0] if best else self.weight):
                    best = fault, tried
            if best:
                break
        if best is None:
            return False
        fault, (self.weight, self.content, self.tree) = best
        self.faults.append(fault)
        return True

    def _candidates(self, faults: Sequence[Fault], ways: _Ways) -> Iterator[tuple[Fault, int, int, bytes]]:
        """What may stand in the lines of each fault: from where to where, and what."""
        for fault in faults:
            start, end = _span(self.content, fault.first, fault.last)
            listed = _LISTED.search(self.content, max(0, start - _LONG), start) is not None
            for text in ways(self.content[start:end], fault.closing, listed):
                yield fault, start, end, text

    def _over(self, best: _Tried | None) -> bool:
        """Whether no more is tried: nothing can be better, or there is no time."""
        weight = best[1][0] if best else self.weight
        return weight <= self.enough or self.tries <= 0 or time.thread_time() > self.until

    def _try(self, start: int, end: int, text: bytes, seconds: float) -> _Outcome | None:
        """How bad the errors are with another text in a place, and all of it; None if that takes too long to tell."""
        self.tries -= 1
        content = self.content[:start] + text + self.content[end:]
        old = self.known.tree.copy()
        old.edit(*edit_between(self.known.content, content))
        tree = parse_within(self.language, content, old, seconds)
        if tree is None:
            return None
        return weigh(tree) + ERROR_WEIGHT * _open_comments(self.language, content), content, tree


def _open_comments(language: Language, content: bytes) -> int:
    """How many comments seem not to be closed: no error shows them, they only hide what follows."""
    if language.comment != "//" and language.name != "php":
        return 0
    return max(0, content.count(b"/*") - content.count(b"*/"))


def weigh(tree: tree_sitter.Tree) -> int:
    """How bad a tree's errors are: their bytes that are in no whole node, and a constant for each."""
    weight = seen = 0
    nodes = [tree.root_node]
    while nodes and seen < _MOST_NODES:
        node = nodes.pop()
        seen += 1
        if node.is_missing:
            weight += ERROR_WEIGHT
        elif node.is_error:
            weight += ERROR_WEIGHT + node.end_byte - node.start_byte
            for child in node.children:
                if child.child_count:
                    weight -= child.end_byte - child.start_byte
                    nodes.append(child)
        elif node.has_error:
            nodes += (child for child in node.children if child.has_error)
    return weight


def _lines_of_error(tree: tree_sitter.Tree, content: bytes) -> list[int]:
    """The lines on which the first errors may have begun: often the one above is what is not finished."""
    lines: dict[int, None] = {}
    seen = 0
    nodes = [tree.root_node]
    while nodes and seen < _MOST_NODES and len(lines) < MOST_FAULTS:
        node = nodes.pop()
        seen += 1
        if node.is_missing or node.is_error:
            lines[_line_above(content, node.start_byte)] = None
            lines[_line_above(content, content.rfind(b"\n", 0, node.start_byte) + 1)] = None
            if node.parent is not None:
                lines[node.parent.start_point[0]] = None
            lines[node.start_point[0]] = None
            for child in node.children[:50]:
                if not child.child_count:
                    lines[child.start_point[0]] = None
            lines[node.end_point[0]] = None
        if node.has_error:
            nodes += (child for child in reversed(node.children) if child.has_error or child.is_missing)
    return list(lines)[: 2 * MOST_FAULTS]


def _line_above(content: bytes, offset: int) -> int:
    """The line of the last code before a place."""
    line = content.count(b"\n", 0, offset)
    while line >= 0:
        start = content.rfind(b"\n", 0, offset) + 1
        text = content[start:offset]
        if text.strip() and not COMMENT.match(text):
            return line
        line, offset = line - 1, start - 1
    return 0


def _span(content: bytes, first: int, last: int) -> tuple[int, int]:
    """The bytes of some lines, without the last one's line end."""
    end = start = line_start(content, first)
    for _ in range(last - first):
        end = content.find(b"\n", end) + 1
    end = content.find(b"\n", end)
    return start, len(content) if end < 0 else end
