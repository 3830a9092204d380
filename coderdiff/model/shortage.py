"""Telling that memory ran out from everything else that can go wrong in torch."""

from __future__ import annotations

import torch


def out_of_memory(error: BaseException) -> bool:
    """Whether a device or the machine had no memory left."""
    said = isinstance(error, RuntimeError) and "allocate memory" in str(error)
    return said or isinstance(error, MemoryError | torch.OutOfMemoryError)
