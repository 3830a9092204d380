from __future__ import annotations

import pytest
import torch

from coderdiff.errors import ConfigError
from coderdiff.model.placement import named_dtype, placement


def test_the_cpu_takes_float32_by_default() -> None:
    assert placement("cpu", None)[:2] == ("cpu", torch.float32)


@pytest.mark.parametrize("names", [("bfloat16", "bf16"), ("float16", "fp16"), ("float32", "fp32")])
def test_types_by_name_and_short_name(names: tuple[str, str]) -> None:
    assert named_dtype(names[0]) == named_dtype(names[1]) == getattr(torch, names[0])


@pytest.mark.parametrize("name", ["int8", "fp8", "double", ""])
def test_another_type_is_one_line(name: str) -> None:
    with pytest.raises(ConfigError, match="bfloat16, float16, float32"):
        placement("cpu", name)


def test_a_device_that_is_not_here() -> None:
    with pytest.raises(ConfigError, match="'nowhere'"):
        placement("nowhere", None)
