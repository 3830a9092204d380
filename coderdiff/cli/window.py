"""The part of a file that is shown around a hole, coloured by syntax, for the terminal and the trace page."""

from __future__ import annotations

from dataclasses import dataclass

from rich.syntax import Syntax, SyntaxTheme
from rich.text import Text

from coderdiff.types import Document, Hole

_HIGHLIGHTED_CHARACTERS = 20_000
_CONTROLS = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\n"}
_CONTROLS |= {0x7F: 0x2421} | dict.fromkeys(range(0x80, 0xA0), 0xFFFD)


@dataclass(frozen=True)
class Window:
    """Some whole lines of a document: `before` the hole, what it is `filled` with, and `after` it.

    `first_line` is the 1-based number of the line that `before` starts with. Tabs are still tabs.
    """

    first_line: int
    before: Text
    filled: Text
    after: Text


def printable(text: str) -> str:
    """The text, one for one, with control characters as visible symbols: it cannot drive a terminal."""
    return text.translate(_CONTROLS)


def around(
    document: Document, hole: Hole, theme: SyntaxTheme, filling: str = "", *, above: int = 4, below: int = 3
) -> Window:
    """Cut out the hole's lines with `above` and `below` lines of context, and put `filling` in the hole.

    Colours are `theme`'s, for the language that the file's name tells.
    """
    text = document.text
    first = _line_start(text, hole.start, above)
    last = _line_end(text, hole.end, below)
    floor = min(first, max(0, hole.start - _HIGHLIGHTED_CHARACTERS))
    code = printable(text[floor : hole.start] + filling + text[hole.end : last])
    language = Syntax.guess_lexer(document.path or "", code)
    coloured = Syntax(code, language, theme=theme, tab_size=0).highlight(code)
    if not coloured.plain.startswith(code):
        coloured = Text(code)
    seams = [first - floor, hole.start - floor, hole.start - floor + len(filling), len(code)]
    _, before, filled, after, *_ = coloured.divide(seams)
    return Window(text.count("\n", 0, first) + 1, before, filled, after)


def _line_start(text: str, offset: int, above: int) -> int:
    """Where the line that stands `above` lines over the offset's own line starts."""
    start = text.rfind("\n", 0, offset) + 1
    for _ in range(above):
        if start == 0:
            break
        start = text.rfind("\n", 0, start - 1) + 1
    return start


def _line_end(text: str, offset: int, below: int) -> int:
    """Where the line that stands `below` lines under the offset's own line ends, before its line end."""
    end = text.find("\n", offset)
    for _ in range(below):
        if end == -1:
            break
        end = text.find("\n", end + 1)
    if end == -1:
        return max(offset, len(text) - 1 if text.endswith("\n") else len(text))
    return end
