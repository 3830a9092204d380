"""Values without quotes behind a secret's name: which are literals, which are expressions of code?

Literals stand in settings files, a line of their own each (`NAME=value`, `name: value`), and in commands
(`--name value`). The same line may be code: `password: hash256` ends an object, `password=hash256` a call. So what
could be a name as well counts only among lines that are settings too. The text alone tells: a piece of a file is
judged like the whole.
"""

from __future__ import annotations

import re

from coderdiff.context.safety.families import Family
from coderdiff.context.safety.looks import (
    is_of_all_kinds,
    is_password,
    is_random,
    is_strong,
    is_worded_password,
)

TO_PLAIN = re.compile(
    r"[\"']?(?P<sign>=|:[ \t]{1,20}|[ \t]{1,20}[=:][ \t]{1,20}|[ \t](?![ \t=:]))(?P<value>[^\s\"'`,()\[\]{}<>|]{4,512})"
    r"(?P<last>[ \t]{0,20}(?:\r?\n|\Z|[ \t][#;]))?"
)
"""From the end of a name to the value and to the end of its line."""

TO_VALUE_LINE = re.compile(
    r"[\"']?[ \t]{0,4}\r?\n[ \t]{0,40}value:[ \t]{1,4}(?P<value>[^\s\"'`,()\[\]{}<>|]{4,512})"
    r"(?=[ \t]{0,20}(?:\r?\n|\Z|[ \t]#))"
)
IS_NAME = re.compile(r"\bname:[ \t]{1,4}[\"']?\Z")
"""A name that is a value itself, as Kubernetes has it: `name: DB_PASSWORD`, and in the next line `value: ...`."""

_ONE_WORD = re.compile(r"[A-Za-z0-9+/=_~-]+")
_TYPE = re.compile(r"[A-Z][A-Za-z]*\d{0,3}[A-Za-z]*[?!]?|[&*].*")
"""`Base64Text`, `Argon2Hash?`; a reference to one, or YAML's to another value."""

_QUOTES = ("'", '"', "`")
_TO_COMMANDS = 300
_GIVEN = re.compile(
    r"(?<![\w-])(?:--(?:set(?:-string|-literal|-env-vars)?|update-env-vars|from-literal|env|build-arg|params?|parameters?"
    r"|var|secret)|-var|-e)[= \t][ \t]{0,4}[\"']?(?:[^\s,\"'=]{1,60}=[^\s,\"']{0,200},){0,9}\Z"
)
"""An option that takes names and values, and perhaps other names before this one: `--set user=joe,password=...`."""

_REACH = 300
"""So many characters before and behind a line are looked at."""

_FAR = 1_000
_SECTION = re.compile(r"^\[[\w .:/\"-]{1,60}\][ \t]*$", re.MULTILINE)
_SHORTEST = 6
"""Shorter words (`secret: db12`) are more often the name of where the secret is."""

_OF_LABELS = "?!*"
"""What ends a form's label in a translation: `password: Passwort?`"""

_BLANK_LINES = re.compile(r"\A(?:[ \t\r]*\n)+")
_SETTING_LINE = re.compile(
    r"[ \t]*(?:[-#;!*\[]|```|\{[{%]|[\"']?[\w./-]{1,100}[\"']?[ \t]{0,4}[=:](?![=:])(?:[^\n]*[^\n,;{(\[\s])?[ \t]*$)",
    re.MULTILINE,
)
"""A setting, a list's item, a comment, a section's head, a mark of Markdown or of a template."""


def is_setting(ahead: str, name: str, plain: re.Match[str], family: Family) -> bool:
    """Whether an unquoted value is a literal in a settings file or a command, and a secret.

    `ahead` is what stands before the name in its line, `plain` a match of `TO_PLAIN` behind it.
    """
    value, sign = plain["value"], plain["sign"]
    if sign == "=" and len(value) >= _SHORTEST and _GIVEN.search(ahead[-_TO_COMMANDS:]):
        return family.accepts(value) or family.is_random(value, 8)
    if ahead and ahead[-1] not in " \t;&|:\"'`":
        return False
    at_end = plain["last"] is not None
    strong = is_of_all_kinds(value) or (family.least is None and is_strong(value))
    if sign.isspace():
        in_command = name.startswith("--") or (at_end and ahead.strip().upper() == "ENV")
        return in_command and (strong or family.accepts(value) or family.is_random(value, 8))
    if sign == "=" and (name.isupper() or name.startswith(("--", "-D", "-P"))):
        return family.accepts(value) or (family.least is None and is_worded_password(value))
    if sign[0] == ":" and ahead[-1:] in _QUOTES and plain.string.startswith(ahead[-1], plain.end("value")):
        return strong or family.is_random(value, 12)  # a header in one string
    return at_end and (strong or _is_literal_line(ahead, name, plain, family))


def _is_literal_line(ahead: str, name: str, plain: re.Match[str], family: Family) -> bool:
    """The same for a value at the end of a line that an expression may be written like."""
    value, sign = plain["value"], plain["sign"]
    if sign[0] not in "=:":
        if _is_long_and_random(value):
            return True
        # Nothing but a section's head tells such a line from code.
        start = plain.start()
        has_own_line = not ahead and bool(_SECTION.search(plain.string, max(0, start - _FAR), start))
    elif family.is_random(value, 12) if sign == "=" else is_random(value, 8):
        return True
    elif sign == "=":
        # Code gives named arguments like this, indented.
        has_own_line = not ahead or ahead.lstrip() == "- "
    else:
        has_own_line = not ahead.strip("- \t\"'") and (name.isupper() or not _TYPE.fullmatch(value))
    if not has_own_line or family.least is not None or len(value) < _SHORTEST:
        return False
    return is_password(value.rstrip(_OF_LABELS)) and _is_among_settings(plain)


def _is_among_settings(plain: re.Match[str]) -> bool:
    """Whether the lines next to a value's line are settings too, or there are none; blank ones are passed over."""
    text, value = plain.string, plain["value"]
    if value.endswith(";"):
        return False
    before = text[max(0, plain.start() - _REACH) : plain.start()].rpartition("\n")[0].rstrip()
    behind = text[plain.end("value") : plain.end("value") + _REACH].partition("\n")[2]
    behind = _BLANK_LINES.sub("", behind, count=1)
    return all(
        not line.strip() or _SETTING_LINE.match(line)
        for line in (before.rpartition("\n")[2], behind.partition("\n")[0])
    )


def _is_long_and_random(value: str) -> bool:
    """Random enough to be no name, where a name may stand."""
    digits = sum(map(str.isdigit, value))
    return digits >= 2 and is_random(value, 20) and _ONE_WORD.fullmatch(value) is not None
