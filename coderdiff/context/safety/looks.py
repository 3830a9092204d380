"""Does a string look like a secret somebody made, or like a word, a name, a placeholder?

A random string changes between small letters, capitals and digits all the time; names and words do so rarely. What is
measured is the mean length of its runs of one kind (a capital with the small letters behind it is one run): about
1.7 characters for random Base64, 2.1 for hexadecimal digits, 4 and more for names.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

RANDOM_RUN = 2.6
"""Runs no longer than this, on average, are random."""

LONG_RANDOM_RUN = 3.0
"""The same for strings of `_LONG` characters or more, in which chance evens out."""

_LONG = 20

_RUN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[A-Z]|[0-9]+")
_NO_PROSE = re.compile(r"(?:[!-\[\]-~]|\\[^u])+")
_PROSE = re.compile(r"\s|\\u[0-9a-fA-F]{4}|\\[nt]")
_SNAKE_CASE = re.compile(r"[A-Za-z]+\d{0,2}(?:[_.:/-][A-Za-z]+\d{0,2})+")
_WORDED = re.compile(r"[A-Za-z]+\d{0,4}(?:[_-][A-Za-z0-9]+)+")
_OF_PLACES = re.compile(
    r"secret|password|oauth|k8s|aes|sha-?\d|md5|pbkdf|argon|crypt|-(?:key|tls)\b", re.IGNORECASE
)
"""Parts of names of where a secret is, or of how it is made."""

_SHORTEST_WORDED = 10
_HEXADECIMAL = re.compile(r"(?=.*[0-9].*[0-9].*[0-9])(?:[0-9a-f-]{16,}|[0-9A-F-]{16,})")
_PATH = re.compile(r"(?:~|\.{1,2})?/[\w./-]+|[A-Za-z]:\\.*")
_VOWEL = re.compile(r"[aeiouy]", re.IGNORECASE)
_CONSONANTS = re.compile(r"[bcdfghjklmnpqrstvwxz]{5}", re.IGNORECASE)
_TEMPLATE = re.compile(
    r"^\$\w|\$[({]|\$[A-Z_]{3,}|\{\{|\{[\w.:!\[\]-]*\}|#\{|%\(|%[sdrif]\b|%[A-Z_]+%|\[%|%\]|<[\w -]*>?|@@|\.\.\.|…"
    r"|os\.environ|process\.env|getenv|\bENV\[|\bsecrets\.|\bvars?\.|\bconfig\.|^(?:env|file|vault|ssm|op|arn|kms)[:/]"
)
_PATTERN_TEXT = re.compile(r"\\[dwsbDWS]|\[\^|\(\?|\.\*|\.\+|\[A-Z|\[a-z|\[0-9|[a-z0-9]-[A-Z]\]|\|\w+\|")
_SAID = re.compile(
    r"passw(?:or)?ds?|passwd|passphrase|pass|pwd|pw|secrets?|tokens?|keys?|api|auth|access|client|private|credentials?"
    r"|change|me|your|my|the|example|sample|dummy|fake|mock|test(?:ing|er)?|foo|bar|baz|qux|placeholder|default|insert"
    r"|replace|here|todo|fixme|redacted|hidden|masked|none|null|nil|undefined|true|false|empty|value|string|text|user"
    r"|name|admin|root|guest|demo|local|host|invalid|wrong|correct|new|old|some|any|enter|confirm|field|input|type|id"
    r"|super|very|not|real|really|secure|insecure|do|use|this|in|prod(?:uction)?|dev(?:elopment)?|only|for",
    re.IGNORECASE,
)
_TYPE_NAME = re.compile(
    r"(?:u?int|float|double|bytes?|str(?:ing)?|char|vec|utf-?|sha-?|md|base|oauth|ed|rsa|aes|hs|rs|es|ps|[iuf]|x|v)"
    r"_?\d{1,4}(?:_t)?(?:array)?",
    re.IGNORECASE,
)
_SYMBOL = re.compile(r"[!@#$%^&]")
_FEW = 8
"""So few different characters are none of a secret's, however long it is; hexadecimal digits are 16."""

_ALPHABETIC = 0.5
"""A string in which more than this share of characters follows its neighbour in the alphabet is a table of them."""


def mean_run(text: str) -> float:
    """Mean length of the runs of small letters, capitals and digits; the text's length if it has none."""
    runs: Sequence[str] = _RUN.findall(text)
    return sum(map(len, runs)) / len(runs) if runs else float(len(text))


def is_random(text: str, least: int) -> bool:
    """Whether `text` has at least `least` characters and nobody would write it but a generator."""
    if len(text) < least or not _NO_PROSE.fullmatch(text) or is_placeholder(text):
        return False
    letters = sum(map(str.isalpha, text))
    if letters == len(text) and (text.islower() or text.isupper()):
        return len(_VOWEL.findall(text)) < 0.2 * len(text) or _CONSONANTS.search(text) is not None
    if _HEXADECIMAL.fullmatch(text) and letters > 2 and len(set(text)) > 7:
        return True
    limit = LONG_RANDOM_RUN if len(text) >= _LONG else RANDOM_RUN
    has_digits = any(map(str.isdigit, text))
    return letters > 0 and mean_run(text) <= (limit if has_digits else limit - 0.6)


def is_password(text: str) -> bool:
    """Whether `text`, written where a password stands, is one: not a word, a name, a message or a placeholder."""
    if len(text) < 4 or _PROSE.search(text) or _TYPE_NAME.fullmatch(text) or is_placeholder(text):
        return False
    if _SNAKE_CASE.fullmatch(text) and mean_run(text) > RANDOM_RUN:
        return False
    letters = any(map(str.isalpha, text))
    digits = any(map(str.isdigit, text))
    symbols = re.search(r"[!@#$%^&*+?~=]", text) is not None
    if not (letters and (digits or symbols)):
        return is_random(text, least=12)
    rest = _SAID.sub("", text)
    return mean_run(text) <= RANDOM_RUN or len(re.sub(r"[\W_]|\d{1,4}$", "", rest)) >= 3


def is_worded_password(text: str) -> bool:
    """Words with a number in or between them (hunter2-django-pw): a password where nothing but one is meant."""
    return (
        len(text) >= _SHORTEST_WORDED
        and _WORDED.fullmatch(text) is not None
        and any(map(str.isdigit, text))
        and not _OF_PLACES.search(text)
        and not is_placeholder(text)
        and len(re.sub(r"[\W\d_]", "", _SAID.sub("", text))) >= 3
    )


def is_strong(text: str) -> bool:
    """A password that no expression is written like."""
    return _SYMBOL.search(text) is not None and is_password(text)


def is_of_all_kinds(text: str) -> bool:
    """So mixed a word of eight characters or more that only a password is: capitals, digits and symbols."""
    return (
        len(text) >= 8
        and any(map(str.isdigit, text))
        and any(map(str.isupper, text))
        and any(map(str.islower, text))
        and is_strong(text)
    )


def is_placeholder(text: str) -> bool:
    """Whether `text` only says what belongs here: a template, a look-up, a pattern, "changeme", "xxxx"."""
    if (
        len(set(text)) <= max(2, min(len(text) // 8, _FEW))
        or _TEMPLATE.search(text)
        or _PATTERN_TEXT.search(text)
    ):
        return True
    if _PATH.fullmatch(text) and mean_run(text) > RANDOM_RUN:
        return True
    codes = list(map(ord, text))
    steps = sum(1 for one, two in itertools.pairwise(codes) if abs(two - one) == 1)
    if steps > _ALPHABETIC * len(text):
        return True
    return not re.sub(r"[\W_]+|\d{1,4}(?=\W|$)", "", _SAID.sub("", text))
