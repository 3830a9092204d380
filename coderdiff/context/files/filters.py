"""Which files are worth showing, by what is in them: binary, generated, minified and tabular ones are not.

Each rule gives a reason or None; the limits are constants. They follow what Linguist marks as generated, and what
Tabby and Continue leave out of their indexes. `reason_to_skip` asks all rules, those about names too.
"""

from __future__ import annotations

import re

import numpy as np

from coderdiff.context.files.names import name_reason, vendored
from coderdiff.context.paths import name_of, suffix_of

LONG_LINE = 400
MAX_LONG_SHARE = 0.5
"""At most this share of a file's bytes may stand in lines longer than `LONG_LINE` bytes: people break lines."""

LONG_PARAGRAPH = 4_000
"""The same for prose, in which a paragraph may be one line."""

MAX_LINE = 50_000
"""No line of any file may be longer: it would fill every pack on its own."""

MIN_LETTERS = 0.25
MAX_DIGITS = 0.5
"""Shares of a file's visible ASCII characters, in files of at least `MIN_JUDGED` of them. What people draw lines
with ("-=#*/~+") is not counted."""

MIN_JUDGED = 1_000
MAX_CONTROLS = 0.01
"""Share of control characters above which bytes are no text."""

HEADER_LINES = 15

_PROSE_SUFFIXES = frozenset((".md", ".mdx", ".rst", ".txt", ".adoc", ".tex", ".org", ".textile"))
_IN_STRING = rb"[\"'`][ \t]*(?:#|//|/\*|--|<!--)(?![\"'])"
"""A comment in a string is one that a program is to write."""

_START = rb"^(?![ \t]*" + _IN_STRING + rb")[\W_]*"
_GENERATED = re.compile(
    rb"@generated\b(?!['\"`])|<auto-?generated|\bmade\sby\sGNU\sBison\b"
    rb"|" + _START + rb"code\sgenerated\b.*\bdo\snot\sedit\b"
    rb"|" + _START + rb"(?:auto-?|automatically\s|machine\s)generated"
    rb"\s(?:by|from|with|using|on|at|via|file|code|--?|do\snot)"
    rb"|" + _START + rb"generated\s(?:by|from|with|using|on)\b"
    rb"|\b(?:this|the)\s(?:\w+\s)?(?:file|module|code|script|source|class|header|document)\s(?:is|was|has\sbeen)"
    rb"\s(?:(?:auto-?|automatically|machine|programmatically)[\s-]?)?generated(?:\s(?:code|automatically))?"
    rb"(?:\s(?:by|from|with|using|via)\b|[ \t]*(?:[.!;:]|-->|\*/|\r?$)|[\s,-]{1,4}(?:please\s)?(?:do\snot|don't)\b)"
    rb"|\bthis\sis\san?\s(?:auto-?|automatically\s|machine[\s-])?generated\s(?:file|module|source)\b"
    rb"|\bdo\snot\s(?:edit|modify|change)\b[^\n]{0,30}\b(?:by\shand|manually)\b"
    rb"|^(?:(?!"
    + _IN_STRING
    + rb")[^\n])*(?-i:\b(?:DO\sNOT|DON'T)\s(?:EDIT|MODIFY)\b(?!\s(?:BELOW|ABOVE|THE\s)))"
    rb"|(?-i:\bGENERATED\sCODE\b)",
    re.IGNORECASE | re.MULTILINE,
)
_SOURCE_MAP = re.compile(rb"^/[/*][#@] source(?:Mapping)?URL=", re.MULTILINE)
_COMPILED_SUFFIXES = frozenset((".js", ".mjs", ".cjs", ".css"))
_SAYS_GENERATED = (b"generated", b"bison", b"edit", b"modify", b"change")
"""Each sentence above has one of these."""

_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
_BLANK, _SMALL = np.uint8(ord(" ")), np.uint8(0x20)
_FIRST_LETTER, _LETTER_COUNT = np.uint8(ord("a")), np.uint8(26)
_BLANKS_AND_RULES = b" \t\n\r\f\v-=#*/~+"
_HIGH = bytes(range(128, 256))
_CONTROLS = bytes(byte for byte in range(32) if byte not in b"\t\n\r\f\v\b\x1b")


def binary(content: bytes, plain: bool = False) -> str | None:
    """Bytes that are no text in UTF-8, Latin-1 or a kindred encoding. `plain` promises that there are no such bytes."""
    if plain:
        return _pointer(content)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16 text; convert it to UTF-8 to have it read"
    if b"\0" in content:
        return "binary (NUL bytes)"
    if len(content) - len(content.translate(None, _CONTROLS)) > MAX_CONTROLS * len(content):
        return "binary (control characters)"
    return _pointer(content)


def _pointer(content: bytes) -> str | None:
    return "Git LFS pointer" if content.startswith(b"version https://git-lfs.github.com/spec/") else None


def generated(content: bytes, suffix: str = "") -> str | None:
    """A head of `HEADER_LINES` lines that says that a program wrote the file, or a link to a source map."""
    head = b"\n".join(content[:8_000].split(b"\n", HEADER_LINES)[:HEADER_LINES])
    small = head.lower()
    found = _GENERATED.search(head) if any(word in small for word in _SAYS_GENERATED) else None
    if found:
        line = head.count(b"\n", 0, found.end()) + 1
        return f"generated (line {line} says so)"
    if suffix in _COMPILED_SUFFIXES and _SOURCE_MAP.search(content, max(0, len(content) - 2_000)):
        return "generated (has a source map)"
    return None


def long_lines(content: bytes, suffix: str = "") -> str | None:
    """Lines longer than people write them: minified code, or data in one line."""
    limit = LONG_PARAGRAPH if suffix in _PROSE_SUFFIXES else LONG_LINE
    if not _has_longer_line(content, limit):
        return None
    long = [length for length in map(len, content.split(b"\n")) if length > limit]
    if sum(long) > MAX_LONG_SHARE * len(content):
        return f"minified or data: more than half of it in lines over {limit} bytes"
    if long and max(long) > MAX_LINE:
        return f"a line of {max(long):,} bytes; the limit is {MAX_LINE:,}"
    return None


def _has_longer_line(content: bytes, limit: int) -> bool:
    """Whether a line is longer than `limit` bytes: from one line end to the last one within its reach."""
    at = 0
    while len(content) - at > limit:
        end = content.rfind(b"\n", at, at + limit + 1)
        if end < 0:
            return True
        at = end + 1
    return False


def mostly_data(content: bytes) -> str | None:
    """Few letters or many digits: data in the shape of code."""
    codes = np.frombuffer(content, dtype=np.uint8)
    # One subtraction puts the letters, made small, below 26.
    letters = int(np.count_nonzero((codes | _SMALL) - _FIRST_LETTER < _LETTER_COUNT))
    if 2 * letters >= len(content) or 2 * letters >= len(content) - np.count_nonzero(codes == _BLANK):
        return None  # as most code: what is neither letter nor blank cannot outweigh the letters
    visible = content.translate(None, _BLANKS_AND_RULES + _HIGH)
    if len(visible) < MIN_JUDGED:
        return None
    if len(visible) - len(visible.translate(None, b"0123456789")) > MAX_DIGITS * len(visible):
        return "mostly digits"
    letters = len(visible) - len(visible.translate(None, _LETTERS))
    high = len(content) - len(content.translate(None, _HIGH))
    return "few letters" if letters + high < MIN_LETTERS * (len(visible) + high) else None


def reason_to_skip(path: str, content: bytes, wanted: bool = False, plain: bool = False) -> str | None:
    """Why a file is left out, by its path and all of its bytes; None to keep it.

    `wanted` says that the user asks for it: only what cannot be read as text is left out then. `plain` promises
    that the content has printable ASCII, tabs and line ends only.
    """
    name = name_of(path)
    suffix = suffix_of(name).lower()
    reason = binary(content, plain)
    if reason or wanted:
        return reason
    return (
        vendored(path)
        or name_reason(name, len(content))
        or generated(content, suffix)
        or long_lines(content, suffix)
        or mostly_data(content)
    )
