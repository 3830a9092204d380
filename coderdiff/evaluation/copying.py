"""Fitting a model's `CopyWeights`: how far to trust what followed the same tokens before (`decoding/copying.py`).

Holes are drawn from packages that the model was not trained on, and each is read as its author filled it. At every
token the network, the file and the related files each say how likely it was; the weights are those under which the
mixture makes what was written most likely, found by expectation maximisation (the interpolation of Jelinek and Mercer,
1980, in classes).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from coderdiff.context.repository import Repository
from coderdiff.decoding.copying import Copied, CopyModel
from coderdiff.decoding.session import Look
from coderdiff.decoding.task import unwritable
from coderdiff.decoding.words import Known
from coderdiff.engine.copy_memory import CopyMemory
from coderdiff.engine.engine import ANSWER_SHARE
from coderdiff.engine.session import CachedSession
from coderdiff.evaluation.infill import InfillTask
from coderdiff.model.copy_weights import SHAPE, WORDS_SHAPE, CopyWeights
from coderdiff.model.loader import Checkpoint
from coderdiff.model.prompt import infill_prompt
from coderdiff.types import Document

MOST_READ = 40
"""Tokens of a hole that are read: a long one does not count more than that."""

ROUNDS = 50

_START = 0.3
_PRIOR = (0.5, 2.0)
"""Each class begins with so much weight seen over so many tokens: rare ones are not believed at once."""


Weights: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Said:
    """What a source of copies said of a token: the class of what it found, and the share that was this token."""

    cell: tuple[int, ...]
    share: float


@dataclass(frozen=True)
class Observed:
    """One token that was written: the network's probability of it, and what was said from before."""

    own: float
    near: Said | None
    far: Said | None
    word: Said | None = None


def observe(
    checkpoint: Checkpoint,
    tasks: Sequence[InfillTask],
    repositories: Mapping[str, Repository],
    advance: Callable[[], None],
) -> list[Observed]:
    """Read every hole as it was filled; `repositories` are the packages'."""
    spec, tokenizer = checkpoint.spec, checkpoint.tokenizer
    memory = CopyMemory(
        tokenizer, spec.end_id, CopyWeights(np.zeros(SHAPE), np.zeros(SHAPE), np.zeros(WORDS_SHAPE))
    )
    banned = unwritable(spec.vocab_size, tokenizer, spec.end_id)
    observed: list[Observed] = []
    for task in tasks:
        document, at = task.document, task.hole.start
        prompt = infill_prompt(
            tokenizer,
            document.text[:at],
            document.text[at:],
            spec.window - spec.window // ANSWER_SHARE,
            pack_budget=spec.pack,
        )
        middle = [*tokenizer.encode_after(prompt.pending, task.truth), spec.end_id][:MOST_READ]
        session = CachedSession(checkpoint.network, spec.window)
        unread = session.begin(prompt.ids)
        look = Look([*unread, *middle[:-1]], [[spec.mask_id]], [len(unread)], len(middle))
        logits = session.forward(look).causal.masked_fill(banned, -torch.inf)
        related = repositories[task.package].related(Document(document.text, task.path), at)
        request = task.request("reference")
        copying = memory.open(request.document, request.hole, related)
        pending = prompt.pending
        for row, token in enumerate(middle):
            allowed = tokenizer.allowed_first(pending)
            scores = logits[row]
            if allowed is not None:
                scores = torch.full_like(scores, -torch.inf).index_copy(
                    0, torch.tensor(allowed), scores[torch.tensor(allowed)]
                )
                pending = tokenizer.advance(pending, token)
            own = scores.double().softmax(-1)
            said = (copying.near((), allowed), copying.far((), allowed), copying.word(()))
            observed.append(Observed(float(own[token]), *(_said(copying, each, own, token) for each in said)))
            copying.add([token])
        advance()
    return observed


def fit(observed: Sequence[Observed]) -> CopyWeights:
    """The weights that make what was written most likely."""
    weights = CopyWeights(np.full(SHAPE, _START), np.full(SHAPE, _START), np.full(WORDS_SHAPE, _START))
    for _ in range(ROUNDS):
        taken = [
            (np.full(shape, _PRIOR[0]), np.full(shape, _PRIOR[1])) for shape in (SHAPE, SHAPE, WORDS_SHAPE)
        ]
        for each in observed:
            left = 1.0
            for (had, seen), weight, said, total in reversed(
                list(zip(taken, _tables(weights), _sources(each), _likelihoods(each, weights), strict=True))
            ):
                if said is None:
                    continue
                own = weight[said.cell] * said.share / total
                had[said.cell] += left * own
                seen[said.cell] += left
                left *= 1 - own
        far, near, words = (had / seen for had, seen in taken)
        weights = CopyWeights(near, far, words)
    return weights


def loss(observed: Iterable[Observed], weights: CopyWeights) -> float:
    """Nats a token under the mixture."""
    losses = [-math.log(_likelihoods(each, weights)[-1]) for each in observed]
    return sum(losses) / max(1, len(losses))


def _sources(each: Observed) -> tuple[Said | None, Said | None, Said | None]:
    """In the order in which they are mixed in."""
    return each.far, each.near, each.word


def _tables(weights: CopyWeights) -> tuple[Weights, Weights, Weights]:
    """Those of the sources."""
    words = np.zeros(WORDS_SHAPE) if weights.words is None else weights.words
    return weights.far, weights.near, words


def _likelihoods(each: Observed, weights: CopyWeights) -> tuple[float, float, float]:
    """With the first source mixed in, with the second, and with the third."""
    total = max(each.own, 1e-9)
    totals: list[float] = []
    for table, said in zip(_tables(weights), _sources(each), strict=True):
        if said is not None:
            weight = float(table[said.cell])
            total = max(weight * said.share + (1 - weight) * total, 1e-9)
        totals.append(total)
    first, second, third = totals
    return first, second, third


def _said(copying: CopyModel, copied: Copied | Known | None, own: torch.Tensor, token: int) -> Said | None:
    if copied is None:
        return None
    tokens, shares = copying.said(copied, lambda ids: own[torch.from_numpy(ids)].numpy())
    return Said(copied.cell, float(shares[tokens == token].sum()))
