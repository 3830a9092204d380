"""Names that say that their value is a secret: `dbPassword`, `API_KEY`, `smtp_pass`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from coderdiff.context.safety.looks import is_of_all_kinds, is_password, is_random

_TOKEN_CHARS = 12
_LONG_TOKEN = 16
"""A token that is shorter needs a digit: words of one kind of letter, such as HTTPSCONNECT, are often as long."""

NAME_END = (
    r"(?:[_-]?(?:value|text|string|str|prod(?:uction)?|dev(?:elopment)?|stag(?:e|ing)|test|live|base|base64|b64|hex"
    r"|default|old|new|primary|secondary|main|raw|plain|key)){0,2}[_-]?[0-9]{0,2}(?![\w-])"
)
"""What may follow the telling word in a name and still make it a secret's. `password_field` is none, `tokenizer` is
none, `SECRET_KEY_BASE`, `password2` and `apiKeyProd` are."""

_PLURAL = r"(?P<plural>s)(?![\w-])"
_NO_PLURAL = "(?P<plural>(?!))"

BEFORE_KEY = (
    "api|app|auth|access|private|secret|sign|signing|encrypt|encryption|crypt|master|account|licen[sc]e|shared|session"
    "|deploy|service|client|consumer|subscription|storage|hmac|jwt|webhook|admin|server|write|ingest"
)
"""What must stand before the word "key" in a secret's name."""

_BEFORE_PASS = (
    "db|database|sql|pg|postgres|mongo|redis|rabbitmq|amqp|smtp|e?mail|imap|ftp|ssh|sudo|become|root|admin|user|usr"
    "|login|auth|http|proxy|ldap|vault|wifi|wlan|vpn|cert|keystore|truststore|basic|account"
)
"""What makes "pass" and "pw" short for a password wherever they stand: a render pass and a bypass are none."""

_SIGNED = NAME_END + r"(?=[\"'`\])\\]{0,3}\s{0,20}[=:|?>])"
"""A sign behind the name: without one "pass" may be any word of a sentence, and "pw" of a list."""

_BORDER = "(?<![A-Za-z0-9])"
_JOINED = r"(?<=[A-Za-z_\-.])"
"""What is short for a password has a letter or a sign right before it: most of what is called so is Python's `pass`."""

_LOGIN = re.compile(r"user|login|host|mail|smtp|auth|account", re.IGNORECASE)
_NEAR = 100
_LONGEST_BEFORE = 14

SURE_LETTERS = ("passw", "pwd", "passphrase", "secret", "credential")
"""Letters that tell a secret's name wherever they stand; those below have other meanings too."""

ENDING_LETTERS = ("token", "pass", "pw", "psk")
_LISTED = ("passw", "pwd", "passphrase", "secret", "key")
NAMED_LETTERS = (*SURE_LETTERS, *ENDING_LETTERS, "key")


@dataclass(frozen=True, slots=True)
class Family:
    """Names that say "secret": the letters to look for, the whole word (or its plural), what must stand before it.

    `least` is how many characters a random value has at least; None where any password will do.
    `among_logins` asks for a word like "user" or "host" near the name.
    """

    letters: str
    word: re.Pattern[str]
    least: int | None
    before: re.Pattern[str] | None = None
    among_logins: bool = False

    def accepts(self, value: str) -> bool:
        """Whether a literal of that name is a secret."""
        if self.least is None:
            return is_password(value)
        return self.is_random(value, self.least) or is_of_all_kinds(value)

    def is_random(self, value: str, least: int) -> bool:
        """Whether a value is a random one of that name; of a password it has `least` characters or more."""
        return is_random(value, self.least or least) and (
            self.least is None or len(value) >= _LONG_TOKEN or any(map(str.isdigit, value))
        )

    def named_at(self, text: str, at: int) -> tuple[int, bool] | None:
        """Where the telling word ends whose letters are at `at`, and whether it is a plural; None if none is there."""
        word = self.word.match(text, at)
        if (
            word is None
            or (self.before is not None and not self.before.search(text, max(0, at - _LONGEST_BEFORE), at))
            or (self.among_logins and not _LOGIN.search(text, max(0, at - _NEAR), word.end() + _NEAR))
        ):
            return None
        is_plural = word["plural"] is not None
        if is_plural and self.letters == "key" and not (text[at - 1].isalnum() or text[at - 1] == "_"):
            return None  # "api keys" is the words of a sentence
        return word.end(), is_plural


def named(
    text: str, small: str, letters: Collection[str], start: int = 0
) -> Iterator[tuple[int, int, Family, bool]]:
    """Where the telling words of names with some of these letters stand, which are of `NAMED_LETTERS`.

    The last says whether the word is a plural. `small` is the text in small letters, or that part of it that begins
    at `start`: the words are sought there.
    """
    for own in letters:
        at = small.find(own)
        while at >= 0:
            for family in _BY_LETTERS[own]:
                found = family.named_at(text, start + at)
                if found:
                    yield start + at, found[0], family, found[1]
            at = small.find(own, at + len(own))


def _family(
    letters: str,
    least: int | None = None,
    word: str | None = None,
    before: str | None = None,
    end: str = NAME_END,
    among_logins: bool = False,
) -> Family:
    return Family(
        letters,
        re.compile(
            f"{word or letters}(?:{end}|{_PLURAL if letters in _LISTED else _NO_PLURAL})", re.IGNORECASE
        ),
        least,
        re.compile(rf"(?:{before})\Z", re.IGNORECASE) if before else None,
        among_logins,
    )


_FAMILIES = (
    _family("passw", word=r"passw(?:or)?r?d"),
    _family("pwd"),
    _family("passphrase"),
    _family("secret"),
    _family("token", _TOKEN_CHARS),
    _family("credential", _TOKEN_CHARS, "credentials?"),
    _family("pass", word=f"{_JOINED}pass", before=rf"(?:{_BEFORE_PASS})[_\-.]?"),
    _family("pass", word=f"{_BORDER}pass", end=_SIGNED, among_logins=True),
    _family("pw", word=f"{_JOINED}pw", before=rf"(?:{_BEFORE_PASS})[_\-.]?"),
    _family("pw", word=f"{_BORDER}pw", end=_SIGNED),
    _family("psk", word=f"{_BORDER}psk", end=_SIGNED),
    _family("key", _TOKEN_CHARS, before=rf"(?:{BEFORE_KEY})(?:[_\- .:]|__)?"),
)
_BY_LETTERS = {
    letters: tuple(family for family in _FAMILIES if family.letters == letters) for letters in NAMED_LETTERS
}
