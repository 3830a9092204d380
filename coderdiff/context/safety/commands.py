"""Passwords that commands are given: `sshpass -p ...`, `docker login -u joe -p ...`, `mysql -p...`, `redis-cli -a ...`.

A short option says nothing by itself; the command that has it does. A command may stand in a script, or its words
in a list of strings (`["sshpass", "-p", "..."]`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from coderdiff.context.safety.looks import is_password

_WORDS = r"(?:[^\n|;&]|\\\n){0,200}?[\s\"']"
"""What stands between a command and its option: no other command begins there."""

_APART = r"(?:[= \t][ \t]{0,8}(?:\\\n[ \t]{0,40})?|[\"']\s{0,4},\s{0,40}[\"'])"
_BARE = r"([^\s\"'`|;&<>(),]{4,256})"
_VALUE = rf"(?:'([^'\n]{{4,256}})'|\"([^\"\n]{{4,256}})\"|{_BARE})"


def _command(name: str, option: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.-])(?i:{name})(?=[\s\"']){_WORDS}{option}{_VALUE}")


_P = f"-p{_APART}"
_COMMANDS = (
    ("sshpass", _command("sshpass", f"-p{_APART}?")),
    ("login", _command("login", _P)),
    # With a blank behind it the option asks for the password; `find -name mysql -print0` is no such command.
    *(
        (name, _command(f"{name}(?:-?(?:dump|admin|import|check|show))?", "-p(?!rint|rune|ath)"))
        for name in ("mysql", "mariadb")
    ),
    ("redis-cli", _command("redis-cli", f"-a{_APART}")),
    (
        "curl",
        re.compile(
            r"(?<!\w)(?i:curl)(?=\s)(?:[^\n|;]|\\\n){0,200}?\s(?i:-u|--user)[ =]?[\"']?"
            r"[^\s:\"']{1,100}:([^\s\"']{4,256})"
        ),
    ),
)
"""Letters to look for, and what is tried there: the last group that matches is the password.

"login" is what `docker`, `podman`, `helm registry`, `oras` and others call it.
"""

COMMAND_WORDS = ("sshpass", "login", "mysql", "mariadb", "redis", "curl")
"""With one of these a word begins in every text that has such a password."""


def command_spans(text: str, small: str, start: int = 0) -> Iterator[tuple[int, int, str]]:
    """Start, end and kind of every password of a command. `small` is the text in small letters, or that part of it
    that begins at `start`: the commands are sought there."""
    for letters, pattern in _COMMANDS:
        at = small.find(letters)
        while at >= 0:
            found = pattern.match(text, start + at)
            if found:
                group = found.lastindex or 0
                if is_password(found[group]):
                    yield *found.span(group), "login of a command"
            at = small.find(letters, at + len(letters))
