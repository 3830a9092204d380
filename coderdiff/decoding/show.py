"""A canvas as people see it: committed tokens, drafts, and the best guess where nothing stands yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from coderdiff.decoding.canvas import Canvas, View
from coderdiff.decoding.written import Written
from coderdiff.model.tokenizer import Tokenizer
from coderdiff.types import Draft, DraftToken, TokenState


@dataclass(frozen=True)
class Shown:
    """A canvas as it stood at a look, kept to be shown if anybody asks.

    `drafted` are the tokens proposed, for the open positions from the left; `remasked` is how many commits the look
    revoked. `written` tokens of the answer were left of the canvas; the first `given` bytes stood before the cursor.
    """

    canvas: Canvas
    view: View | None
    drafted: tuple[int, ...]
    remasked: int
    written: int
    given: int

    def draft(self, written: Written, tokenizer: Tokenizer, forwards: int, elapsed_ms: float) -> Draft:
        """The canvas for people, behind the answer that it belongs to."""
        canvas, given = self.canvas, self.given
        settled = tokenizer.decode_bytes(written.tokens[: self.written])
        leading = tokenizer.decode_bytes(canvas.tokens[canvas.given_count : canvas.leading].tolist())
        skip = max(0, given - len(settled))
        return Draft(
            settled=settled[given:].decode("utf-8", "ignore"),
            tokens=_tokens(canvas, self.view, self.drafted, tokenizer, skip, written.ends),
            text=(settled + leading)[given:].decode("utf-8", "ignore"),
            forwards=forwards,
            remasked=self.remasked,
            elapsed_ms=elapsed_ms,
        )


def _tokens(
    canvas: Canvas,
    view: View | None,
    drafted: Sequence[int],
    tokenizer: Tokenizer,
    skip: int,
    ends: Sequence[int],
) -> tuple[DraftToken, ...]:
    """The tokens of a canvas without those given, up to an end token that stands.

    The first `skip` bytes are not shown: they stood before the cursor.
    """
    draft = iter(drafted)
    guesses = canvas.tokens if view is None else torch.where(canvas.committed, canvas.tokens, view.best)
    sure = canvas.confidence if view is None else view.confidence
    sure = torch.where(canvas.committed, canvas.confidence, sure)
    start = canvas.given_count
    tokens = []
    for committed, guess, confidence in zip(
        canvas.committed.tolist()[start:], guesses.tolist()[start:], sure.tolist()[start:], strict=True
    ):
        proposal = None if committed else next(draft, None)
        id_ = guess if proposal is None else proposal
        content = tokenizer.token_bytes(id_)
        content, skip = content[skip:], max(0, skip - len(content))
        state = TokenState.COMMITTED if committed else TokenState.MASKED
        if proposal is not None:
            state = TokenState.DRAFTED
        tokens.append(DraftToken(content.decode("utf-8", "replace"), state, confidence))
        if committed and id_ in ends:
            break
    return tuple(tokens)
