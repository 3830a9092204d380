"""One ignore file -> which line of it speaks about a path. Git's own rules, byte for byte.

`gitignore(5)` says what the lines mean; where it is silent, `wildmatch.c` and `dir.c` do, quirks included. A line
is asked about one entry of a folder at a time, as git asks it, never about a path with its parents: whoever
walks the tree knows that the parents are in. Paths and patterns are bytes to git, so both are compared as
Latin-1 text (`key_of`), one character a byte.

No pattern makes matching slow: stars that cannot need a second try are atomic groups.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_IGNORE_BYTES = 1_000_000
"""No more of an ignore file is read: larger ones are not written by people."""

_FOLDERS = "(?:[^/]*+/)*?"
_ONE_FOLDER = "(?:[^/]*+/)+?"
_STAR = "[^/]*"
_CLASS = re.compile(r"\[:([^\]]*):\]")
_SPECIAL = re.compile(r"[*?\[\\]")
_ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_PRINTABLE = range(0x21, 0x7F)
_CLASSES: dict[str, frozenset[int]] = {
    name: frozenset(members)
    for name, members in {
        "alnum": [byte for byte in _PRINTABLE if chr(byte).isalnum()],
        "alpha": [byte for byte in _PRINTABLE if chr(byte).isalpha()],
        "blank": b" \t",
        "cntrl": [*range(0x20), 0x7F],
        "digit": b"0123456789",
        "graph": _PRINTABLE,
        "lower": range(ord("a"), ord("z") + 1),
        "print": range(0x20, 0x7F),
        "punct": [byte for byte in _PRINTABLE if not chr(byte).isalnum()],
        "space": b" \t\n\r",
        "upper": range(ord("A"), ord("Z") + 1),
        "xdigit": b"0123456789abcdefABCDEF",
    }.items()
}


@dataclass(frozen=True, slots=True)
class IgnoreLine:
    """A line that speaks: it ignores what it matches, or takes it back where `negated`."""

    source: str
    number: int
    negated: bool

    def __str__(self) -> str:
        return f"{self.source}:{self.number}"


class IgnoreFile:
    """The lines of one ignore file. `source` names it for people; `ignore_case` is git's `core.ignoreCase`."""

    def __init__(self, source: str, content: bytes, ignore_case: bool = False) -> None:
        self._lines: list[IgnoreLine] = []
        files, folders = _Matcher(ignore_case), _Matcher(ignore_case)
        for number, pattern, negated in _patterns(content):
            at = len(self._lines)
            self._lines.append(IgnoreLine(source, number, negated))
            folders_only = pattern.endswith("/")
            body = pattern[:-1] if folders_only else pattern
            for matcher in (folders,) if folders_only else (folders, files):
                matcher.add(at, body)
        self._files, self._folders = files.sealed(), folders.sealed()

    def __bool__(self) -> bool:
        return bool(self._lines)

    def match(self, key: str, folder: bool) -> IgnoreLine | None:
        """The last line that matches an entry, which is the one that counts; None if the file is silent.

        `key` is `key_of` the entry's path relative to the ignore file's folder, without a slash at its end.
        """
        at = (self._folders if folder else self._files).last_match(key)
        return self._lines[at] if at >= 0 else None


def key_of(path: str) -> str:
    """A path as git sees it: one character a byte."""
    return path if path.isascii() else os.fsencode(path).decode("latin-1")


class _Matcher:
    """Patterns for one kind of entry, sorted by what the cheapest test for them is."""

    def __init__(self, ignore_case: bool) -> None:
        self._fold = ignore_case
        self._names: dict[str, int] = {}
        self._paths: dict[str, int] = {}
        self._endings: dict[str, int] = {}
        self._name_globs: list[tuple[int, str]] = []
        self._path_globs: list[tuple[int, str]] = []
        self._all_endings: tuple[str, ...] = ()
        self._name_regex: _Alternatives | None = None
        self._path_regex: _Alternatives | None = None

    def add(self, at: int, pattern: str) -> None:
        whole_path = "/" in pattern
        pattern = pattern.removeprefix("/")
        special = _SPECIAL.search(pattern)
        if special is None:
            (self._paths if whole_path else self._names)[self._folded(pattern)] = at
        elif whole_path:
            # Git compares what comes before the first wildcard on its own: "a**/b" is "a", then "**/b".
            regex = _translate(pattern[special.start() :], self._fold)
            if regex is not None:
                before = self._folded(pattern[: special.start()])
                self._path_globs.append((at, re.escape(before) + regex))
        elif pattern[0] == "*" and not _SPECIAL.search(pattern, 1):
            self._endings[self._folded(pattern[1:])] = at
        elif (regex := _translate(pattern, self._fold)) is not None:
            self._name_globs.append((at, regex))

    def _folded(self, text: str) -> str:
        return text.translate(_ASCII_LOWER) if self._fold else text

    def sealed(self) -> _Matcher:
        self._all_endings = tuple(self._endings)
        self._name_regex = _Alternatives(self._name_globs) if self._name_globs else None
        self._path_regex = _Alternatives(self._path_globs) if self._path_globs else None
        return self

    def last_match(self, key: str) -> int:
        key = self._folded(key)
        name = key[key.rfind("/") + 1 :]
        at = max(self._names.get(name, -1), self._paths.get(key, -1))
        if self._all_endings and name.endswith(self._all_endings):
            at = max(at, *(line for ending, line in self._endings.items() if name.endswith(ending)))
        if self._name_regex is not None:
            at = max(at, self._name_regex.last_match(name))
        if self._path_regex is not None:
            at = max(at, self._path_regex.last_match(key))
        return at


class _Alternatives:
    """Many patterns as one regular expression, the later lines first, so that the first match is the last line."""

    def __init__(self, globs: list[tuple[int, str]]) -> None:
        self._lines = [at for at, _ in reversed(globs)]
        self._regex = re.compile("|".join(f"({regex})" for _, regex in reversed(globs)), re.DOTALL)

    def last_match(self, text: str) -> int:
        found = self._regex.fullmatch(text)
        return self._lines[found.lastindex - 1] if found and found.lastindex else -1


def _patterns(content: bytes) -> Iterator[tuple[int, str, bool]]:
    """Line number, pattern and whether it is negated, for each line that has a pattern."""
    text = content[:MAX_IGNORE_BYTES].decode("latin-1").removeprefix("\xef\xbb\xbf")
    for number, line in enumerate(text.split("\n"), start=1):
        if line.startswith("#"):
            continue
        pattern = _without_trailing_spaces(line.removesuffix("\r"))
        negated = pattern.startswith("!")
        pattern = pattern[1:] if negated else pattern
        if pattern not in ("", "/"):
            yield number, pattern, negated


def _without_trailing_spaces(line: str) -> str:
    """`line` without the spaces at its end, but for one behind a backslash."""
    end = len(line.rstrip(" "))
    backslashes = end - len(line[:end].rstrip("\\"))
    return line[: end + 1] if backslashes % 2 and end < len(line) else line[:end]


def _translate(pattern: str, fold: bool) -> str | None:
    """A pattern as a regular expression for the whole text; None if it is one that git lets match nothing.

    Between two `**/` stand whole folders, between two stars of one name a piece in which each character matches
    one character. The leftmost place where such a part fits is as good as any other, so it is an atomic group
    and never tried again; only the last one must reach to the end.
    """
    blocks: list[tuple[str, list[str]]] = [("", [])]
    for token in _tokens(pattern, fold):
        if token is None:
            return None
        if token in (_FOLDERS, _ONE_FOLDER):
            blocks.append((token, []))
        else:
            blocks[-1][1].append(token)
    parts = [folders + _names(tokens) for folders, tokens in blocks]
    return parts[0] + "".join(f"(?>{part})" for part in parts[1:-1]) + "".join(parts[1:][-1:])


def _names(tokens: list[str]) -> str:
    """Tokens without `**/` as a regular expression, each star that another one follows made atomic."""
    out: list[str] = []
    piece, star = "", False
    for token in [*tokens, "/"]:
        if token not in (_STAR, "/"):
            piece += token
            continue
        if star:
            piece = f"(?>[^/]*?{piece})" if token == _STAR else _STAR + piece
        out.append(piece + ("/" if token == "/" else ""))
        piece, star = "", token == _STAR
    return "".join(out)[:-1]


def _tokens(pattern: str, fold: bool) -> Iterator[str | None]:
    """The parts of a pattern, each a regular expression; None where git gives the pattern up."""
    at, end = 0, len(pattern)
    while at < end:
        char = pattern[at]
        if char == "*":
            stop = end - len(pattern[at:].lstrip("*"))
            whole_name = stop - at > 1 and (at == 0 or pattern[at - 1] == "/")
            if whole_name and stop == end:
                yield ".*"
            elif whole_name and pattern.startswith(("/", "\\/"), stop):
                yield _FOLDERS if pattern[stop] == "/" else _ONE_FOLDER
                stop += 1 if pattern[stop] == "/" else 2
            else:
                yield _STAR
            at = stop
        elif char == "[":
            members, at = _bracket(pattern, at + 1, fold)
            yield None if members is None else _any_of(members - {ord("/")})
        elif char == "\\":
            yield re.escape(pattern[at + 1]) if at + 1 < end else None
            at += 2
        else:
            yield "[^/]" if char == "?" else re.escape(char.translate(_ASCII_LOWER) if fold else char)
            at += 1


def _bracket(pattern: str, at: int, fold: bool) -> tuple[frozenset[int] | None, int]:
    """The bytes of the set whose "[" ends before `at`, None if it is malformed; and where the pattern goes on.

    Folding is git's: the text has small letters only, ranges and `[:upper:]` take them for both, single letters
    do not.
    """
    negated = pattern.startswith(("!", "^"), at)
    at += negated
    folded = _ASCII_LOWER.items() if fold else ()
    members: set[int] = set()
    previous: int | None = None
    first = True
    while first or not pattern.startswith("]", at):
        first = False
        if at >= len(pattern):
            return None, at
        named = _CLASS.match(pattern, at)
        if named:
            if named[1] not in _CLASSES:
                return None, at
            members |= _CLASSES["alpha" if fold and named[1] == "upper" else named[1]]
            previous, at = None, named.end()
        elif previous is not None and pattern[at] == "-" and pattern[at + 1 : at + 2] not in ("", "]"):
            last, at = _literal(pattern, at + 1)
            if last is None:
                return None, at
            members.update(range(previous, last + 1))
            members.update(lower for upper, lower in folded if previous <= upper <= last)
            previous = None
        else:
            previous, at = _literal(pattern, at)
            if previous is None:
                return None, at
            members.add(previous)
    return frozenset(range(256)) - members if negated else frozenset(members), at + 1


def _literal(pattern: str, at: int) -> tuple[int | None, int]:
    """The byte at `at`, or behind it where a backslash stands; None where the pattern ends before it."""
    at += pattern.startswith("\\", at)
    return (ord(pattern[at]) if at < len(pattern) else None), at + 1


def _any_of(members: frozenset[int]) -> str:
    """A regular expression for one of the bytes; one that matches nothing if there are none."""
    return "[" + "".join(f"\\x{byte:02x}" for byte in sorted(members)) + "]" if members else "(?!)"
