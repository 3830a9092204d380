"""Experts against the slow plain thing: one row after the other, one expert after the other, in words of the papers."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from transformers.models.deepseek_v3.modeling_deepseek_v3 import DeepseekV3MoE
from transformers.models.olmoe.modeling_olmoe import OlmoeSparseMoeBlock

from coderdiff.errors import CheckpointError
from coderdiff.model import experts as module
from coderdiff.model.attention import block_causal
from coderdiff.model.experts import Experts, grouped_product, mix, route
from coderdiff.model.loader import find, load, save
from coderdiff.model.spec import ExpertsSpec, ModelSpec
from coderdiff.model.tokenizer import Tokenizer
from coderdiff.model.transformer import FeedForward, Transformer

WIDTH = 16
ROUTINGS: dict[str, ExpertsSpec] = {
    "softmax": ExpertsSpec(count=8, chosen=3, hidden=12),
    "softmax, normalised": ExpertsSpec(count=8, chosen=3, hidden=12, normalized=True),
    "one of two": ExpertsSpec(count=2, chosen=1, hidden=8),
    "all": ExpertsSpec(count=4, chosen=4, hidden=8, normalized=True, scale=0.5),
    "sigmoid": ExpertsSpec(count=8, chosen=2, hidden=12, scoring="sigmoid"),
    "corrected": ExpertsSpec(count=8, chosen=2, hidden=12, scoring="sigmoid", corrected=True, normalized=True),
    "groups": ExpertsSpec(
        count=16, chosen=4, hidden=8, scoring="sigmoid", corrected=True, groups=4, chosen_groups=2,
        normalized=True, scale=2.5, shared_hidden=20,
    ),
    "groups of one": ExpertsSpec(count=4, chosen=2, hidden=8, groups=4, chosen_groups=3),
    "pool": ExpertsSpec(count=16, chosen=2, hidden=8, scoring="sigmoid", corrected=True, pool=3, normalized=True),
}  # fmt: skip
BLOCK = 4


def layer(spec: ExpertsSpec, seed: int = 0) -> Experts:
    """Experts of random weights, loud enough that the choice differs from row to row."""
    torch.manual_seed(seed)
    shared = FeedForward(WIDTH, spec.shared_hidden) if spec.shared_hidden else None
    experts = Experts(WIDTH, spec, BLOCK, shared).requires_grad_(False)
    for weight in experts.parameters():
        weight.normal_(0.0, 0.5)
    if experts.correction is not None:
        experts.correction.uniform_(-0.3, 0.3)
    return experts


def plain(experts: Experts, x: Tensor, positions: Tensor) -> Tensor:
    """The same, row by row and expert by expert."""
    out = torch.zeros_like(x)
    for sequence in range(x.shape[0]):
        merits = [plain_scores(experts, row)[1] for row in x[sequence]]
        for at, row in enumerate(x[sequence]):
            pool = set(range(experts.spec.count))
            if experts.spec.pool is not None:
                block = positions[sequence, at] // BLOCK
                together = [
                    other for other in range(len(merits)) if positions[sequence, other] // BLOCK == block
                ]
                best = [max(merits[other][expert] for other in together) for expert in pool]
                pool = set(ranked(best)[: experts.spec.pool])
            for expert, weight in plain_choice(experts, row, pool):
                gate, up = (experts.gate_up[expert] @ row).chunk(2)
                out[sequence, at] += weight * (experts.down[expert] @ (gate / (1 + torch.exp(-gate)) * up))
            if experts.shared is not None:
                out[sequence, at] += experts.shared(row)
    return out


def ranked(values: list[float]) -> list[int]:
    return sorted(range(len(values)), key=lambda at: -values[at])


def plain_scores(experts: Experts, row: Tensor) -> tuple[list[float], list[float]]:
    """Scores of all experts for one row, and those that the choice goes by."""
    logits = [float(weight @ row) for weight in experts.router]
    if experts.spec.scoring == "softmax":
        total = sum(math.exp(logit) for logit in logits)
        scores = [math.exp(logit) / total for logit in logits]
    else:
        scores = [1 / (1 + math.exp(-logit)) for logit in logits]
    correction = [0.0] * len(scores) if experts.correction is None else experts.correction.tolist()
    return scores, [score + extra for score, extra in zip(scores, correction, strict=True)]


def plain_choice(experts: Experts, row: Tensor, pool: set[int]) -> list[tuple[int, float]]:
    spec = experts.spec
    scores, merits = plain_scores(experts, row)
    size = spec.count // spec.groups
    groups = [sorted(merits[at * size : (at + 1) * size])[-2:] for at in range(spec.groups)]
    best_groups = ranked([sum(group) for group in groups])[: spec.chosen_groups]
    reached = [expert for expert in ranked(merits) if expert // size in best_groups and expert in pool]
    chosen = reached[: spec.chosen]
    total = sum(scores[expert] for expert in chosen) if spec.normalized else 1.0
    return [(expert, scores[expert] / total * spec.scale) for expert in chosen]


@pytest.fixture(params=["grouped product", "one group after the other"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to multiply, whatever this device has."""
    if request.param != "grouped product":
        monkeypatch.setattr(module, "_has_grouped_product", lambda x, matrices: False)
    return str(request.param)


@pytest.mark.parametrize("routing", ROUTINGS)
def test_experts_are_the_plain_loop(routing: str, way: str) -> None:
    experts = layer(ROUTINGS[routing])
    x = torch.randn(2, 11, WIDTH)
    positions = torch.stack((torch.arange(11), torch.arange(6, 17)))
    torch.testing.assert_close(experts(x, positions), plain(experts, x, positions), atol=2e-5, rtol=1e-5)


@settings(max_examples=40)
@given(data=st.data())
def test_any_routing_is_the_plain_loop(data: st.DataObject) -> None:
    groups = data.draw(st.sampled_from([1, 2, 4]))
    size = data.draw(st.integers(1, 4))
    chosen_groups = data.draw(st.integers(1, groups))
    spec = ExpertsSpec(
        count=groups * size,
        chosen=data.draw(st.integers(1, size * chosen_groups)),
        hidden=4 * data.draw(st.integers(1, 3)),
        scoring=data.draw(st.sampled_from(["softmax", "sigmoid"])),
        corrected=data.draw(st.booleans()),
        groups=groups,
        chosen_groups=chosen_groups,
        normalized=data.draw(st.booleans()),
        scale=data.draw(st.sampled_from([1.0, 2.5])),
    )
    if groups == 1 and data.draw(st.booleans()):
        spec = replace(spec, pool=data.draw(st.integers(spec.chosen, spec.count)))
    rows = data.draw(st.integers(1, 9))
    experts = layer(spec, seed=data.draw(st.integers(0, 1000)))
    x, positions = torch.randn(1, rows, WIDTH), torch.arange(3, 3 + rows)[None]
    torch.testing.assert_close(experts(x, positions), plain(experts, x, positions), atol=5e-5, rtol=1e-4)


def test_the_correction_counts_for_the_choice_alone() -> None:
    spec = ExpertsSpec(count=4, chosen=1, hidden=8, scoring="sigmoid", corrected=True)
    logits = torch.tensor([[[2.0, 1.0, 0.0, -1.0]]])
    numbers, weights = route(logits, torch.tensor([0.0, 0.0, 0.0, 5.0]), spec)
    assert numbers.tolist() == [[[3]]]
    torch.testing.assert_close(weights, torch.tensor([[[1 / (1 + math.e)]]]))


def test_rows_of_a_block_share_a_pool() -> None:
    """Rows 0 and 1 are one block, 2 and 3 the next: the loudest expert of a block is the only one its rows may use."""
    spec = ExpertsSpec(count=3, chosen=1, hidden=8, scoring="sigmoid", pool=1)
    logits = torch.tensor([[[9.0, 0.0, 1.0], [0.0, 1.0, 2.0], [0.0, 3.0, 1.0], [2.0, 0.0, 1.0]]])
    numbers, _ = route(logits, None, spec, torch.tensor([[7, 7, 8, 8]]))
    assert numbers.flatten().tolist() == [0, 0, 1, 1]
    apart, _ = route(logits, None, spec, torch.tensor([[5, 6, 7, 8]]))
    assert apart.flatten().tolist() == [0, 2, 1, 0]


@pytest.mark.parametrize("sizes", [[3, 0, 4], [0, 0, 5], [7], [1, 1, 1, 0], [0, 0], [1] * 9])
@pytest.mark.parametrize("shape", [(8, 12), (8, 5), (3, 8)])
def test_grouped_product_is_one_product_a_group(sizes: list[int], shape: tuple[int, int], way: str) -> None:
    torch.manual_seed(0)
    inside, outside = shape
    x, matrices = torch.randn(sum(sizes), inside), torch.randn(len(sizes), outside, inside)
    ends = torch.tensor(sizes).cumsum(0).to(torch.int32)
    expected = [part @ matrix.T for part, matrix in zip(x.split(sizes), matrices, strict=True)]
    torch.testing.assert_close(grouped_product(x, matrices, ends), torch.cat(expected))


def test_gradients_are_the_same_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    def gradients() -> list[Tensor]:
        experts = layer(ROUTINGS["groups"]).requires_grad_()
        torch.manual_seed(1)
        experts(torch.randn(1, 9, WIDTH), torch.arange(9)[None]).square().sum().backward()
        return [weight.grad for weight in experts.parameters() if weight.grad is not None]

    first = gradients()
    monkeypatch.setattr(module, "_has_grouped_product", lambda x, matrices: False)
    second = gradients()
    assert len(first) == 6
    for one, other in zip(first, second, strict=True):
        assert one.abs().max() > 0
        torch.testing.assert_close(one, other)


def test_half_precision_routes_as_full(way: str) -> None:
    """The router is not rounded with the activations: where experts are nearly alike, the same one is chosen."""
    experts = layer(ExpertsSpec(count=16, chosen=1, hidden=8, scoring="sigmoid", scale=3.0))
    experts.router.copy_(experts.router[:1] + 1e-3 * torch.randn(16, WIDTH))
    x = torch.randn(1, 60, WIDTH).bfloat16()
    positions = torch.arange(60)[None]
    full = experts(x.float(), positions)
    half = experts(x, positions)
    assert half.dtype == torch.bfloat16
    assert F.cosine_similarity(half.float(), full, dim=-1).min() > 0.99


@pytest.mark.parametrize("normalized", [False, True])
def test_softmax_routing_is_olmoes(normalized: bool) -> None:
    config = transformers.OlmoeConfig(
        hidden_size=WIDTH,
        intermediate_size=12,
        num_experts=8,
        num_experts_per_tok=3,
        norm_topk_prob=normalized,
    )
    config._experts_implementation = "eager"
    theirs = OlmoeSparseMoeBlock(config).requires_grad_(False)
    ours = layer(replace(ROUTINGS["softmax"], normalized=normalized))
    theirs.gate.weight.copy_(ours.router)
    theirs.experts.gate_up_proj.copy_(ours.gate_up)
    theirs.experts.down_proj.copy_(ours.down)
    x = torch.randn(2, 9, WIDTH)
    torch.testing.assert_close(ours(x, torch.zeros(2, 9)), theirs(x))


def test_group_limited_routing_is_deepseeks() -> None:
    spec = ROUTINGS["groups"]
    config = transformers.DeepseekV3Config(
        hidden_size=WIDTH, moe_intermediate_size=spec.hidden, n_routed_experts=spec.count,
        num_experts_per_tok=spec.chosen, n_group=spec.groups, topk_group=spec.chosen_groups, n_shared_experts=2,
        routed_scaling_factor=spec.scale, norm_topk_prob=True,
    )  # fmt: skip
    config._experts_implementation = "eager"
    theirs = DeepseekV3MoE(config).requires_grad_(False)
    ours = layer(replace(spec, shared_hidden=2 * spec.hidden))
    assert isinstance(ours.shared, FeedForward)
    theirs.gate.weight.copy_(ours.router)
    theirs.gate.e_score_correction_bias.copy_(ours.correction)
    theirs.experts.gate_up_proj.copy_(ours.gate_up)
    theirs.experts.down_proj.copy_(ours.down)
    for part in ("gate", "up", "down"):
        getattr(theirs.shared_experts, f"{part}_proj").weight.copy_(getattr(ours.shared, part).weight)
    x = torch.randn(2, 30, WIDTH)
    torch.testing.assert_close(ours(x, torch.zeros(2, 30)), theirs(x))


def test_no_rows() -> None:
    spec = ROUTINGS["softmax"]
    experts = layer(spec)
    numbers, weights = torch.zeros(0, 3, dtype=torch.long), torch.zeros(0, 3)
    assert mix(torch.zeros(0, WIDTH), numbers, weights, experts.gate_up, experts.down).shape == (0, WIDTH)


SMALL: dict[str, Any] = {
    "name": "small", "width": 16, "hidden": 24, "layers": 3, "heads": 2, "kv_heads": 1, "head_dim": 8, "window": 64,
    "block_size": 4, "context_attention": "block", "canvas_attention": "block",
}  # fmt: skip


def test_first_layers_are_dense(tokenizer: Tokenizer) -> None:
    network = Transformer(small(tokenizer, replace(ROUTINGS["groups"], dense_layers=2)))
    kinds = [type(each.feed_forward) for each in network.layers]
    assert kinds == [FeedForward, FeedForward, Experts]


def test_our_own_format_keeps_experts(tokenizer: Tokenizer, tmp_path: Path) -> None:
    """A correction is kept as it was when the weights are rounded: it decides by small differences."""
    torch.manual_seed(0)
    network = Transformer(small(tokenizer, replace(ROUTINGS["pool"], dense_layers=1))).requires_grad_(False)
    correction = network.layers[1].feed_forward.correction
    correction.uniform_(-0.3, 0.3)
    save(tmp_path / "model", network, find(None) / "tokenizer.json", dtype=torch.bfloat16)
    loaded = load(tmp_path / "model", dtype=torch.bfloat16)
    assert loaded.spec == network.spec
    kept = loaded.network.layers[1].feed_forward
    assert torch.equal(kept.correction, correction)
    assert kept.router.dtype == kept.gate_up.dtype == torch.bfloat16
    assert torch.equal(kept.down, network.layers[1].feed_forward.down.bfloat16())
    ids, positions = torch.arange(12)[None], torch.arange(12)[None]
    attend = block_causal(12, 4)
    expected = load(tmp_path / "model").network(ids, positions, attend)
    found = loaded.network(ids, positions, attend)
    assert F.cosine_similarity(expected, found.float(), dim=-1).min() > 0.99


def small(tokenizer: Tokenizer, experts: ExpertsSpec) -> ModelSpec:
    ids = tokenizer.specials
    assert ids.mask is not None
    assert ids.end is not None
    return ModelSpec(
        **SMALL, vocab_size=tokenizer.vocab_size, mask_id=ids.mask, end_id=ids.end, experts=experts
    )


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"count": 0}, "count"),
    ({"chosen": 9}, "9 experts"),
    ({"groups": 3}, "groups"),
    ({"groups": 4, "chosen_groups": 5}, "groups"),
    ({"groups": 4, "chosen_groups": 1}, "in reach"),
    ({"pool": 2}, "in reach"),
    ({"shared_hidden": -1}, "shared_hidden"),
    ({"dense_layers": -1}, "dense_layers"),
]


@pytest.mark.parametrize(("change", "named"), REFUSED, ids=[str(case[0]) for case in REFUSED])
def test_impossible_experts_are_refused(change: dict[str, Any], named: str) -> None:
    with pytest.raises(CheckpointError, match=named):
        replace(ROUTINGS["softmax"], **change)


def test_a_pool_needs_blocks(tokenizer: Tokenizer) -> None:
    spec = small(tokenizer, ROUTINGS["pool"])
    with pytest.raises(CheckpointError, match="block_size"):
        replace(spec, context_attention="causal", canvas_attention="causal", block_size=None)


def test_unknown_settings_of_experts_are_refused(tokenizer: Tokenizer) -> None:
    values = small(tokenizer, ROUTINGS["groups"]).to_dict()
    assert ModelSpec.from_dict(values, 0, 1).experts == ROUTINGS["groups"]
    values["experts"] = {**values["experts"], "capacity": 2}
    with pytest.raises(CheckpointError, match="capacity"):
        ModelSpec.from_dict(values, 0, 1)
