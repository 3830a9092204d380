"""Real text, the shipped tokenizer and a preset small enough to train in a test."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

import coderdiff
from coderdiff.model.tokenizer import LENGTH_ROLES, Tokenizer
from coderdiff.training.batches import Batches, BatchShape
from coderdiff.training.corpus.shards import Document
from coderdiff.training.infill import InfillBatches, InfillShape
from coderdiff.training.objective import InfillObjective, Objective
from coderdiff.training.packs import PackDrawer
from coderdiff.training.presets import Preset, Schedule, Sizes
from coderdiff.training.samples import Sampler
from coderdiff.training.special_roles import with_roles

STANDARD_LIBRARY = Path(textwrap.__file__).parent
NAMES = ("argparse", "bisect", "heapq", "inspect", "shlex", "tempfile", "textwrap", "tokenize")


SHIPPED_TOKENIZER = Path(coderdiff.__file__).parent / "models" / "tiny" / "tokenizer.json"


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(SHIPPED_TOKENIZER)


@pytest.fixture(scope="session")
def stretching_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped tokenizer's file, with expand and delete."""
    return with_roles(SHIPPED_TOKENIZER, LENGTH_ROLES, tmp_path_factory.mktemp("run") / "tokenizer.json")


@pytest.fixture(scope="session")
def stretching(stretching_file: Path) -> Tokenizer:
    return Tokenizer.from_file(stretching_file)


@pytest.fixture(scope="session")
def texts() -> tuple[str, ...]:
    """Files of the standard library."""
    return tuple((STANDARD_LIBRARY / f"{name}.py").read_text(encoding="utf-8") for name in NAMES)


@pytest.fixture(scope="session")
def sampler(tokenizer: Tokenizer, texts: tuple[str, ...]) -> Sampler:
    return Sampler(tokenizer, texts)


@pytest.fixture(scope="session")
def packed_sampler(tokenizer: Tokenizer, texts: tuple[str, ...]) -> Sampler:
    """The same texts as the files of one package, which show one another in packs."""
    documents = [
        Document("package", "1", f"{name}.py", text) for name, text in zip(NAMES, texts, strict=True)
    ]
    return Sampler(tokenizer, texts, PackDrawer(tokenizer, documents))


@pytest.fixture(scope="session")
def small() -> Preset:
    """A step of it takes some milliseconds; key heads are shared, as in the largest preset."""
    return Preset(
        name="small",
        sizes=Sizes(width=32, hidden=64, layers=2, heads=4, kv_heads=2, window=160, head_dim=8),
        shape=BatchShape(rows=2, context=128, canvases=3, canvas=8),
        steps=20,
        schedule=Schedule(warmup=2),
        objective=Objective(quiet=0.0, ramp=0.0),
    )


@pytest.fixture(scope="session")
def batches(sampler: Sampler, small: Preset) -> Batches:
    return Batches(sampler, small.shape, small.objective, seed=3)


@pytest.fixture(scope="session")
def small_infill(small: Preset) -> Preset:
    """The same network with a canvas between its sides."""
    shape = InfillShape(rows=2, context=320, asked=64)
    assert small.sizes is not None
    sizes = replace(small.sizes, window=400)
    return replace(small, name="small infill", shape=shape, sizes=sizes, objective=InfillObjective())


@pytest.fixture(scope="session")
def infill_batches(stretching: Tokenizer, texts: tuple[str, ...], small_infill: Preset) -> InfillBatches:
    batches = small_infill.task.batches(Sampler(stretching, texts), seed=3)
    assert isinstance(batches, InfillBatches)
    return batches
