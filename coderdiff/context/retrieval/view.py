"""The cursor's file as retrieval sees it: its symbols, its lines without the one being written, what it shows.

The cursor's own line is left out of everything here. It changes with every keystroke, and what is retrieved must
not; only the receiver before a dot is read from it (`receiver_before`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from coderdiff.context.records import Definition, FileSymbols
from coderdiff.context.retrieval.changes import changed_lines
from coderdiff.context.retrieval.expressions import ONE_VALUE

WORD = re.compile(r"[^\W\d]\w*")
"""An identifier, in any language near enough."""

_ASCII_WORD = re.compile(r"[A-Za-z_]\w*", re.ASCII)
"""The same of a text that is all ASCII, as nearly all code is: found in half the time."""


def words_in(text: str) -> list[str]:
    """The words of a text, in order: `WORD.findall`."""
    found: list[str] = (_ASCII_WORD if text.isascii() else WORD).findall(text)
    return found


@lru_cache(maxsize=1 << 14)
def words_of(text: str) -> frozenset[str]:
    """The words of a short text, remembered: the same signatures are weighed at every line."""
    return frozenset(words_in(text))


_MOST_PREFIX = 200
_MOST_OF_CHAIN = 800
"""Characters up to the cursor that a receiver is looked for in: on its line, and where it began on one above."""

_LONGEST_NAME = 80
"""Each name of a receiver is looked for in so many characters: a long chain has a hundred of them."""

CLASSES = frozenset({"class", "interface", "enum"})


@dataclass(frozen=True, slots=True)
class View:
    """One file with a cursor on a line. `line` is 1-based; `known` are the words of all other lines."""

    path: str
    symbols: FileSymbols
    lines: tuple[str, ...]
    line: int
    scope: str
    known: frozenset[str]

    @property
    def others(self) -> list[tuple[int, str]]:
        """Number and text of every line but the cursor's."""
        return [(number, text) for number, text in enumerate(self.lines, 1) if number != self.line]

    def around(self, before: int, after: int) -> list[tuple[int, str]]:
        """Distance from the cursor (negative above it) and text of the lines near it, its own left out."""
        first, last = max(1, self.line - before), min(len(self.lines), self.line + after)
        return [(at - self.line, self.lines[at - 1]) for at in range(first, last + 1) if at != self.line]


class Words:
    """The words of a text's lines, kept up with it: only lines that changed are read again."""

    def __init__(self) -> None:
        self._lines: Sequence[str] = ()
        self._counts: dict[str, int] = {}

    def of_lines(self, lines: Sequence[str], but: int) -> frozenset[str]:
        """All words of these lines, the one at index `but` left out."""
        start, old_end, new_end = changed_lines(self._lines, lines)
        for line in lines[start:new_end]:
            self._add(line, 1)
        for line in self._lines[start:old_end]:
            self._add(line, -1)
        self._lines = lines
        alone = {word for word in set(words_in("".join(lines[but : but + 1]))) if self._counts[word] == 1}
        return frozenset(self._counts.keys() - alone) if alone else frozenset(self._counts)

    def _add(self, line: str, lines: int) -> None:
        """Count a line's words in so many lines more, or fewer."""
        for word in set(words_in(line)):
            count = self._counts.get(word, 0) + lines
            if count:
                self._counts[word] = count
            else:
                del self._counts[word]


def view_of(path: str, lines: tuple[str, ...], line: int, symbols: FileSymbols, words: Words) -> View:
    """The view for a cursor on a line (1-based) of a text."""
    return View(path, symbols, lines, line, scope_at(symbols, lines, line), words.of_lines(lines, line - 1))


def scope_at(symbols: FileSymbols, lines: Sequence[str], line: int) -> str:
    """The dotted scope that a line is in, or will be in once it is written.

    A new line behind a body's last one belongs to the body if it is indented deeper than the body's head. An
    empty line takes the indentation of the text above it.
    """
    indent = _indent_near(lines, line)
    above = _Above(lines, line)
    for definition in reversed(symbols.definitions):  # the innermost is the last one that the line is in
        if definition.start_line >= line or definition.kind not in _OPENS:
            continue
        inside = line <= definition.end_line or (indent > 0 and _reaches(definition, lines, indent, above))
        if inside and not _is_head(definition, lines, line):
            return definition.qualified
    return ""


_OPENS = CLASSES | {"function", "method", "module"}


def _indent(text: str) -> int:
    expanded = text.expandtabs(4)
    return len(expanded) - len(expanded.lstrip())


def _indent_near(lines: Sequence[str], line: int) -> int:
    own = lines[line - 1]
    if own:
        return _indent(own)
    above = next((text for text in reversed(lines[: line - 1]) if text.strip()), "")
    return _indent(above) + (4 if above.rstrip().endswith((":", "{", "(", "[")) else 0)


def _is_head(definition: Definition, lines: Sequence[str], line: int) -> bool:
    """Whether a line names a definition that starts above it with a decorator: it stands outside, as the decorator."""
    decorator, head = lines[definition.start_line - 1], lines[line - 1]
    return (
        decorator.lstrip().startswith(_DECORATORS)
        and _indent(decorator) == _indent(head)
        and definition.name in words_in(head)
    )


_DECORATORS = ("@", "#[", "[")


class _Above:
    """How deep the text above a line is indented; read upwards, no further than somebody asks or the margin."""

    def __init__(self, lines: Sequence[str], line: int) -> None:
        self._lines = lines
        self._line = line
        self._lowest: list[int] = []

    def lowest(self, end_line: int) -> int:
        """The least indentation of any text behind a line (1-based), as far as `_MOST_BETWEEN` lines up."""
        wanted = min(self._line - 1 - end_line, _MOST_BETWEEN)
        lowest = self._lowest
        while len(lowest) < wanted and (not lowest or lowest[-1] > 0):
            text = self._lines[self._line - 2 - len(lowest)]
            depth = _indent(text) if text.strip() else _DEEP
            lowest.append(min(depth, lowest[-1] if lowest else _DEEP))
        return lowest[min(wanted, len(lowest)) - 1] if wanted > 0 else _DEEP


_MOST_BETWEEN = 400
"""Lines between a definition and a line that are looked at; those further up are not."""

_DEEP = 1 << 30
"""Deeper than any line: where there is no text."""


def _reaches(definition: Definition, lines: Sequence[str], indent: int, above: _Above) -> bool:
    """Whether nothing but deeper or empty lines lies between a definition and the line, which is deeper too."""
    head = _indent(lines[definition.start_line - 1])
    last = lines[definition.end_line - 1]
    if definition.end_line > definition.start_line and _CLOSES.match(last.strip()) and _indent(last) <= head:
        return False  # its closing bracket or `end` says that it is over
    return indent > head and above.lowest(definition.end_line) > head


def receiver_before(text: str) -> str | None:
    """What stands before the last dot of a text up to the cursor: `self.client` of `x = self.client.ge`.

    Of the text its last line counts, and where that begins with its dot the lines above that it goes on with.
    """
    text = _chain(text[-_MOST_OF_CHAIN:])
    dot = _DOT.search(text)
    if dot is None:
        return None
    at = start = dot.start()
    while at > 0:
        if name := _NAME_AT_END.search(text, max(0, at - _LONGEST_NAME), at):
            start = at = name.start()
            link = _LINK_AT_END.search(text, max(0, at - _LONGEST_NAME), at)
            if link is None:
                break
            at = link.start()
        elif text[at - 1] in _OPENING:
            opening = _before_types(text, _matching(text, at - 1))
            named = _NAME_AT_END.search(text, max(0, opening - _LONGEST_NAME), opening)
            if not named and text[opening - 1 : opening] not in _OPENING:
                return text[opening : dot.start()] if ONE_VALUE.fullmatch(text, opening, at) else None
            at = opening
        elif text[at - 1] in _ENDS_OF_VALUES:
            return None
        else:
            break
    return text[start : dot.start()] or None


def _chain(text: str) -> str:
    """A text's last line, with those above it that it goes on with, as one line; no more than its end."""
    above, newline, line = text.rpartition("\n")
    if not newline or not _GOES_ON.match(line):
        return line[-_MOST_PREFIX:]
    lines = above.split("\n")
    while lines and ((goes_on := _GOES_ON.match(line)) or _closes_more(line)):
        written = lines.pop()
        if not written.strip():
            break
        before = _REMARK.sub("", written).rstrip()
        if before:
            line = before + ("" if goes_on else " ") + line.lstrip()
    return line


def _closes_more(line: str) -> bool:
    """Whether a line closes brackets that were opened above it."""
    return line.count(")") > line.count("(") or line.count("]") > line.count("[")


def _before_types(text: str, opening: int) -> int:
    """Where the types in `<>` before a call's bracket begin; the bracket itself if there are none."""
    if text[opening : opening + 1] != "(" or text[opening - 1 : opening] != ">":
        return opening
    types = _TYPES_AT_END.search(text, 0, opening)
    return types.start() if types else opening


_CLOSES = re.compile(r"[})\]]|end\b")
_DOT = re.compile(r"\s*[?!&]?(?:\.|->|::)\w*$")
_LINK_AT_END = re.compile(r"\s*[?!&]?(?:\.|->|::|\\)$")
_GOES_ON = re.compile(r"\s*(?:[?!&]?\.(?![.\d])|\??->)")
"""How a line begins that goes on with the one above it; `...rest` and `.5` do not."""

_REMARK = re.compile(r"(?:^|\s)\s*(?://|#\s).*$|\\\s*$")
"""What ends a line of a chain and is no part of it: a comment, Python's `\\`."""

_TYPES_AT_END = re.compile(r"(?<=\w)(?:::)?<[^<>()]*(?:<[^<>()]*>[^<>()]*)*>$")
_ENDS_OF_VALUES = frozenset("\"'`}")
_NAME_AT_END = re.compile(r"[$@#]*[^\W\d]\w*$")
_OPENING = {")": "(", "]": "["}


def _matching(text: str, closing: int) -> int:
    """Index of the bracket that the one at `closing` closes; 0 if it is not there."""
    opens, closes, depth = _OPENING[text[closing]], text[closing], 0
    for at in range(closing, -1, -1):
        depth += (text[at] == closes) - (text[at] == opens)
        if depth == 0:
            return at
    return 0
