"""Secrets in lists and tables whose name is a plural: `PASSWORDS = ["...", "..."]`, `apiKeys: { "joe": "..." }`.

A list behind a singular (`password: ["required", "min:8"]`) is mostly a list of rules, and is not looked into. Nor
are `tokens`: in most code they are those of a language, and there are too many to look at each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_MOST_VALUES = 200

_TO_LIST = re.compile(
    r"""[\"']?\]? \s{0,4} (?: : [ ]? [\w.\[\],<>|?' ]{1,40}? \s{0,4} = | :?= | => | : ) \s{0,4}
    (?: (?: new \s{1,4} )? (?: \[\]\w{1,20} | \w{1,20}\[\] | map\[string\]string ) \s? \{
      | (?: (?: frozenset | set | tuple | list ) \( )? \s{0,4} [\[({]
      | (?: vec! | & ) \[
      | (?: (?: List | Set ) \.of | Arrays\.asList | (?: list | array | set ) Of ) \(
    )""",
    re.VERBOSE,
)
_VALUE = re.compile(
    r"""(?: \s | \#[^\n]{0,200}\n | //[^\n]{0,200}\n ){0,80}
    (?: (?: "[^"\n]{1,100}" | '[^'\n]{1,100}' | \w{1,60} ) \s{0,4} (?: : | => ) \s{0,4} )?
    [rbuRBU]? (?P<quote>["'`]) (?P<value> (?: (?!(?P=quote)) [^\\\n] | \\. ){1,512} ) (?P=quote)
    (?: \s{0,40} , )?""",
    re.VERBOSE,
)


def listed_spans(text: str, end: int, accepts: Callable[[str], bool]) -> Iterator[tuple[int, int]]:
    """Start and end of every accepted string of the list that the name which ends at `end` is given."""
    opened = _TO_LIST.match(text, end)
    at = opened.end() if opened else 0
    for _ in range(_MOST_VALUES if opened else 0):
        value = _VALUE.match(text, at)
        if value is None:
            return
        if accepts(value["value"]):
            yield value.span("value")
        at = value.end()
