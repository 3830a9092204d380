"""Which texts need not be searched for secrets: told by their words, each of which is looked at once a process.

`secrets.redact` costs as much as all else that a cold index does with a text, and most of a repository's words come
again and again. So each new word is asked whether it may be a part of a secret or of what tells one: the beginning
of a provider's token, a name like "password", the mark of a private key. `may_hold_secrets` is never wrong in saying
no: every rule of the modules that search has its word here, or is asked of the text.
The tests hold it against `secret_spans` itself.

A word is what stands between blanks in `index/words.py`: ASCII letters, digits, "_" and bytes that are no ASCII.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import repeat

import numpy as np
import numpy.typing as npt

from coderdiff.context.safety.assignments import has_named
from coderdiff.context.safety.commands import COMMAND_WORDS, command_spans
from coderdiff.context.safety.families import (
    BEFORE_KEY,
    ENDING_LETTERS,
    NAME_END,
    NAMED_LETTERS,
    SURE_LETTERS,
)
from coderdiff.context.safety.places import ADDRESS, IN_JWT_SECTION, TOKEN_ADDRESS
from coderdiff.context.safety.providers import DASH_AND_WORD, STARTS, cut_off

SUSPICIOUS = 1
"""A text with this word is searched."""

_KEY = 2
_DASHED = 4
_COMMAND = 8
_NAMED = {letters: 16 << at for at, letters in enumerate(NAMED_LETTERS)}
_ANY_NAMED = sum(_NAMED.values())
_FIRST_ASK = 2 * max(_NAMED.values())
_APART = " -.:"

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
        *(_whole(word) for word in ("SG", "hvs", "hvb", "hvr")),
        r"\n(?:atlasv1|kty|us[0-9]{1,2})(?=\n)",
    )
)
_STARTS = _begins({_start(start) for start in STARTS if start != _HEXADECIMAL_ONLY})
_DASHED_STARTS = tuple(start for start in STARTS if "-" in start and start != _HEXADECIMAL_ONLY)
_BEFORE_DASHES = frozenset(start.partition("-")[0].encode() for start in _DASHED_STARTS)
_FALSE_LETTERS = tuple(letter.encode() for letter in "\u212a\u0130\u0131\u017f")
"""Letters of other scripts that become Latin ones in small letters, or match them."""

_ENDED = bytes(byte if byte < 0x80 else 0x0A for byte in range(256))
_ASKED = (
    (r"\nAA", r":AA[\w-]{32}"),
    (r"\n[0-9a-f]{32}", "key-[0-9a-f]{32}"),
    (r"Key(?<=[a-z]Key)(?=\n)", "Key=[A-Za-z0-9+/]{40}"),
    (r"Q(?<=[0-9]Q)(?=\n)", "Q~"),
    (_whole("dp"), r"dp\.[a-z]{2,5}\."),
    (r"Private(?=\n)", "Private-Lines"),
    (r"\nPRIVATE(?=\n)", "PRIVATE KEY"),
    (r"\nsig(?=\n)", "sig=[A-Za-z0-9%+/]{30}"),
    (r"hooks(?=\n)", r"hooks(?:\.slack\.com/|/[0-9]{8})"),
    (r"\noffice(?=\n)", r"hook\.office\.com/"),
)
_ASKED_SMALL = (
    (r"bearer(?=\n)", r"earer[ \t]{1,4}[\w.~+/-]{16}"),
    (r"basic(?=\n)", r"asic[ \t]{1,4}[\w.~+/-]{16}"),
    (r"auth(?=\n)", r"uth(?:\"|\s{0,4}(?:[=:]\s{0,4})?[(\[])"),
    (r"authorization(?=\n)", r"[Uu](?i:thorization)[\"'\\]{0,2}\]?\s{0,4}[:=,][\s\S]{0,30}[\w.~+/-]{16}"),
    (r"_auth(?=\n)", r"(?i:_auth)\s{0,2}=\s{0,2}\"?[A-Za-z0-9+/]{16}"),
    (r"identified(?=\n)", r"[Ii](?i:dentified\s{1,8}(?:with|by)\s)"),
)
"""What a text is asked for that has such a word, here in small letters: these are common, what follows them is not.

The engine looks for a first letter in both cases ten times as fast as for one whose case it is told to ignore.
"""

_ASKED_WORDS = _compiled(word for word, _ in _ASKED)
_ASKED_SMALL_WORDS = _compiled(word for word, _ in _ASKED_SMALL)
_ASKS = tuple(
    (_FIRST_ASK << at, re.compile(follows)) for at, (_, follows) in enumerate((*_ASKED, *_ASKED_SMALL))
)
_IN_SMALL_WORDS = _compiled((*SURE_LETTERS, *(letters + _WORD_END for letters in ENDING_LETTERS)))
(_COMMAND_WORD,) = _compiled((rf"\n(?:{'|'.join(COMMAND_WORDS)})",))
_KEY_LETTERS = "key"
(_KEY_NAME,) = _compiled((rf"{_KEY_LETTERS}(?:{_WORD_END}|s(?=\n))",))
_BEFORE_APART = tuple(BEFORE_KEY.replace("licen[sc]e", "license|licence").split("|"))
_BEFORE_KEY_NAME = re.compile(rf"(?:{BEFORE_KEY})_{{0,2}}\Z".encode())
_LONGEST_BEFORE = 14
_REFRESH_TOKEN = re.compile("1//0")
_HASH = re.compile(r"\$(?:2[abxy]\$|argon2|[156y]\$|apr1\$)")


def marks_of(words: Sequence[bytes]) -> npt.NDArray[np.uint32]:
    """A mark of 32 bits for each word (at least one), to be joined by "or" over the words of a text."""
    joined = b"\n" + b"\n".join(words) + b"\n"
    places: list[int] = []
    noted: list[int] = []

    def note(place: int, mark: int) -> None:
        places.append(place)
        noted.append(mark)

    for letter in _FALSE_LETTERS:
        at = joined.find(letter)
        while at >= 0:
            note(at, SUSPICIOUS)
            at = joined.find(letter, at + 1)
    # What is no ASCII may be no letter: a word may end there.
    text = joined.translate(_ENDED)
    small = text.lower()
    for found in _STARTS.finditer(text):
        note(found.start() + 1, _DASHED if found[0][1:] in _BEFORE_DASHES else SUSPICIOUS)
    asks = iter([mark for mark, _ in _ASKS])
    for searched, patterns, own_marks in (
        (text, _IN_WORDS, repeat(SUSPICIOUS)),
        (small, _IN_SMALL_WORDS, iter(_NAMED.values())),
        (text, _ASKED_WORDS, asks),
        (small, _ASKED_SMALL_WORDS, asks),
    ):
        for pattern in patterns:
            mark = next(own_marks)
            for found in pattern.finditer(searched):
                # The first byte may be the end of the word before.
                note(found.start() + 1, mark)
    for found in _COMMAND_WORD.finditer(small):
        note(found.start() + 1, _COMMAND)
    for found in _KEY_NAME.finditer(small):
        start = found.start()
        if _BEFORE_KEY_NAME.search(small, max(0, start - _LONGEST_BEFORE), start):
            note(start, _NAMED[_KEY_LETTERS])
        elif not text[start - 1 : start].isalnum() and not found[0].endswith(b"s"):
            note(start, _KEY)
    ends = np.flatnonzero(np.frombuffer(joined, dtype=np.uint8) == ord("\n"))[1:]
    marks = np.zeros(len(ends), dtype=np.uint32)
    np.bitwise_or.at(marks, np.searchsorted(ends, places), np.array(noted, dtype=np.uint32))
    return marks


def may_hold_secrets(text: str, marks: int) -> bool:
    """Whether a text has to be searched; `marks` are those of all its words together."""
    return bool(
        marks & SUSPICIOUS
        or _REFRESH_TOKEN.search(text)
        or ("$" in text and _HASH.search(text))
        or ("@" in text and (ADDRESS.search(text) or TOKEN_ADDRESS.search(text)))
        or (marks >= _FIRST_ASK and any(marks & mark and follows.search(text) for mark, follows in _ASKS))
        or (marks & _DASHED and _has_dashed_start(text))
        # That a name says "secret" is common; only the search for such names tells whether it has a value.
        or (marks & _ANY_NAMED and has_named(text, [name for name, mark in _NAMED.items() if marks & mark]))
        or (marks & _COMMAND and any(True for _ in command_spans(text, text.lower())))
        or (marks & _KEY and _has_key(text.lower()))
        or any(True for _ in cut_off(text))
    )


def _has_dashed_start(text: str) -> bool:
    """Whether a token's beginning with "-" in it has something behind it that is as long as a token."""
    return any(text.endswith(_DASHED_STARTS, 0, sign.end()) for sign in DASH_AND_WORD.finditer(text))


def _has_key(small: str) -> bool:
    """Whether "key" stands behind a word that makes it a secret's ("api key", "auth.key"), or may be in its section."""
    if "jwt" in small and IN_JWT_SECTION.search(small):
        return True
    at = small.find(_KEY_LETTERS)
    while at >= 0:
        if small[at - 1 : at] in _APART and small.endswith(_BEFORE_APART, 0, max(0, at - 1)):
            return True
        at = small.find(_KEY_LETTERS, at + len(_KEY_LETTERS))
    return False
