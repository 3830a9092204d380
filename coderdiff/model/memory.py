"""What a model takes in memory, from its spec alone: before anything is downloaded or loaded.

Counted are the weights and one context's keys and values. What a forward needs beside them for a moment is not: it
depends on how many rows are read at once.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from coderdiff.model.placement import DTYPES
from coderdiff.model.spec import ModelSpec
from coderdiff.model.transformer import Transformer


@dataclass(frozen=True)
class MemoryPlan:
    """Bytes with everything in one type: of the weights, of a token's keys and values, and of a full window's."""

    dtype: str
    weights: int
    kv_token: int
    kv_window: int

    @property
    def total(self) -> int:
        """Weights and one full window."""
        return self.weights + self.kv_window


def plans(network: Transformer, dtypes: Sequence[str] = tuple(DTYPES)) -> list[MemoryPlan]:
    """A plan for each type; the network may be one without values (`loader.hollow`)."""
    return [_plan(network, dtype) for dtype in dtypes]


def _plan(network: Transformer, dtype: str) -> MemoryPlan:
    size = DTYPES[dtype].itemsize
    token = kv_values(network.spec) * size
    return MemoryPlan(dtype, network.parameters_count * size, token, token * network.spec.window)


def kv_values(spec: ModelSpec) -> int:
    """Numbers kept for a token: a key and a value of every key head in every layer."""
    return 2 * spec.layers * spec.kv_heads * spec.head_dim


def free_memory() -> dict[str, int]:
    """Bytes that are free here by device; a device that does not say is left out."""
    free = {}
    if hasattr(os, "sysconf") and "SC_AVPHYS_PAGES" in os.sysconf_names:
        free["cpu"] = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if torch.cuda.is_available():
        free["cuda"] = torch.cuda.mem_get_info()[0]
    return free
