"""What texts cost in tokens, counted once each: a pack's candidates are nearly the same from one line to the next."""

from __future__ import annotations

from collections.abc import Callable

MOST_TEXTS = 50_000
"""Texts whose cost is remembered."""

Count = Callable[[str], int]
"""Tokens of a whole text."""


class Costs(dict[str, int]):
    """Tokens by text, as `count` has them, less what each costs `besides`. A look into a dictionary is what a choice
    does most."""

    def __init__(self, count: Count, besides: int = 0) -> None:
        super().__init__()
        self._count, self._besides = count, besides

    def __missing__(self, text: str) -> int:
        if len(self) >= MOST_TEXTS:
            self.clear()
        tokens = self[text] = self._count(text) - self._besides
        return tokens


class Counted:
    """The costs by one count: of `wholes`, and of the `parts` that a whole is put together of, without what every text
    costs by itself."""

    def __init__(self, count: Count) -> None:
        self.count = count
        self.wholes = Costs(count)
        self.parts = Costs(count, besides=count(""))
