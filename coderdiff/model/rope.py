"""Rotary position embedding: frequencies by `RopeSpec`, tables by positions, and the turn itself."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from coderdiff.model.spec import RopeSpec


def rotary_dim(rope: RopeSpec, head_dim: int) -> int:
    """How many leading channels of a head turn."""
    return int(head_dim * rope.fraction)


def frequencies(rope: RopeSpec, head_dim: int) -> tuple[Tensor, float]:
    """Inverse frequencies [rotary_dim / 2] (float32) and the factor that scales the tables (1 but for yarn)."""
    dim = rotary_dim(rope, head_dim)
    # Written as the published models write it: another order of operations differs in the last bit, which tells at
    # far positions.
    inverse = 1.0 / (rope.theta ** (torch.arange(0, dim, 2, dtype=torch.float32) / dim))
    if rope.scaling == "linear":
        return inverse / rope.factor, 1.0
    if rope.scaling == "llama3":
        return _llama3(inverse, rope), 1.0
    if rope.scaling == "yarn":
        return _yarn(inverse, rope, dim)
    return inverse, 1.0


def _llama3(inverse: Tensor, rope: RopeSpec) -> Tensor:
    """Llama 3.1's blend: slow waves are stretched by `factor`, fast ones kept, those between mixed."""
    turns = rope.original_window * inverse / (2 * math.pi)  # full turns within the original window
    keep = ((turns - rope.low_freq) / (rope.high_freq - rope.low_freq)).clamp(0, 1)
    return keep * inverse + (1 - keep) * inverse / rope.factor


def _yarn(inverse: Tensor, rope: RopeSpec, dim: int) -> tuple[Tensor, float]:
    """YaRN (arXiv 2309.00071): a ramp over channels between kept and stretched, and a temperature on attention."""

    def channel(turns: float) -> float:
        return dim * math.log(rope.original_window / (turns * 2 * math.pi)) / (2 * math.log(rope.theta))

    low = max(math.floor(channel(rope.beta_fast)), 0)
    high = min(math.ceil(channel(rope.beta_slow)), dim - 1)
    ramp = ((torch.arange(dim // 2, dtype=torch.float32) - low) / max(high - low, 1e-3)).clamp(0, 1)
    factor = rope.attention_factor
    if factor is None:
        factor = 1.0 if rope.factor <= 1 else 0.1 * math.log(rope.factor) + 1.0
    return inverse * (1 - ramp) + inverse / rope.factor * ramp, factor


def tables(positions: Tensor, inverse: Tensor, factor: float, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Cosine and sine for `positions` [batch, rows] -> each [batch, 1, rows, rotary_dim], shared by all heads."""
    angles = positions[..., None].float() * inverse
    angles = torch.cat((angles, angles), dim=-1)[:, None]
    return (angles.cos() * factor).to(dtype), (angles.sin() * factor).to(dtype)


def turn(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn the leading channels of `x` [batch, heads, rows, head_dim]; halves are paired as in Llama and Qwen."""
    dim = cos.shape[-1]
    turned, kept = x[..., :dim], x[..., dim:]
    first, second = turned.chunk(2, dim=-1)
    turned = turned * cos + torch.cat((-second, first), dim=-1) * sin
    return torch.cat((turned, kept), dim=-1) if kept.shape[-1] else turned


def moved(keys: Tensor, delta: int, inverse: Tensor) -> Tensor:
    """Turned keys [..., rows, head_dim] as they would be `delta` positions further on.

    A turn by a position and one by `delta` make a turn by their sum, whatever the positions were. The product is made
    in float32; the tables' factor is in the keys already.
    """
    if not delta:
        return keys
    cos, sin = tables(torch.tensor([[delta]], device=keys.device), inverse, 1.0, torch.float32)
    return turn(keys.float(), cos[0, 0], sin[0, 0]).to(keys.dtype)
