"""Secrets by the name they are given: `password = "..."`, `"apiKey": "..."`, `DB_PASSWORD=...`, `<secret>...</secret>`.

The name says that a secret is meant (`families.py`), the look of the value whether it is one (`looks.py`). Quoted
values are literals and judged freely. Unquoted ones count only where they can be no expressions (`settings.py`), and
in connection strings. Secrets that their place tells, not their name, are found with them (`places.py`).

Every search goes forward from a word and has a bound, so the time grows with the text and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from coderdiff.context.safety.families import NAMED_LETTERS, Family, named
from coderdiff.context.safety.lists import listed_spans
from coderdiff.context.safety.looks import is_placeholder, is_worded_password
from coderdiff.context.safety.places import placed_spans
from coderdiff.context.safety.settings import IS_NAME, TO_PLAIN, TO_VALUE_LINE, is_setting

Span = tuple[int, int, str]

_LONGEST_NAME = 100

_TO_QUOTED = re.compile(
    r"""\\?["'`]?\]?\)?\s{0,20}
    (?: (?: : [ \t]{0,4} [\w.&*<>\[\]|?' ]{1,40}? [ \t]{0,4} = | ={1,3}>? | := | \?\?= | \|\|= | !==? )
        \s{0,40} (?: \( \s{0,40} | \\\r?\n\s{0,40} )?
      | (?<=[\w)\]]) \s{0,4} (?: \|\| | \?\? | \?: ) \s{0,8}
      | (?<=[)\]]) \s{1,4} or \s{1,4}
      | \. (?: unwrap_or(?:_else)? | or[Ee]lse | getOrElse ) \( \s{0,8} (?: \|_?\| \s? )?
      | ::? \s{0,40}
      | (?: (?<=["']) ,?\s{1,40} | ,?[ \t]{0,4}\r?\n[ \t]{1,40} ) ["']?value["']? \s{0,4} [:=] \s{0,4}
      | (?<=["'`\s]) , \s{0,40}
      | \( \s{0,8}
      | (?<=\w[ ]) [ ]{0,3}
    )
    (?: [rbfuRBFUL@$]{1,2} (?=["']) )?
    (?P<quote> \\?["] | \\?['] | ` )""",
    re.VERBOSE,
)
_BLOCK_START = r"(?:\\?\r?\n[ \t]{0,40})?"
_ESCAPED = r"\\(?:\r\n|[\s\S])"
_QUOTED = {
    quote: re.compile(pattern)
    for quote, pattern in (
        ('"', rf'(?:""(?!"){_BLOCK_START})?((?:[^"\\\n]|{_ESCAPED}){{1,512}})'),
        ("'", rf"(?:''(?!'){_BLOCK_START})?((?:[^'\\\n]|{_ESCAPED}){{1,512}})"),
        ("`", rf"((?:[^`\\\n]|{_ESCAPED}){{1,512}})"),
        ('\\"', r'([^"\\\n]{1,512})'),
        ("\\'", r"([^'\\\n]{1,512})"),
    )
}
_TO_ELEMENT = re.compile(r">\s{0,8}([^<>\s]{4,512})\s{0,8}</")
_CONTINUED = re.compile(r"\\\r?\n[ \t]*")
_NAME_CHARS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-."
_IN_STRING = re.compile(r"=([^;&\"'\s<>\\]{4,512})(?=[;&\"'\\]|\s|\Z)")
_IN_LIST = re.compile(r"=([^,;\"'\s<>\\]{4,512})(?=[,;\"'\\]|\s|\Z)")
_HOST = re.compile(
    r"(?:[\"'`][\w.-]{1,100}|[\w.-]:[0-9]{2,5})(?:,[A-Za-z][\w ]{0,30}=[^\s,\"'()]{0,60}){0,9},\Z"
)
"""A host in a string, or one with its port, and other names and values behind it: `cache:6380,ssl=True,`."""

_OF_LOGIN = re.compile(
    r"[\"']?\b(?:user(?:name)?|login|host(?:name)?|port|engine|database)[\"']?\s{0,2}[:=]", re.IGNORECASE
)
_DSN = re.compile(r"(?<![\w-])[A-Za-z_]{2,30}=[^\s,;()\"'<>]{1,60}[ ]\Z")
"""What stands before a name in a connection string with blanks: another name and its value."""


def assigned_spans(text: str) -> Iterator[Span]:
    """Start, end and kind of every value that is given to a secret's name, in no order; spans may overlap."""
    small = small_letters(text)
    yield from _named_spans(text, small, NAMED_LETTERS)
    yield from placed_spans(text, small)


def has_named(text: str, letters: Collection[str], start: int, end: int) -> bool:
    """Whether a value is given to a name with some of these letters, which are of `NAMED_LETTERS` and stand in
    `text[start:end]`."""
    small = small_letters(text[start:end])
    return any(True for _ in _named_spans(text, small, letters, start))


def _named_spans(text: str, small: str, letters: Collection[str], begin: int = 0) -> Iterator[Span]:
    for start, end, family, is_plural in named(text, small, letters, begin):
        if is_plural:
            for span in listed_spans(text, end, family.accepts):
                yield *span, f"{family.letters} in a list"
        else:
            yield from _values(text, start, end, family)


def _values(text: str, start: int, end: int, family: Family) -> Iterator[Span]:
    """The values that the name whose telling word is `text[start:end]` is given."""
    quoted = _TO_QUOTED.match(text, end)
    if quoted:
        value = _QUOTED[quoted["quote"]].match(text, quoted.end())
        if value and (
            family.accepts(_CONTINUED.sub("", value[1])) or _is_worded(text, start, end, value[1], family)
        ):
            yield *value.span(1), f"{family.letters} literal"
        return
    element = _TO_ELEMENT.match(text, end)
    if element and family.accepts(element[1]):
        yield *element.span(1), f"{family.letters} element"
        return
    line_start = text[max(0, start - _LONGEST_NAME) : start].rpartition("\n")[2]
    ahead = line_start.rstrip(_NAME_CHARS)
    name_start = line_start[len(ahead) :]
    is_inside = ahead.endswith(("'", '"', ";", "?", "&")) or _DSN.search(ahead)
    if ahead.endswith(",") and _HOST.search(ahead):
        inside = _IN_LIST.match(text, end)
    else:
        inside = _IN_STRING.match(text, end) if is_inside else None
    if inside:
        any_password = family.least is None and ahead[-1] == ";" and not is_placeholder(inside[1])
        if any_password or family.accepts(inside[1]):
            yield *inside.span(1), f"{family.letters} in a connection string"
            return
    plain = TO_PLAIN.match(text, end)
    if plain and is_setting(ahead, name_start + text[start : plain.start()], plain, family):
        yield *plain.span("value"), f"{family.letters} setting"
    value_line = TO_VALUE_LINE.match(text, end)
    if value_line and IS_NAME.search(ahead) and family.accepts(value_line["value"]):
        yield *value_line.span("value"), f"{family.letters} setting"


def _is_worded(text: str, start: int, end: int, value: str, family: Family) -> bool:
    """Whether words are a password: behind a constant's name, or next to a log-in's other settings."""
    if family.least is not None or not is_worded_password(value):
        return False
    line_start = text[max(0, start - _LONGEST_NAME) : start].rpartition("\n")[2]
    name = line_start[len(line_start.rstrip(_NAME_CHARS)) :] + text[start:end]
    return (
        name.isupper()
        or _OF_LOGIN.search(text, max(0, start - _LONGEST_NAME), end + _LONGEST_NAME) is not None
    )


def small_letters(text: str) -> str:
    """`text` in small letters, each at its place. One capital has two characters for its small letter."""
    small = text.lower()
    return small if len(small) == len(text) else text.replace("\u0130", "I").lower()
