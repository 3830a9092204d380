"""What tests of several rooms share: the shipped tokenizer, a small random network, and a session without a cache."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import pytest
import torch
from hypothesis import settings

from coderdiff.decoding.session import Look, Scores
from coderdiff.model.attention import bidirectional, masked
from coderdiff.model.loader import Checkpoint, find
from coderdiff.model.spec import ModelSpec
from coderdiff.model.tokenizer import Tokenizer
from coderdiff.model.transformer import Transformer

settings.register_profile("coderdiff", deadline=None)  # how long an example takes is the machine's to say
settings.load_profile("coderdiff")


class PlainSession:
    """The slow, literal `decoding.Session`: nothing is kept, every canvas is run on its own with its own mask."""

    def __init__(self, network: Transformer) -> None:
        self.network = network
        self.ids: list[int] = []
        self.forwards = 0

    @property
    def spec(self) -> ModelSpec:
        return self.network.spec

    @property
    def length(self) -> int:
        return len(self.ids)

    def begin(self, ids: Sequence[int]) -> list[int]:
        self.ids = []
        return list(ids)

    def keep(self, length: int) -> None:
        del self.ids[length:]

    def forward(self, look: Look) -> Scores:
        start = len(self.ids)
        self.ids += look.read
        self.forwards += 1
        causal = self._run(self.ids, [])
        looks = [
            self._run(self.ids[: start + cut], canvas)
            for canvas, cut in zip(look.canvases, look.cuts, strict=True)
        ]
        return Scores(causal[len(causal) - look.scored :], looks)

    def _run(self, context: Sequence[int], canvas: Sequence[int]) -> torch.Tensor:
        """Logits of the canvas' rows, or of all context rows where there is no canvas."""
        size, rows = len(context), len(context) + len(canvas)
        mask = torch.zeros(rows, rows, dtype=torch.bool)
        for row in range(rows):
            mask[row, : row + 1 if row < size else rows] = True
        ids = torch.tensor([[*context, *canvas]])
        with torch.inference_mode():
            hidden = self.network(ids, torch.arange(rows)[None], masked(mask))[0]
            logits: torch.Tensor = self.network.logits(hidden[size:] if canvas else hidden)
            return logits


class PlainHole:
    """The slow, literal session of a hole between two sides: every canvas in a forward of its own, nothing kept."""

    def __init__(self, network: Transformer) -> None:
        self.network = network
        self.prefix: list[int] = []
        self.suffix: list[int] = []

    @property
    def spec(self) -> ModelSpec:
        return self.network.spec

    @property
    def length(self) -> int:
        return 0

    def begin(self, prefix: Sequence[int], suffix: Sequence[int]) -> None:
        self.prefix, self.suffix = list(prefix), list(suffix)

    def keep(self, length: int) -> None:
        assert length == 0

    def forward(self, look: Look) -> Scores:
        return Scores(torch.zeros(0, self.spec.vocab_size), [self.logits(canvas) for canvas in look.canvases])

    def logits(self, canvas: Sequence[int]) -> torch.Tensor:
        ids = torch.tensor([[*self.prefix, *canvas, *self.suffix]])
        with torch.inference_mode():
            hidden = self.network(ids, torch.arange(ids.shape[1])[None], bidirectional)
            logits: torch.Tensor = self.network.logits(hidden)[0]
        if self.spec.shifted:
            logits = torch.cat((logits[:1], logits[:-1]))
        return logits[len(self.prefix) :][: len(canvas)]


def random_network(spec: ModelSpec, seed: int = 7, scale: float = 0.3) -> Transformer:
    """Random weights, loud enough that logits differ."""
    torch.manual_seed(seed)
    network = Transformer(spec).eval().requires_grad_(False)
    for parameter in network.parameters():
        if parameter.ndim == 2:
            parameter.normal_(0.0, scale)
    return network


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(find(None) / "tokenizer.json")


@pytest.fixture(scope="session")
def network(tokenizer: Tokenizer) -> Transformer:
    """Two layers of random weights, loud enough that its logits differ."""
    assert tokenizer.specials.mask is not None
    assert tokenizer.specials.end is not None
    spec = ModelSpec(
        name="random", vocab_size=tokenizer.vocab_size, width=48, hidden=64, layers=2, heads=4, kv_heads=2, head_dim=16,
        window=512, mask_id=tokenizer.specials.mask, end_id=tokenizer.specials.end, qk_norm=True, canvas=12, pack=120,
    )  # fmt: skip
    return random_network(spec)


@pytest.fixture
def plain(network: Transformer) -> PlainSession:
    return PlainSession(network)


@pytest.fixture
def plain_hole() -> type[PlainHole]:
    return PlainHole


@pytest.fixture(scope="session")
def checkpoint(network: Transformer, tokenizer: Tokenizer) -> Checkpoint:
    return Checkpoint(network.spec, network, tokenizer, Path())


SOURCE = '''"""Shapes."""

import math
from dataclasses import dataclass


@dataclass
class Circle:
    radius: float

    def area(self) -> float:
        return math.pi * self.radius**2

    def grow(self, factor: float) -> "Circle":
        return Circle(self.radius * factor)


def total_area(circles: list[Circle]) -> float:
    return sum(circle.area() for circle in circles)
'''


@pytest.fixture(scope="session")
def source() -> str:
    return SOURCE


@pytest.fixture
def threads_set(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of threads that torch is told to use, none of which it does, on a machine of eight cores."""
    told: list[int] = []
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 8)
    monkeypatch.setattr(torch, "set_num_threads", told.append)
    return told
