"""What people read of a definition: its head on one line, the first line of its documentation, its bases.

All of it is text work on what stands between places that the parser found, the same for every language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from coderdiff.context.records import SIGNATURE_CHARS
from coderdiff.context.syntax.source import Source

DOC_CHARS = 160
"""The first line of a documentation is cut here."""

SHORT_DECORATOR = 40
"""A decorator is part of the signature up to this many characters ("@property", not a route)."""

MOST_COMMENT_LINES = 60
"""How far up a leading comment is followed to its first line."""

ELLIPSIS = "..."

_CLOSING = {"(": ")", "[": "]", "{": "}"}
_BRACKET_OR_COMMA = re.compile(r"[()\[\]{},+]")
_COMMENT = {
    "#": re.compile(r"(?:^|\s)#[^\n\"']*$", re.MULTILINE),
    "//": re.compile(r"(?:^|\s)//[^\n]*$|/\*.*?\*/", re.MULTILINE | re.DOTALL),
}
_QUOTED = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'')
_DOCSTRING = re.compile(r'[rRuU]?("""|\'\'\'|"|\')(.*?)(?:\1|\Z)', re.DOTALL)
_MARKUP = re.compile(r"^[\s/*#!:-]+|\s*\*+/\s*$|</?[a-zA-Z][^<>]*>")
_BASE_WORD = re.compile(
    r"^\s*(?::(?!:)|<)|\b(?:extends|implements|with|permits|public|private|protected|virtual)\b"
)
_DECORATOR = re.compile(
    r"@(?!interface\b)[\w.]+(?: ?\((?:[^()\"]|\"(?:[^\"\\]|\\.)*\"|\([^()]*\))*\))? ?|#?\[(?:[^\[\]]|\[[^\[\]]*\])*\] ?"
)
_TAG = re.compile(r"^(?:[@\\]\w+|:\w+)")
_ATTRIBUTE = re.compile(r"\s*(?:#!?\[|\[\w|@\w)")
_COMMENT_LINE = {
    "#": re.compile(r"\s*#(?!!)"),
    "//": re.compile(r"\s*(?://|/\*|\*(?:[\s/]|$)|\*\*)|.*\*/\s*$"),
}


def one_line(head: str, comment: str, limit: int = SIGNATURE_CHARS) -> str:
    """A definition's head on one line of at most `limit` characters.

    Comments go, blanks are collapsed. Where it is still too long, the innermost brackets are emptied first
    ("Annotated[...]"), so that all the parameters' names and the result stay as long as possible.
    """
    if "\n" in head and comment in head:
        head = _COMMENT[comment].sub("", head)
    line = _without_long_decorators(" ".join(head.split()))
    for depth in (3, 2, 1):
        if len(line) <= limit:
            return line
        line = _emptied(line, depth)
    return line if len(line) <= limit else line[: limit - len(ELLIPSIS)].rstrip() + ELLIPSIS


def _without_long_decorators(line: str) -> str:
    """The line without annotations (`@Name(...)`) and attributes (`[Name(...)]`, `#[...]`) that say too much."""
    kept = ""
    while found := _DECORATOR.match(line):
        line = line[found.end() :]
        if len(found[0]) <= SHORT_DECORATOR:
            kept += found[0]
    return kept + line


def _emptied(line: str, depth: int) -> str:
    """The line with an ellipsis for what stands in brackets at this depth or deeper."""
    masked = _QUOTED.sub(lambda quoted: "_" * len(quoted[0]), line)
    kept: list[str] = []
    level = start = 0
    for found in _BRACKET_OR_COMMA.finditer(masked):
        if found[0] in _CLOSING:
            level += 1
            if level == depth:
                kept.append(line[start : found.end()])
                start = found.end()
        elif found[0] in ")]}":
            if level == depth:
                inner = line[start : found.start()]
                kept.append(inner if len(inner) <= len(ELLIPSIS) else ELLIPSIS)
                start = found.start()
            level = max(0, level - 1)
    kept.append(line[start:] if level < depth else ELLIPSIS)
    return "".join(kept)


def split_bases(text: str) -> list[str]:
    """The parts of a class's list of bases: "extends A<B> implements C, D" is "A<B>", "C", "D"."""
    return _split(_BASE_WORD.sub(",", " ".join(text.split())))


def _split(line: str) -> list[str]:
    """The parts of a bracketed or bare list, split at its own commas: "(A, B[int, str])" is "A", "B[int, str]"."""
    if line[:1] in _CLOSING and line[-1:] == _CLOSING[line[0]]:
        line = line[1:-1]
    masked = _QUOTED.sub(lambda quoted: "_" * len(quoted[0]), line).replace("<", "(").replace(">", ")")
    parts: list[str] = []
    level = start = 0
    for found in _BRACKET_OR_COMMA.finditer(masked):
        if found[0] in ",+":
            if level == 0:
                parts.append(line[start : found.start()])
                start = found.end()
        else:
            level += 1 if found[0] in _CLOSING else -1
    parts.append(line[start:])
    return [part.strip() for part in parts if part.strip()]


def short_decorators(text: str) -> str:
    """The decorators worth a place in a signature, on one line: those without a long list of arguments."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    return " ".join(line for line in lines if line.startswith("@") and len(line) <= SHORT_DECORATOR)


def docstring_line(body: str) -> str:
    """The first line of the docstring that a body starts with, "" if it has none."""
    found = _DOCSTRING.match(body)
    return _first_line(found[2].splitlines()) if found else ""


def comment_line(source: Source, line: int, comment: str) -> str:
    """The first line of the comment that stands right above a line.

    Attributes and annotations may stand between; an empty line may not.
    """
    is_comment = _COMMENT_LINE[comment]
    lines: list[str] = []
    for above in range(line - 1, max(0, line - 1 - MOST_COMMENT_LINES), -1):
        text = source.line_text(above)
        if is_comment.match(text):
            lines.append(text)
        elif not _ATTRIBUTE.match(text):
            break
    return _first_line(reversed(lines)) if lines else ""


def _first_line(lines: Iterable[str]) -> str:
    """The first of these lines that says something, without its comment marks, cut to a length."""
    for line in lines:
        words = _MARKUP.sub("", _MARKUP.sub("", line)).strip()
        if _TAG.match(words):
            return ""
        if any(character.isalpha() for character in words):
            return words[:DOC_CHARS]
    return ""
