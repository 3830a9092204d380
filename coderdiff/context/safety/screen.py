"""Which texts need not be searched for secrets: told by their words, each of which is looked at once a process.

`secrets.redact` costs as much as all else that a cold index does with a text, and most of a repository's words come
again and again. So each new word is asked whether it may be a part of a secret or of what tells one: the beginning
of a provider's token, a name like "password", the mark of a private key. `may_hold_secrets` is never wrong in saying
no: every rule of `providers.py`, `assignments.py` and `keyblocks.py` has its word here, or is asked of the text.
The tests hold it against `secret_spans` itself.

A word is what stands between blanks in `index/words.py`: ASCII letters, digits, "_" and bytes that are no ASCII.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import accumulate

from coderdiff.context.safety.assignments import (
    ADDRESS,
    BEFORE_KEY,
    NAME_END,
    SURE_LETTERS,
    assigned_spans,
)
from coderdiff.context.safety.providers import STARTS, cut_off

SUSPICIOUS = 1
"""A text with this word is searched."""

_KEY = 2
_BEFORE_KEY = 4
_ASK = 8
_NAMED = 16
_APART = (" key", "-key", ".key")

_HEXADECIMAL_ONLY = "key-"
"""The one beginning that is an everyday word: what follows it tells."""


def _start(start: str) -> str:
    """A provider's beginning: one with "-" in it ends a word there."""
    part, dash, _ = start.partition("-")
    return part + r"(?=\n)" * bool(dash)


def _begins(starts: Iterable[str]) -> re.Pattern[bytes]:
    """One of these, with no letter or digit before it: told apart by the first letter, since there are a hundred."""
    rest: defaultdict[str, list[str]] = defaultdict(list)
    for start in starts:
        rest[start[0]].append(start[1:])
    branches = "|".join(f"{first}(?:{'|'.join(sorted(rests))})" for first, rests in sorted(rest.items()))
    return re.compile(rf"[\n_](?:{branches})".encode())


def _whole(word: str) -> str:
    return rf"{word}(?<=\n{word})(?=\n)"


_WORD_END = NAME_END.replace("[_-]", "_").replace(r"(?![\w-])", r"(?=\n)")


def _compiled(patterns: Iterable[str]) -> tuple[re.Pattern[bytes], ...]:
    return tuple(re.compile(pattern.encode("latin-1")) for pattern in patterns)


# Each begins with letters, which the engine looks for at the speed of memory: together they cost less than one
# pattern of alternatives would.
_IN_WORDS = _compiled(
    (
        *("IA[A-Z0-9]{16}", "ABSK", "LTAI", "GR1348941", "AIza", "eyJ", "EAA[A-Za-z0-9]{60}"),
        *("AT(?:ATT3|CTT3|BB)", "SK[0-9a-f]{32}", "dapi[0-9a-f]{32}", r"ya29(?=\n)", r"dt0c01(?=\n)"),
        *(r"hooks(?=\n)", *(_whole(word) for word in ("SG", "hvs", "hvb", "hvr"))),
        r"\n(?:sig|atlasv1|office|PRIVATE|kty|us[0-9]{1,2})(?=\n)",
    )
)
_STARTS = _begins({_start(start) for start in STARTS if start != _HEXADECIMAL_ONLY})
_FALSE_LETTERS = tuple(letter.encode() for letter in "\u212a\u0130\u0131\u017f")
"""Letters of other scripts that become Latin ones in small letters, or match them."""

_ENDED = bytes(byte if byte < 0x80 else 0x0A for byte in range(256))
_ASKED_WORDS = _compiled(
    (
        r"\n(?:AA|[0-9a-f]{32})",
        r"Key(?<=[a-z]Key)(?=\n)",
        r"Q(?<=[0-9]Q)(?=\n)",
        _whole("dp"),
        r"Private(?=\n)",
    )
)
_ASKED_SMALL_WORDS = _compiled((r"bearer(?=\n)", r"basic(?=\n)", r"auth(?<=\nauth)(?=\n)"))
_ASKED = tuple(
    map(
        re.compile,
        (
            *(
                r":AA[\w-]{32}",
                "key-[0-9a-f]{32}",
                "Key=[A-Za-z0-9+/]{40}",
                "Q~",
                r"dp\.[a-z]{2,5}\.",
                "Private-Lines",
            ),
            *(r"earer[ \t]{1,4}[\w.~+/-]{16}", r"asic[ \t]{1,4}[\w.~+/-]{16}", 'uth"'),
        ),
    )
)
"""What a text is asked for that has one of the words above: these are common, what follows them is not."""

_IN_SMALL_WORDS = _compiled((*SURE_LETTERS, f"token{_WORD_END}"))
(_KEY_NAME,) = _compiled((f"key{_WORD_END}",))
_BEFORE = _compiled(
    rf"{word}(?=\n)" for word in BEFORE_KEY.replace("licen[sc]e", "license|licence").split("|")
)
_BEFORE_KEY_NAME = re.compile(rf"(?:{BEFORE_KEY})_?\Z".encode())
_BEFORE_APART = re.compile(rf"(?:{BEFORE_KEY})\Z")
_LONGEST_BEFORE = 14
_REFRESH_TOKEN = "1//0"
_HASH = re.compile(r"\$(?:2[abxy]\$|argon2|[156y]\$|apr1\$)")


def marks_of(words: Sequence[bytes]) -> bytearray:
    """A mark for each word, to be joined by "or" over the words of a text."""
    marks = bytearray(len(words))
    if not words:
        return marks
    joined = b"\n" + b"\n".join(words) + b"\n"
    starts = list(accumulate((len(word) + 1 for word in words[:-1]), initial=1))

    def note(place: int, mark: int) -> None:
        marks[bisect_right(starts, place) - 1] |= mark

    for letter in _FALSE_LETTERS:
        at = joined.find(letter)
        while at >= 0:
            note(at, SUSPICIOUS)
            at = joined.find(letter, at + 1)
    # What is no ASCII may be no letter: a word may end there.
    text = joined.translate(_ENDED)
    small = text.lower()
    for found in _STARTS.finditer(text):
        note(found.start() + 1, SUSPICIOUS)
    for searched, patterns, mark in (
        (text, _IN_WORDS, SUSPICIOUS),
        (small, _IN_SMALL_WORDS, _NAMED),
        (text, _ASKED_WORDS, _ASK),
        (small, _ASKED_SMALL_WORDS, _ASK),
        (small, _BEFORE, _BEFORE_KEY),
    ):
        for pattern in patterns:
            for found in pattern.finditer(searched):
                # The first byte may be the end of the word before.
                note(found.start() + 1, mark)
    for found in _KEY_NAME.finditer(small):
        start = found.start()
        if _BEFORE_KEY_NAME.search(small, max(0, start - _LONGEST_BEFORE), start):
            note(start, _NAMED)
        elif not text[start - 1 : start].isalnum():
            note(start, _KEY)
    return marks


def may_hold_secrets(text: str, marks: int) -> bool:
    """Whether a text has to be searched; `marks` are those of all its words together."""
    if marks & SUSPICIOUS:
        return True
    if _REFRESH_TOKEN in text or ("$" in text and _HASH.search(text)) or ADDRESS.search(text):
        return True
    if marks & _ASK and any(pattern.search(text) for pattern in _ASKED):
        return True
    # That a name says "secret" is common; only the search for such names is needed to tell whether it has a value.
    if marks & _NAMED and any(True for _ in assigned_spans(text)):
        return True
    if marks & _KEY and marks & _BEFORE_KEY and _has_key_apart(text.lower()):
        return True
    return any(True for _ in cut_off(text))


def _has_key_apart(small: str) -> bool:
    """Whether "key" stands behind a word that makes it a secret's: "api key", "auth.key"."""
    for apart in _APART:
        at = small.find(apart)
        while at >= 0:
            if _BEFORE_APART.search(small, max(0, at - _LONGEST_BEFORE), at):
                return True
            at = small.find(apart, at + len(apart))
    return False
