"""Where a hole stands in a Python file: the statements around it, outermost first, by lines and indentation.

A parser would not do. The files in question do not parse, and one bracket left open makes a parser's tree of
everything behind it guesswork; indentation, in code that people keep tidy, survives that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

READ_CHARS = 40_000
"""How far back and ahead of the hole lines are read: a scope that begins earlier is not found."""

_LEXEMES = re.compile(
    r"""
      (?P<line>\r?\n)
    | (?P<open>[(\[{])
    | (?P<close>[)\]}])
    | \\\r?\n
    | \#[^\n]*
    | (?P<double>\"{3})(?:[^"\\]|\\.|"(?!""))*(?:\"{3}|\Z)
    | (?P<single>'{3})(?:[^'\\]|\\.|'(?!''))*(?:'{3}|\Z)
    | "(?:[^"\\\n]|\\.)*"?
    | '(?:[^'\\\n]|\\.)*'?
    | [^\r\n"'\#()\[\]{}\\]+
    """,
    re.VERBOSE | re.DOTALL,
)
_CODE = re.compile(
    r"""(?:
      [^"'\#\\]+
    | \\.?
    | \#[^\n]*
    | \"{3}(?:[^"\\]|\\.|"(?!""))*\"{3}
    | '{3}(?:[^'\\]|\\.|'(?!''))*'{3}
    | "(?!"")(?:[^"\\\n]|\\.)*"?
    | '(?!'')(?:[^'\\\n]|\\.)*'?
    )*""",
    re.VERBOSE | re.DOTALL,
)
"""Everything before a long string that is never closed. It matches whatever comes, so nothing is ever gone back over;
no possessive repeats say so, for those of a group could match wrongly before Python 3.11.5 (gh-106052)."""
_DEFINITION = re.compile(r"^[ \t]*(?:@|(?:async[ ]+)?def[ ]|class[ ])", re.MULTILINE)
_LINE_START = re.compile(r"([ \t\f]*)(@|\w+|[^\w\s]?)")
STATEMENT_WORDS = frozenset(("@", "def", "class", "return", "import", "with", "try", "while", "raise"))
"""No line inside brackets starts with one of these: brackets open above it were never closed."""
_CLAUSES = {
    "elif": frozenset(("if", "elif")),
    "else": frozenset(("if", "elif", "for", "while", "except", "async")),
    "except": frozenset(("try", "except")),
    "finally": frozenset(("try", "except", "else")),
}
"""What starts a clause of a statement, and what the clause before it starts with."""
_CLOSERS = frozenset(")]}")
_NESTING = {"open": 1, "close": -1}


@dataclass(frozen=True)
class Scope:
    """A statement around the hole: `prefix[start:]` and `suffix[:end]`, and what makes them a file.

    `opening` is the lines that make its indentation legal. `stubs` are least statements, one of which can
    take its place whatever its text: more than one where the text in the hole decides the indentation.
    """

    start: int
    end: int
    opening: str
    stubs: tuple[str, ...]

    def around(self, prefix: str, text: str, suffix: str) -> str:
        """The scope on its own, with `text` in the hole."""
        return f"{self.opening}{prefix[self.start :]}{text}{suffix[: self.end]}"

    def without(self, inner: Scope, prefix: str, suffix: str) -> Iterator[str]:
        """The scope on its own, with each stub of the scope `inner` in its place."""
        before, after = prefix[self.start : inner.start], suffix[inner.end : self.end]
        return (f"{self.opening}{before}{stub}{after}" for stub in inner.stubs)


@dataclass(frozen=True)
class _Line:
    """A logical line: where it starts, its indentation and its first word (or character)."""

    start: int
    indent: str
    word: str

    @property
    def depth(self) -> int:
        return _depth(self.indent)


def whole_file(suffix: str) -> Scope:
    """The file as a scope."""
    return Scope(0, len(suffix), "", ())


def scopes_around(prefix: str, text: str, suffix: str) -> list[Scope]:
    """The statements around a hole that is to hold `text`, outermost (top level) first, the hole's own last.

    Decorators belong to what they decorate; `else`, `except` and the like to the statement they continue. A clause
    of a `match` is no scope: it cannot stand alone. There are none where the hole has to hold more than statements:
    a header for what the suffix begins with, or quotes that `text` lacks, to open or close a long string.
    """
    lines, brackets, quotes = _logical_lines(prefix, text)
    least = _least_end(text, suffix, brackets, quotes)
    if not lines or least is None:
        return []
    found: list[tuple[int, str]] = []  # start in prefix, indentation; innermost first
    words: dict[int, str] = {}  # depth -> first word of the innermost statement there
    for at in range(len(lines) - 1, -1, -1):
        line = lines[at]
        if line.depth < min(words, default=line.depth + 1):
            words[line.depth] = line.word
            if line.word != "case":
                found.append((lines[_first_line(lines, at)].start, line.indent))
    if not found or not _goes_on(suffix, _end(suffix, least, _depth(found[0][1])), words):
        return []
    indents = [indent for _, indent in found]
    scopes = []
    for level, (start, indent) in reversed(list(enumerate(found))):
        stubs = [f"{indent}pass\n"]
        if start == lines[-1].start and not prefix[start:].strip():
            above = lines[-2].indent if len(lines) > 1 else ""
            stubs += ["", f"{above} pass\n"]  # the text may be indented wrongly; these are right in its place
        opening = _opening(indents[level + 1 :], indent)
        scopes.append(Scope(start, _end(suffix, least, _depth(indent)), opening, tuple(stubs)))
    return scopes


def _goes_on(suffix: str, at: int, words: dict[int, str]) -> bool:
    """Whether the suffix from `at` dedents only to the depths of `words`, and to clauses that may follow them."""
    depth = max(words) + 1
    while at < min(len(suffix), READ_CHARS) and depth:
        indent, word, _ = line_start(suffix, at)
        here = _depth(indent)
        if here < depth and word and word != "#" and word not in _CLOSERS:
            depth = here
            if words.get(here, "") not in _CLAUSES.get(word, words.values()):
                return False
        at = suffix.find("\n", at) + 1 or len(suffix)
    return True


def _logical_lines(prefix: str, text: str) -> tuple[list[_Line], int, str]:
    """Logical lines of the prefix but for comments, the hole's own last; brackets and quotes left open.

    A hole on a line that is blank so far begins a line, if no bracket is open: `text` then says its
    indentation and first word. A line inside brackets is indented deeper than their statement: brackets open
    above another were never closed.
    """
    lines: list[_Line] = []
    at = reading_start(prefix)
    brackets, quotes, fresh = 0, "", True
    while fresh or at < len(prefix):
        if fresh:
            indent, word, end = line_start(prefix, at)
            holes_own = end == len(prefix) and not word
            line = _hole_line(at, indent + text) if holes_own else _Line(at, indent, word)
            depth = _depth(indent) if indent else line.depth
            apart = lines and depth <= lines[-1].depth and line.word not in _CLOSERS
            if line.word and (apart or (line.word in STATEMENT_WORDS and not holes_own)):
                brackets = 0
            if not brackets and (holes_own or line.word not in ("", "#")):
                lines.append(line)
            if holes_own:
                break
        at, kind, quotes = lexeme(prefix, at)
        fresh = kind == "line"
        brackets = max(0, brackets + _NESTING.get(kind, 0))
    return lines, brackets, quotes


def _least_end(text: str, suffix: str, brackets: int, quotes: str) -> int | None:
    """How far into the suffix the hole's statement goes at least, to close what is open behind the hole.

    `brackets` and `quotes` are open before it. None where only the hole can open or close a long string, and
    `text` does not.
    """
    code = _CODE.match(suffix)
    inside = suffix[code.end() :][:3] if code else ""
    if bool(inside) != bool(quotes) and text.count(inside or quotes) % 2 == 0:
        return None
    at = found = max(0, suffix.find(inside)) + len(inside)
    nesting = brackets
    while at < min(len(suffix), found + READ_CHARS):
        at, kind, _ = lexeme(suffix, at)
        nesting += _NESTING.get(kind, 0)
        if nesting < 0:
            nesting, found = 0, at
        if kind == "line" and line_start(suffix, at)[1] in STATEMENT_WORDS:
            break
    return found


def reading_start(source: str) -> int:
    """Where to begin reading the last `READ_CHARS` of a text: where no string is open, most likely."""
    if len(source) <= READ_CHARS:
        return 0
    definition = _DEFINITION.search(source, len(source) - READ_CHARS)
    return definition.start() if definition else source.find("\n", len(source) - READ_CHARS) + 1


def lexeme(source: str, at: int) -> tuple[int, str, str]:
    """End of the lexeme at an offset; "line", "open", "close" or ""; quotes of a long string left open."""
    match = _LEXEMES.match(source, at)
    if not match:
        return at + 1, "", ""
    quotes = match["double"] or match["single"] or ""
    closed = len(match[0]) >= 6 and match[0].endswith(quotes)
    return match.end(), match.lastgroup or "", "" if closed else quotes


def line_start(source: str, at: int) -> tuple[str, str, int]:
    """Indentation and first word (or character) of the line at an offset; where that word ends."""
    match = _LINE_START.match(source, at)
    assert match is not None  # it matches the empty string
    return match[1], match[2], match.end()


def _hole_line(start: int, content: str) -> _Line:
    """The logical line that the hole begins."""
    for line in content.splitlines():
        if line.strip():
            indent, word, _ = line_start(line, 0)
            return _Line(start, indent, word)
    return _Line(start, content.strip("\r\n"), "")


def _first_line(lines: list[_Line], at: int) -> int:
    """Index of the line that begins the statement which `lines[at]` decorates, continues or is."""
    depth = lines[at].depth
    first = at
    for earlier in range(at - 1, -1, -1):
        line = lines[earlier]
        if line.depth < depth:
            break
        if line.depth == depth:
            if lines[first].word not in _CLAUSES and line.word != "@":
                break
            first = earlier
    return first


def _end(suffix: str, least: int, depth: int) -> int:
    """Where in the suffix, `least` or later, a statement at `depth` ends: before one at most as deep."""
    at = suffix.find("\n", least) + 1
    while at:
        indent, word, _ = line_start(suffix, at)
        here = _depth(indent)
        goes_on = word in _CLOSERS or (word in _CLAUSES and here == depth)
        if word and word != "#" and here <= depth and not goes_on:
            return at
        at = suffix.find("\n", at) + 1
    return len(suffix)


def _opening(outer: list[str], indent: str) -> str:
    """Lines at the indentations `outer` (innermost first) that make one at `indent` legal, even a comment."""
    if not _depth(indent):
        return ""
    return "".join(f"{level}if 1:\n" for level in reversed(outer or [""])) + f"{indent}pass\n"


def _depth(indent: str) -> int:
    return len(indent.expandtabs(8))
