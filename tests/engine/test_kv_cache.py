"""Attention over the cache is attention by its mask, for long runs of rows and for the last ones of them."""

from __future__ import annotations

import pytest
import torch

from coderdiff.engine.kv_cache import KvCache
from coderdiff.engine.session import rows_mask
from coderdiff.model.attention import attention
from coderdiff.model.transformer import Transformer


@pytest.mark.parametrize(
    ("known", "read", "canvases"), [(0, 300, 2), (45, 290, 1), (45, 8, 3), (30, 0, 1), (9, 256, 0)]
)
def test_runs_of_rows(network: Transformer, known: int, read: int, canvases: int):
    torch.manual_seed(1)
    spec = network.spec
    cache = KvCache(spec, 512, torch.device("cpu"), torch.float32)
    shape = (spec.layers, spec.kv_heads, known, spec.head_dim)
    cache.append(torch.randn(shape), torch.randn(shape))
    mask = rows_mask(known, read, [read // 2] * canvases, 7)
    rows = len(mask)
    query = torch.randn(1, spec.heads, rows, spec.head_dim)
    key, value = (torch.randn(1, spec.kv_heads, rows, spec.head_dim) for _ in range(2))
    attend = cache.attend(mask)
    before = cache.rows(0, known)
    keys, values = (torch.cat((old[1][None], new), 2) for old, new in zip(before, (key, value), strict=True))
    literal = attention(query, keys, values, mask=mask)
    for asked in (rows, 5, 0):
        ours = attend(1, query[:, :, rows - asked :], key, value)
        torch.testing.assert_close(ours, literal[:, :, rows - asked :], atol=1e-5, rtol=1e-5)
