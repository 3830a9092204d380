"""A statement that is not finished yet: what it lacks, so that the parser can be asked about it all the same.

While a file is being written the statement at the cursor has brackets open, and headers have no body: nothing parses,
and nothing is wrong. `lacking` says which endings would make a whole of a Python text that stops there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from coderdiff.decoding.scopes import STATEMENT_WORDS, lexeme, line_start, reading_start

_CLOSING = {"(": ")", "[": "]", "{": "}"}
_HEADERS = frozenset((
    "async", "case", "class", "def", "elif", "else", "except", "finally", "for", "if", "match", "try", "while", "with",
    "@",
))  # fmt: skip
_TAIL = re.compile(r"[)\]},:; \t]*\Z")


@dataclass(frozen=True)
class Lacking:
    """What the last statement of a text lacks.

    `closers` end what is open: brackets, a long string. `bodies` are the least bodies, one of which a header needs;
    none for any other statement. `headed`: the header is written to its end. `begun`: the statement began before the
    part that is to be judged. `own`: brackets are open that this part opened, and it stops at neither one nor a comma.
    """

    closers: str
    bodies: tuple[str, ...]
    headed: bool
    begun: bool
    own: bool

    @property
    def endings(self) -> tuple[str, ...]:
        """What would make a whole of it, each to be tried; none if it lacks nothing."""
        if not self.bodies:
            return (self.closers,) if self.closers else ()
        colon = "" if self.headed else ":"
        return tuple(self.closers + colon + body for body in self.bodies)


@dataclass(frozen=True)
class _Last:
    """The last logical line of a text that is not blank or a comment: where it starts, its indentation and first word,
    the last character of its code, and the brackets and quotes that it leaves open."""

    start: int = 0
    indent: str = ""
    word: str = ""
    last: str = ""
    brackets: str = ""
    quotes: str = ""


def lacking(prefix: str, text: str) -> Lacking:
    """What the last statement of `prefix + text` lacks; `text` is to be judged."""
    line = _last_line(prefix, text)
    begun = bool(prefix[line.start :].strip())
    brackets = "".join(_CLOSING[bracket] for bracket in reversed(line.brackets))
    closers = line.quotes + (f"\n{brackets}" if brackets else "")  # behind a comment, too
    opened = len(_last_line(prefix).brackets) if begun else 0
    own = len(line.brackets) > opened and text.rstrip()[-1:] not in ("(", "[", "{", ",")
    headed = (line.last == ":" or line.word == "@") and not closers
    return Lacking(closers, _bodies(line), headed, begun, own)


def nothing_follows(prefix: str, suffix: str) -> bool:
    """Whether a hole is where writing stopped: behind it is nothing but closers on its line, or next comes a statement
    at the top level, and the hole is indented."""
    tail = line_tail(suffix)
    if not _TAIL.match(tail):
        return False
    following = suffix[len(tail) :].lstrip()
    if not following:
        return True
    on_its_line = prefix[prefix.rfind("\n") + 1 :]
    indented = on_its_line[:1].isspace() or bool(_last_line(prefix).indent)
    return indented and suffix[: -len(following)].endswith("\n")


def line_tail(suffix: str) -> str:
    """What stands behind a hole on its line."""
    return re.split(r"[\r\n]", suffix, maxsplit=1)[0]


def _bodies(line: _Last) -> tuple[str, ...]:
    """The least bodies that a header can have, by its first word."""
    if line.word not in _HEADERS:
        return ()
    body = f"\n{line.indent} pass"
    if line.word == "match":
        return (f"\n{line.indent} case _: pass",)
    if line.word == "try":  # the clause it needs may follow already
        return f"{body}\n{line.indent}except Exception: pass", body
    if line.word == "@":
        return (f"\n{line.indent}def _(): pass",)
    return (body,)


def _last_line(prefix: str, text: str = "") -> _Last:
    """That of `prefix + text`: what is above the prefix' own line is read once for all texts that are tried."""
    at, above = _above(prefix)
    return _read(prefix + text, at, above)[0]


@lru_cache(maxsize=4)
def _above(prefix: str) -> tuple[int, _Last]:
    """Where the line begins that a prefix ends in, and the last logical line at that place."""
    at = reading_start(prefix)
    return _read(prefix, at, _Last(at))[1:]


def _read(source: str, at: int, found: _Last) -> tuple[_Last, int, _Last]:
    """Read on from the start of a line, with the last logical line at that place. Tells the last one of the whole
    source; where the source's last line begins; the last one at that place."""
    start, indent, word, last, brackets = found.start, found.indent, found.word, found.last, found.brackets
    line, above, fresh = at, found, True
    while at < len(source):
        if fresh:
            leading, first, _ = line_start(source, at)
            if first in STATEMENT_WORDS:
                brackets = ""  # they were never closed
            if not brackets and first not in ("", "#"):
                start, indent, word, last = at, leading, first, ""
        end, kind, quotes = lexeme(source, at)
        piece = source[at:end]
        if kind == "open":
            brackets += piece
        elif kind == "close":
            brackets = brackets[:-1]
        fresh = kind == "line"
        if not fresh and piece[0] != "#" and piece.strip():
            last = piece.rstrip()[-1]
        at = end
        found = _Last(start, indent, word, last, brackets, quotes)
        if fresh:
            line, above = at, found
    return found, line, above
