"""Matrix products on a CPU's matrix units: inputs and weights rounded to bfloat16, all products summed in float32.

A CPU with tile instructions (AMX) multiplies bfloat16 matrices three to seven times as fast as float32 ones, from
about a dozen rows on; below that, the plain product on rounded inputs is the faster one. Both say the same thing: a
product of two bfloat16 numbers is exact in float32. So a row's answer is that of its own inputs, up to the order of a
float32 sum, however many rows are computed beside it. What flows between products stays float32.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

FEW_ROWS = 8
"""Below so many rows handing a product to the matrix units costs more than the product (measured, 256 x 768)."""


def has_matrix_units() -> bool:
    """Whether this CPU multiplies bfloat16 tiles."""
    return bool(torch.cpu._is_amx_tile_supported())


def rounded(weight: Tensor) -> Tensor:
    """The weight at bfloat16's precision, in its own type."""
    return weight.to(torch.bfloat16).to(weight.dtype)


def rounded_linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x [..., in] and weight [out, in], both float32, the weight `rounded` before -> [..., out] in float32."""
    if x.numel() < FEW_ROWS * x.shape[-1]:
        return F.linear(rounded(x), weight, bias)
    products = torch.backends.mkldnn.matmul
    before = products.fp32_precision
    products.fp32_precision = "bf16"
    try:
        return F.linear(x, weight, bias)
    finally:
        products.fp32_precision = before
