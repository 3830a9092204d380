"""Secrets by the place they stand in, whatever their names: addresses, headers, logins of databases and of commands.

Each rule has letters to look for and a pattern that is tried wherever they stand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from coderdiff.context.safety.commands import command_spans
from coderdiff.context.safety.looks import is_of_all_kinds, is_password, is_placeholder, is_random

_LEAST = 16
_LEAST_ALONE = 20
"""A token that stands alone before the "@" of an address, where a user's name may stand as well."""

_ADDRESS = re.compile(r"://[^\s/?#@:\"'<>`]{0,100}:([^\s/?@\"'<>`]{3,256})@[\w\[]")
_TOKEN_ADDRESS = re.compile(r"://(?:(?<=http://)|(?<=https://))([^\s/?#@:\"'<>`]{20,256})@[\w\[]")


@dataclass(frozen=True, slots=True)
class _Place:
    """Group 1 of the pattern is the secret; it begins `skip` characters behind the beginning of `letters`."""

    kind: str
    letters: str
    pattern: re.Pattern[str]
    accepts: Callable[[str], bool]
    skip: int = 0


def _is_token(value: str) -> bool:
    return is_random(value, _LEAST)


_SCHEME = re.compile(r"(?:earer|asic)[ \t]{1,4}([A-Za-z0-9._~+/-]{16,512}={0,2})")

IN_JWT_SECTION = re.compile(r"jwt\w{0,20}\"\s{0,4}:\s{0,4}\{", re.IGNORECASE)
_STRING = r"(?:\"[^\"\\\n]{1,100}\"|'[^'\\\n]{1,100}'|[\w.]{1,60})"
_PLACES = (
    _Place("password in an address", "://", _ADDRESS, lambda value: not is_placeholder(value)),
    _Place("token in an address", "://", _TOKEN_ADDRESS, lambda value: is_random(value, _LEAST_ALONE)),
    *(_Place("authorization header", scheme, _SCHEME, _is_token, 1) for scheme in ("bearer", "basic")),
    _Place(
        "authorization header",
        "auth",
        re.compile(
            r"authorization[\"'\\]{0,2}\]?\s{0,4}[:=,]\s{0,4}[\"'`]?(?:[a-z]{1,20}[ \t]{1,4})?"
            r"([a-z0-9._~+/-]{16,512}={0,2})",
            re.IGNORECASE,
        ),
        _is_token,
    ),
    _Place(
        "login as a pair",
        "auth",
        re.compile(
            rf"uth\"?\s{{0,4}}(?:[=:]\s{{0,4}})?[(\[]\s{{0,20}}{_STRING}\s{{0,4}},\s{{0,20}}"
            r"(?:password\s{0,4}=\s{0,4})?(?:\"([^\"\\\n]{4,256})\"|'([^'\\\n]{4,256})')\s{0,4},?\s{0,20}[)\]]"
        ),
        is_password,
        1,
    ),
    _Place(
        "registry login",
        "auth",
        re.compile(r"(?<=\"[aA])uth\"\s{0,4}:\s{0,4}\"([A-Za-z0-9+/]{16,512}={0,2})\""),
        _is_token,
        1,
    ),
    _Place(
        "registry login",
        "auth",
        re.compile(r"(?<=_)auth\s{0,2}=\s{0,2}\"?([a-z0-9+/]{16,512}={0,2})", re.IGNORECASE),
        _is_token,
    ),
    _Place(
        "key of a section",
        "jwt",
        re.compile(
            IN_JWT_SECTION.pattern + r"[^{}]{0,300}?\"key\"\s{0,4}:\s{0,4}\"([^\"\\\s]{8,512})\"",
            re.IGNORECASE,
        ),
        lambda value: _is_token(value) or is_of_all_kinds(value),
    ),
    _Place(
        "database login",
        "identified",
        re.compile(
            r"identified\s{1,8}(?:with\s{1,8}\S{1,40}\s{1,8})?by\s{1,8}(?:'([^'\n]{4,256})'|\"([^\"\n]{4,256})\")",
            re.IGNORECASE,
        ),
        is_password,
    ),
)


_BY_LETTERS = {
    letters: tuple(place for place in _PLACES if place.letters == letters)
    for letters in dict.fromkeys(place.letters for place in _PLACES)
}
_IN_ADDRESS = "://"


def placed_spans(text: str, small: str, start: int = 0) -> Iterator[tuple[int, int, str]]:
    """Start, end and kind of every secret that its place tells. `small` is the text in small letters, or that part of
    it that begins at `start`: the places are sought there."""
    for letters in _BY_LETTERS:
        yield from _spans_at(letters, text, small, start)
    yield from command_spans(text, small, start)


def address_spans(text: str) -> Iterator[tuple[int, int, str]]:
    """Those of them that stand in addresses."""
    return _spans_at(_IN_ADDRESS, text, text, 0)


def _spans_at(letters: str, text: str, small: str, start: int) -> Iterator[tuple[int, int, str]]:
    at = small.find(letters)
    while at >= 0:
        for place in _BY_LETTERS[letters]:
            found = place.pattern.match(text, start + at + place.skip)
            if found:
                group = found.lastindex or 0
                if place.accepts(found[group]):
                    yield *found.span(group), place.kind
        at = small.find(letters, at + len(letters))
