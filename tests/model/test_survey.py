"""Plans from shapes alone: against published counts, a plain sum, what loading takes, and files that do not fit."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import load_file, save_file
from torch import Tensor

from coderdiff.errors import CheckpointError
from coderdiff.model import hub
from coderdiff.model.attention import bidirectional
from coderdiff.model.catalogue import KNOWN, Known, abilities, known, spec_of
from coderdiff.model.loader import hollow, load
from coderdiff.model.memory import kv_values, plans
from coderdiff.model.survey import local, of_published, survey

from .checkpoints import KINDS, write

# Weights as the cards of the networks that these were made from state them; own heads counted.
PUBLISHED = {
    "Dream-org/Dream-Coder-v0-Base-7B": 7_615_616_512,
    "GSAI-ML/LLaDA-8B-Base": 8_015_581_184,
    "JetLM/SDAR-8B-Chat": 8_190_735_360,
    "fredzzp/open-dcoder-0.5B": 494_032_768,
    "Efficient-Large-Model/Fast_dLLM_v2_1.5B": 1_543_714_304,
    "Salesforce/CoDA-v0-Instruct": 1_720_574_976 + 151_936 * 2048,
    "dllm-hub/Qwen2.5-Coder-0.5B-Instruct-diffusion-mdlm-v0.1": 494_032_768 + 151_936 * 896,
}
WITH_SHAPE = [entry for entry in KNOWN if entry.config is not None]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and no way to a server."""
    monkeypatch.setattr(hub, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return tmp_path / "cache"


@pytest.mark.parametrize("name", PUBLISHED)
def test_weights_are_as_many_as_published(cache: Path, name: str) -> None:
    found = survey(name)
    assert (found.source, found.folder, found.stored) == ("published", None, None)
    assert found.network.parameters_count == PUBLISHED[name]
    assert all(weight.is_meta for weight in found.network.parameters()), "a plan takes no memory"


def test_a_7b_in_bytes() -> None:
    """Written out for Dream: 28 layers, 4 key heads of 128, a window of the 2,048 tokens trained on."""
    entry = known("Dream-org/Dream-Coder-v0-Base-7B")
    assert entry is not None
    half, _, full = plans(of_published(entry).network)
    assert (half.dtype, half.weights, half.kv_token) == ("bfloat16", 2 * 7_615_616_512, 56 * 1024)
    assert half.kv_window == 56 * 1024 * 2048
    assert half.total == half.weights + half.kv_window
    assert (full.weights, full.kv_token) == (2 * half.weights, 2 * half.kv_token)


@pytest.mark.parametrize("kind", ["dream", "llada", "sdar"])
def test_kv_is_what_a_forward_hands_over(tmp_path: Path, kind: str) -> None:
    write(tmp_path / "it", kind)
    network = load(tmp_path / "it").network
    kept = []

    def attend(layer: int, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        kept.append(key.numel() + value.numel())
        return bidirectional(layer, query, key, value)

    rows = 5
    network(torch.arange(rows)[None], torch.arange(rows)[None], attend)
    assert sum(kept) == kv_values(network.spec) * rows


@pytest.mark.parametrize("kind", KINDS)
def test_a_plan_is_what_loading_takes(tmp_path: Path, kind: str) -> None:
    write(tmp_path / "it", kind)
    found = survey(str(tmp_path / "it"))
    network = load(tmp_path / "it").network
    planned = {plan.dtype: plan for plan in plans(found.network)}
    assert planned["float32"].weights == sum(weight.nbytes for weight in network.parameters())
    assert found.stored is not None
    assert (found.stored.bytes, found.stored.types) == (planned["float32"].weights, ("F32",))
    assert found.spec == network.spec


@pytest.mark.parametrize("kind", KINDS)
def test_a_config_alone_has_the_same_sizes(tmp_path: Path, kind: str) -> None:
    """As before a download: no tokenizer, no weights. What only a tokenizer tells is not known then."""
    write(tmp_path / kind, kind)
    whole = survey(str(tmp_path / kind))
    for path in (tmp_path / kind).iterdir():
        if path.name != "config.json":
            path.unlink()
    found = survey(str(tmp_path / kind))
    assert found.stored is None
    # This one's head is tied in the files alone: its class has one of its own.
    if kind != "a2d-qwen3-bd3lm":
        assert found.network.parameters_count == whole.network.parameters_count
    assert plans(found.network)[0].kv_window == plans(whole.network)[0].kv_window


Change = Callable[[Path], object]


def rewritten(change: Callable[[dict[str, torch.Tensor]], object]) -> Change:
    def apply(folder: Path) -> None:
        path = folder / "model-00001-of-00002.safetensors"
        weights = load_file(path)
        change(weights)
        save_file(weights, path)

    return apply


def cut_off(folder: Path) -> None:
    path = folder / "model-00002-of-00002.safetensors"
    path.write_bytes(path.read_bytes()[:-64])


def narrower(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "intermediate_size": 48}))


MISFITS: dict[str, tuple[Change, str]] = {
    "missing": (rewritten(lambda w: w.pop("model.embed_tokens.weight")), "lacks model.embed_tokens.weight"),
    "misshapen": (
        rewritten(lambda w: w.update({"model.embed_tokens.weight": torch.ones(3, 32)})),
        "has shape [3, 32]",
    ),
    "truncated": (cut_off, "is corrupt or cut off"),
    "extra": (rewritten(lambda w: w.update(adapter=torch.ones(1))), "no place for adapter"),
    "of another config": (narrower, "the config says [48, 32]"),
    "a shard not there": (
        lambda folder: (folder / "model-00002-of-00002.safetensors").unlink(),
        "lacks model-00002-of-00002.safetensors",
    ),
}


@pytest.mark.parametrize(("change", "named"), MISFITS.values(), ids=MISFITS)
@pytest.mark.parametrize("look", [lambda folder: survey(str(folder)), load], ids=["plan", "load"])
def test_files_that_do_not_fit_are_one_line(
    tmp_path: Path, change: Change, named: str, look: Callable[[Path], object]
) -> None:
    write(tmp_path / "it", "dream")
    look(tmp_path / "it")
    change(tmp_path / "it")
    with pytest.raises(CheckpointError) as caught:
        look(tmp_path / "it")
    assert named in str(caught.value)
    assert str(tmp_path / "it") in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("entry", WITH_SHAPE, ids=[entry.name for entry in WITH_SHAPE])
def test_every_published_shape_is_read_by_its_family(cache: Path, entry: Known) -> None:
    found = of_published(entry)
    assert found.name == entry.name
    assert found.spec.context_attention in {"bidirectional", "block"}
    assert abilities(found.spec)
    assert entry.name.count("/") == 1


def test_no_checkpoint_stands_twice() -> None:
    assert len({entry.name for entry in KNOWN}) == len(KNOWN)


def test_abilities() -> None:
    words = {entry.name: abilities(of_published(entry).spec) for entry in WITH_SHAPE}
    assert "finds the length itself" in words["Dream-org/DreamOn-v0-7B"]
    assert "finds the length itself" not in words["Dream-org/Dream-Coder-v0-Base-7B"]
    assert words["JetLM/SDAR-8B-Chat-b32"] == ("writes blocks of 32",)
    assert words["Efficient-Large-Model/Fast_dLLM_v2_7B"] == ("writes blocks of 32", "shifted")


def in_cache(cache: Path, name: str, kind: str) -> Path:
    repository = cache / f"models--{name.replace('/', '--')}"
    write(repository / "snapshots" / "1f", kind)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("1f")
    return repository / "snapshots" / "1f"


def test_what_is_here(cache: Path) -> None:
    in_cache(cache, "some/sdar-b8", "sdar")
    cut_off(in_cache(cache, "some/dream", "dream"))
    other = in_cache(cache, "some/llm", "sdar")
    (other / "config.json").write_text('{"architectures": ["GPT2LMHeadModel"]}')
    found = [(each.name, each.source) for each in local()]
    assert found == [*((name, "shipped") for name in ("base", "small", "tiny")), ("some/sdar-b8", "cache")]
    assert survey("some/sdar-b8").spec.block_size == 8
    assert survey("tiny").stored is not None


def test_what_is_cached_goes_before_the_table(cache: Path) -> None:
    name = "Dream-org/DreamOn-v0-7B"
    folder = in_cache(cache, name, "dreamon")
    assert (survey(name).source, survey(name).folder) == ("cache", folder)
    shutil.rmtree(cache)
    assert survey(name).source == "published"


def test_what_the_server_says_goes_before_the_table(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A config that no longer fits is an error: the table would hide it."""
    name = "Dream-org/DreamOn-v0-7B"
    folder = cache / f"models--{name.replace('/', '--')}" / "snapshots" / "1f"
    write(folder, "dreamon")
    for path in folder.glob("*.safetensors"):
        path.unlink()
    monkeypatch.setattr(hub, "fetched_description", lambda _: folder)
    found = survey(name)
    assert (found.name, found.source, found.stored) == (name, "server", None)
    (folder / "config.json").write_text('{"architectures": ["DreamModel2"]}')
    with pytest.raises(CheckpointError, match="DreamModel2"):
        survey(name)


@pytest.mark.parametrize(
    ("name", "named"),
    [("GSAI-ML/iLLaDA-8B-Base", "not whole"), ("no/such", "no/such"), ("nonsense", "ORG/NAME")],
)
def test_what_is_nowhere_is_one_line(cache: Path, name: str, named: str) -> None:
    with pytest.raises(CheckpointError, match=named):
        survey(name)


def test_a_hollow_network_of_any_size_is_made_at_once() -> None:
    entry = known("GSAI-ML/LLaDA-8B-Base")
    assert entry is not None
    assert entry.config is not None
    assert hollow(spec_of(entry.name, entry.config)).embedding.weight.is_meta
