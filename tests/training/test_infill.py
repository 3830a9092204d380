"""Batches in document order: whole samples side by side, read back to the pieces of text they come from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch

from coderdiff.model.tokenizer import Tokenizer
from coderdiff.training.infill import InfillBatch, InfillBatches, InfillShape
from coderdiff.training.objective import InfillObjective
from coderdiff.training.samples import Sampler


def samples(batch: InfillBatch, row: int) -> Iterator[tuple[int, int]]:
    """Where each sample of a row begins and ends; what is left over at the end is no sample."""
    numbers = batch.samples[row]
    for number in range(int(numbers[-1])):
        places = (numbers == number).nonzero().flatten().tolist()
        assert places == list(range(places[0], places[-1] + 1))
        yield places[0], places[-1] + 1


def batches_of(
    sampler: Sampler, objective: InfillObjective, context: int = 320, number: int = 8
) -> Iterator[InfillBatch]:
    made = InfillBatches(sampler, InfillShape(rows=3, context=context, asked=context), objective, seed=1)
    return map(made.__getitem__, range(number))


def test_a_batch_is_a_function_of_seed_and_number(infill_batches: InfillBatches) -> None:
    again = InfillBatches(infill_batches.sampler, infill_batches.shape, infill_batches.objective, seed=3)
    backwards = [again[number] for number in (2, 1, 0)][::-1]
    for number, batch in enumerate(backwards):
        for name, value in vars(infill_batches[number]).items():
            assert torch.equal(value, getattr(batch, name))
    assert not torch.equal(backwards[0].ids, backwards[1].ids)


def test_shapes_and_types(infill_batches: InfillBatches) -> None:
    batch = infill_batches[0]
    shapes = {name: tuple(value.shape) for name, value in vars(batch).items()}
    row, asked = (2, 320), (2, 64)
    assert shapes == {
        "ids": row, "positions": row, "samples": row, "read_at": asked, "targets": asked, "weights": asked,
    }  # fmt: skip
    assert {value.dtype for value in vars(batch).values()} == {torch.int64, torch.float32}


@pytest.mark.parametrize("shifted", [False, True])
def test_every_mask_is_asked_and_nothing_else(
    stretching: Tokenizer, texts: tuple[str, ...], shifted: bool
) -> None:
    """The row that answers is the mask's own, or the one before it where logits are shifted by one."""
    for batch in batches_of(Sampler(stretching, texts), InfillObjective(shifted=shifted)):
        for row in range(len(batch.ids)):
            asked = batch.read_at[row][batch.weights[row] > 0] + shifted
            masks = (batch.ids[row] == stretching.specials.mask).nonzero().flatten()
            assert torch.equal(asked, masks)
            assert (batch.samples[row][asked] == batch.samples[row][asked - int(shifted)]).all()


def test_asking_fewer_leaves_out_the_last(infill_batches: InfillBatches) -> None:
    few = InfillBatches(infill_batches.sampler, InfillShape(2, 320, 7), infill_batches.objective, seed=3)
    for name in ("read_at", "targets", "weights"):
        assert torch.equal(getattr(few[0], name), getattr(infill_batches[0], name)[:, :7])


def test_the_answers_complete_a_piece_of_a_text(stretching: Tokenizer, texts: tuple[str, ...]) -> None:
    """Where no masks are merged: prefix, middle without the masks to delete, and suffix are one piece."""
    plain = InfillObjective(merge=0.0, wide_share=0.0)
    seen = 0
    for batch in batches_of(Sampler(stretching, texts[:3]), plain):
        for row in range(len(batch.ids)):
            whole = batch.ids[row].clone()
            asked = batch.weights[row] > 0
            whole[batch.read_at[row][asked]] = batch.targets[row][asked]
            for start, end in samples(batch, row):
                assert whole[start] == stretching.specials.bos
                ids = [id_ for id_ in whole[start + 1 : end].tolist() if id_ != stretching.specials.delete]
                assert all(stretching.token_bytes(id_) for id_ in ids)
                assert any(stretching.decode(ids) in text for text in texts[:3])
                seen += 1
    assert seen > 24


def test_what_is_merged_is_what_is_missing(stretching: Tokenizer, texts: tuple[str, ...]) -> None:
    """What stands between two masks that expand is text of the document, one piece further on than the other."""
    objective = InfillObjective(full_share=0.0, merge=0.6, wide_share=0.0, delete_share=0.0)
    expanded = 0
    for batch in batches_of(Sampler(stretching, texts[:1]), objective):
        for row in range(len(batch.ids)):
            answers = batch.ids[row].clone()
            asked = batch.weights[row] > 0
            answers[batch.read_at[row][asked]] = batch.targets[row][asked]
            for start, end in samples(batch, row):
                parts: list[list[int]] = [[]]
                for id_ in answers[start + 1 : end].tolist():
                    if id_ == stretching.specials.expand:
                        parts.append([])
                    else:
                        parts[-1].append(id_)
                at = 0
                for part in parts:
                    at = texts[0].find(stretching.decode(part), at)
                    assert at >= 0
                expanded += len(parts) - 1
    assert expanded > 20


def test_positions_begin_anew_with_each_sample(infill_batches: InfillBatches) -> None:
    for batch in map(infill_batches.__getitem__, range(4)):
        for row in range(len(batch.ids)):
            for start, end in samples(batch, row):
                assert batch.positions[row, start:end].tolist() == list(range(end - start))


def test_rows_are_well_filled(stretching: Tokenizer, texts: tuple[str, ...]) -> None:
    made = list(batches_of(Sampler(stretching, texts), InfillObjective(), context=512))
    assert torch.stack([batch.ids == stretching.specials.pad for batch in made]).float().mean() < 0.15


def test_long_canvases_and_short_ones(stretching: Tokenizer, texts: tuple[str, ...]) -> None:
    """The objective's own mixture: some rows ask little, some most of what they hold (one in twenty asks that much)."""
    sampler = Sampler(stretching, texts)
    objective = replace(InfillObjective(), merge=0.3)
    made = [batch.weights > 0 for batch in batches_of(sampler, objective, context=512, number=32)]
    shares = torch.stack(made).float().mean(-1)
    assert shares.min() < 0.1
    assert shares.max() > 0.4
