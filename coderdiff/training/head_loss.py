"""Hidden states -> weighted cross-entropy: the head and the loss in one, since their logits are the largest tensors of
a step.

`by_logits` makes them all and leaves the gradient to autograd. `ChunkedLoss` is the one for CPUs: logits live for some
rows at a time, small enough for the caches, and become a gradient at once (as in Liger's fused linear cross-entropy,
arXiv 2410.10989).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

Loss = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
"""Hidden states [rows, width], the head's weights [vocab, width], targets [rows], weights [rows] -> one number."""

LogitsLoss = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Logits [rows, vocab], targets [rows], weights [rows] -> one number."""

Exponentials = Callable[[Tensor], tuple[Tensor, Tensor, Tensor]]
"""See `exponentials`."""

CHUNK = 2048
"""Rows whose logits are made at a time. Fewer stay closer to the core, but the head's gradient is added up for each."""


def weighted_loss(logits: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """Mean cross-entropy of logits [rows, vocab] at targets [rows], weighted by weights [rows]; float32."""
    each = F.cross_entropy(logits.float(), targets, reduction="none")
    return (each * weights).sum() / weights.sum().clamp(min=1e-6)


def by_logits(loss: LogitsLoss = weighted_loss) -> Loss:
    """The plain way: all logits, then `loss` of them, which may be compiled."""

    def made(hidden: Tensor, head: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
        return loss(F.linear(hidden, head.to(hidden.dtype)), targets, weights)

    return made


def exponentials(logits: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """logits [rows, vocab] -> each row's largest and the sum of all exp(logit - largest), [rows] in float32, and these
    exponentials in the logits' type."""
    wide = logits.float()
    largest = wide.amax(-1)
    powers = (wide - largest[:, None]).exp()
    return largest, powers.sum(-1), powers.to(logits.dtype)


class ChunkedLoss:
    """A `Loss` that computes its gradient with the loss. Rows that weigh nothing are left out."""

    def __init__(self, compiled: bool, chunk: int = CHUNK) -> None:
        self.chunk = chunk
        self._exponentials: Exponentials = (
            torch.compile(exponentials, dynamic=False) if compiled else exponentials
        )

    def __call__(self, hidden: Tensor, head: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
        """As `weighted_loss` of the logits."""
        if not torch.is_grad_enabled():
            return by_logits()(hidden, head, targets, weights)
        loss: Tensor = _Chunked.apply(hidden, head, targets, weights, self.chunk, self._exponentials)  # type: ignore[no-untyped-call]
        return loss


class _Chunked(torch.autograd.Function):
    """The loss, and its gradients by `hidden` and `head`, kept for the backward pass to scale."""

    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        head: Tensor,
        targets: Tensor,
        weights: Tensor,
        chunk: int,
        exponentials: Exponentials,
    ) -> Tensor:
        """One number, float32. See `Loss`."""
        share = weights / weights.sum().clamp(min=1e-6)
        narrow = head.to(hidden.dtype)
        by_hidden, by_head = torch.zeros_like(hidden), torch.zeros_like(head)
        loss = torch.zeros((), device=hidden.device)
        for rows in _chunks(weights, chunk):
            x, at = hidden[rows], targets[rows]
            logits = x @ narrow.t()
            largest, total, slope = exponentials(logits)
            own = logits.gather(1, at[:, None])[:, 0].float() - largest
            loss += ((total.log() - own) * share[rows]).sum()
            # The softmax is slope / total, but for the target, where the gradient is 1 less. What a row weighs and its
            # total scale the narrow tensors, not the logits.
            slope[torch.arange(len(at), device=at.device), at] = (own.exp() - total).to(slope.dtype)
            scale = (share[rows] / total)[:, None]
            by_hidden[rows] = ((slope @ narrow) * scale).to(hidden.dtype)
            by_head += slope.t() @ (x * scale).to(x.dtype)
        ctx.save_for_backward(by_hidden, by_head)
        return loss

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        """The gradients that `forward` made, times that of the loss."""
        by_hidden, by_head = ctx.saved_tensors
        (outer,) = grads
        return by_hidden * outer.to(by_hidden.dtype), by_head * outer, None, None, None, None


def _chunks(weights: Tensor, chunk: int) -> tuple[Tensor, ...]:
    """Indices of the rows that weigh something, `chunk` at a time. Others fill up the last, so that there are only few
    shapes to compile for."""
    asked = weights != 0
    order = torch.argsort(~asked, stable=True)
    return tuple(order[first : first + chunk] for first in range(0, int(asked.sum()), chunk))


def loss_on(device: torch.device, compiled: bool) -> Loss:
    """The faster way on `device`."""
    if device.type == "cpu":
        return ChunkedLoss(compiled)
    return by_logits(torch.compile(weighted_loss, dynamic=False) if compiled else weighted_loss)
