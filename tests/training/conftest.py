"""Real text, the shipped tokenizer and networks small enough to train in a test."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
import torch

import coderdiff
from coderdiff.model.tokenizer import Tokenizer
from coderdiff.model.transformer import Transformer
from coderdiff.training.batches import Batches, BatchShape
from coderdiff.training.objective import Objective
from coderdiff.training.optimisers import initialise
from coderdiff.training.presets import Preset, Schedule
from coderdiff.training.samples import Sampler

STANDARD_LIBRARY = Path(textwrap.__file__).parent
NAMES = ("argparse", "bisect", "heapq", "inspect", "shlex", "tempfile", "textwrap", "tokenize")


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(Path(coderdiff.__file__).parent / "models" / "tiny" / "tokenizer.json")


@pytest.fixture(scope="session")
def texts() -> tuple[str, ...]:
    """Files of the standard library."""
    return tuple((STANDARD_LIBRARY / f"{name}.py").read_text(encoding="utf-8") for name in NAMES)


@pytest.fixture(scope="session")
def sampler(tokenizer: Tokenizer, texts: tuple[str, ...]) -> Sampler:
    return Sampler(tokenizer, texts)


@pytest.fixture(scope="session")
def small() -> Preset:
    """A preset that makes a step in some milliseconds; its key heads are shared, as in the large one."""
    return Preset(
        name="small",
        width=32,
        hidden=64,
        layers=2,
        heads=4,
        kv_heads=2,
        head_dim=8,
        shape=BatchShape(rows=2, context=128, canvases=3, canvas=8),
        steps=20,
        window=160,
        schedule=Schedule(warmup=2),
        objective=Objective(quiet=0.0, ramp=0.0),
    )


@pytest.fixture(scope="session")
def batches(sampler: Sampler, small: Preset) -> Batches:
    return Batches(sampler, small.shape, small.objective, seed=3)


@pytest.fixture(scope="session")
def network(small: Preset, tokenizer: Tokenizer) -> Transformer:
    """Random weights in every map: a fresh network's layers add nothing, and would hide mistakes."""
    made = Transformer(small.spec(tokenizer))
    initialise(made, seed=0)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in made.layers.parameters():
            if parameter.ndim == 2:
                parameter.normal_(0.0, 0.3, generator=generator)
        made.embedding.weight.normal_(0.0, 1.0, generator=generator)
    return made.eval().requires_grad_(False)
