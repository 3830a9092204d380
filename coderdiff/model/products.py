"""Matrix products on a CPU's matrix units: bfloat16 in, sums in float32.

A CPU with tile instructions (AMX) multiplies bfloat16 matrices several times as fast as float32 ones, one with
AVX512_BF16 alone (AMD since Zen 4) twice as fast. A product of two bfloat16 numbers is exact in float32, so nothing is
lost but what the inputs lose, and the answer of a row does not depend on how many rows are computed beside it: bit for
bit with `PackedLinear`, but for a few sums in another order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

_UNITS: Any = torch.backends.mkldnn

FEW_ROWS = 8
"""Below so many rows, handing a float32 product to the matrix units costs more than the product does (measured)."""


SHAPES_AN_OCTAVE = 8
"""Between one power of two and the next, products have one of so many numbers of rows (`padded_rows`)."""


def has_matrix_units() -> bool:
    """Whether this CPU multiplies bfloat16 numbers, in tiles or not, and torch can lay weights out for that."""
    return (has_tiles() or bool(torch.cpu._is_avx512_bf16_supported())) and bool(_UNITS.is_available())


def has_tiles() -> bool:
    """Whether this CPU has tile instructions (AMX)."""
    return bool(torch.cpu._is_amx_tile_supported())


def padded_rows(rows: int) -> int:
    """How many rows a product of `rows` rows is computed with: the next of few numbers, less than an eighth more.

    oneDNN compiles a kernel for every number of rows that it meets and keeps it for good, whatever bounds its cache of
    primitives: a server that reads prompts of every length would grow by more than a gigabyte.
    """
    step = max(1, (1 << (rows - 1).bit_length()) // (2 * SHAPES_AN_OCTAVE)) if rows else 1
    return -(-rows // step) * step


def _padded(x: Tensor, dtype: torch.dtype) -> Tensor:
    """x [..., in] as [rows, in] of that type, with rows of zeros behind up to `padded_rows`."""
    rows = x.shape[:-1].numel()
    ready = x.new_empty((padded_rows(rows), x.shape[-1]), dtype=dtype)
    ready[:rows] = x.reshape(rows, x.shape[-1])  # -1 is ambiguous where there are none
    ready[rows:] = 0
    return ready


def _unpadded(out: Tensor, x: Tensor) -> Tensor:
    """What `_padded(x)` became, [rows, out], without the rows behind -> [..., out]."""
    return out[: x.shape[:-1].numel()].view(*x.shape[:-1], out.shape[-1])


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x [..., in] and weight [out, in] of one type -> [..., out]: the plain product, with few numbers of rows where
    oneDNN makes it and no gradient is asked for (training has few shapes)."""
    if x.device.type == "cpu" and x.dtype is torch.bfloat16 and not torch.is_grad_enabled():
        return _unpadded(F.linear(_padded(x, x.dtype), weight, bias), x)
    return F.linear(x, weight, bias)


class PackedLinear:
    """Weights laid out for matrix units once, not in every product: twice to three times as fast on some ten rows.

    Several weights with the same inputs make one product, their outputs one behind the other; `sizes` are theirs.
    """

    def __init__(self, weights: Sequence[Tensor], biases: Sequence[Tensor | None]) -> None:
        """Weights [out, in] and biases [out] in any type."""
        self.sizes = [len(weight) for weight in weights]
        self._packed = torch.ops.mkldnn._reorder_linear_weight(torch.cat([*weights]).to(torch.bfloat16))
        given = [bias for bias in biases if bias is not None]
        assert len(given) in {0, len(weights)}
        self._bias = torch.cat(given).to(torch.bfloat16) if given else None

    def __call__(self, x: Tensor) -> Tensor:
        """[..., in] in any type -> [..., out] in bfloat16."""
        ready = _padded(x, torch.bfloat16)
        out: Tensor = torch.ops.mkldnn._linear_pointwise(ready, self._packed, self._bias, "none", [], "")
        return _unpadded(out, x)


def rounded(weight: Tensor) -> Tensor:
    """The weight at bfloat16's precision, in its own type."""
    return weight.to(torch.bfloat16).to(weight.dtype)


class RoundedLinear:
    """A product of rounded inputs whose outputs are float32: for what must not be rounded afterwards, logits.

    Tiles, to which alone torch hands float32 products, make it on many rows. Without them the weights, float32 as they
    are, are laid out once: two to four times as fast on some ten rows as the plain product of rounded inputs, and the
    same up to the order of a float32 sum.
    """

    def __init__(self, weight: Tensor) -> None:
        """A weight [out, in] in float32, `rounded` before."""
        self._weight = weight
        self._packed = None if has_tiles() else torch.ops.mkldnn._reorder_linear_weight(weight)

    def __call__(self, x: Tensor) -> Tensor:
        """[..., in] -> [..., out], both float32."""
        if self._packed is not None:
            ready = _padded(rounded(x), x.dtype)
            out: Tensor = torch.ops.mkldnn._linear_pointwise(ready, self._packed, None, "none", [], "")
            return _unpadded(out, x)
        if x.numel() < FEW_ROWS * x.shape[-1]:
            return F.linear(rounded(x), self._weight)
        before = _UNITS.matmul.fp32_precision
        _UNITS.matmul.fp32_precision = "bf16"
        try:
            return _unpadded(F.linear(_padded(x, x.dtype), self._weight), x)
        finally:
            _UNITS.matmul.fp32_precision = before
