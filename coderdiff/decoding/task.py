"""What the decode loop is given and what it gives back; and which tokens a network may write at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from coderdiff.decoding.copying import CopyModel
from coderdiff.decoding.lengths import Lengths
from coderdiff.model.spec import ModelSpec
from coderdiff.model.tokenizer import Tokenizer
from coderdiff.types import FinishReason, Limits, Sampling


@dataclass(frozen=True)
class Task:
    """What to denoise: context ids that `session` has not read yet, bytes to spell first, when to stop.

    `canvas` is its length, at most or, between two sides, at the start; `lengths` says how to look for a better one.
    """

    unread: Sequence[int]
    pending: bytes
    limits: Limits
    sampling: Sampling
    canvas: int
    banned: Tensor
    """Bool [vocab]: ids that are never written (`unwritable`)."""
    copying: CopyModel
    """What stands in the file and in related ones: of this fill alone, for it takes the answer in."""
    began: float
    """`time.perf_counter()` of the request: deadlines count from there."""
    lengths: Lengths | None = None
    ends: tuple[int, ...] = ()
    """Ids that end the answer as the network's own end token does."""
    open_end: bool = False
    """Nothing stands behind the answer: as many tokens as it may have, and no end token, are an answer cut off."""


@dataclass(frozen=True)
class Denoised:
    """The raw middle and what it took. `logs` are the log probabilities of the tokens that stand, the end token's too,
    each as it was when the token was committed; `pieces` are the bytes that these tokens add to the text."""

    text: str
    reason: FinishReason
    logs: tuple[float, ...] = field(compare=False)  # rounding depends on what else is in a batch
    forwards: int
    pieces: tuple[bytes, ...] = field(default=(), compare=False)

    @property
    def tokens(self) -> int:
        """How many commits stand."""
        return len(self.logs)


def unwritable(vocab_size: int, tokenizer: Tokenizer, *written: int | None) -> Tensor:
    """Bool [vocab]: ids that spell nothing, those of `written` excepted: the end token, expand and delete."""
    banned = torch.ones(vocab_size, dtype=torch.bool)
    banned[[id_ for id_ in range(tokenizer.vocab_size) if tokenizer.token_bytes(id_)]] = False
    banned[[id_ for id_ in written if id_ is not None]] = False
    return banned


def writable_specials(spec: ModelSpec) -> tuple[int | None, ...]:
    """The special tokens that a network may write on a canvas."""
    return spec.end_id, spec.expand_id, spec.delete_id, spec.insert_id
