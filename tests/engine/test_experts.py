"""A network with experts behind the cached session says what the literal one says: a row's experts are its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from coderdiff.decoding.session import Look
from coderdiff.engine.session import CachedSession
from coderdiff.model.spec import ExpertsSpec
from coderdiff.model.transformer import Transformer


@pytest.fixture(scope="module")
def sparse(network: Transformer) -> Transformer:
    experts = ExpertsSpec(
        count=16, chosen=3, hidden=24, shared_hidden=16, dense_layers=1, scoring="sigmoid", corrected=True,
        groups=4, chosen_groups=2, normalized=True, scale=2.0,
    )  # fmt: skip
    torch.manual_seed(3)
    made = Transformer(replace(network.spec, experts=experts)).eval().requires_grad_(False)
    for weight in made.parameters():
        if weight.ndim > 1:
            weight.normal_(0.0, 0.3)
    return made


def test_what_is_cached_is_what_would_be_computed(sparse: Transformer, plain: Any) -> None:
    torch.manual_seed(0)
    ids = torch.randint(3000, (40,)).tolist()
    session, plain.network = CachedSession(sparse, sparse.spec.window), sparse
    canvas = [sparse.spec.mask_id] * 8
    for size in (1, 5, 6, 23, 40):
        unread = session.begin(ids[:size])
        ours = session.forward(Look(unread, [canvas, canvas], [0, len(unread)], 1))
        rest = ids[plain.length : size]
        theirs = plain.forward(Look(rest, [canvas, canvas], [0, len(rest)], 1))
        assert (ours.causal - theirs.causal).abs().max() <= 1e-4
        assert (ours.canvas[1] - theirs.canvas[1]).abs().max() <= 1e-4
