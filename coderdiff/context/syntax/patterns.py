"""A language's query files, compiled: what each pattern's captures mean (see `reader.py`) and what it checks.

The predicates are ours: `(#word? @capture "a" "b")`, the captured text is one of these words; `#not-word?`, it is
none of them; `(#upper? @capture)` and `(#lower? @capture)`, it starts with such a letter. They are taken out before
tree-sitter sees the query: its own read the source again, which crashes where the parser was fed in pieces, and two
of them in one pattern corrupt the heap (tree-sitter 0.26.1).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import tree_sitter

from coderdiff.context.syntax.languages import Language

STRENGTHS = ("none", "call", "type", "attribute", "name")
"""The kinds of references: of several for one name the first counts."""

NOT_A_USE = 0

_ROLES = ("definition", "scope", "inherits", "reference", "local", "import", "binding")
_OF_USES = frozenset(
    (
        *("reference", "local", "binding.value", "binding.each", "binding.pairs", "binding.entered"),
        *("binding.said", "binding.many", "binding.narrowed"),
    )
)
"""Roles and captures of what is asked for in the open document alone."""

_PREDICATE = re.compile(r'\(#([\w-]+[?!])((?:\s+(?:[@\w.-]+|"[^"]*"))*)\s*\)')
_ARGUMENT = re.compile(r'@([\w.-]+)|"([^"]*)"|([\w.-]+)')
_CAPTURE = re.compile(r"@([\w.]+)")
_COMMENT = re.compile(r"^[ \t]*;[^\n]*", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Check:
    """What must be true of a capture's text."""

    capture: str
    holds: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Pattern:
    """One pattern of a query.

    `role` and `kind` are the two words of its leading capture, `key` the capture itself. `strength` is the place
    of a reference's kind in `STRENGTHS`, -1 for other roles. `of_uses` says that it is asked for in the open document
    alone. `silent` is the name that an import brings although no text says it.
    """

    role: str
    kind: str
    key: str
    strength: int
    of_uses: bool
    checks: tuple[Check, ...]
    silent: str | None


@dataclass(frozen=True, slots=True)
class Query:
    """A compiled query and its patterns in order."""

    compiled: tree_sitter.Query
    patterns: tuple[Pattern, ...]


@cache
def query_of(language: Language, uses: bool = True) -> Query:
    """A language's query, without `uses` one that finds nothing of what is asked for in the open document alone.

    Compiling it takes up to 0.2 seconds, once a process.
    """
    text = _COMMENT.sub(lambda comment: " " * len(comment[0]), language.query_text)
    bare = _PREDICATE.sub(lambda predicate: " " * len(predicate[0]), text)
    compiled = tree_sitter.Query(language.grammar, bare)
    patterns = [
        _pattern(text[compiled.start_byte_for_pattern(index) : compiled.end_byte_for_pattern(index)])
        for index in range(compiled.pattern_count)
    ]
    for index, pattern in enumerate(patterns):
        if not uses and pattern.of_uses:
            compiled.disable_pattern(index)
    return Query(compiled, tuple(patterns))


def _pattern(text: str) -> Pattern:
    """What one pattern's text says; query files are ASCII, so bytes are characters."""
    captures = _CAPTURE.findall(_PREDICATE.sub("", text))
    key = next(capture for role in _ROLES for capture in captures if capture.split(".")[0] == role)
    role, _, kind = key.partition(".")
    checks: list[Check] = []
    silent = None
    for name, arguments in _PREDICATE.findall(text):
        words = [capture or word or bare for capture, word, bare in _ARGUMENT.findall(arguments)]
        if name == "set!":
            silent = words[1]
        else:
            checks.append(Check(words[0], _PREDICATES[name](frozenset(words[1:]))))
    strength = STRENGTHS.index(kind) if role == "reference" else -1
    of_uses = role in _OF_USES or not _OF_USES.isdisjoint(captures)
    return Pattern(role, kind, key, strength, of_uses, tuple(checks), silent)


def _word(words: frozenset[str]) -> Callable[[str], bool]:
    return words.__contains__


def _not_word(words: frozenset[str]) -> Callable[[str], bool]:
    return lambda text: text not in words


def _upper(_: frozenset[str]) -> Callable[[str], bool]:
    return lambda text: text[:1].isupper()


def _lower(_: frozenset[str]) -> Callable[[str], bool]:
    return lambda text: text[:1].islower()


_PREDICATES = {"word?": _word, "not-word?": _not_word, "upper?": _upper, "lower?": _lower}
