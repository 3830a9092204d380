"""How well a symbol's name answers what somebody typed: `coderdiff symbols`, an editor's symbol search.

From best to worst: the very name, the name in other case, its beginning, its subwords ("totar" or "tot ar" for
`total_area`, "GR" for `getResponse`), a part of it. A dot in the query asks for the scope: "circle.area".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum

_SUBWORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
_SCOPE_END = re.compile(r"::|[.#/]")


class Match(IntEnum):
    """How a name matches; less is better."""

    EXACT = 0
    SAME_LETTERS = 1
    PREFIX = 2
    SUBWORDS = 3
    PART = 4


@dataclass(frozen=True, slots=True)
class Query:
    """What was typed: the name as written, its letters and digits in lower case, and the scopes before it."""

    name: str
    letters: str
    scopes: tuple[str, ...]


def parse_query(typed: str) -> Query:
    """Take a query apart; one without a letter or digit has no `letters` and matches nothing."""
    *scopes, name = _SCOPE_END.split(typed.strip()) or [""]
    name = name.strip()
    return Query(name, _letters(name), tuple(scope.strip().lower() for scope in scopes if scope.strip()))


def match(query: Query, name: str) -> Match | None:
    """How a name matches, None if it does not."""
    if not query.letters:
        return None
    if name == query.name:
        return Match.EXACT
    letters = _letters(name)
    if letters == query.letters:
        return Match.SAME_LETTERS
    if letters.startswith(query.letters):
        return Match.PREFIX
    if _spells(query.letters, [word.lower() for word in _SUBWORD.findall(name)]):
        return Match.SUBWORDS
    return Match.PART if query.letters in letters else None


def pattern(query: Query) -> str:
    """A LIKE pattern that every matching name meets: the query's letters in their order."""
    return "%" + "%".join(query.letters) + "%"


def in_scope(query: Query, scope: str) -> bool:
    """Whether each scope of the query is a part of one of a symbol's scopes, in their order."""
    names = iter(scope.lower().split("."))
    return all(any(part in name for name in names) for part in query.scopes)


def _letters(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalnum())


def _spells(letters: str, words: list[str]) -> bool:
    """Whether the letters are beginnings of some of the words, one after the other, words left out at will."""
    reached = {0}
    for word in words:
        for start in tuple(reached):
            length = 0
            while (
                start + length < len(letters)
                and length < len(word)
                and letters[start + length] == word[length]
            ):
                length += 1
                reached.add(start + length)
    return len(letters) in reached
