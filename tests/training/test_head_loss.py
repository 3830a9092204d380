"""The head's loss against literal sums, and the chunked way to it against the plain one."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from coderdiff.model.transformer import Transformer
from coderdiff.training import losses as rooms
from coderdiff.training.batches import Batches
from coderdiff.training.head_loss import ChunkedLoss, Loss, by_logits, exponentials, loss_on, weighted_loss
from coderdiff.training.losses import losses
from coderdiff.training.ways import Ways


def test_weighted_loss_is_a_weighted_mean() -> None:
    torch.manual_seed(0)
    logits, targets, weights = torch.randn(7, 5), torch.randint(5, (7,)), torch.rand(7)
    terms = [-weights[row] * logits[row].log_softmax(0)[targets[row]] for row in range(7)]
    assert float(weighted_loss(logits, targets, weights)) == pytest.approx(float(sum(terms) / weights.sum()))
    assert weighted_loss(logits, targets, torch.zeros(7)) == 0


def case(dtype: torch.dtype, unasked: float = 0.3) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Hidden states, a head in float32, targets and weights, some of which are 0."""
    generator = torch.Generator().manual_seed(4)
    hidden = (torch.randn(70, 16, generator=generator) * 3).to(dtype)
    head, weights = torch.randn(50, 16, generator=generator), torch.rand(70, generator=generator)
    weights[torch.rand(70, generator=generator) < unasked] = 0.0
    return hidden, head, torch.randint(50, (70,), generator=generator), weights


def gradients(
    loss: Loss, hidden: Tensor, head: Tensor, targets: Tensor, weights: Tensor
) -> tuple[Tensor, ...]:
    """The loss, and its gradients when it is part of a sum."""
    leaves = hidden.clone().requires_grad_(), head.clone().requires_grad_()
    made = loss(*leaves, targets, weights)
    return made.detach(), *torch.autograd.grad(0.5 * made, leaves)


@pytest.mark.parametrize("chunk", [16, 64, 1024])
@pytest.mark.parametrize("unasked", [0.0, 0.3, 1.0])
def test_chunks_give_the_plain_loss_and_gradients(chunk: int, unasked: float) -> None:
    """Chunks that are full, that are not, and none at all."""
    given = case(torch.float32, unasked)
    for ours, plain in zip(
        gradients(ChunkedLoss(compiled=False, chunk=chunk), *given),
        gradients(by_logits(), *given),
        strict=True,
    ):
        torch.testing.assert_close(ours, plain, atol=1e-6, rtol=1e-5)


def test_in_bfloat16_chunks_are_as_near_to_float32_as_the_plain_way() -> None:
    hidden, *given = case(torch.bfloat16)
    exact = gradients(by_logits(), hidden.float(), *given)
    chunked = gradients(ChunkedLoss(compiled=False, chunk=16), hidden, *given)
    plain = gradients(by_logits(), hidden, *given)
    assert [part.dtype for part in chunked] == [part.dtype for part in plain]
    for ours, theirs, true in zip(chunked, plain, exact, strict=True):
        assert (ours - true).norm() <= 1.5 * (theirs - true).norm() + 1e-3 * true.norm()


def test_a_row_that_weighs_nothing_is_left_out() -> None:
    hidden, head, targets, weights = case(torch.float32)
    asked = int((weights > 0).sum())
    seen: list[int] = []

    def listening(logits: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        seen.append(len(logits))
        return exponentials(logits)

    loss = ChunkedLoss(compiled=False, chunk=16)
    loss._exponentials = listening
    gradients(loss, hidden, head, targets, weights)
    assert asked <= sum(seen) < asked + 16
    assert set(seen) == {16}, "one shape to compile for"


def test_without_gradients_it_is_the_plain_loss() -> None:
    given = case(torch.float32)
    with torch.no_grad():
        assert torch.equal(ChunkedLoss(compiled=False)(*given), by_logits()(*given))


def test_large_logits_do_not_overflow() -> None:
    hidden, *given = case(torch.float32)
    made = gradients(ChunkedLoss(compiled=False), hidden * 1000, *given)
    assert all(part.isfinite().all() for part in made)


def test_the_device_chooses() -> None:
    assert isinstance(loss_on(torch.device("cpu"), compiled=False), ChunkedLoss)
    assert not isinstance(loss_on(torch.device("cuda"), compiled=False), ChunkedLoss)


@pytest.mark.parametrize("tied", [True, False])
def test_a_whole_network_learns_the_same(
    network: Transformer, batches: Batches, tied: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the head is the embedding, both of its gradients add up."""
    monkeypatch.setattr(rooms, "DTYPE", torch.float32)
    learning = Transformer(replace(network.spec, tied_head=tied))
    found = []
    for loss in (by_logits(), ChunkedLoss(compiled=False, chunk=64)):
        total = losses(learning, batches[0], canvas_weight=0.5, ways=Ways(loss)).total
        found.append(torch.autograd.grad(total, list(learning.parameters())))
    for plain, chunked in zip(*found, strict=True):
        torch.testing.assert_close(chunked, plain, atol=1e-6, rtol=1e-4)
