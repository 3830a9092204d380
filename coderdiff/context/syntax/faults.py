"""Where broken code is at fault, told by its lines alone: what is opened and, by the indentation, not closed.

A parser that meets an unclosed bracket reports an error at the end of the file; people see it at once, since the
lines below are not indented. This reads a text as they do: line by line, brackets and quotes against indentation.
It may be wrong (a style that we do not know): what it finds is tried, never believed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from coderdiff.context.syntax.languages import Language


@dataclass(frozen=True, slots=True)
class Fault:
    """Lines (from 0, `last` included) that leave something open; `closing` is what would close it, in order.

    Lines that close what nobody opened have an empty `closing`.
    """

    first: int
    last: int
    closing: bytes = b""


@dataclass(frozen=True, slots=True)
class _Open:
    """A bracket, or a word that opens a block: the line that it is on, its indentation, what closes it."""

    line: int
    indent: int
    closing: bytes


@dataclass(slots=True)
class _Reading:
    """How far the text is read: the brackets that are open, and the faults found."""

    stack: list[_Open] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


_CLOSING = {b"(": b")", b"[": b"]", b"{": b"}"}
_MANY_LINES = {
    "python": (b'"""', b"'''"),
    "javascript": (b"`",),
    "typescript": (b"`",),
    "tsx": (b"`",),
    "go": (b"`",),
    "rust": (b'"',),
    "c_sharp": (b'"',),
    "ruby": (b'"', b"'"),
    "php": (b'"', b"'"),
    "bash": (b'"', b"'"),
}
"""The quotes whose strings may go on in the next line."""

_STRINGS = rb'"(?:[^"\\\n]|\\.)*"|`[^`\n]*`'
_TEXTS = rb"'(?:[^'\\\n]|\\.)*'"
_CHARACTERS = rb"'(?:[^'\\\n]|\\[^\n']{1,8}|\\')'"
_TRIPLED = rb'"""|\'\'\'|'
_SLASHES = rb"//[^\n]*|/\*[^\n]*?\*/|/\*|"
_HASH = rb"#[^\n]*|"
_HASH_WORD = rb"(?<![^\s;])#[^\n]*|"
_MARKS = rb"|[\"'`(){}\[\]]"
_TOKENS = {
    "python": _HASH + _TRIPLED + _STRINGS + rb"|" + _TEXTS + _MARKS,
    "ruby": _HASH_WORD
    + _STRINGS
    + rb"|"
    + _TEXTS
    + rb"|(?m:^[ \t]*(?:private[ \t]+)?(?:def|class|module|if|unless|while|until|for|case|begin)\b)"
    + rb"|\bdo\b|(?<![.\w:])end\b(?![?!:])"
    + _MARKS,
    "bash": _HASH_WORD
    + rb"\$\{\#|"
    + _STRINGS
    + rb"|"
    + _TEXTS
    + rb"|(?m:^[ \t]*(?:if|while|until|for|case)\b)"
    rb"|(?<![\w$-])(?:fi|done|esac)\b" + _MARKS,
    "rust": _SLASHES + _STRINGS + rb"|" + _CHARACTERS + rb"|'\w*" + _MARKS,
    "php": _SLASHES + rb"#(?!\[)[^\n]*|" + _STRINGS + rb"|" + _TEXTS + _MARKS,
}
_TOKEN = {name: re.compile(pattern) for name, pattern in _TOKENS.items()}
_TOKEN_LIKE_C = re.compile(_SLASHES + _STRINGS + rb"|" + _TEXTS + _MARKS)
_CLOSING_WORD = {
    "bash": {b"if": b"fi", b"while": b"done", b"until": b"done", b"for": b"done", b"case": b"esac"},
}
_LINE = re.compile(rb"[^\n]*\n?")
_INDENT = re.compile(rb"[ \t]*")
_MAY_STAND_OUT = re.compile(
    rb"[ \t]*(?:case\b|default\b|\w+[ \t]*:(?!:)|else|elsif|elif|when|rescue|ensure|then|do\b)"
)
COMMENT = re.compile(rb"[ \t]*(?:#(?!\[)|//|/\*[^\n]*\*/\s*$)")
_NEAR = 200
"""How many bytes before a bracket are looked at for the word that opens it: lines may be very long."""
_HOLDS_ALL = re.compile(rb"\b(?:namespace|extern|module|package)\b")
_STARTS_TEXT = re.compile(rb"\w")
_DEFINITION = re.compile(
    rb"^[ \t]*(?:(?:pub|public|private|protected|static|export|default|async|abstract|final)[ \t]+)*"
    rb"(?:def|class|func|fn|function|struct|impl|trait|interface|enum)[ \t]+\w+[ \t]*[({:<\n]",
    re.MULTILINE,
)


def find_faults(language: Language, content: bytes) -> list[Fault]:
    """The lines that seem to be at fault, in the order of the file."""
    token_of = _TOKEN.get(language.name, _TOKEN_LIKE_C)
    reading = _Reading()
    quiet_until = 0
    last = -1
    for line, found in enumerate(_LINE.finditer(content)):
        start, end = found.span()
        if start < quiet_until:
            if end <= quiet_until:
                last = line
                continue
            start = quiet_until
        elif not found[0].strip() or COMMENT.match(found[0]):
            continue
        indent = _indent(content, found.start())
        if start == found.start():
            _leave(reading, content, start, indent, last)
        last = line
        quiet_until = _read_line(reading, language, token_of, content, (start, end), line, indent)
    while reading.stack:
        top = reading.stack[-1]
        _give_up(reading, last if top.indent >= 0 else top.line)
    return sorted(reading.faults, key=lambda fault: (fault.first, fault.last))


def _indent(content: bytes, start: int) -> int:
    found = _INDENT.match(content, start)
    return len(found[0].expandtabs(4)) if found else 0


def _leave(reading: _Reading, content: bytes, start: int, indent: int, last: int) -> None:
    """Give up what is still open though a line is not indented any more."""
    stack = reading.stack
    while stack and stack[-1].indent >= indent:
        top = stack[-1]
        blanks = _INDENT.match(content, start)
        assert blanks is not None  # the pattern matches nothing, too
        stop = blanks.end()
        closes = content.startswith(top.closing, stop) or (
            content[stop : stop + 1] in (b")", b"]", b"}") and len(top.closing) == 1
        )
        if top.indent == indent and (closes or _MAY_STAND_OUT.match(content, start)):
            break
        if content[stop : stop + 1] == b"#" or (top.indent == indent and content[stop : stop + 1] == b"{"):
            break
        _give_up(reading, last)


def _give_up(reading: _Reading, last: int) -> None:
    """All that was opened on the line of the innermost bracket is a fault up to a line."""
    line = reading.stack[-1].line
    closing = []
    while reading.stack and reading.stack[-1].line == line:
        closing.append(reading.stack.pop().closing)
    if closing != [b""]:
        reading.faults.append(Fault(line, last, _joined(closing)))


def _joined(closing: list[bytes]) -> bytes:
    return b"".join(b"; " + each if each.isalpha() else each for each in closing)


def _read_line(
    reading: _Reading,
    language: Language,
    token_of: re.Pattern[bytes],
    content: bytes,
    span: tuple[int, int],
    line: int,
    indent: int,
) -> int:
    """Read one line's brackets and quotes; the offset up to which a string or comment goes on that it starts."""
    at, end = span
    while found := token_of.search(content, at, end):
        token = found[0]
        at = found.end()
        word = token.split()[-1] if token[-1:].isalpha() else token
        if token in _CLOSING:
            holds_all = token == b"{" and _HOLDS_ALL.search(content, max(span[0], at - _NEAR), at)
            reading.stack.append(_Open(line, -1 if holds_all else indent, _CLOSING[token]))
        elif token in (b")", b"]", b"}") or (word in (b"end", b"fi", b"done", b"esac")):
            _close(reading, word, line, indent)
        elif token in (b'"', b"'", b"`", b'"""', b"'''", b"/*"):
            until = _end_of_text(language, content, token, at)
            if until is not None:
                return until
            if token != b"'" or language.name != "tsx":
                reading.faults.append(Fault(line, line, _closing_of(token, reading, line)))
            return 0
        elif language.name == "ruby" and not token.startswith((b'"', b"'", b"`", b"#")):
            if word != b"do" or not (reading.stack and reading.stack[-1].line == line):
                reading.stack.append(_Open(line, indent, b"end"))
        elif word in _CLOSING_WORD.get(language.name, {}):
            reading.stack.append(_Open(line, indent, _CLOSING_WORD[language.name][word]))
        elif token == b"${#":
            reading.stack.append(_Open(line, indent, b"}"))
    return 0


def _closing_of(quote: bytes, reading: _Reading, line: int) -> bytes:
    """What closes a text and the brackets around it that were opened on its line."""
    closing = [b" */" if quote == b"/*" else quote]
    while reading.stack and reading.stack[-1].line == line:
        closing.append(reading.stack.pop().closing)
    return _joined(closing)


def _close(reading: _Reading, closing: bytes, line: int, indent: int) -> None:
    stack = reading.stack
    if not stack:
        reading.faults.append(Fault(line, line))
    elif stack[-1].closing == closing and (
        stack[-1].line == line or indent <= stack[-1].indent or closing == b")"
    ):
        stack.pop()
    elif stack[-1].closing == closing:  # deeper than what it closes: a line too many, or a style of its own
        others = [each for each in stack if each.indent >= 0 and each.closing == closing]
        if closing == b"}" or closing.isalpha():
            reading.faults.append(Fault(line, line))
            if len(others) < 1:
                stack.pop()
        else:
            stack.pop()
    else:
        reading.faults.append(Fault(line, line))


def _end_of_text(language: Language, content: bytes, quote: bytes, at: int) -> int | None:
    """Where the text ends that a quote or comment mark opens; None if the line forgot to close it."""
    if quote == b"/*":
        end = content.find(b"*/", at)
        return None if end < 0 or content.find(b"/*", at, end) >= 0 else end + 2
    if quote not in _MANY_LINES.get(language.name, ()):
        return None
    for found in _unpaired(language, content, at):
        if found[0] != quote:
            continue
        if len(quote) == 3 and _STARTS_TEXT.match(content, found.end()):
            return None
        return None if _DEFINITION.search(content, at, found.start()) else found.end()
    return None


def _unpaired(language: Language, content: bytes, at: int) -> Iterator[re.Match[bytes]]:
    """The quotes from a place on that no other one on their line closes."""
    token_of = _TOKEN.get(language.name, _TOKEN_LIKE_C)
    if language.name == "python":
        yield from re.compile(rb'"""|\'\'\'').finditer(content, at)
        return
    for found in token_of.finditer(content, at):
        if found[0] in (b'"', b"'", b"`"):
            yield found
