"""A published `config.json`, read with care: typed values, one-line errors; null counts as absent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from coderdiff.errors import CheckpointError


@dataclass(frozen=True)
class Settings:
    """A group of settings as JSON has them. Readers raise CheckpointError for a missing or unfit value."""

    values: Mapping[str, object]

    def has(self, key: str) -> bool:
        """Whether `key` is there and not null."""
        return self.values.get(key) is not None

    def integer(self, key: str, default: int | None = None) -> int:
        """A whole number."""
        value = self._get(key, default)
        if isinstance(value, bool) or not isinstance(value, int):
            self.refuse(key, "a whole number")
        return value

    def number(self, key: str, default: float | None = None) -> float:
        """A number, whole or not."""
        value = self._get(key, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self.refuse(key, "a number")
        return float(value)

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self._get(key, default)
        if not isinstance(value, bool):
            self.refuse(key, "true or false")
        return value

    def text(self, key: str, default: str | None = None) -> str:
        """A string."""
        value = self._get(key, default)
        if not isinstance(value, str):
            self.refuse(key, "a string")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings; empty if absent."""
        value = self._get(key, ())
        if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
            self.refuse(key, "a list of strings")
        return tuple(value)

    def group(self, key: str) -> Settings:
        """A group of settings within this one; empty if absent."""
        value = self._get(key, {})
        if not isinstance(value, dict):
            self.refuse(key, "a group of settings")
        return Settings(value)

    def refuse(self, key: str, needed: str) -> NoReturn:
        """Raise CheckpointError: what `key` is, and what would be needed."""
        raise CheckpointError(f"{key} is {self.values.get(key)!r}: coderdiff needs {needed}")

    def _get(self, key: str, default: object) -> object:
        value = self.values.get(key)
        value = default if value is None else value
        if value is None:
            raise CheckpointError(f"{key} is missing")
        return value
