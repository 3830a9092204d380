"""Private keys in text: PEM, SSH2 and PuTTY blocks, whole or cut off at either end, and JSON web keys.

A block's body is what looks like Base64 behind its opening mark, with what string literals, comments and quoting
put around the lines (`"MIIE...\\n" +`). So a mark that code only talks about has no body, and nothing behind it is
taken for a key. Each Base64 word is a span of its own: the quotes and line ends between them stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from coderdiff.context.safety.looks import RANDOM_RUN, mean_run

_NAME = r"(?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?"
_BEGIN = re.compile(rf"----[ -]BEGIN {_NAME}[ -]----")
_END = re.compile(rf"----[ -]END {_NAME}[ -]----")
_PUTTY = re.compile(r"Private-Lines: [0-9]{1,4}")
_BETWEEN = re.compile(
    r"(?:[ \t\"'`+,;>|#*.()]|//(?=[ \t])|--(?=[ \t])|(?:\\\\?[nr])|\\(?=\r?\n)|\r?\n"
    r"|[A-Z][A-Za-z-]{2,20}: [^\n\\\"']{0,200}(?=\\n|\r?\n))*"
)
"""What may stand between two words of a body: blanks, quotes, comment signs, line ends, header lines of the block.
Not possessive: of a group that can match wrongly before Python 3.11.5 (gh-106052)."""

_WORD = re.compile(r"[A-Za-z0-9+/=]++")
_LONG_WORD = 16
_LONG_LINE = 40
_MOST_LINES = 200
_LONGEST_KEY = 16_000
_JSON_KEY = re.compile(r"\"kty\"\s{0,4}:")
_JSON_SECRET = re.compile(r"\"(?:d|p|q|dp|dq|qi|k)\"\s{0,4}:\s{0,4}\"([A-Za-z0-9_-]{16,})")


def key_spans(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of every word of a private key's body."""
    for mark in (_BEGIN, _PUTTY):
        for begin in mark.finditer(text):
            yield from _body(text, begin.end())
    for end in _END.finditer(text):
        if "BEGIN" not in text[max(0, end.start() - _LONGEST_KEY) : end.start()]:
            yield from _headless(text, end.start())
    done = 0
    for web_key in _JSON_KEY.finditer(text):
        start = max(done, web_key.start() - _LONGEST_KEY)
        done = web_key.end() + _LONGEST_KEY
        for secret in _JSON_SECRET.finditer(text, start, done):
            yield secret.span(1)


def _body(text: str, at: int) -> Iterator[tuple[int, int]]:
    """The words of the body that begins at `at`; the last one may be short if the block or the text ends behind it."""
    while True:
        word = _WORD.match(text, _past(text, at))
        if word is None:
            return
        after = _past(text, word.end())
        at_end = after == len(text) or _END.match(text, after) is not None
        if not _is_key_material(word[0]) and not (at_end and len(word[0]) < _LONG_WORD):
            return
        yield word.span()
        at = word.end()


def _past(text: str, at: int) -> int:
    """Behind what stands between two words."""
    between = _BETWEEN.match(text, at)
    assert between is not None
    return between.end()


def _headless(text: str, end: int) -> Iterator[tuple[int, int]]:
    """The words of the lines above an end mark whose beginning is cut off; the last one may be short."""
    last = True
    for _ in range(_MOST_LINES):
        start = text.rfind("\n", 0, end) + 1
        word = _WORD.search(text, start, end)
        if word and (_is_key_material(word[0]) or (last and len(word[0]) < _LONG_WORD)):
            yield word.span()
            last = False
        elif word or not last:
            return
        end = start - 1
        if end < 0:
            return


def _is_key_material(word: str) -> bool:
    """Long and random; or crossed out already, so that the words behind it are seen."""
    limit = RANDOM_RUN if len(word) < _LONG_LINE else 2 * RANDOM_RUN
    return len(word) >= _LONG_WORD and (mean_run(word) <= limit or len(set(word)) <= 2)
