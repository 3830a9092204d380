"""A canvas as people see it: committed tokens, drafts, and the best guess where nothing stands yet."""

from __future__ import annotations

from collections.abc import Sequence

from coderdiff.decoding.canvas import Canvas, View
from coderdiff.model.tokenizer import Tokenizer
from coderdiff.types import DraftToken, TokenState


def shown(
    canvas: Canvas,
    view: View | None,
    drafted: Sequence[int],
    tokenizer: Tokenizer,
    skip: int,
    end_id: int | None,
) -> tuple[DraftToken, ...]:
    """The tokens of a canvas without those given, up to an end token that stands.

    `drafted` are the tokens proposed, for the open positions from the left; the first `skip` bytes are not shown: they
    stood before the cursor.
    """
    draft = iter(drafted)
    tokens = []
    for at in range(canvas.given_count, len(canvas.tokens)):
        committed = bool(canvas.committed[at])
        proposal = None if committed else next(draft, None)
        guess = None if view is None else int(view.best[at])
        id_ = int(canvas.tokens[at]) if committed else guess if proposal is None else proposal
        content = b"" if id_ is None else tokenizer.token_bytes(id_)
        content, skip = content[skip:], max(0, skip - len(content))
        state = TokenState.COMMITTED if committed else TokenState.MASKED
        if proposal is not None:
            state = TokenState.DRAFTED
        sure = canvas.confidence[at] if committed else 0.0 if view is None else view.confidence[at]
        tokens.append(DraftToken(content.decode("utf-8", "replace"), state, float(sure)))
        if committed and id_ == end_id:
            break
    return tuple(tokens)
