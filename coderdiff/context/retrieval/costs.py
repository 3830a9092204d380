"""What texts cost in tokens, counted once each: a pack's candidates are nearly the same from one line to the next."""

from __future__ import annotations

from collections.abc import Callable

MOST_TEXTS = 50_000
"""Texts whose cost is remembered."""

Count = Callable[[str], int]
"""Tokens of a text."""


class Costs(dict[str, int]):
    """Tokens by text, as `count` has them. A look into a dictionary is what a choice does most."""

    def __init__(self, count: Count) -> None:
        super().__init__()
        self.count = count

    def __missing__(self, text: str) -> int:
        if len(self) >= MOST_TEXTS:
            self.clear()
        tokens = self[text] = self.count(text)
        return tokens
