"""How sure the model was of each token of an answer, read from the drafts on the way: OpenAI's `logprobs`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from coderdiff.types import Draft


class Confidences:
    """Follows the drafts of one answer: each token of its text with the confidence it was last seen with."""

    def __init__(self) -> None:
        self._settled: list[tuple[str, float | None]] = []
        self._last: Draft | None = None

    def see(self, draft: Draft) -> None:
        """The next draft."""
        before = self._last
        known = len(before.settled) if before is not None else 0
        if len(draft.settled) > known:
            canvas = [(token.text, token.confidence) for token in before.tokens] if before is not None else []
            self._settled += _spelling(draft.settled[known:], canvas)
        self._last = draft

    def of(self, text: str) -> list[tuple[str, float | None]]:
        """The tokens that spell the answer's text."""
        canvas = [(token.text, token.confidence) for token in self._last.tokens] if self._last else []
        return _spelling(text, [*self._settled, *canvas])


def _spelling(text: str, tokens: Iterable[tuple[str, float | None]]) -> list[tuple[str, float | None]]:
    """Leading tokens that spell `text`; the last may be cut. What they do not spell is a token without confidence."""
    found: list[tuple[str, float | None]] = []
    at = 0
    for token, confidence in tokens:
        piece = token[: len(text) - at]
        if at == len(text) or not text.startswith(piece, at):
            break
        if piece:
            found.append((piece, confidence))
            at += len(piece)
    return [*found, (text[at:], None)] if at < len(text) else found


def logprobs_object(
    tokens: Sequence[tuple[str, float | None]], offset: int, with_top: bool
) -> dict[str, Any]:
    """Logarithms of confidences as OpenAI's `logprobs`; the only alternative known is the token itself."""
    logs = [None if each is None else round(math.log(max(each, 1e-9)), 4) for _, each in tokens]
    offsets, at = [], offset
    for text, _ in tokens:
        offsets.append(at)
        at += len(text)
    top = [{text: log} if log is not None else {} for (text, _), log in zip(tokens, logs, strict=True)]
    return {
        "tokens": [text for text, _ in tokens],
        "token_logprobs": logs,
        "top_logprobs": top if with_top else None,
        "text_offset": offsets,
    }
