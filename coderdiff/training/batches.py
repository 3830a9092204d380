"""Samples -> batches of fixed shape: packed context rows with several canvases each."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from coderdiff.model.pack import document_shift, pack_positions
from coderdiff.training.objective import Floats, Ints, Objective, hide
from coderdiff.training.rows import LEAST, Tensors, chance, sample_size, stacked
from coderdiff.training.samples import Sample, Sampler

_SPARES = 64
"""Ids from the whole vocabulary among the wrong tokens to draw from; the others are the row's own."""


@dataclass(frozen=True)
class BatchShape:
    """`rows` contexts of `context` positions, each with `canvases` canvases of `canvas` positions.

    `packed` is the share of the batches whose samples are shown packs. The others have none at all: their attention
    is plainly causal, which is faster. `alone`: a row has one sample, as a prompt stands behind nothing; otherwise
    further ones fill it up.
    """

    rows: int
    context: int
    canvases: int
    canvas: int
    packed: float = 0.6
    alone: bool = False


@dataclass(frozen=True)
class Batch(Tensors):
    """Contexts and what is asked of them.

    `ids` [rows, context]: the tokens. `next_weights` [rows, context]: what the loss of foretelling the token
    *behind* each position weighs; 0 at the last. `positions` [rows, context]: for the rotary embedding. `sees` [rows,
    context, 2]: a row of a snippet sees the rows from its first number on and the one that is its second; others see
    all before them; None where no row has snippets. `starts` and `lengths` [rows, canvases]: the context
    position where a canvas begins (it sees those before) and how many of its positions are used. `seen`,
    `targets`, `weights` [rows, canvases, canvas]: what a canvas shows, what it should say, what each position
    weighs.
    """

    ids: Tensor
    next_weights: Tensor
    positions: Tensor
    sees: Tensor | None
    starts: Tensor
    lengths: Tensor
    seen: Tensor
    targets: Tensor
    weights: Tensor


@dataclass(frozen=True)
class _Row:
    """One row of a batch; the fields are `Batch`'s without its first dimension."""

    ids: Ints
    next_weights: Floats
    positions: Ints
    sees: Ints
    starts: Ints
    lengths: Ints
    seen: Ints
    targets: Ints
    weights: Floats


@dataclass(frozen=True)
class _Placed:
    """A sample and where it begins in its row."""

    at: int
    sample: Sample

    @property
    def end(self) -> int:
        return self.at + len(self.sample.ids)


@dataclass(frozen=True)
class _Canvas:
    """One canvas of a row: see `Batch`."""

    start: int
    length: int
    seen: Ints
    targets: Ints
    weights: Floats


class Batches(torch.utils.data.Dataset[Batch]):
    """An endless map from step number to batch."""

    def __init__(self, sampler: Sampler, shape: BatchShape, objective: Objective, seed: int) -> None:
        self.sampler, self.shape, self.objective, self.seed = sampler, shape, objective, seed
        tokenizer = sampler.tokenizer
        mask, end, pad = tokenizer.specials.mask, tokenizer.specials.end, tokenizer.specials.pad
        assert mask is not None
        assert end is not None
        assert pad is not None
        self._mask, self._end, self._pad = mask, end, pad
        spelling = [id_ for id_ in range(tokenizer.vocab_size) if tokenizer.token_bytes(id_)]
        self._text_ids = np.array(spelling, dtype=np.int64)

    def __getitem__(self, step: int) -> Batch:
        """The batch of `step`."""
        rng, noise = chance(self.seed, step)
        packed = self.sampler.packs is not None and rng.random() < self.shape.packed
        batch = stacked([self._row(rng, noise, packed) for _ in range(self.shape.rows)])
        return Batch(**batch if packed else batch | {"sees": None})

    def _row(self, rng: random.Random, noise: np.random.Generator, packed: bool) -> _Row:
        placed = self._fill(rng, packed)
        ids, next_weights = self._context(placed)
        positions, sees = self._places(placed)
        spares = self._spares(ids[: placed[-1].end], noise)
        canvases = [
            self._canvas(ids, start, end, spares, noise) for start, end in self._canvas_places(placed, rng)
        ]
        return _Row(
            ids,
            next_weights,
            positions,
            sees,
            starts=np.array([canvas.start for canvas in canvases], dtype=np.int64),
            lengths=np.array([canvas.length for canvas in canvases], dtype=np.int64),
            seen=np.stack([canvas.seen for canvas in canvases]),
            targets=np.stack([canvas.targets for canvas in canvases]),
            weights=np.stack([canvas.weights for canvas in canvases]),
        )

    def _fill(self, rng: random.Random, packed: bool) -> list[_Placed]:
        """Samples one behind the other until hardly any room is left in a row, or one alone."""
        placed: list[_Placed] = []
        at = 0
        if self.shape.alone:
            return [_Placed(0, self.sampler.draw(self.shape.context, self.objective.mixture, rng, packed))]
        while (room := self.shape.context - at) >= LEAST:
            placed.append(
                _Placed(at, self.sampler.draw(sample_size(room, rng), self.objective.mixture, rng, packed))
            )
            at = placed[-1].end
        return placed

    def _context(self, placed: list[_Placed]) -> tuple[Ints, Floats]:
        """A row's ids and next-token weights.

        The suffix, the prefix, the middle and the end token are to be foretold. The marks are not: the first
        is always the same, and nothing foretells where the suffix was cut.
        """
        ids = np.full(self.shape.context, self._pad, dtype=np.int64)
        weights = np.zeros(self.shape.context, dtype=np.float32)
        for one in placed:
            ids[one.at : one.end] = one.sample.ids
            weights[one.at + 1 : one.end - 1] = self.objective.around_weight
            weights[one.at + one.sample.text_at - 2] = 0.0
            at = one.at
            for length in one.sample.pack:  # the last row of a snippet does not know what is next
                weights[at] = 0.0
                at += length
            weights[at] = 0.0
            weights[one.at + one.sample.hole_at - 1 : one.end - 1] = 1.0
        return ids, weights

    def _places(self, placed: list[_Placed]) -> tuple[Ints, Ints]:
        """A row's positions and whom its rows see (`Batch.positions`, `Batch.sees`), as `model/pack.py` has it."""
        positions = np.zeros(self.shape.context, dtype=np.int64)
        sees = np.zeros((self.shape.context, 2), dtype=np.int64)
        base = 0
        for one in placed:
            lengths = one.sample.pack
            first, document = one.at + 1, one.at + 1 + sum(lengths)
            positions[one.at] = base
            positions[first:document] = base + np.array(pack_positions(lengths), dtype=np.int64)
            behind = base + 1 + document_shift(lengths)
            positions[document : one.end] = np.arange(behind, behind + one.end - document)
            base = behind + one.end - document
            for length in lengths:
                sees[first : first + length] = (first, one.at)
                first += length
        used = placed[-1].end
        positions[used:] = np.arange(base, base + self.shape.context - used)
        return positions, sees

    def _spares(self, ids: Ints, noise: np.random.Generator) -> Ints:
        """Wrong tokens to draw from: any text, and above all what stands in the same row."""
        anywhere = self._text_ids[noise.integers(0, len(self._text_ids), _SPARES)]
        return np.concatenate((anywhere, ids[np.isin(ids, self._text_ids)]))

    def _canvas_places(self, placed: list[_Placed], rng: random.Random) -> list[tuple[int, int]]:
        """Where canvases begin and where their sample ends: every hole first, then any place of text."""
        places = [(one.at + one.sample.hole_at, one.end) for one in placed]
        while len(places) < self.shape.canvases:
            one = rng.choice(placed)
            low = one.sample.hole_at if rng.random() < 0.4 else one.sample.text_at
            places.append((one.at + rng.randrange(low, len(one.sample.ids)), one.end))
        return places[: self.shape.canvases]

    def _canvas(self, ids: Ints, start: int, end: int, spares: Ints, noise: np.random.Generator) -> _Canvas:
        """The canvas at `start` of a row, in a sample that ends before `end`; some are half as long."""
        size = self.shape.canvas
        length = size if noise.random() < 0.7 else size // 2
        known = ids[start : min(end, start + length)]
        targets = np.full(size, self._end, dtype=np.int64)
        targets[: len(known)] = known
        end_at = len(known) - 1 if known[-1] == self._end else None
        shown, counted = hide(
            targets[:length],
            end_at,
            mask_id=self._mask,
            spare_ids=spares,
            objective=self.objective,
            rng=noise,
        )
        used = length if end_at is not None else len(known)  # where text was cut, what follows is not known
        seen = np.full(size, self._mask, dtype=np.int64)
        weights = np.zeros(size, dtype=np.float32)
        seen[:used], weights[:used] = shown[:used], counted[:used]
        return _Canvas(start, length, seen, targets, weights)
