"""Where a model runs and in what type: the choices people name, checked before anything is read."""

from __future__ import annotations

from typing import NamedTuple

import torch

from coderdiff.errors import ConfigError
from coderdiff.model.products import has_matrix_units

DTYPES = {
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
    "float32": torch.float32,
}
_SHORT = {"bf16": "bfloat16", "fp16": "float16", "fp32": "float32"}


class Placement(NamedTuple):
    """A device, the type that weights and activations have there, and whether products run on matrix units."""

    device: str
    dtype: torch.dtype
    matrix_units: bool = False


def placement(device: str | None, dtype: str | None) -> Placement:
    """The device and type to load to; None is a GPU where there is one, and bfloat16 there, float32 elsewhere.

    On a CPU with matrix units they are used, unless a type was asked for: what is called float32 then is that
    throughout. Raises ConfigError for a device that is not here and for a type that is not supported.
    """
    chosen = None if dtype is None else named_dtype(dtype)
    name = device or ("cuda" if torch.cuda.is_available() else "cpu")
    try:
        torch.empty(1, device=name).item()
    except (RuntimeError, AssertionError, NotImplementedError):
        raise ConfigError(f"there is no device {name!r} here: use cpu") from None
    if chosen is not None:
        return Placement(name, chosen)
    if name.startswith("cuda"):
        return Placement(name, torch.bfloat16)
    return Placement(name, torch.float32, matrix_units=name == "cpu" and has_matrix_units())


def named_dtype(name: str) -> torch.dtype:
    """A type by its name or its usual short name; raises ConfigError for another."""
    full = _SHORT.get(name, name)
    if full not in DTYPES:
        raise ConfigError(f"the dtype {name!r} is not supported: use {', '.join(DTYPES)}")
    return DTYPES[full]
