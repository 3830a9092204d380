"""Weights that are published cut otherwise than ours: fused ones are cut, pieces put together, each checked first."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from torch import Tensor

from coderdiff.errors import CheckpointError
from coderdiff.model.weights import Piece, Place, Stored, check_weights, read_weights, write_weights

PLACES: dict[str, Place] = {
    "fused": ("q", "k", "v"),
    "experts.0.gate": Piece("gate_up", 0, part=0, parts=2),
    "experts.0.up": Piece("gate_up", 0, part=1, parts=2),
    "experts.1.gate": Piece("gate_up", 1, part=0, parts=2),
    "experts.1.up": Piece("gate_up", 1, part=1, parts=2),
    "bias.0": Piece("bias", 0),
    "norm": "norm",
    "rotary.inv_freq": None,
}
SHAPES = {
    "q": torch.Size((6, 4)),
    "k": torch.Size((2, 4)),
    "v": torch.Size((2, 4)),
    "gate_up": torch.Size((2, 6, 4)),
    "bias": torch.Size((1, 3)),
    "norm": torch.Size((4,)),
}

WIDE = {"norm", "v", "bias"}


def stored() -> dict[str, Tensor]:
    torch.manual_seed(0)
    experts = {name: torch.randn(3, 4) for name in PLACES if name.startswith("experts")}
    return {"fused": torch.randn(10, 4), "norm": torch.randn(4), "bias.0": torch.randn(3), **experts}


def read(folder: Path, weights: dict[str, Tensor], dtype: torch.dtype = torch.float32) -> dict[str, Tensor]:
    path = folder / "model.safetensors"
    save_file(weights, path)
    return read_weights({path: set()}, PLACES, SHAPES, "cpu", dtype, wide=WIDE)


def test_each_row_comes_to_its_place(tmp_path: Path) -> None:
    weights = stored()
    found = read(tmp_path, weights)
    assert list(found) == list(SHAPES)
    assert torch.equal(torch.cat((found["q"], found["k"], found["v"])), weights["fused"])
    assert torch.equal(found["norm"], weights["norm"])
    assert torch.equal(found["bias"][0], weights["bias.0"])
    for number in range(2):
        gate, up = found["gate_up"][number].split(3)
        assert torch.equal(gate, weights[f"experts.{number}.gate"])
        assert torch.equal(up, weights[f"experts.{number}.up"])


def test_types(tmp_path: Path) -> None:
    """All take the type asked for, but for those that stay wide, whatever they are stored as."""
    found = read(tmp_path, {name: weight.double() for name, weight in stored().items()}, torch.bfloat16)
    assert {name for name, weight in found.items() if weight.dtype == torch.float32} == WIDE
    assert {name for name, weight in found.items() if weight.dtype == torch.bfloat16} == {"q", "k", "gate_up"}


def test_headers_say_what_would_be_read(tmp_path: Path) -> None:
    """A weight with nothing of its own does not count; another shape is named as reading would name it."""
    path = tmp_path / "model.safetensors"
    save_file({**stored(), "norm": torch.zeros(4).bfloat16(), "rotary.inv_freq": torch.zeros(2)}, path)
    numbers = sum(shape.numel() for shape in SHAPES.values())
    assert check_weights({path: set()}, PLACES, SHAPES) == Stored(4 * numbers - 2 * 4, ("BF16", "F32"))
    save_file({**stored(), "experts.1.up": torch.zeros(6, 4)}, path)
    with pytest.raises(CheckpointError, match=r"experts\.1\.up has shape"):
        check_weights({path: set()}, PLACES, SHAPES)


def test_a_weight_with_nothing_of_its_own_may_be_there(tmp_path: Path) -> None:
    read(tmp_path, {**stored(), "rotary.inv_freq": torch.zeros(2)})


@pytest.mark.parametrize("name", [name for name, place in PLACES.items() if place is not None])
def test_any_missing_one_is_named(tmp_path: Path, name: str) -> None:
    weights = stored()
    del weights[name]
    with pytest.raises(CheckpointError, match=name):
        read(tmp_path, weights)


@pytest.mark.parametrize(
    ("name", "shape", "needed"),
    [
        ("fused", (9, 4), "[10, 4]"),
        ("fused", (10, 5), "[10, 4]"),
        ("experts.1.up", (6, 4), "[3, 4]"),
        ("experts.0.gate", (3, 5), "[3, 4]"),
        ("norm", (4, 1), "[4]"),
    ],
)
def test_another_shape_is_named(tmp_path: Path, name: str, shape: tuple[int, ...], needed: str) -> None:
    with pytest.raises(CheckpointError) as caught:
        read(tmp_path, {**stored(), name: torch.zeros(shape)})
    assert f"{name} has shape {list(shape)}, the config says {needed}" in str(caught.value)


def test_whole_numbers_are_no_weights(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"experts\.0\.up is stored as I64"):
        read(tmp_path, {**stored(), "experts.0.up": torch.zeros(3, 4, dtype=torch.long)})


def test_writing_rounds_all_but_the_wide_ones(tmp_path: Path) -> None:
    weights = {"a": torch.randn(3), "b": torch.randn(3)}
    write_weights(tmp_path / "model.safetensors", weights, torch.bfloat16, wide={"b"})
    shapes = {name: weight.shape for name, weight in weights.items()}
    files: dict[Path, set[str]] = {tmp_path / "model.safetensors": set()}
    found = read_weights(files, {"a": "a", "b": "b"}, shapes, "cpu", torch.float32)
    assert torch.equal(found["a"], weights["a"].bfloat16().float())
    assert torch.equal(found["b"], weights["b"])


@settings(max_examples=25)
@given(rows=st.lists(st.integers(1, 5), min_size=1, max_size=4))
def test_cutting_undoes_joining(rows: list[int], tmp_path_factory: pytest.TempPathFactory) -> None:
    parts = {f"part {at}": torch.randn(count, 3) for at, count in enumerate(rows)}
    path = tmp_path_factory.mktemp("joined") / "model.safetensors"
    save_file({"joined": torch.cat(list(parts.values()))}, path)
    shapes = {name: part.shape for name, part in parts.items()}
    found = read_weights({path: set()}, {"joined": tuple(parts)}, shapes, "cpu", torch.float32)
    assert all(torch.equal(found[name], part) for name, part in parts.items())
