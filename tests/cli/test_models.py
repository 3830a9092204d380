from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import save_file

from coderdiff.cli.models import count, size
from coderdiff.model import hub

from .conftest import Outcome

Command = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def _nothing_cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)


def test_a_line_for_each_model(coderdiff: Command) -> None:
    outcome = coderdiff("models")
    assert (outcome.status, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    shipped = [["base", "27.8M", "640"], ["small", "8.5M", "640"], ["tiny", "5.3M", "640"]]
    assert [line.split()[:3] for line in lines[1:4]] == shipped
    assert all("shipped" in line for line in lines[1:4])
    [dream] = [line for line in lines if "DreamOn" in line]
    assert dream.split()[:4] == ["Dream-org/DreamOn-v0-7B", "7.6B", "2,048", "-"]
    assert "fills between both sides, finds the length itself" in dream


def test_list_as_json(coderdiff: Command) -> None:
    rows = json.loads(coderdiff("models", "--json").out)["models"]
    assert list(rows[0]) == [
        "name", "source", "parameters", "window", "can", "licence", "note", "folder", "bytes",
    ]  # fmt: skip
    assert {row["source"] for row in rows} == {"shipped", "published"}
    by_name = {row["name"]: row for row in rows}
    assert by_name["JetLM/SDAR-8B-Chat"]["licence"] == "MIT"
    assert by_name["JetLM/SDAR-1.7B-Chat"]["parameters"] is None, "no number where none was found published"


def test_what_transformers_runs_is_listed_where_it_is_cached(coderdiff: Command, tmp_path: Path) -> None:
    repository = tmp_path / "models--google--diffusiongemma-26B-A4B-it"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("1f")
    folder = repository / "snapshots" / "1f"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"architectures": ["DiffusionGemmaForBlockDiffusion"]}')
    (folder / "tokenizer.json").write_text("{}")
    (folder / "tokenizer_config.json").write_text('{"chat_template": "{{ messages }}"}')
    save_file({"weight": torch.zeros(3)}, folder / "model.safetensors")
    rows = json.loads(coderdiff("models", "--json").out)["models"]
    [row] = [row for row in rows if "diffusiongemma" in row["name"]]
    assert (row["source"], row["folder"], row["can"]) == ("cache", str(folder), ["chat"])
    assert row["bytes"] == (folder / "model.safetensors").stat().st_size


def test_plan(coderdiff: Command) -> None:
    outcome = coderdiff("models", "plan", "Dream-org/Dream-Coder-v0-Base-7B")
    assert (outcome.status, outcome.err) == (0, "")
    first, _, half, *_ = outcome.out.splitlines()
    assert "7.6B weights" in first
    assert "published numbers" in first
    assert half.split() == ["bfloat16", "15.2", "GB", "57.3", "kB", "117", "MB", "15.3", "GB"]


def test_plan_of_a_folder_says_that_its_files_fit(coderdiff: Command) -> None:
    said = json.loads(coderdiff("models", "plan", "tiny", "--json").out)
    assert (said["name"], said["source"], said["parameters"]) == ("tiny", "shipped", 5_311_232)
    assert said["stored"] == {"bytes": 2 * 5_311_232, "types": ["BF16"]}
    assert [plan["dtype"] for plan in said["plans"]] == ["bfloat16", "float16", "float32"]
    assert "its files fit: 10.6 MB as BF16" in coderdiff("models", "plan", "tiny").out


@pytest.mark.parametrize("name", ["nope", "no/such", "GSAI-ML/iLLaDA-8B-Base"])
def test_a_model_that_is_nowhere_is_one_line_and_status_2(coderdiff: Command, name: str) -> None:
    outcome = coderdiff("models", "plan", name)
    assert (outcome.status, outcome.out) == (2, "")
    assert name in outcome.err
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "0 B"), (999, "999 B"), (57_344, "57.3 kB"), (15_231_233_024, "15.2 GB"), (10**12, "1 TB")],
)
def test_sizes(number: int, said: str) -> None:
    assert size(number) == said


def test_counts() -> None:
    assert (count(5_311_232), count(7_615_616_512)) == ("5.3M", "7.6B")


@pytest.mark.parametrize("command", [["complete", "x.py:1:1"], ["demo"]])
def test_an_unsupported_dtype_is_one_line_and_status_2(
    coderdiff: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("x.py").write_text("\n")
    outcome = coderdiff(*command, "--dtype", "int8")
    assert outcome.status == 2
    assert outcome.err == "coderdiff: the dtype 'int8' is not supported: use bfloat16, float16, float32\n"
