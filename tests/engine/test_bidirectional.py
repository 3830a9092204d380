"""A hole between two sides: cached says what the literal session says where nothing can drift, and counts its rows."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
import torch

from coderdiff.decoding.session import Look, Scores
from coderdiff.engine.batch import forward
from coderdiff.engine.bidirectional import BidirectionalSession, Refresh
from coderdiff.engine.chunks import CHUNK, ChunkMemory
from coderdiff.model.attention import bidirectional
from coderdiff.model.rope import moved
from coderdiff.model.spec import ModelSpec, RopeSpec
from coderdiff.model.transformer import Transformer

VOCAB = 40


def net(layers: int = 2, shifted: bool = True, rope: RopeSpec | None = None) -> Transformer:
    """With one layer no context row can drift: its keys and values are its token's own."""
    spec = ModelSpec(
        name="hole", vocab_size=VOCAB, width=32, hidden=48, layers=layers, heads=4, kv_heads=2, head_dim=8, window=2048,
        mask_id=VOCAB - 1, end_id=VOCAB - 2, context_attention="bidirectional", canvas_attention="bidirectional",
        shifted=shifted, rope=rope or RopeSpec(),
    )  # fmt: skip
    torch.manual_seed(3)
    network = Transformer(spec).eval().requires_grad_(False)
    for parameter in network.parameters():
        if parameter.ndim == 2:
            parameter.normal_(0.0, 0.3)
    return network


def literal(
    network: Transformer, prefix: Sequence[int], canvas: Sequence[int], suffix: Sequence[int]
) -> torch.Tensor:
    """Logits for the canvas' positions from one plain forward."""
    ids = torch.tensor([[*prefix, *canvas, *suffix]])
    logits = network.logits(network(ids, torch.arange(ids.shape[1])[None], bidirectional))[0]
    if network.spec.shifted:
        logits = torch.cat((logits[:1], logits[:-1]))
    return logits[len(prefix) :][: len(canvas)]


def close(scores: Scores, expected: Sequence[torch.Tensor]) -> None:
    torch.testing.assert_close(list(scores.canvas), list(expected), atol=2e-5, rtol=1e-4)


def look(*canvases: Sequence[int]) -> Look:
    return Look([], canvases, [0] * len(canvases), 0)


def ids(draw: random.Random, size: int) -> list[int]:
    return [draw.randrange(VOCAB - 2) for _ in range(size)]


@pytest.mark.parametrize("shifted", [True, False])
@pytest.mark.parametrize("mode", ["exact", "cached"])
def test_a_first_look_is_the_literal_one(mode, shifted: bool):
    """Several canvases of unequal lengths in one forward, sides of any length, none included."""
    draw, network = random.Random(1), net(shifted=shifted)
    for sides in ((9, 7), (1, 0), (0, 5), (30, 1)):
        prefix, suffix = ids(draw, sides[0]), ids(draw, sides[1])
        canvases = [ids(draw, 4), [VOCAB - 1] * 4, ids(draw, 4)]
        if mode == "exact":
            canvases += [ids(draw, 1), ids(draw, 9)]
        session = BidirectionalSession(network, mode)
        session.begin(prefix, suffix)
        scores = session.forward(look(*canvases[: 1 if mode == "cached" else None]))
        close(scores, [literal(network, prefix, canvas, suffix) for canvas in canvases[: len(scores.canvas)]])


def test_exact_mode_stays_the_literal_one_whatever_happens_to_the_canvas():
    draw, network = random.Random(2), net()
    prefix, suffix = ids(draw, 20), ids(draw, 15)
    session = BidirectionalSession(network, "exact")
    session.begin(prefix, suffix)
    rows = 0
    for size in (5, 6, 4, 4, 9):
        canvas = ids(draw, size)
        close(session.forward(look(canvas)), [literal(network, prefix, canvas, suffix)])
        rows += len(prefix) + size + len(suffix)
    assert session.rows_computed == rows


ROPES = [None, RopeSpec(500.0, fraction=0.5), RopeSpec(scaling="yarn", factor=4.0, original_window=64)]


@pytest.mark.parametrize("rope", ROPES)
@pytest.mark.parametrize("shifted", [True, False])
def test_where_nothing_drifts_cached_is_exact_while_the_canvas_grows_and_shrinks(shifted: bool, rope):
    """The suffix' keys are turned, never computed again: each step computes the canvas and four rows on either side,
    six where there are several canvases."""
    draw, network = random.Random(4), net(1, shifted, rope)
    prefix, suffix = ids(draw, 25), ids(draw, 30)
    session = BidirectionalSession(network, "cached", Refresh(apart=6))
    session.begin(prefix, suffix)
    for step, size in enumerate((6, 7, 5, 5, 12, 1)):
        before = session.rows_computed
        canvases = [ids(draw, size), ids(draw, size + 3), ids(draw, 2)][: 1 + step % 3]
        expected = [literal(network, prefix, canvas, suffix) for canvas in canvases]
        close(session.forward(look(*canvases)), expected)
        if step:
            near = 8 if len(canvases) == 1 else 12
            assert session.rows_computed - before == sum(len(canvas) + near for canvas in canvases)


def test_where_nothing_drifts_a_keystroke_computes_what_is_new_and_the_rows_next_to_it():
    draw, network = random.Random(5), net(1)
    prefix, suffix = ids(draw, 60), ids(draw, 50)
    session = BidirectionalSession(network, refresh=Refresh(again=4))
    session.begin(prefix, suffix)
    session.forward(look(ids(draw, 5)))
    for typed in (1, 2):
        prefix = [*prefix, *ids(draw, typed)]
        assert session.shared(prefix, suffix) == len(prefix) - typed + len(suffix)
        before, canvas = session.rows_computed, ids(draw, 8)
        session.begin(prefix, suffix)
        session.begin(prefix, suffix)  # a request that is cancelled at once leaves nothing wrong behind
        close(session.forward(look(canvas)), [literal(network, prefix, canvas, suffix)])
        assert session.rows_computed - before == typed + 4 + 8 + 4


def test_a_tolerance_of_nothing_is_exact():
    draw, network = random.Random(6), net()
    prefix, suffix = ids(draw, 40), ids(draw, 30)
    session = BidirectionalSession(network, refresh=Refresh(tolerance=0.0))
    session.begin(prefix, suffix)
    for size in (5, 6, 4, 9):
        canvas = ids(draw, size)
        close(session.forward(look(canvas)), [literal(network, prefix, canvas, suffix)])


def test_drift_is_measured_and_refreshes_the_nearest_rows_first():
    """The same canvas again moves nothing; another one does, and the more rows are computed the closer it comes."""
    draw, network = random.Random(7), net()
    prefix, suffix = ids(draw, 100), ids(draw, 100)
    session = BidirectionalSession(network, refresh=Refresh(reach=8, tolerance=0.05, spread=0.05))
    session.begin(prefix, suffix)
    canvas = ids(draw, 6)
    rows = []
    for _ in range(3):
        before = session.rows_computed
        session.forward(look(canvas))
        rows.append(session.rows_computed - before)
    assert rows == [206, 14, 14]
    other = ids(draw, 6)
    expected = literal(network, prefix, other, suffix)
    errors = []
    rows = []
    for _ in range(6):
        before = session.rows_computed
        errors.append(float((session.forward(look(other)).canvas[0] - expected).abs().max()))
        rows.append(session.rows_computed - before)
    assert rows[:2] == [14, 22], "drift is seen, then the nearest eight rows on either side are computed"
    assert errors[-1] < errors[0]


def test_rows_further_on_are_computed_only_where_the_drift_spreads():
    draw, network = random.Random(7), net()
    prefix, suffix = ids(draw, 100), ids(draw, 100)
    most = {}
    for spread in (0.0, 1e9):
        session = BidirectionalSession(network, refresh=Refresh(reach=8, tolerance=1e-9, spread=spread))
        session.begin(prefix, suffix)
        rows = []
        for _ in range(6):
            before = session.rows_computed
            session.forward(look(ids(draw, 6)))
            rows.append(session.rows_computed - before)
        most[spread] = max(rows[1:])
    assert most == {0.0: 206, 1e9: 22}


def test_turned_keys_are_those_computed_at_the_new_place():
    network = net(
        1, rope=RopeSpec(theta=1000.0, fraction=0.5, scaling="llama3", factor=8.0, original_window=128)
    )
    kept: list[torch.Tensor] = []

    def attend(_layer: int, query: torch.Tensor, key: torch.Tensor, _value: torch.Tensor) -> torch.Tensor:
        kept.append(key)
        return query

    text = torch.tensor([ids(random.Random(8), 12)])
    for start in (0, 700, 3):
        network(text, torch.arange(start, start + 12)[None], attend)
    torch.testing.assert_close(
        moved(kept[0], 700, network.inverse_frequencies), kept[1], atol=1e-4, rtol=1e-4
    )
    torch.testing.assert_close(
        moved(kept[1], -697, network.inverse_frequencies), kept[2], atol=1e-4, rtol=1e-4
    )


def test_unequal_requests_together_and_alone():
    draw, network = random.Random(9), net()
    sides = [(ids(draw, 10 + 7 * at), ids(draw, 3 * at)) for at in range(4)]
    alone = [BidirectionalSession(network, mode) for mode in ("cached", "exact", "cached", "chunked")]
    together = [BidirectionalSession(network, mode) for mode in ("cached", "exact", "cached", "chunked")]
    for session, side in zip([*alone, *together], [*sides, *sides], strict=True):
        session.begin(*side)
    for turn in range(4):
        looks = [look(*[ids(draw, 2 + at + turn) for _ in range(1 + at % 2)]) for at in range(4)]
        singly = [session.forward(asked) for session, asked in zip(alone, looks, strict=True)]
        at_once = forward(
            network, [session.part(asked) for session, asked in zip(together, looks, strict=True)]
        )
        for ours, theirs in zip(at_once, singly, strict=True):
            close(ours, theirs.canvas)
    assert [each.rows_computed for each in alone] == [each.rows_computed for each in together]


def test_chunks_are_encoded_once_and_stand_where_the_document_puts_them():
    """With one layer a row's keys and values are its token's: chunked is exact there, wherever the chunks stand."""
    draw, network = random.Random(10), net(1)
    memory = ChunkMemory(network)
    prefix, suffix = ids(draw, 2 * CHUNK + 70), ids(draw, CHUNK + 90)
    session = BidirectionalSession(network, "chunked", Refresh(near=64), memory)
    for typed in range(3):
        now = [*prefix, *ids(draw, typed)]
        session.begin(now, suffix)
        before = session.rows_computed
        for size in (5, 8):
            canvas = ids(draw, size)
            close(session.forward(look(canvas)), [literal(network, now, canvas, suffix)])
        near = 70 + typed + 90
        assert session.rows_computed - before == near + 5 + 8 + 8
    assert memory.rows_encoded == CHUNK + 2 * (CHUNK + 1), "the first chunk has the anchor in it"


def test_selective_mode_sees_the_chunks_chosen_where_the_document_has_them():
    """With one layer it is attention to the rows that are left, exactly; what typing leaves alone is not read again."""
    draw, network = random.Random(12), net(1)
    memory = ChunkMemory(network)
    prefix, suffix = ids(draw, 3 * CHUNK + 70), ids(draw, 2 * CHUNK + 90)
    prefix[CHUNK + 5 : CHUNK + 45] = suffix[-CHUNK - 40 : -CHUNK] = prefix[-40:]
    session = BidirectionalSession(network, "selective", Refresh(near=64, far=3), memory)
    session.begin(prefix, suffix)
    canvas = ids(draw, 6)
    seen = [
        *range(2 * CHUNK),
        *range(3 * CHUNK, len(prefix)),
        *range(len(prefix) + 6, len(prefix) + 96 + CHUNK),
    ]
    whole = torch.tensor([*prefix, *canvas, *suffix])
    rows = torch.tensor(sorted([*seen, *range(len(prefix), len(prefix) + 6)]))
    logits = network.logits(network(whole[None, rows], rows[None], bidirectional))[0]
    at = int((rows == len(prefix)).nonzero())
    close(session.forward(look(canvas)), [logits[at - 1 : at + 5]])
    assert memory.rows_encoded == CHUNK + 2 * (CHUNK + 1)
    session.begin([*prefix, 3], suffix)
    assert memory.rows_encoded == CHUNK + 2 * (CHUNK + 1)
    assert session.rows_exact == 6 + len(prefix) + len(suffix)


def test_chunks_that_are_used_least_go_first():
    draw, network = random.Random(11), net(1)
    memory = ChunkMemory(network, most_bytes=3 * CHUNK * 2 * 2 * 8 * 4)
    chunks = [tuple(ids(draw, CHUNK)) for _ in range(5)]
    for chunk in chunks:
        memory.recall([1], [chunk], [CHUNK])
    rows = memory.rows_encoded
    memory.recall([1], chunks[3:], [CHUNK, 5 * CHUNK])
    assert memory.rows_encoded == rows
    memory.recall([1], chunks[:1], [CHUNK])
    assert memory.rows_encoded == rows + CHUNK + 1
