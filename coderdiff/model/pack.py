"""How snippets stand in a prompt: each is read on its own behind the first token, none sees another.

    row        0      1 ... a    a+1 ... a+b   ...            then the document
    token      <bos>  snippet 1  snippet 2                    suffix | prefix
    position   0      1 ... a    1 ... b                      longest snippet + 1 ...

So the keys and values of a snippet depend on its own tokens alone: they are computed once and serve in any pack, in
any order, before any document. Only the document's rows see all of them (parallel context windows, arXiv 2212.10947).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from coderdiff.model.tokenizer import Tokenizer


def snippet_ids(tokenizer: Tokenizer, path: str, text: str) -> tuple[int, ...]:
    """A snippet as the model reads it: its mark, a comment line with its path, its text."""
    mark = tokenizer.specials.snippet
    assert mark is not None
    return (mark, *tokenizer.encode(f"# {path}\n{text}\n"))


def document_shift(lengths: Sequence[int]) -> int:
    """How far a pack of snippets of these lengths moves the positions of the document's rows."""
    return max(lengths, default=0)


def pack_positions(lengths: Sequence[int]) -> list[int]:
    """Positions of the snippets' rows, one snippet after the other."""
    return [position for length in lengths for position in range(1, length + 1)]


def pack_mask(lengths: Sequence[int]) -> Tensor:
    """Who sees whom among the first token and the snippets behind it: bool [1 + sum, 1 + sum]."""
    rows = 1 + sum(lengths)
    mask = torch.zeros(rows, rows, dtype=torch.bool)
    mask[:, 0] = True
    at = 1
    for length in lengths:
        mask[at : at + length, at : at + length] = torch.ones(length, length, dtype=torch.bool).tril()
        at += length
    return mask
