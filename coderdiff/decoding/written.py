"""The answer so far, left of the canvas: its tokens, how sure they were, where it ends, and how it reads."""

from __future__ import annotations

from collections.abc import Sequence

from coderdiff.model.tokenizer import Tokenizer


class Written:
    """Tokens that stand for good, up to an end token, which is kept.

    `logs` are their log probabilities when they were committed. `ends` are the ids that end an answer, `stops` the
    strings that do.
    """

    def __init__(self, tokenizer: Tokenizer, ends: Sequence[int], stops: Sequence[str]) -> None:
        self._tokenizer, self.ends, self._stops = tokenizer, ends, stops
        self.tokens: list[int] = []
        self.logs: list[float] = []

    def __len__(self) -> int:
        return len(self.tokens)

    def add(self, tokens: list[int], logs: Sequence[float]) -> list[int]:
        """Take these in, as far as the first end token; returns what was taken."""
        tokens = self.to_end(tokens)
        self.tokens += tokens
        self.logs += logs[: len(tokens)]
        return tokens

    def says_end(self, tokens: Sequence[int]) -> bool:
        """Whether an end token is among these."""
        return any(token in self.ends for token in tokens)

    def to_end(self, tokens: list[int]) -> list[int]:
        """Up to the first end token, which is kept."""
        end = next((at for at, token in enumerate(tokens) if token in self.ends), len(tokens))
        return tokens[: end + 1]

    def text(self, given: int, more: Sequence[int] = (), upto: int | None = None) -> str:
        """The first `upto` tokens and `more` as text, without the `given` bytes that stood before the cursor."""
        content = self._tokenizer.decode_bytes([*self.tokens[:upto], *more])
        return content[given:].decode("utf-8", "ignore")

    def pieces(self, given: int, more: Sequence[int], upto: int) -> tuple[bytes, ...]:
        """As `text`, but the bytes of each token: one may be a part of a character."""
        found = []
        for token in (*self.tokens[:upto], *more):
            content = self._tokenizer.token_bytes(token)
            found.append(content[given:])
            given = max(0, given - len(content))
        return tuple(found)

    def stop_at(self, text: str) -> int | None:
        """Where the earliest stop string begins."""
        found = [at for stop in self._stops if stop and (at := text.find(stop)) >= 0]
        return min(found) if found else None
