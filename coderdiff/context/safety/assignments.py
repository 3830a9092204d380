"""Secrets by the name they are given: `password = "..."`, `"apiKey": "..."`, `DB_PASSWORD=...`, `<secret>...</secret>`.

The name says that a secret is meant, the look of the value whether it is one (`looks.py`). Quoted values are literals
and judged freely. Unquoted ones count only where they cannot be expressions (`settings.py`). Connection strings, addresses with a
password in them or behind their "?", and `Authorization` headers are found here too.

Every search goes forward from a word and has a bound, so the time grows with the text and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from coderdiff.context.safety.looks import is_of_all_kinds, is_password, is_placeholder, is_random
from coderdiff.context.safety.settings import TO_PLAIN, is_setting

Span = tuple[int, int, str]

_LONGEST_NAME = 100
_TOKEN_CHARS = 16
NAME_END = (
    r"(?:[_-]?(?:value|text|string|str|prod(?:uction)?|dev(?:elopment)?|stag(?:e|ing)|test|live|base|base64|b64|hex"
    r"|default|old|new|primary|secondary|main|raw|plain|key)){0,2}[_-]?[0-9]{0,2}(?![\w-])"
)
"""What may follow the telling word in a name and still make it a secret's. `password_field` is none, `tokenizer` is
none, `SECRET_KEY_BASE`, `password2` and `apiKeyProd` are."""

BEFORE_KEY = (
    "api|app|auth|access|private|secret|sign|signing|encrypt|encryption|crypt|master|account|licen[sc]e|shared|session"
    "|deploy|service|client|consumer|subscription|storage|hmac|webhook|admin|server|write|ingest"
)
"""What must stand before the word "key" in a secret's name."""

SURE_LETTERS = ("passw", "pwd", "passphrase", "secret", "credential")
"""Letters that tell a secret's name wherever they stand; "token" and "key" have other meanings too."""

_TO_QUOTED = re.compile(
    r"""\\?["'`]?\]?\)?\s{0,20}
    (?: : [ \t]{0,4} [\w.&*<>\[\]|?' ]{1,40}? [ \t]{0,4} = \s{0,40}
      | (?: ={1,3}>? | := | \?\?= | \|\|= | !==? ) \s{0,40}
      | ::? \s{0,40}
      | (?<=["'`\s]) , \s{0,40}
      | (?<=["']) \s{1,8} value \s{0,4} = \s{0,4}
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
ADDRESS = re.compile(r"://[^\s/?#@:\"'<>`]{0,100}:([^\s/?@\"'<>`]{3,256})@[\w\[]")
_HEADER = re.compile(r"(?:earer|asic)[ \t]{1,4}([A-Za-z0-9._~+/-]{16,512}={0,2})")
_DOCKER_AUTH = re.compile(r"uth\"\s{0,4}:\s{0,4}\"([A-Za-z0-9+/]{16,512}={0,2})\"")


@dataclass(frozen=True, slots=True)
class _Family:
    """Names that say "secret": the letters to look for, the whole word, what must stand before it.

    `least` is how many characters a random value has at least; None where any password will do.
    """

    letters: str
    word: re.Pattern[str]
    least: int | None
    before: re.Pattern[str] | None = None

    def accepts(self, value: str) -> bool:
        """Whether a literal of that name is a secret."""
        if self.least is None:
            return is_password(value)
        return is_random(value, self.least) or is_of_all_kinds(value)


def _family(letters: str, word: str, least: int | None, before: str | None = None) -> _Family:
    return _Family(
        letters,
        re.compile(word + NAME_END, re.IGNORECASE),
        least,
        re.compile(rf"(?:{before})[_\- .]?\Z", re.IGNORECASE) if before else None,
    )


NAMED_LETTERS = (*SURE_LETTERS, "token", "key")

_FAMILIES = (
    _family("passw", r"passw(?:or)?r?d", None),
    _family("pwd", "pwd", None),
    _family("passphrase", "passphrase", None),
    _family("secret", "secret", None),
    _family("token", "token", _TOKEN_CHARS),
    _family("credential", "credentials?", _TOKEN_CHARS),
    _family("key", "key", _TOKEN_CHARS, BEFORE_KEY),
)


def assigned_spans(text: str) -> Iterator[Span]:
    """Start, end and kind of every value that is given to a secret's name, in no order; spans may overlap."""
    small = _small(text)
    for family in _FAMILIES:
        yield from _of_family(text, small, family)
    yield from _matches(
        text, small, "://", 0, ADDRESS, lambda value: not is_placeholder(value), "password in an address"
    )
    for scheme in ("bearer", "basic"):
        yield from _matches(
            text, small, scheme, 1, _HEADER, lambda value: is_random(value, 16), "authorization header"
        )
    yield from _matches(
        text, small, '"auth"', 2, _DOCKER_AUTH, lambda value: is_random(value, 16), "registry login"
    )


def has_named(text: str, letters: Collection[str]) -> bool:
    """Whether a value is given to a name with some of these letters, which are of `NAMED_LETTERS`."""
    small = _small(text)
    return any(
        True for family in _FAMILIES if family.letters in letters for _ in _of_family(text, small, family)
    )


def _of_family(text: str, small: str, family: _Family) -> Iterator[Span]:
    at = small.find(family.letters)
    while at >= 0:
        word = family.word.match(text, at)
        if word and (family.before is None or family.before.search(text, max(0, at - 14), at)):
            yield from _values(text, at, word.end(), family)
        at = small.find(family.letters, at + len(family.letters))


def _values(text: str, start: int, end: int, family: _Family) -> Iterator[Span]:
    """The values that the name whose telling word is `text[start:end]` is given."""
    quoted = _TO_QUOTED.match(text, end)
    if quoted:
        value = _QUOTED[quoted["quote"]].match(text, quoted.end())
        if value and family.accepts(_CONTINUED.sub("", value[1])):
            yield *value.span(1), f"{family.letters} literal"
        return
    element = _TO_ELEMENT.match(text, end)
    if element and family.accepts(element[1]):
        yield *element.span(1), f"{family.letters} element"
        return
    line_start = text[max(0, start - _LONGEST_NAME) : start].rpartition("\n")[2]
    ahead = line_start.rstrip(_NAME_CHARS)
    name_start = line_start[len(ahead) :]
    inside = _IN_STRING.match(text, end) if ahead.endswith(("'", '"', ";", "?", "&")) else None
    if inside:
        any_password = family.least is None and ahead[-1] == ";" and not is_placeholder(inside[1])
        if any_password or family.accepts(inside[1]):
            yield *inside.span(1), f"{family.letters} in a connection string"
            return
    plain = TO_PLAIN.match(text, end)
    if plain and is_setting(ahead, name_start + text[start : plain.start()], plain, family):
        yield *plain.span("value"), f"{family.letters} setting"


def _matches(
    text: str,
    small: str,
    letters: str,
    skip: int,
    pattern: re.Pattern[str],
    accepts: Callable[[str], bool],
    kind: str,
) -> Iterator[Span]:
    """Group 1 of the pattern wherever it matches `skip` characters behind the beginning of `letters`."""
    at = small.find(letters)
    while at >= 0:
        found = pattern.match(text, at + skip)
        if found and accepts(found[1]):
            yield *found.span(1), kind
        at = small.find(letters, at + len(letters))


def _small(text: str) -> str:
    """`text` in small letters, each at its place. One capital has two characters for its small letter."""
    small = text.lower()
    return small if len(small) == len(text) else text.replace("\u0130", "I").lower()
