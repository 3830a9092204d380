"""How sure the model was of each token of an answer: OpenAI's `logprobs`."""

from __future__ import annotations

import codecs
import math
from collections.abc import Iterator, Sequence
from typing import Any

from coderdiff.types import Completion

_LEAST = math.log(1e-9)
"""No logarithm is told to be less: JSON has no infinity."""


def spelling(completion: Completion) -> list[tuple[str, float | None]]:
    """Tokens that spell the answer's text, with their log probabilities; the last may be cut.

    What they do not spell is a token without one.
    """
    text, at = completion.text, 0
    found: list[tuple[str, float | None]] = []
    for token, log in _characters(completion):
        piece = token[: len(text) - at]
        if not piece or not text.startswith(piece, at):
            break
        found.append((piece, log))
        at += len(piece)
    return [*found, (text[at:], None)] if at < len(text) else found


def _characters(completion: Completion) -> Iterator[tuple[str, float]]:
    """The committed tokens as text. Those that share a character are told as one, as likely as they are together."""
    decoder = codecs.getincrementaldecoder("utf-8")("ignore")
    text, log = "", 0.0
    for piece, its_log in zip(completion.pieces, completion.logs, strict=False):
        text += decoder.decode(piece)
        log += its_log
        if decoder.getstate()[0]:
            continue  # within a character
        if text:
            yield text, log
        text, log = "", 0.0
    if text:
        yield text, log


def logprobs_object(
    tokens: Sequence[tuple[str, float | None]], offset: int, with_top: bool
) -> dict[str, Any]:
    """Log probabilities as OpenAI's `logprobs`; the only alternative known is the token itself."""
    logs = [None if each is None else round(min(0.0, max(each, _LEAST)), 4) for _, each in tokens]
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
