"""A snippet that is remembered is the same as one read afresh, and costs nothing."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import torch

from coderdiff.decoding.session import Look
from coderdiff.engine.session import CachedSession
from coderdiff.engine.snippet_memory import SnippetMemory
from coderdiff.model.attention import causal, masked
from coderdiff.model.pack import document_shift, pack_mask, pack_positions
from coderdiff.model.transformer import Transformer

FIRST = 7


def draw_pack(seed: int, *lengths: int) -> tuple[tuple[int, ...], ...]:
    rng = random.Random(seed)
    return tuple(tuple(rng.randrange(10, 4000) for _ in range(length)) for length in lengths)


PACK = draw_pack(0, 9, 4, 17)
DOCUMENT = [FIRST, *draw_pack(1, 30)[0]]


def close(ours: torch.Tensor, theirs: torch.Tensor) -> bool:
    return ours.shape == theirs.shape and float((ours - theirs).abs().max()) <= 1e-4


def literal(
    network: Transformer, pack, document: list[int], canvas: list[int]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits of the document's last row and of a canvas behind it, with nothing kept: one forward, one mask."""
    lengths = [len(snippet) for snippet in pack]
    packed = 1 + sum(lengths)
    rows = packed + len(document) - 1
    mask = torch.ones(rows + len(canvas), rows + len(canvas)).tril().bool()
    mask[:packed, :packed] = pack_mask(lengths)
    mask[rows:] = True
    ids = [document[0], *(id_ for snippet in pack for id_ in snippet), *document[1:], *canvas]
    behind = 1 + document_shift(lengths)
    places = [0, *pack_positions(lengths), *range(behind, behind + len(document) - 1 + len(canvas))]
    with torch.inference_mode():
        hidden = network(torch.tensor([ids]), torch.tensor([places]), masked(mask))[0]
        return network.logits(hidden[rows - 1 : rows]), network.logits(hidden[rows:])


@pytest.mark.parametrize("pack", [PACK, PACK[:1], (), PACK[::-1]])
def test_a_document_behind_a_remembered_pack_says_what_one_behind_a_fresh_pack_says(
    network: Transformer, pack
):
    memory = SnippetMemory(network)
    memory.recall(FIRST, PACK)
    canvas = [network.spec.mask_id] * 6
    session = CachedSession(network, network.spec.window, memory)
    for size in (2, 9, 10, 31, 20):
        unread = session.begin(DOCUMENT[:size], pack)
        scores = session.forward(Look(unread, [canvas], [len(unread)], 1))
        causal_rows, canvas_rows = literal(network, pack, DOCUMENT[:size], canvas)
        assert close(scores.causal, causal_rows)
        assert close(scores.canvas[0], canvas_rows)
    assert session.rows_read <= 31 + 1 + (not pack)


def test_packs_by_turns_leave_no_trace(network: Transformer):
    session = CachedSession(network, network.spec.window)
    canvas = [network.spec.mask_id] * 4
    for pack in (PACK, (), PACK[1:], PACK, ()):
        unread = session.begin(DOCUMENT, pack)
        scores = session.forward(Look(unread, [canvas], [len(unread)], 1))
        assert close(scores.canvas[0], literal(network, pack, DOCUMENT, canvas)[1])


def test_a_snippet_is_what_it_is_alone(network: Transformer):
    rows = SnippetMemory(network).recall(FIRST, PACK)
    assert [keys.shape[2] for keys, _ in rows] == [1, *map(len, PACK)]
    for snippet, (keys, values) in zip(PACK, rows[1:], strict=True):
        seen: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}

        def attend(layer, query, key, value, seen=seen):
            seen[layer] = (key[0, :, 1:], value[0, :, 1:])
            return causal(layer, query, key, value)

        ids = torch.tensor([[FIRST, *snippet]])
        with torch.inference_mode():
            network(ids, torch.arange(ids.shape[1])[None], attend)
        for layer, (key, value) in seen.items():
            assert close(keys[layer], key)
            assert close(values[layer], value)


def test_known_snippets_cost_no_rows_in_any_pack(network: Transformer):
    memory = SnippetMemory(network)
    memory.recall(FIRST, PACK)
    rows = memory.rows_encoded
    assert rows == 1 + sum(map(len, PACK))
    memory.recall(FIRST, PACK[::-1])
    memory.recall(FIRST, PACK[1:])
    assert memory.rows_encoded == rows
    new = draw_pack(5, 8)
    memory.recall(FIRST, (*PACK, *new))
    assert memory.rows_encoded <= rows + 1 + 8


def test_memory_is_bounded_and_forgets_what_was_used_longest_ago(network: Transformer):
    one = draw_pack(2, 10)
    memory = SnippetMemory(network)
    memory.recall(FIRST, one)
    small = SnippetMemory(network, most_bytes=memory.nbytes * 3)
    packs = [draw_pack(seed, 10) for seed in range(10)]
    for pack in packs:
        small.recall(FIRST, packs[0])
        small.recall(FIRST, pack)
        assert small.nbytes <= memory.nbytes * 3
    rows = small.rows_encoded
    small.recall(FIRST, packs[0])
    assert small.rows_encoded == rows, "used all the time"
    small.recall(FIRST, packs[4])
    assert small.rows_encoded > rows


def test_a_pack_larger_than_the_memory_is_still_answered(network: Transformer):
    memory = SnippetMemory(network, most_bytes=1)
    assert [keys.shape[2] for keys, _ in memory.recall(FIRST, PACK)] == [1, *map(len, PACK)]
    assert memory.nbytes == 0


def test_a_folder_outlives_the_process(network: Transformer, tmp_path: Path):
    first = SnippetMemory(network, folder=tmp_path)
    written = first.recall(FIRST, PACK)
    again = SnippetMemory(network, folder=tmp_path)
    for ours, theirs in zip(again.recall(FIRST, PACK[::-1])[1:], written[:0:-1], strict=True):
        assert torch.equal(ours[0], theirs[0])
        assert torch.equal(ours[1], theirs[1])
    assert again.rows_encoded == 0


def test_a_damaged_file_is_as_good_as_none(network: Transformer, tmp_path: Path):
    SnippetMemory(network, folder=tmp_path).recall(FIRST, PACK)
    for number, file in enumerate(sorted(tmp_path.iterdir())):
        file.write_bytes(b"" if number % 2 else file.read_bytes()[:40])
    again = SnippetMemory(network, folder=tmp_path)
    assert len(again.recall(FIRST, PACK)) == 1 + len(PACK)
    assert again.rows_encoded == 1 + sum(map(len, PACK))


def test_rows_of_other_weights_are_not_taken(network: Transformer, tmp_path: Path):
    SnippetMemory(network, folder=tmp_path).recall(FIRST, PACK)
    other = Transformer(network.spec).eval()
    other.load_state_dict(network.state_dict())
    with torch.no_grad():
        other.norm.weight[0] += 1
    memory = SnippetMemory(other, folder=tmp_path)
    memory.recall(FIRST, PACK)
    assert memory.rows_encoded > 0


def test_the_folder_is_bounded(network: Transformer, tmp_path: Path):
    memory = SnippetMemory(network, folder=tmp_path, most_disk_bytes=40_000)
    for seed in range(12):
        memory.recall(FIRST, draw_pack(seed, 10))
    assert 0 < sum(file.stat().st_size for file in tmp_path.iterdir()) <= 40_000


def test_a_folder_that_cannot_be_written_costs_nothing_but_time(network: Transformer, tmp_path: Path):
    (tmp_path / "taken").write_text("a file")
    memory = SnippetMemory(network, folder=tmp_path / "taken")
    assert len(memory.recall(FIRST, PACK)) == 1 + len(PACK)
