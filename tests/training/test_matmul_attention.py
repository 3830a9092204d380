"""Attention with a backward pass of matrix products against torch's own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from coderdiff.model.attention import attention
from coderdiff.training import matmul_attention
from coderdiff.training.matmul_attention import by_products, trained_attention

Attention = Callable[[Tensor, Tensor, Tensor, Tensor | None, bool], Tensor]

BATCH, HEADS, KEYS, WIDTH = 2, 4, 40, 8


@pytest.fixture(autouse=True)
def small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several, and a last one that is not full."""
    monkeypatch.setattr(matmul_attention, "TILE", 16)


def plain(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None, is_causal: bool = False
) -> Tensor:
    if mask is not None and is_causal:
        mask = mask & torch.ones(mask.shape[-2:]).tril().bool()
    return attention(query, key, value, mask, is_causal and mask is None)


def case(rows: int, kv_heads: int = HEADS, loud: float = 1.0) -> tuple[Tensor, Tensor, Tensor]:
    """Query, key and value as the network has them: heads side by side in memory."""
    generator = torch.Generator().manual_seed(rows)

    def made(rows: int, heads: int) -> Tensor:
        return (torch.randn(BATCH, rows, heads, WIDTH, generator=generator) * loud).transpose(1, 2)

    return made(rows, HEADS), made(KEYS, kv_heads), made(KEYS, kv_heads)


def some_mask(rows: int) -> Tensor:
    """Each row sees about half of the keys, and one of them always."""
    mask = torch.rand(BATCH, 1, rows, KEYS, generator=torch.Generator().manual_seed(2)) < 0.5
    return mask | torch.eye(rows, KEYS, dtype=torch.bool)


def gradients(
    attend: Attention, given: tuple[Tensor, ...], mask: Tensor | None, is_causal: bool
) -> list[Tensor]:
    """What attention says, and its gradients by query, key and value."""
    leaves = [part.clone().requires_grad_() for part in given]
    query, key, value = leaves
    out = attend(query, key, value, mask, is_causal)
    outer = torch.randn(out.shape, generator=torch.Generator().manual_seed(3)).to(out.dtype)
    return [out.detach(), *torch.autograd.grad(out, leaves, outer)]


CASES = [
    pytest.param(KEYS, HEADS, None, True, id="causal"),
    pytest.param(KEYS, HEADS, some_mask(KEYS).tril(), True, id="a mask that does not look ahead"),
    pytest.param(KEYS, HEADS, some_mask(KEYS), False, id="a mask"),
    pytest.param(12, HEADS, some_mask(12), False, id="fewer queries than keys"),
    pytest.param(KEYS, HEADS, None, False, id="all see all"),
    pytest.param(KEYS, 2, None, True, id="shared keys"),
    pytest.param(KEYS, 2, some_mask(KEYS), False, id="shared keys and a mask"),
]


@pytest.mark.parametrize(("rows", "kv_heads", "mask", "is_causal"), CASES)
def test_it_says_and_teaches_the_same(rows: int, kv_heads: int, mask: Tensor | None, is_causal: bool) -> None:
    given = case(rows, kv_heads)
    ours, theirs = (gradients(way, given, mask, is_causal) for way in (by_products, plain))
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, atol=2e-6, rtol=1e-5)


@pytest.mark.parametrize(("rows", "kv_heads", "mask", "is_causal"), CASES)
def test_compiled_too(rows: int, kv_heads: int, mask: Tensor | None, is_causal: bool) -> None:
    given = case(rows, kv_heads)
    torch.compiler.reset()
    compiled = torch.compile(trained_attention, backend="aot_eager", dynamic=False)
    ours, theirs = (gradients(way, given, mask, is_causal) for way in (compiled, plain))
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, atol=2e-6, rtol=1e-5)


@pytest.mark.parametrize("loud", [1.0, 3.0])
def test_in_bfloat16_it_is_about_as_near_to_float32_as_torchs_own(loud: float) -> None:
    """Also where one key takes nearly all: the scores are rounded between the products."""
    given = tuple(part.bfloat16() for part in case(KEYS, loud=loud))
    exact = gradients(plain, tuple(part.float() for part in given), None, True)
    ours, theirs = (gradients(way, given, None, True) for way in (by_products, plain))
    for one, other, true in zip(ours, theirs, exact, strict=True):
        assert one.dtype == torch.bfloat16
        assert (one.float() - true).norm() <= 2 * (other.float() - true).norm() + 0.01 * true.norm()


def test_only_compiled_code_on_cpus_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    query, key, value = (part.requires_grad_() for part in case(KEYS))
    assert "ByProducts" not in str(trained_attention(query, key, value, is_causal=True).grad_fn)
    monkeypatch.setattr(torch.compiler, "is_compiling", lambda: True)
    assert "ByProducts" in str(trained_attention(query, key, value, is_causal=True).grad_fn)
    elsewhere = (part.detach().to("meta").requires_grad_() for part in (query, key, value))
    assert "ByProducts" not in str(trained_attention(*elsewhere, is_causal=True).grad_fn)
