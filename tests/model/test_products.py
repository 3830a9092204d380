"""Products on matrix units: what float32 says of rounded inputs, the same for a row whatever stands beside it."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from coderdiff.model.attention import causal
from coderdiff.model.loader import find, load
from coderdiff.model.placement import placement
from coderdiff.model.products import (
    FEW_ROWS,
    PackedLinear,
    RoundedLinear,
    has_matrix_units,
    has_tiles,
    linear,
    padded_rows,
    rounded,
)

on_units = pytest.mark.skipif(not has_matrix_units(), reason="this CPU has no matrix units")

ROWS = (0, 1, FEW_ROWS - 1, FEW_ROWS, 17, 48, 300)


@given(rows=st.integers(0, 5000))
def test_products_have_few_numbers_of_rows_and_little_more_than_asked_for(rows: int) -> None:
    """A server meets every number: each that a product is computed with is kept as a kernel, for good."""
    padded = padded_rows(rows)
    assert rows <= padded <= rows * 9 / 8
    assert padded_rows(padded) == padded
    assert len({padded_rows(each) for each in range(2049)}) < 80


@on_units
@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("biased", [False, True])
def test_a_packed_product_is_the_plain_one_of_rounded_inputs(rows: int, biased: bool) -> None:
    torch.manual_seed(0)
    x = torch.randn(2, rows, 96)
    weights = [torch.randn(out, 96) for out in (40, 24)]
    biases = [torch.randn(out) if biased else None for out in (40, 24)]
    packed = PackedLinear(weights, biases)
    plain = torch.cat(
        [
            F.linear(rounded(x), rounded(weight), None if bias is None else rounded(bias))
            for weight, bias in zip(weights, biases, strict=True)
        ],
        dim=-1,
    )
    out = packed(x)
    assert packed.sizes == [40, 24]
    assert out.dtype == torch.bfloat16
    assert torch.allclose(out.float(), plain, rtol=1 / 128, atol=1e-3)


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_plain_product_is_torchs(rows: int, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    x, weight, bias = torch.randn(2, rows, 96), torch.randn(40, 96), torch.randn(40)
    with torch.inference_mode():
        out = linear(x.to(dtype), weight.to(dtype), bias.to(dtype))
    expected = F.linear(x.to(dtype).float(), weight.to(dtype).float(), bias.to(dtype).float())
    assert out.dtype == dtype
    assert out.shape == (2, rows, 40)
    assert torch.allclose(out.float(), expected, rtol=1 / 64, atol=1e-2)


def test_products_in_bfloat16_are_of_few_numbers_of_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    met: set[int] = set()
    plain = F.linear

    def watched(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
        met.add(len(x))
        return plain(x, weight, bias)

    monkeypatch.setattr(F, "linear", watched)
    x, weight = torch.randn(130, 16, dtype=torch.bfloat16), torch.randn(8, 16, dtype=torch.bfloat16)
    with torch.inference_mode():
        for rows in range(100, 131):
            linear(x[:rows], weight)
    assert met == {104, 112, 120, 128, 144}


@on_units
@pytest.mark.parametrize("rows", ROWS)
def test_a_rounded_product_keeps_float32(rows: int) -> None:
    torch.manual_seed(0)
    x, weight = torch.randn(rows, 256), rounded(torch.randn(512, 256))
    before = torch.backends.mkldnn.matmul.fp32_precision
    assert torch.allclose(RoundedLinear(weight)(x), F.linear(rounded(x), weight), atol=1e-4)
    assert torch.backends.mkldnn.matmul.fp32_precision == before


@on_units
def test_a_row_does_not_depend_on_the_rows_beside_it() -> None:
    torch.manual_seed(0)
    x, packed = torch.randn(400, 256), PackedLinear([torch.randn(768, 256)], [None])
    whole = packed(x)
    assert all(torch.equal(packed(x[:rows]), whole[:rows]) for rows in ROWS)
    head = RoundedLinear(rounded(torch.randn(768, 256)))
    whole = head(x)
    same = torch.allclose if has_tiles() else torch.equal  # with tiles few rows are the plain product's
    assert all(same(head(x[:rows]), whole[:rows]) for rows in ROWS)


@on_units
def test_the_shipped_network_says_the_same_on_matrix_units() -> None:
    plain, quick = (load(find(None)).network for _ in range(2))
    quick.use_matrix_units()
    ids = torch.randint(plain.spec.vocab_size, (1, 200), generator=torch.Generator().manual_seed(0))
    positions = torch.arange(200)[None]
    with torch.inference_mode():
        expected = plain.logits(plain(ids, positions, causal)).log_softmax(-1)
        found = quick.logits(quick(ids, positions, causal)).log_softmax(-1)
    assert found.dtype == torch.float32
    assert (found - expected).abs().mean() < 0.05
    assert F.kl_div(found, expected, log_target=True, reduction="none").sum(-1).mean() < 1e-3


@on_units
def test_a_type_that_was_asked_for_is_that_throughout() -> None:
    assert placement("cpu", None).matrix_units
    assert not placement("cpu", "float32").matrix_units
