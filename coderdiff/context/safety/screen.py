"""Which texts need not be searched for secrets: told by their words, each of which is looked at once a process.

`secrets.redact` costs as much as all else that a cold index does with a text, and most of a repository's words come
again and again. So each new word is asked whether it may be a part of a secret or of what tells one: the beginning
of a provider's token, a name like "password", the mark of a private key. `may_hold_secrets` is never wrong in saying
no: every rule of `providers.py`, `assignments.py` and `keyblocks.py` has its word here, or is asked of the text.
The tests hold it against `secret_spans` itself.

A word is what stands between blanks in `index/terms.py`: ASCII letters, digits, "_" and bytes that are no ASCII.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
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
    """A provider's beginning, with no letter or digit before it: one with "-" in it ends a word there."""
    part, dash, _ = start.partition("-")
    return f"{part}(?<=[^A-Za-z0-9]{part})" + r"(?=\n)" * bool(dash)


def _whole(word: str) -> str:
    return rf"{word}(?<=\n{word})(?=\n)"


_WORD_END = NAME_END.replace("[_-]", "_").replace(r"(?![\w-])", r"(?=\n)")


@dataclass(frozen=True, slots=True)
class _Look:
    """A pattern, and the letters that it begins with."""

    letters: bytes
    pattern: re.Pattern[bytes]

    def places(self, text: bytes) -> Iterator[int]:
        """Where the pattern is found."""
        # Most are in no text at all, which this tells in a third of the time.
        if self.letters in text:
            for found in self.pattern.finditer(text):
                yield found.start()


_LETTERS = re.compile(r"(\w*)(?![*+?{|])(\(\?=\\n\))?")


def _looks(patterns: Iterable[str]) -> tuple[_Look, ...]:
    return tuple(_Look(_letters(pattern), re.compile(pattern.encode("latin-1"))) for pattern in patterns)


def _letters(pattern: str) -> bytes:
    """What each match of a pattern begins with, up to its first sign: "key" for "key(?:_id)?"."""
    found = _LETTERS.match(pattern)
    assert found is not None
    return found[1].encode() + b"\n" * bool(found[2])


# Each begins with letters, which are looked for at the speed of memory: together they cost less than one pattern of
# alternatives would.
_IN_WORDS = _looks(
    (
        *sorted({_start(start) for start in STARTS if start != _HEXADECIMAL_ONLY}),
        *("IA[A-Z0-9]{16}", "ABSK", "LTAI", "GR1348941", "AIza", "eyJ", "EAA[A-Za-z0-9]{60}"),
        *("AT(?:ATT3|CTT3|BB)", "SK[0-9a-f]{32}", "dapi[0-9a-f]{32}", r"ya29(?=\n)", r"dt0c01(?=\n)"),
        *(r"hooks(?=\n)", *(_whole(word) for word in ("SG", "hvs", "hvb", "hvr"))),
        r"\n(?:sig|atlasv1|office|PRIVATE|kty|us[0-9]{1,2})(?=\n)",
    )
)
_FALSE_LETTERS = tuple(letter.encode() for letter in "\u212a\u0130\u0131\u017f")
"""Letters of other scripts that become Latin ones in small letters, or match them."""

_ENDED = bytes(byte if byte < 0x80 else 0x0A for byte in range(256))
_ASKED_WORDS = _looks(
    (
        r"\n(?:AA|[0-9a-f]{32})",
        r"Key(?<=[a-z]Key)(?=\n)",
        r"Q(?<=[0-9]Q)(?=\n)",
        _whole("dp"),
        r"Private(?=\n)",
    )
)
_ASKED_SMALL_WORDS = _looks((r"bearer(?=\n)", r"basic(?=\n)", r"auth(?<=\nauth)(?=\n)"))
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

_IN_SMALL_WORDS = _looks((*SURE_LETTERS, f"token{_WORD_END}"))
(_KEY_NAME,) = _looks((f"key{_WORD_END}",))
_BEFORE = _looks(
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
    for searched, patterns, mark in (
        (text, _IN_WORDS, SUSPICIOUS),
        (small, _IN_SMALL_WORDS, _NAMED),
        (text, _ASKED_WORDS, _ASK),
        (small, _ASKED_SMALL_WORDS, _ASK),
        (small, _BEFORE, _BEFORE_KEY),
    ):
        for look in patterns:
            for place in look.places(searched):
                # The first byte may be the end of the word before.
                note(place + 1, mark)
    for start in _KEY_NAME.places(small):
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
