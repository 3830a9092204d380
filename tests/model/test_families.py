"""Each family's tiny checkpoint, read from its published files, against a reference that shares no code with ours."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coderdiff.errors import CheckpointError
from coderdiff.model.families import FAMILIES, probe
from coderdiff.model.families.settings import Settings
from coderdiff.model.loader import Checkpoint, load
from coderdiff.model.spec import ModelSpec

from .checkpoints import KINDS, Reference, write
from .parity import check_logits

ROWS = 37

# context and canvas attention, shifted, block, the policy of a request that names none
CAPABILITIES = {
    "dream": ("bidirectional", True, None, None),
    "dreamon": ("bidirectional", True, None, None),
    "llada": ("bidirectional", False, None, None),
    "llada, mask of the tokenizer": ("bidirectional", False, None, None),
    "illada": ("bidirectional", False, None, None),
    "coda": ("bidirectional", True, None, None),
    "open-dcoder": ("bidirectional", True, None, None),
    "a2d-qwen2-mdlm": ("bidirectional", False, None, None),
    "a2d-qwen3-bd3lm": ("block", False, 32, None),
    "sdar": ("block", False, 4, None),
    "stable-diffcoder": ("block", False, 4, None),
    "fast-dllm-v2": ("block", True, 16, "fast_dllm_v2:threshold=0.9,block=8"),
}


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def made(kind: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Checkpoint, Reference]:
    folder = tmp_path_factory.mktemp("families") / kind
    reference = write(folder, kind)
    return load(folder), reference


def test_logits_are_the_references(made: tuple[Checkpoint, Reference]) -> None:
    check_logits(*made, ROWS)


def test_capabilities(kind: str, made: tuple[Checkpoint, Reference]) -> None:
    spec = made[0].spec
    attention, shifted, block, named = CAPABILITIES[kind]
    policy = named or ModelSpec.default_policy
    assert (spec.context_attention, spec.canvas_attention) == (attention, attention)
    assert (spec.shifted, spec.block_size, spec.default_policy) == (shifted, block, policy)
    assert spec.name == kind


def test_ids_are_the_tokenizers(kind: str, made: tuple[Checkpoint, Reference]) -> None:
    checkpoint, added = made[0], KINDS[kind].added
    spec = checkpoint.spec
    first = checkpoint.tokenizer.vocab_size - len(added)

    def spelled(id_: int | None) -> str | None:
        return None if id_ is None else added[id_ - first]

    mask = next(token for token in added if "mask" in token.lower() or token == "<M>")
    end = next(token for token in added if "end" in token)
    assert (spelled(spec.mask_id), spelled(spec.end_id)) == (mask, end)
    expand = "<|expand|>" if kind == "dreamon" else None
    assert spelled(spec.expand_id) == expand
    assert spec.delete_id == (spec.end_id if expand else None), "DreamOn deletes by its end token"
    if kind != "llada, mask of the tokenizer":
        assert spelled(spec.pad_id) in {end, *(token for token in added if "pad" in token.lower())}
    assert all(checkpoint.tokenizer.token_bytes(first + at) == b"" for at in range(len(added)))


def test_the_tokens_for_infilling_are_found(tmp_path: Path) -> None:
    write(tmp_path / "it", "stable-diffcoder")
    tokenizer = load(tmp_path / "it").tokenizer
    specials = tokenizer.specials
    first = tokenizer.vocab_size - 6
    assert (specials.suffix, specials.prefix, specials.middle) == (first + 4, first + 3, first + 5)


@pytest.mark.parametrize(("name", "block"), [("SDAR-8B-Chat-b32", 32), ("SDAR-1.7B-Chat", 4)])
def test_a_block_length_in_the_name(tmp_path: Path, name: str, block: int) -> None:
    write(tmp_path / name, "sdar")
    spec = load(tmp_path / name).spec
    assert (spec.block_size, spec.canvas) == (block, block)


def test_a_name_out_of_the_cache_tells_the_kind(tmp_path: Path) -> None:
    folder = (
        tmp_path / "models--dllm-hub--Qwen2.5-Coder-0.5B-Instruct-diffusion-bd3lm-v0.1" / "snapshots" / "a1"
    )
    write(folder, "a2d-qwen2-mdlm")
    spec = load(folder).spec
    assert spec.name == "dllm-hub/Qwen2.5-Coder-0.5B-Instruct-diffusion-bd3lm-v0.1"
    assert (spec.context_attention, spec.block_size) == ("block", 32)


def changed(folder: Path, change: Callable[[dict[str, Any]], object], file: str = "config.json") -> None:
    config = json.loads((folder / file).read_text())
    change(config)
    (folder / file).write_text(json.dumps(config))


def test_a_causal_model_of_the_same_class_is_no_open_dcoder(tmp_path: Path) -> None:
    write(tmp_path / "it", "a2d-qwen2-mdlm")
    changed(
        tmp_path / "it",
        lambda c: c.update(architectures=["Qwen2ForCausalLM"], model_type="qwen2", tie_word_embeddings=False),
    )
    assert load(tmp_path / "it").spec.context_attention == "causal"


@pytest.mark.parametrize("kind", ["a2d-qwen2-mdlm", "coda"])
def test_an_own_head_counts_whatever_the_config_says(tmp_path: Path, kind: str) -> None:
    write(tmp_path / "it", kind)
    for tied in (True, False):
        changed(tmp_path / "it", lambda c, tied=tied: c.update(tie_word_embeddings=tied))
        assert not load(tmp_path / "it").spec.tied_head


def test_the_remote_class_goes_before_the_architecture(tmp_path: Path) -> None:
    write(tmp_path / "it", "stable-diffcoder")
    changed(tmp_path / "it", lambda c: c.update(architectures=["LlamaForCausalLM"]))
    assert load(tmp_path / "it").spec.context_attention == "block"


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("llada", {"block_type": "sequential"}, "block_type is 'sequential'"),
    ("llada", {"activation_type": "gelu"}, "activation_type is 'gelu'"),
    ("llada", {"layer_norm_type": "default"}, "layer_norm_type"),
    ("llada", {"include_bias": True}, "include_bias is True: coderdiff needs false"),
    ("llada", {"alibi": True}, "alibi"),
    ("llada", {"rope": False}, "rope"),
    ("llada", {"clip_qkv": 8.0}, "clip_qkv"),
    ("llada", {"d_model": None}, "d_model is missing"),
    ("llada", {"d_model": 36}, "pairs"),
    ("dream", {"use_mrope": True}, "use_mrope"),
    ("coda", {"attention_bias": True}, "attention_bias"),
    ("sdar", {"block_size": 0}, "block_size"),
    ("fast-dllm-v2", {"bd_size": "8"}, "bd_size is '8'"),
    ("fast-dllm-v2", {"layer_types": ["sliding_attention"]}, "layer_types"),
]


@pytest.mark.parametrize(("kind", "change", "named"), REFUSED, ids=[str(case[1]) for case in REFUSED])
def test_unsupported_settings_are_refused(
    tmp_path: Path, kind: str, change: dict[str, Any], named: str
) -> None:
    write(tmp_path / "it", kind)
    changed(tmp_path / "it", lambda c: c.update(change))
    with pytest.raises(CheckpointError) as caught:
        load(tmp_path / "it")
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_family_whose_mask_is_not_there_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "it", "illada")
    changed(
        tmp_path / "it",
        lambda c: c.update(added_tokens=[t for t in c["added_tokens"] if t["content"] != "<[MASK]>"]),
        "tokenizer.json",
    )
    with pytest.raises(CheckpointError, match="has no mask token"):
        load(tmp_path / "it")


def test_an_unknown_family_is_told_what_was_found_and_what_is_needed() -> None:
    found = {
        "architectures": ["NewDiffusionLM"],
        "model_type": "newlm",
        "num_hidden_layers": 7,
        "mask_token_id": 3,
    }
    with pytest.raises(CheckpointError) as caught:
        probe(Settings(found))
    for part in (
        "NewDiffusionLM",
        "newlm",
        "num_hidden_layers 7",
        "mask_token_id 3",
        "DreamModel",
        "no code",
    ):
        assert part in str(caught.value)


def test_no_two_families_claim_a_class_alike() -> None:
    claims = [(name, family.token) for family in FAMILIES for name in family.architectures]
    assert len(set(claims)) == len(claims)
