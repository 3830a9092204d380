"""Checkpoints of both kinds: what is saved comes back, what others save is read, errors name the fault."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tokenizers
import torch
import transformers
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from tokenizers import decoders, pre_tokenizers

from coderdiff.errors import CheckpointError
from coderdiff.model import loader
from coderdiff.model.attention import causal
from coderdiff.model.loader import find, load, save
from coderdiff.model.spec import ModelSpec, RopeSpec
from coderdiff.model.tokenizer import Tokenizer, special_token
from coderdiff.model.transformer import Transformer

OUR_TOKENS = [special_token(role) for role in ("mask", "end", "pad", "bos", "suffix", "prefix", "snippet")]
THEIR_TOKENS = ["<|endoftext|>", "<|MASK|>"]


def write_tokenizer(path: Path, special: list[str]) -> None:
    """A byte-level BPE with a few merges."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocab = {char: id_ for id_, char in enumerate(alphabet)}
    merges = [("r", "e"), ("re", "t"), ("d", "e"), ("de", "f"), ("Ġ", "Ġ")]
    vocab |= {first + second: len(alphabet) + at for at, (first, second) in enumerate(merges)}
    encoder = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=vocab, merges=merges))
    encoder.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    encoder.decoder = decoders.ByteLevel()
    encoder.add_special_tokens(special)
    encoder.save(str(path))


def small_spec(tokenizer: Tokenizer, **changes: Any) -> ModelSpec:
    assert tokenizer.specials.mask is not None
    assert tokenizer.specials.end is not None
    settings: dict[str, Any] = {
        "name": "small",
        "vocab_size": tokenizer.vocab_size,
        "width": 16,
        "hidden": 24,
        "layers": 2,
        "heads": 2,
        "kv_heads": 1,
        "head_dim": 8,
        "window": 64,
        "mask_id": tokenizer.specials.mask,
        "end_id": tokenizer.specials.end,
        "qk_norm": True,
    }
    return ModelSpec(**settings | changes)


def small_network(tokenizer: Tokenizer, **changes: Any) -> Transformer:
    torch.manual_seed(0)
    return Transformer(small_spec(tokenizer, **changes))


@torch.no_grad()
def logits(network: Transformer) -> torch.Tensor:
    ids = torch.arange(20)[None] * 7 % network.spec.vocab_size
    return network.logits(network(ids, torch.arange(20)[None], causal)).float()


@pytest.fixture
def tokenizer_file(tmp_path: Path) -> Path:
    path = tmp_path / "tokenizer.json"
    write_tokenizer(path, OUR_TOKENS)
    return path


@pytest.fixture
def ours(tmp_path: Path, tokenizer_file: Path) -> Path:
    """A folder of our format, with an untied head."""
    folder = tmp_path / "ours"
    save(folder, small_network(Tokenizer.from_file(tokenizer_file), tied_head=False), tokenizer_file)
    return folder


def published_model(folder: Path, family: str, **settings: Any) -> torch.nn.Module:
    """A folder as transformers saves it, its tokenizer in place, and the network still to be saved."""
    folder.mkdir()
    write_tokenizer(folder / "bpe.json", THEIR_TOKENS)
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_file=str(folder / "bpe.json"), eos_token="<|endoftext|>", mask_token="<|MASK|>"
    )
    (folder / "bpe.json").unlink()
    fast.save_pretrained(folder)
    config = transformers.AutoConfig.for_model(
        family,
        vocab_size=len(fast) + 9,
        hidden_size=16,
        intermediate_size=24,
        num_hidden_layers=3,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=8,
        max_position_embeddings=64,
        bos_token_id=None,
        eos_token_id=None,
        **settings,
    )
    torch.manual_seed(0)
    return transformers.AutoModelForCausalLM.from_config(config).eval()


@pytest.fixture
def published(tmp_path: Path) -> Path:
    folder = tmp_path / "published"
    published_model(folder, "llama").save_pretrained(folder)
    return folder


def test_loading_draws_no_weights_and_imports_no_algebra(ours: Path) -> None:
    """The first load of a process is what a person at the command line waits for."""
    code = (
        "import sys, pathlib, torch; from coderdiff.model import loader; torch.manual_seed(0);"
        "before = torch.get_rng_state(), set(sys.modules); loader.load(pathlib.Path(sys.argv[1]));"
        "assert torch.equal(before[0], torch.get_rng_state());"
        "assert 'sympy' in before[1] or 'sympy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(ours)], check=True)


@pytest.mark.parametrize("tied", [True, False])
def test_round_trip(tmp_path: Path, tokenizer_file: Path, tied: bool) -> None:
    rope = RopeSpec(theta=5_000, fraction=0.5, scaling="yarn", factor=2, original_window=32)
    tokenizer = Tokenizer.from_file(tokenizer_file)
    network = small_network(tokenizer, tied_head=tied, rope=rope, block_size=4, context_attention="block")
    save(tmp_path / "a" / "model", network, tokenizer_file, notes={"steps": 3})
    checkpoint = load(tmp_path / "a" / "model")
    assert checkpoint.spec == network.spec
    assert checkpoint.folder == tmp_path / "a" / "model"
    assert checkpoint.tokenizer.encode("def ret") == tokenizer.encode("def ret")
    assert torch.equal(logits(checkpoint.network), logits(network))
    assert not checkpoint.network.training
    assert not any(weight.requires_grad for weight in checkpoint.network.parameters())
    with safe_open(tmp_path / "a" / "model" / "model.safetensors", framework="pt") as file:
        assert set(file.keys()) == set(network.state_dict())
        assert any("head" in name for name in file.keys()) != tied  # noqa: SIM118
    config = json.loads((tmp_path / "a" / "model" / "config.json").read_text())
    assert config["notes"] == {"steps": 3}
    assert not {"mask_id", "end_id", "expand_id", "delete_id"} & set(config["spec"])


def test_stored_as_bf16(tmp_path: Path, tokenizer_file: Path) -> None:
    network = small_network(Tokenizer.from_file(tokenizer_file))
    before = logits(network)
    save(tmp_path / "half", network, tokenizer_file, dtype=torch.bfloat16)
    assert torch.equal(logits(network), before), "saving leaves the network as it was"
    wide, narrow = load(tmp_path / "half"), load(tmp_path / "half", dtype=torch.bfloat16)
    assert {weight.dtype for weight in wide.network.parameters()} == {torch.float32}
    assert {weight.dtype for weight in narrow.network.parameters()} == {torch.bfloat16}
    for name, weight in wide.network.state_dict().items():
        assert torch.equal(weight, network.state_dict()[name].bfloat16().float())
        assert torch.equal(weight, narrow.network.state_dict()[name].float())
    # Rounded frequencies would spoil far positions.
    assert torch.equal(narrow.network.inverse_frequencies, network.inverse_frequencies)
    torch.testing.assert_close(logits(wide.network), before, atol=0.05, rtol=0.05)


def test_saving_again_replaces_whole_files(ours: Path, tokenizer_file: Path) -> None:
    torch.manual_seed(1)
    network = Transformer(small_spec(Tokenizer.from_file(tokenizer_file), layers=1))
    before = load(ours)
    kept = logits(before.network)
    save(ours, network, ours / "tokenizer.json")
    assert torch.equal(logits(load(ours).network), logits(network))
    assert torch.equal(logits(before.network), kept), "a loaded model lives on when its files are replaced"
    assert {path.name for path in ours.iterdir()} == {"config.json", "tokenizer.json", "model.safetensors"}
    (ours / "plain").touch()
    assert len({path.stat().st_mode for path in ours.iterdir()}) == 1, "all are as readable as any new file"


def test_failed_save_leaves_the_old_model(
    ours: Path, tokenizer_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path.name: path.read_bytes() for path in ours.iterdir()}

    def full_disk(descriptor: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("os.fsync", full_disk)
    with pytest.raises(OSError, match="no space"):
        save(ours, small_network(Tokenizer.from_file(tokenizer_file), layers=1), tokenizer_file)
    assert {path.name: path.read_bytes() for path in ours.iterdir()} == before


@pytest.mark.parametrize("shard_count", [1, 3])
@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("family", ["qwen2", "qwen3", "llama"])
def test_published_folders_agree(tmp_path: Path, family: str, tied: bool, shard_count: int) -> None:
    folder = tmp_path / family
    theirs: Any = published_model(folder, family, tie_word_embeddings=tied)
    size = sum(weight.nbytes for weight in theirs.parameters())
    theirs.save_pretrained(folder, max_shard_size=size if shard_count == 1 else size // 3)
    assert (folder / "model.safetensors.index.json").exists() == (shard_count > 1)
    checkpoint = load(folder)
    network, spec = checkpoint.network, checkpoint.spec
    assert (spec.name, spec.context_attention, spec.canvas_attention, spec.shifted) == (
        family, "causal", "causal", True,
    )  # fmt: skip
    specials = checkpoint.tokenizer.specials
    assert (spec.mask_id, spec.end_id) == (specials.mask, specials.end) == (262, 261)
    ids = torch.arange(20)[None] * 7 % spec.vocab_size
    with torch.no_grad():
        expected = theirs(input_ids=ids, use_cache=False).logits
    assert (logits(network) - expected).abs().max() <= 1e-5


def test_ids_in_the_config_go_before_names(published: Path) -> None:
    edit(published / "config.json", lambda config: config.update(eos_token_id=[262, 261], mask_token_id=261))
    spec = load(published).spec
    assert (spec.mask_id, spec.end_id) == (261, 262)


def test_repeated_tied_head_and_old_rotary_buffers_are_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / "old"
    theirs = published_model(folder, "llama", tie_word_embeddings=True)
    theirs.save_pretrained(folder)
    weights = load_file(folder / "model.safetensors")
    weights["lm_head.weight"] = weights["model.embed_tokens.weight"].clone()
    weights["model.layers.0.self_attn.rotary_emb.inv_freq"] = torch.ones(4)
    before = logits(load(folder).network)
    rewrite(folder, weights)
    assert torch.equal(logits(load(folder).network), before)


def test_weights_of_the_wanted_type_stay_in_their_file(ours: Path) -> None:
    """Mapped, not copied: they lie in memory as far apart as in the file."""
    weights = load(ours).network.state_dict()
    content = (ours / "model.safetensors").read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    places = {name: weight.data_ptr() - header[name]["data_offsets"][0] for name, weight in weights.items()}
    assert len(set(places.values())) == 1


def test_find(tmp_path: Path, ours: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loader, "SHIPPED", tmp_path / "models")
    with pytest.raises(CheckpointError, match="reinstall"):
        find(None)
    (tmp_path / "models").mkdir()
    shutil.copytree(ours, tmp_path / "models" / "base")
    assert find(None) == find("base") == tmp_path / "models" / "base"
    assert find(str(ours)) == ours
    with pytest.raises(CheckpointError, match=r"'huge'.*base") as caught:
        find("huge")
    assert "\n" not in str(caught.value)


def test_shipped_models_lie_in_the_package() -> None:
    assert loader.SHIPPED.parent == Path(loader.__file__).parents[1]


# What can be wrong with a folder: how it comes about, and what the message names.


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    values = json.loads(path.read_text(encoding="utf-8"))
    change(values)
    path.write_text(json.dumps(values), encoding="utf-8")


def rewrite(folder: Path, weights: dict[str, torch.Tensor]) -> None:
    save_file(weights, folder / "changed")
    (folder / "changed").replace(folder / "model.safetensors")


def weights_changed(change: Callable[[dict[str, torch.Tensor]], object]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        weights = load_file(folder / "model.safetensors")
        change(weights)
        rewrite(folder, weights)

    return apply


def config_changed(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    return lambda folder: edit(folder / "config.json", change)


def without(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def with_content(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(content)


def cut_off(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


def larger_tokenizer(folder: Path) -> None:
    write_tokenizer(folder / "tokenizer.json", [*OUR_TOKENS, *THEIR_TOKENS, *(f"<|{n}|>" for n in range(20))])


Change = Callable[[Path], object]
EITHER: dict[str, tuple[Change, str]] = {
    "no folder": (shutil.rmtree, "there is no folder"),
    "no config": (without("config.json"), "has no config.json"),
    "no tokenizer": (without("tokenizer.json"), "has no tokenizer.json"),
    "no weights": (without("model.safetensors"), "has no model.safetensors"),
    "corrupt config": (with_content("config.json", b'{"format":\n '), "config.json is not readable JSON"),
    "binary config": (with_content("config.json", b"\xff\xfe\x00"), "config.json is not readable JSON"),
    "config of another shape": (with_content("config.json", b"[1]"), "not a JSON object"),
    "a config of nothing": (with_content("config.json", b"{}"), "neither a format nor an architecture"),
    "corrupt tokenizer": (with_content("tokenizer.json", b"{"), "tokenizer.json"),
    "corrupt weights": (with_content("model.safetensors", b"junk" * 50), "model.safetensors is corrupt"),
    "empty weights": (with_content("model.safetensors", b""), "model.safetensors is corrupt"),
    "weights cut off": (cut_off, "model.safetensors is corrupt"),
    "larger tokenizer": (larger_tokenizer, "tokens, the tokenizer"),
    "unexpected weight": (weights_changed(lambda w: w.update(extra=torch.ones(2))), "no place for extra"),
    "many unexpected": (
        weights_changed(lambda w: w.update({f"extra{n}": torch.ones(1) for n in range(9)})),
        "and 6 more",
    ),
}
OURS: dict[str, tuple[Change, str]] = {
    "another format": (config_changed(lambda c: c.update(format="other")), "'other'"),
    "later version": (config_changed(lambda c: c.update(version=2)), "version 2"),
    "unknown setting": (config_changed(lambda c: c.update(extra=1)), "'extra'"),
    "unknown in the spec": (config_changed(lambda c: c["spec"].update(depth=1)), "'depth'"),
    "token id in the spec": (config_changed(lambda c: c["spec"].update(mask_id=1)), "'mask_id'"),
    "unknown in rope": (config_changed(lambda c: c["spec"]["rope"].update(base=1)), "'base'"),
    "no spec": (config_changed(lambda c: c.pop("spec")), "is missing"),
    "spec of another shape": (config_changed(lambda c: c.update(spec=[1])), "group of settings"),
    "rope of another shape": (config_changed(lambda c: c["spec"].update(rope=1)), "'rope'"),
    "missing in the spec": (config_changed(lambda c: c["spec"].pop("width")), "'width' is missing"),
    "text for a number": (config_changed(lambda c: c["spec"].update(width="16")), "'16'"),
    "number for a flag": (config_changed(lambda c: c["spec"].update(qk_norm=1)), "'qk_norm'"),
    "flag for a number": (config_changed(lambda c: c["spec"].update(layers=True)), "'layers'"),
    "null for a number": (config_changed(lambda c: c["spec"].update(layers=None)), "'layers'"),
    "unknown attention": (config_changed(lambda c: c["spec"].update(canvas_attention="x")), "one of causal"),
    "block without size": (
        config_changed(lambda c: c["spec"].update(canvas_attention="block")),
        "block_size",
    ),
    "size below one": (config_changed(lambda c: c["spec"].update(hidden=0)), "hidden is 0"),
    "heads not shared out": (config_changed(lambda c: c["spec"].update(heads=3, kv_heads=2)), "key heads"),
    "more layers": (config_changed(lambda c: c["spec"].update(layers=3)), "weights lack layers.2.attention"),
    "fewer layers": (config_changed(lambda c: c["spec"].update(layers=1)), "no place for layers.1.attention"),
    "another width": (config_changed(lambda c: c["spec"].update(hidden=32)), "[32, 16]"),
    "tied after all": (
        config_changed(lambda c: c["spec"].update(tied_head=True)),
        "no place for head.weight",
    ),
    "smaller tokenizer": (
        lambda folder: write_tokenizer(folder / "tokenizer.json", OUR_TOKENS[:4]),
        "tokens, the tokenizer",
    ),
    "tokenizer of another model": (
        lambda folder: write_tokenizer(folder / "tokenizer.json", THEIR_TOKENS),
        "no mask or end token",
    ),
    "missing weight": (weights_changed(lambda w: w.pop("norm.weight")), "weights lack norm.weight"),
    "weight of another shape": (weights_changed(lambda w: w.update({"norm.weight": torch.ones(3)})), "[3]"),
    "weight of another type": (
        weights_changed(lambda w: w.update({"norm.weight": torch.ones(16).to(torch.float8_e4m3fn)})),
        "F8_E4M3",
    ),
}
PUBLISHED: dict[str, tuple[Change, str]] = {
    "unknown architecture": (config_changed(lambda c: c.update(architectures=["NewLM"])), "NewLM"),
    "unsupported setting": (config_changed(lambda c: c.update(hidden_act="gelu")), "config.json: hidden_act"),
    "no mask token": (without("tokenizer_config.json"), "no mask token"),
    "token that is not there": (
        lambda folder: edit(folder / "tokenizer_config.json", lambda c: c.update(mask_token="<none>")),
        "<none>",
    ),
    "missing weight": (weights_changed(lambda w: w.pop("model.norm.weight")), "lack model.norm.weight"),
    "corrupt tokenizer config": (with_content("tokenizer_config.json", b"{"), "tokenizer_config.json"),
}
CASES = [
    pytest.param(kind, *case, id=f"{kind}: {name}")
    for kind, cases in (
        ("ours", EITHER),
        ("published", EITHER),
        ("ours", OURS),
        ("published", PUBLISHED),
    )
    for name, case in cases.items()
]


@pytest.mark.parametrize(("kind", "change", "named"), CASES)
def test_a_broken_folder_is_named_in_one_line(
    request: pytest.FixtureRequest, kind: str, change: Change, named: str
) -> None:
    folder: Path = request.getfixturevalue(kind)
    load(folder)
    change(folder)
    with pytest.raises(CheckpointError) as caught:
        load(folder)
    message = str(caught.value)
    assert named in message
    assert str(folder) in message
    assert message.count(str(folder)) == 1, "the place is said once"
    assert "\n" not in message


def shards(folder: Path) -> list[Path]:
    return sorted(folder.glob("model-*.safetensors"))


def index_changed(change: Callable[[dict[str, str], Path], object]) -> Change:
    """Change where the index says each weight is; the folder is given too."""

    def apply(folder: Path) -> None:
        edit(folder / "model.safetensors.index.json", lambda index: change(index["weight_map"], folder))

    return apply


def moved(located: dict[str, str], folder: Path) -> None:
    others = [path.name for path in shards(folder) if path.name != located["model.norm.weight"]]
    located["model.norm.weight"] = others[0]


SHARDED: dict[str, tuple[Change, str]] = {
    "shard not there": (lambda folder: shards(folder)[1].unlink(), "lacks model-00002-of-0000"),
    "corrupt shard": (lambda folder: shards(folder)[1].write_bytes(b"junk" * 50), "is corrupt"),
    "corrupt index": (with_content("model.safetensors.index.json", b"{"), "index.json"),
    "index of nothing": (with_content("model.safetensors.index.json", b"{}"), "no weight_map"),
    "weight in another shard": (index_changed(moved), "lacks model.norm.weight"),
    "path out of the folder": (
        index_changed(lambda located, folder: located.update({"model.norm.weight": "../other.safetensors"})),
        "only files beside it",
    ),
}


@pytest.mark.parametrize(("change", "named"), SHARDED.values(), ids=SHARDED)
def test_a_broken_index_is_named_in_one_line(tmp_path: Path, change: Change, named: str) -> None:
    folder = tmp_path / "sharded"
    theirs: Any = published_model(folder, "qwen2")
    theirs.save_pretrained(folder, max_shard_size=sum(weight.nbytes for weight in theirs.parameters()) // 3)
    load(folder)
    change(folder)
    with pytest.raises(CheckpointError) as caught:
        load(folder)
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)
