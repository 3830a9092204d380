"""Samples in document order -> batches of fixed shape, for a network that attends to all of a sample.

    row     <bos> prefix text  ? ? e ? ?  suffix text  <bos> prefix text  ? ?  suffix text  ... <pad>
    sample  0 0 0 0 0 0 0 0 0  0 0 0 0 0  0 0 0 0 0 0  1 1 1 1 1 1 1 1 1  1 1  1 1 1 1 1 1      2 2

Samples of a row do not see one another. Only hidden positions are asked, so only their logits are made.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from coderdiff.model.prompt import document_order
from coderdiff.training.lengths import deletes_to_add, stretch
from coderdiff.training.objective import Floats, InfillObjective, Ints
from coderdiff.training.rows import LEAST, Tensors, chance, sample_size, stacked
from coderdiff.training.samples import Sampler


@dataclass(frozen=True)
class InfillShape:
    """`rows` of `context` positions, of which at most `asked` are asked: hidden ones beyond these stay unasked."""

    rows: int
    context: int
    asked: int


@dataclass(frozen=True)
class InfillBatch(Tensors):
    """Rows of whole samples and what is asked of them.

    `ids` and `positions` [rows, context]: the tokens, the canvas as it shows, and their places in their sample.
    `samples` [rows, context]: which sample a position belongs to. `read_at`, `targets`, `weights` [rows, asked]: the
    row whose logits answer, what they should say, and what that weighs; 0 where fewer are hidden.
    """

    ids: Tensor
    positions: Tensor
    samples: Tensor
    read_at: Tensor
    targets: Tensor
    weights: Tensor


@dataclass(frozen=True)
class _Row:
    """One row of a batch; the fields are `InfillBatch`'s without its first dimension."""

    ids: Ints
    positions: Ints
    samples: Ints
    read_at: Ints
    targets: Ints
    weights: Floats


class InfillBatches(torch.utils.data.Dataset[InfillBatch]):
    """An endless map from step number to batch."""

    def __init__(self, sampler: Sampler, shape: InfillShape, objective: InfillObjective, seed: int) -> None:
        self.sampler, self.shape, self.objective, self.seed = sampler, shape, objective, seed
        specials = sampler.tokenizer.specials
        assert specials.mask is not None
        assert specials.expand is not None
        assert specials.delete is not None
        assert specials.pad is not None
        self._mask, self._expand, self._delete = specials.mask, specials.expand, specials.delete
        self._pad = specials.pad

    def __getitem__(self, step: int) -> InfillBatch:
        """The batch of `step`."""
        rng, noise = chance(self.seed, step)
        return InfillBatch(**stacked([self._row(rng, noise) for _ in range(self.shape.rows)]))

    def _row(self, rng: random.Random, noise: np.random.Generator) -> _Row:
        """Samples one behind the other until hardly any room is left; what is left is a sample of its own."""
        context = self.shape.context
        ids = np.full(context, self._pad, dtype=np.int64)
        positions = np.zeros(context, dtype=np.int64)
        samples = np.zeros(context, dtype=np.int64)
        targets = np.zeros(context, dtype=np.int64)
        weights = np.zeros(context, dtype=np.float32)
        at = number = 0
        while (room := context - at) >= LEAST:
            end = at + self._place(sample_size(room, rng), rng, noise, ids[at:], targets[at:], weights[at:])
            positions[at:end] = np.arange(end - at)
            samples[at:end] = number
            at, number = end, number + 1
        positions[at:] = np.arange(context - at)
        samples[at:] = number
        asked = np.flatnonzero(weights)[: self.shape.asked]
        spare = (0, self.shape.asked - len(asked))
        return _Row(
            ids,
            positions,
            samples,
            read_at=np.pad(asked - self.objective.shifted, spare),
            targets=np.pad(targets[asked], spare),
            weights=np.pad(weights[asked], spare),
        )

    def _place(
        self,
        size: int,
        rng: random.Random,
        noise: np.random.Generator,
        ids: Ints,
        targets: Ints,
        weights: Floats,
    ) -> int:
        """Write a sample of at most `size` ids to the front of the three; tells how many it has."""
        deletes = deletes_to_add(size // 4, self.objective, noise)
        cut = self.sampler.between(size - 1 - deletes, self.objective.mixture, rng)
        canvas = stretch(
            np.array(cut.middle, dtype=np.int64),
            deletes,
            mask_id=self._mask,
            expand_id=self._expand,
            delete_id=self._delete,
            objective=self.objective,
            rng=noise,
        )
        sample = document_order(self.sampler.tokenizer, cut.prefix, canvas.seen.tolist(), cut.suffix)
        first = 1 + len(cut.prefix)
        own = slice(first, first + len(canvas.seen))
        ids[: len(sample)], targets[own], weights[own] = sample, canvas.targets, canvas.weights
        return len(sample)
