"""Where a model runs and in what type: the choices people name, checked before anything is read."""

from __future__ import annotations

import torch

from coderdiff.errors import ConfigError

DTYPES = {
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
    "float32": torch.float32,
}
_SHORT = {"bf16": "bfloat16", "fp16": "float16", "fp32": "float32"}


def placement(device: str | None, dtype: str | None) -> tuple[str, torch.dtype]:
    """The device and type to load to; None is a GPU where there is one, and bfloat16 there, float32 elsewhere.

    Raises ConfigError for a device that is not here and for a type that is not supported.
    """
    chosen = None if dtype is None else named_dtype(dtype)
    name = device or ("cuda" if torch.cuda.is_available() else "cpu")
    try:
        torch.empty(1, device=name).item()
    except (RuntimeError, AssertionError, NotImplementedError):
        raise ConfigError(f"there is no device {name!r} here: use cpu") from None
    return name, chosen or (torch.bfloat16 if name.startswith("cuda") else torch.float32)


def named_dtype(name: str) -> torch.dtype:
    """A type by its name or its usual short name; raises ConfigError for another."""
    full = _SHORT.get(name, name)
    if full not in DTYPES:
        raise ConfigError(f"the dtype {name!r} is not supported: use {', '.join(DTYPES)}")
    return DTYPES[full]
