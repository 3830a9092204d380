"""The settings files that say what module names stand for: read when they are asked for, as they are in the index."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from typing import Any

Read = Callable[[str], str | None]
"""The text of a file of the repository, by path; None if it is not there."""

_COMMENT_OR_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_LAST_COMMA = re.compile(r'("(?:[^"\\\n]|\\.)*")|,(?=\s*[}\]])')


class Settings:
    """Settings files of a repository. What was read is remembered, and so is what it was read from."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._texts: dict[str, str | None] = {}
        self._values: dict[str, dict[str, Any]] = {}

    def text(self, path: str) -> str:
        """The text of a file; an empty one if the file is not there."""
        if path not in self._texts:
            self._texts[path] = self._read(path)
        return self._texts[path] or ""

    def json(self, path: str) -> dict[str, Any]:
        """The object in a file of JSON; an empty one if the file is not there or holds none."""
        if path not in self._values:
            self._values[path] = read_json(self.text(path))
        return self._values[path]

    def toml(self, path: str) -> dict[str, Any]:
        """The table in a file of TOML; an empty one if the file is not there or holds none."""
        if path not in self._values:
            try:
                self._values[path] = tomllib.loads(self.text(path))
            except (ValueError, RecursionError):
                self._values[path] = {}
        return self._values[path]

    def changed(self) -> bool:
        """Whether a file that was read says something else by now."""
        return any(self._read(path) != text for path, text in self._texts.items())


def read_json(text: str) -> dict[str, Any]:
    """The object that a text holds, in JSON with comments and trailing commas; an empty one if it holds none."""
    text = _COMMENT_OR_STRING.sub(
        lambda found: found[0] if found[0][0] == '"' else " ", text.lstrip("\ufeff")
    )
    try:
        value = json.loads(_LAST_COMMA.sub(lambda found: found[1] or "", text))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def an_object(value: Any) -> dict[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def strings(value: Any) -> tuple[str, ...]:
    """A string, or those of a list."""
    listed = value if isinstance(value, list) else [value]
    return tuple(each for each in listed if isinstance(each, str))
