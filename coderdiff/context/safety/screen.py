"""Which texts need not be searched for secrets: told by their words, each of which is looked at once a process.

`secrets.redact` costs as much as all else that a cold index does with a text, and most of a repository's words come
again and again. So each new word is asked whether it may be a part of a secret or of what tells one: the beginning
of a provider's token, a name like "password", the mark of a private key. Such words are common, so where one stands
the rule that it belongs to is asked, there and nowhere else. `may_hold_secrets` is never wrong in saying no: every rule
of the modules that search has its word here, or is asked of the text.
The tests hold it against `secret_spans` itself.

A word is what stands between blanks in `index/words.py`: ASCII letters, digits, "_" and bytes that are no ASCII.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt

from coderdiff.context.safety.assignments import has_named, small_letters
from coderdiff.context.safety.beginnings import Beginnings, Sought
from coderdiff.context.safety.commands import COMMAND_WORDS, command_spans
from coderdiff.context.safety.families import (
    BEFORE_KEY,
    ENDING_LETTERS,
    NAME_END,
    NAMED_LETTERS,
    SURE_LETTERS,
)
from coderdiff.context.safety.places import IN_JWT_SECTION, address_spans, placed_spans
from coderdiff.context.safety.providers import STARTS, begun_spans, cut_off

SUSPICIOUS = 1
"""A text with this word is searched."""

Marked = tuple[int, int, int]
"""The marks of a passage's words, joined by "or", and where in its text it begins and ends. It has whole lines:
what is asked of a passage has to look no further than a rule does."""

_KEY = 2
_BEGUN = 4
_COMMAND = 8
_NAMED = {letters: 16 << at for at, letters in enumerate(NAMED_LETTERS)}
_ANY_NAMED = sum(_NAMED.values())
_FIRST_ASK = 2 * max(_NAMED.values())
_APART = " -.:"

_HEXADECIMAL_ONLY = "key-"
"""The one beginning that is an everyday word: what follows it tells."""


def _whole(word: str) -> str:
    return rf"\n{word}(?=\n)"


_WORD_END = NAME_END.replace("[_-]", "_").replace(r"(?![\w-])", r"(?=\n)")
_IN_WORDS = (
    *("IA[A-Z0-9]{16}", "ABSK", "LTAI", "GR1348941", "AIza", "eyJ", "EAA[A-Za-z0-9]{60}"),
    *("ATATT3", "ATCTT3", "ATBB", "SK[0-9a-f]{32}", "dapi[0-9a-f]{32}", r"ya29(?=\n)", r"dt0c01(?=\n)"),
    *(_whole(word) for word in ("SG", "hvs", "hvb", "hvr", "atlasv1", "kty", "us[0-9]{1,2}")),
)
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
    (_whole("PRIVATE"), "PRIVATE KEY"),
    (_whole("sig"), "sig=[A-Za-z0-9%+/]{30}"),
    (r"hooks(?=\n)", r"hooks(?:\.slack\.com/|/[0-9]{8})"),
    (r"AGE(?=\n)", "AGE-SECRET-KEY-1"),
    (_whole("office"), r"hook\.office\.com/"),
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

_ASKS = tuple(
    (_FIRST_ASK << at, re.compile(follows), at >= len(_ASKED))
    for at, (_, follows) in enumerate((*_ASKED, *_ASKED_SMALL))
)
"""Mark, what is asked, and whether `places.py` tells then: its rules are slower and know the secret itself."""

_REACH = 100
"""What is asked begins and ends no further from a passage that has the word; `_LONGEST_SECTION` does for a key's."""

_LONGEST_SECTION = 400
_BORDER = r"(?<=[\n_])"
_BEGINS = re.compile(r"(?:\\n|\w){3}(?![?*{])")
_KEY_LETTERS = "key"
_KEYS = re.compile(rb"keys\n")
_BEFORE_APART = tuple(BEFORE_KEY.replace("licen[sc]e", "license|licence").split("|"))
_BEFORE_KEY_NAME = re.compile(rf"(?:{BEFORE_KEY})_{{0,2}}\Z".encode())
_LONGEST_BEFORE = 14
_REFRESH_TOKEN = re.compile(r"1//0[\w-]{30}")
_HASH = re.compile(r"\$(?:2[abxy]\$|argon2|[156y]\$|apr1\$)")


def _patterns() -> Iterator[tuple[str, int, bool]]:
    """Each pattern for words, the mark of those that have it, and whether it is in small letters for capitals too."""
    for pattern in _IN_WORDS:
        yield pattern, SUSPICIOUS, False
    for (pattern, _), (mark, _, is_small) in zip((*_ASKED, *_ASKED_SMALL), _ASKS, strict=True):
        yield pattern, mark, is_small
    # With no letter or digit before it; a "-" ends the word.
    for start in dict.fromkeys(
        re.sub("-.*", r"\\n", start) for start in STARTS if start != _HEXADECIMAL_ONLY
    ):
        yield rf"{_BORDER}{start}", _BEGUN, False
    for letters in SURE_LETTERS:
        yield letters, _NAMED[letters], True
    for letters in ENDING_LETTERS:
        yield letters + _WORD_END, _NAMED[letters], True
    yield rf"{_KEY_LETTERS}(?:{_WORD_END}|s(?=\n))", _KEY, True
    for word in COMMAND_WORDS:
        yield rf"\n{word}", _COMMAND, True


def _compiled() -> tuple[Beginnings, list[tuple[re.Pattern[bytes], int]]]:
    """All patterns: those that begin with enough letters, and the others, each with its mark."""
    long, short = [], []
    for pattern, mark, is_small in _patterns():
        compiled = re.compile(pattern.encode("latin-1"), re.IGNORECASE if is_small else 0)
        begins = _BEGINS.match(pattern.removeprefix(_BORDER))
        if begins:
            long.append(Sought(begins[0].replace(r"\n", "\n").lower().encode(), compiled, mark))
        else:
            short.append((compiled, mark))
    return Beginnings(long), short


_BEGINNINGS, _SHORT = _compiled()


def marks_of(words: Sequence[bytes]) -> npt.NDArray[np.uint32]:
    """A mark of 32 bits for each word (at least one), to be joined by "or" over the words of a passage."""
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
    others = ((found.start(), mark) for pattern, mark in _SHORT for found in pattern.finditer(text))
    for at, mark in chain(_BEGINNINGS.found(text, small), others):
        if mark != _KEY:
            # The first byte may be the end of the word before.
            note(at + 1, mark)
        elif _BEFORE_KEY_NAME.search(small, max(0, at - _LONGEST_BEFORE), at):
            note(at, _NAMED[_KEY_LETTERS])
        elif not text[at - 1 : at].isalnum() and not _KEYS.match(small, at):
            note(at, _KEY)
    ends = np.flatnonzero(np.frombuffer(joined, dtype=np.uint8) == ord("\n"))[1:]
    marks = np.zeros(len(ends), dtype=np.uint32)
    np.bitwise_or.at(marks, np.searchsorted(ends, places), np.array(noted, dtype=np.uint32))
    return marks


def may_hold_secrets(text: str, marked: Sequence[Marked]) -> bool:
    """Whether a text has to be searched; `marked` are its passages that have marked words."""
    return (
        ("1//0" in text and _REFRESH_TOKEN.search(text) is not None)
        or ("$" in text and _HASH.search(text) is not None)
        or ("@" in text and any(True for _ in address_spans(text)))
        or any(True for _ in cut_off(text))
        or any(_is_told(text, *passage) for passage in marked)
    )


def _is_told(text: str, marks: int, begin: int, end: int) -> bool:
    """Whether one of the rules that a passage's words belong to finds something in it, or may do so."""
    return bool(
        marks & SUSPICIOUS
        or (marks >= _FIRST_ASK and _is_answered(text, marks, begin, end))
        or (marks & _BEGUN and any(True for _ in begun_spans(text, begin, end)))
        # That a name says "secret" is common; only the search for such names tells whether it has a value.
        or (
            marks & _ANY_NAMED
            and has_named(text, [name for name, mark in _NAMED.items() if marks & mark], begin, end)
        )
        or (
            marks & _COMMAND and any(True for _ in command_spans(text, small_letters(text[begin:end]), begin))
        )
        or (marks & _KEY and _has_key(text, begin, end))
    )


def _is_answered(text: str, marks: int, begin: int, end: int) -> bool:
    """Whether what a common word belongs to is there too."""
    answered = [
        has_place
        for mark, follows, has_place in _ASKS
        if marks & mark and follows.search(text, max(0, begin - _REACH), end + _REACH)
    ]
    if answered and all(answered):
        return any(True for _ in placed_spans(text, small_letters(text[begin:end]), begin))
    return bool(answered)


def _has_key(text: str, begin: int, end: int) -> bool:
    """Whether "key" stands behind a word that makes it a secret's ("api key", "auth.key") and is given a value, or may
    be in its section."""
    near = max(0, begin - _LONGEST_SECTION)
    small = text[near:end].lower()
    if "jwt" in small and IN_JWT_SECTION.search(small):
        return True
    at = small.find(_KEY_LETTERS, begin - near)
    while at >= 0:
        if small[at - 1 : at] in _APART and small.endswith(_BEFORE_APART, 0, max(0, at - 1)):
            return has_named(text, (_KEY_LETTERS,), begin, end)
        at = small.find(_KEY_LETTERS, at + len(_KEY_LETTERS))
    return False
