"""Document and hole -> token ids for networks that were not trained on our own prompt (`prompt.py`).

Where attention goes both ways the document is read as it stands, `bos | prefix | canvas | suffix`, with an end token
behind a suffix that is whole if the checkpoint was trained on documents that are closed so. Where it goes by
blocks nothing behind the canvas can be seen, so the suffix comes first: between the tokens for infilling that the
checkpoint was trained with, `suffix mark | suffix | prefix mark | prefix | middle mark` (Bavarian et al., arXiv
2207.14255), or as plain text before the prefix where it has none.
"""

from __future__ import annotations

from coderdiff.model.prompt import Prompt, both_windows
from coderdiff.model.tokenizer import Tokenizer


def document_prompt(
    tokenizer: Tokenizer, prefix: str, suffix: str, budget: int, end: int | None = None
) -> Prompt:
    """`bos | prefix`, the canvas, and the suffix behind it, in at most `budget` rows; `end` closes the document, where
    its last token is read."""
    bos = tokenizer.specials.bos
    opening = [] if bos is None else [bos]
    closing = [] if end is None else [end]
    windows = both_windows(tokenizer, prefix, suffix, budget - len(opening) - len(closing))
    if tokenizer.decode(windows.suffix) != suffix:
        closing = []
    return Prompt([*opening, *windows.prefix], windows.pending, behind=(*windows.suffix, *closing))


def suffix_first_prompt(tokenizer: Tokenizer, prefix: str, suffix: str, budget: int) -> Prompt:
    """`bos | suffix | prefix` in at most `budget` rows, with the checkpoint's own marks if it has them."""
    specials = tokenizer.specials
    marks = [specials.bos, specials.suffix, specials.prefix, specials.middle]
    if specials.suffix is None or specials.prefix is None:
        marks[1:] = [None, None, None]
    bos, before_suffix, before_prefix, behind = ([] if mark is None else [mark] for mark in marks)
    windows = both_windows(tokenizer, prefix, suffix, budget - sum(mark is not None for mark in marks))
    ids = [*bos, *before_suffix, *windows.suffix, *before_prefix, *windows.prefix, *behind]
    return Prompt(ids, windows.pending)
