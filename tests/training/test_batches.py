"""Batches: a function of seed and number, of fixed shape, whose canvases stay within their samples."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from coderdiff.model.tokenizer import Tokenizer
from coderdiff.training.batches import Batch, Batches, BatchShape
from coderdiff.training.objective import Objective
from coderdiff.training.presets import Preset
from coderdiff.training.samples import Sampler


def same(first: Batch, second: Batch) -> bool:
    return all(
        value is getattr(second, name) or torch.equal(value, getattr(second, name))
        for name, value in vars(first).items()
    )


def test_a_batch_is_a_function_of_seed_and_number(sampler: Sampler, small: Preset) -> None:
    made, again = (Batches(sampler, small.shape, small.objective, seed=9) for _ in range(2))
    forwards = [made[number] for number in range(3)]
    backwards = [again[number] for number in (2, 1, 0)][::-1]
    assert all(same(*pair) for pair in zip(forwards, backwards, strict=True))
    assert not same(forwards[0], forwards[1])
    assert not same(forwards[0], Batches(sampler, small.shape, small.objective, seed=10)[0])


def test_shapes_and_types(sampler: Sampler, small: Preset) -> None:
    batch = Batches(sampler, BatchShape(3, 200, 5, 6), small.objective, seed=0)[0]
    assert batch.sees is None, "without packs"
    values = {name: value for name, value in vars(batch).items() if value is not None}
    shapes = {name: tuple(value.shape) for name, value in values.items()}
    assert shapes == {
        "ids": (3, 200),
        "next_weights": (3, 200),
        "positions": (3, 200),
        "starts": (3, 5),
        "lengths": (3, 5),
        "seen": (3, 5, 6),
        "targets": (3, 5, 6),
        "weights": (3, 5, 6),
    }
    assert {value.dtype for value in values.values()} == {torch.int64, torch.float32}


def sample_bounds(ids: Tensor, tokenizer: Tokenizer) -> list[tuple[int, int]]:
    """Where the samples of a row begin and end."""
    starts = (ids == tokenizer.specials.bos).nonzero().flatten().tolist()
    used = int((ids != tokenizer.specials.pad).sum())
    return list(zip(starts, [*starts[1:], used], strict=True))


def test_a_canvas_stays_within_its_sample(sampler: Sampler, small: Preset, tokenizer: Tokenizer) -> None:
    batches = Batches(sampler, BatchShape(2, 128, 8, 32), small.objective, seed=0)
    end, mask, prefix = tokenizer.specials.end, tokenizer.specials.mask, tokenizer.specials.prefix
    objective, ends, cuts = batches.objective, 0, 0
    for batch in map(batches.__getitem__, range(12)):
        for row, ids in enumerate(batch.ids):
            bounds = sample_bounds(ids, tokenizer)
            for index, start in enumerate(batch.starts[row].tolist()):
                low, high = next((low, high) for low, high in bounds if low <= start < high)
                assert prefix in ids[low:start], "canvases begin in the text behind the marks"
                length = int(batch.lengths[row, index])
                assert length in {16, 32}
                known = min(high - start, length)
                seen, targets, weights = (
                    part[row, index] for part in (batch.seen, batch.targets, batch.weights)
                )
                assert torch.equal(targets[:known], ids[start : start + known])
                assert (seen[known:] == mask).all()
                assert (weights[length:] == 0).all()
                ended = bool(ids[start + known - 1] == end)
                trailing = weights[known:length] > 0
                ends, cuts = ends + ended, cuts + (known < length and not ended)
                assert int(trailing.sum()) == (min(objective.trailing, length - known) if ended else 0)
                assert (targets[known:length][trailing] == end).all()
                assert (weights[:known] > 0).all()
    assert ends > 40
    assert cuts > 0


def test_a_hole_has_a_canvas(batches: Batches, tokenizer: Tokenizer) -> None:
    """The first canvas of a row stands where serving would put it: behind the first sample's prefix."""
    batch = batches[0]
    for ids, starts in zip(batch.ids, batch.starts, strict=True):
        low, high = sample_bounds(ids, tokenizer)[0]
        before, middle = ids[low : starts[0]].tolist(), ids[starts[0] : high].tolist()
        assert before.count(tokenizer.specials.prefix) == 1
        assert tokenizer.token_bytes(middle[0]) or middle == [tokenizer.specials.end]


def test_rows_are_well_filled(batches: Batches, tokenizer: Tokenizer) -> None:
    pads = torch.stack([batches[number].ids == tokenizer.specials.pad for number in range(10)])
    assert pads.float().mean() < 0.25


def test_wrong_tokens_are_text(batches: Batches, tokenizer: Tokenizer) -> None:
    wrong = 0
    for batch in map(batches.__getitem__, range(20)):
        shown = batch.seen != tokenizer.specials.mask
        assert all(tokenizer.token_bytes(id_) for id_ in batch.seen[shown].tolist())
        wrong += int((shown & (batch.seen != batch.targets)).sum())
    assert wrong > 0


def test_what_comes_next_counts_in_text_and_at_its_end(batches: Batches, tokenizer: Tokenizer) -> None:
    """All of a sample is foretold but its marks: the suffix, the prefix, the middle and, not least, the end."""
    marks = tokenizer.specials
    for batch in map(batches.__getitem__, range(10)):
        assert (batch.next_weights[:, -1] == 0).all()
        foretold = batch.ids.roll(-1, dims=1)[:, :-1]
        free = {marks.bos, marks.suffix, marks.prefix, marks.pad}
        expected = torch.tensor([[id_ not in free for id_ in row] for row in foretold.tolist()])
        assert torch.equal(batch.next_weights[:, :-1] > 0, expected)


def test_text_around_a_hole_weighs_what_it_is_told(
    sampler: Sampler, small: Preset, tokenizer: Tokenizer
) -> None:
    """The middle and the end count in full, also where one hardly listens to what is around them."""
    assert isinstance(small.shape, BatchShape)
    assert isinstance(small.objective, Objective)
    listening = Batches(sampler, small.shape, replace(small.objective, around_weight=0.25), seed=3)
    batch = listening[0]
    end = tokenizer.specials.end
    for ids, weights, starts in zip(
        batch.ids.tolist(), batch.next_weights.tolist(), batch.starts.tolist(), strict=True
    ):
        assert weights[starts[0] - 1] == 1.0  # the first canvas stands at the hole
        assert all(weights[at - 1] == 1.0 for at, id_ in enumerate(ids) if id_ == end)
        assert set(weights[: starts[0] - 1]) == {0.0, 0.25}
