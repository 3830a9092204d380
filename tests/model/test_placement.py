from __future__ import annotations

import pytest
import torch

from coderdiff.errors import ConfigError
from coderdiff.model.placement import named_dtype, placement, threads_beside_others


def test_the_cpu_takes_float32_by_default() -> None:
    assert placement("cpu", None) == ("cpu", torch.float32)


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


def test_a_served_model_leaves_a_core_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    for cores, threads in ((8, 7), (2, 1), (1, 1)):
        monkeypatch.setattr(torch, "get_num_threads", lambda cores=cores: cores)
        assert threads_beside_others() == threads


def test_who_sets_the_threads_of_openmp_gets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    assert threads_beside_others() == 2
