"""A canvas as people see it: committed tokens, drafts, and the best guess where nothing stands yet."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from coderdiff.decoding.canvas import Canvas, View
from coderdiff.model.tokenizer import Tokenizer
from coderdiff.types import DraftToken, TokenState


def shown(
    canvas: Canvas,
    view: View | None,
    drafted: Sequence[int],
    tokenizer: Tokenizer,
    skip: int,
    ends: Sequence[int],
) -> tuple[DraftToken, ...]:
    """The tokens of a canvas without those given, up to an end token that stands.

    `drafted` are the tokens proposed, for the open positions from the left; the first `skip` bytes are not shown: they
    stood before the cursor.
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
