"""DiffusionGemma: a tiny random checkpoint as transformers saves it: its logits, its published loop, its tokenizer."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from coderdiff.decoding.copying import CopyModel
from coderdiff.decoding.loop import Denoising
from coderdiff.decoding.policies import policy
from coderdiff.decoding.task import Task
from coderdiff.engine.engine import Engine
from coderdiff.engine.noise import NoiseSession
from coderdiff.engine.scheduler import Scheduler
from coderdiff.errors import CheckpointError, ConfigError
from coderdiff.model import loader
from coderdiff.model.families.diffusion_gemma import DiffusionGemma
from coderdiff.model.tokenizer import Tokenizer
from coderdiff.types import Completion, Document, FillRequest, Hole, Limits, Sampling

from . import gemma_checkpoint
from .gemma_checkpoint import CANVAS, VOCAB

CONTEXT = 21


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights; the context is longer than the sliding window."""
    path = tmp_path_factory.mktemp("gemma") / "tiny-gemma"
    gemma_checkpoint.write(path)
    assert len(list(path.glob("*.safetensors"))) > 1
    return path


@pytest.fixture(scope="module")
def loud(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights so loud that some tokens are sure."""
    path = tmp_path_factory.mktemp("gemma") / "loud-gemma"
    gemma_checkpoint.write(path, loudness=0.7)
    return path


@pytest.fixture(scope="module")
def whole(folder: Path) -> Any:
    return gemma_checkpoint.whole(folder)


def gemma(folder: Path) -> DiffusionGemma:
    model = loader.load(folder).model
    assert isinstance(model, DiffusionGemma)
    return model


def drawn(rows: int, seed: int) -> Tensor:
    return torch.randint(6, VOCAB, (1, rows), generator=torch.Generator().manual_seed(seed))


def test_what_it_can(folder: Path) -> None:
    checkpoint = loader.load(folder)
    spec = checkpoint.spec
    assert (spec.name, spec.vocab_size, spec.window, spec.canvas) == ("tiny-gemma", VOCAB, 256, CANVAS)
    assert (spec.context_attention, spec.canvas_attention, spec.shifted) == ("causal", "bidirectional", False)
    assert (spec.noise, spec.self_conditioned, spec.default_policy) == (True, True, "renoise")
    assert (spec.end_id, checkpoint.ends) == (1, (1, 5))
    with pytest.raises(CheckpointError, match="runs through transformers"):
        _ = checkpoint.network


@torch.inference_mode()
def test_logits_are_those_of_one_whole_forward(folder: Path, whole: Any) -> None:
    """The context is read in parts and once, the canvas is scored twice; the class does each step from nothing."""
    model, context, canvas = gemma(folder), drawn(CONTEXT, 1), drawn(CANVAS, 2)
    cache = model.read(context[:, 13:], model.read(context[:, :13]))
    first = model.denoise(cache, canvas)
    second = model.denoise(cache, canvas, first)
    expected = whole(input_ids=context, decoder_input_ids=canvas).logits
    assert (first - expected).abs().max() <= 1e-4
    again = whole(input_ids=context, decoder_input_ids=canvas, self_conditioning_logits=expected).logits
    assert (second - again).abs().max() <= 1e-4
    assert (second - first).abs().max() > 1e-2, "a step sees the one before"


SETTINGS = (
    {"steps": 6, "bound": 3.0, "stable": 1, "confident": 0.01},
    {"steps": 9, "bound": 0.3, "stable": 0, "confident": 1.2},
    {"steps": 12, "bound": 6.0, "stable": 1, "confident": 1.5, "coolest": 0.05, "hottest": 0.3},
    {"steps": 12, "bound": 6.0, "stable": 2, "confident": 1.5, "coolest": 0.05, "hottest": 0.3},
    {"steps": 12, "bound": 1000.0, "stable": 2, "confident": 100.0, "coolest": 0.01, "hottest": 0.02},
    {"steps": 1},
)
EARLY = SETTINGS[4]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("seed", range(3))
def test_it_writes_what_the_published_loop_writes(loud: Path, settings: dict[str, float], seed: int) -> None:
    """Token for token, over several canvases, from one seed: transformers' own `generate`."""
    context = drawn(CONTEXT, seed)
    published = _generated(loud, context, settings, seed)
    ours, forwards = _denoised(loud, context[0].tolist(), settings, seed)
    assert ours == published[: len(ours)]
    assert len(ours) == 30
    canvases = 3
    assert forwards <= canvases * settings["steps"]


def test_a_canvas_may_be_done_before_its_last_step(folder: Path) -> None:
    """As the published loop's: where the first choices hardly depend on the canvas they may stay the same."""
    forwards = []
    for seed in range(3):
        context = drawn(CONTEXT, seed)
        ours, steps = _denoised(folder, context[0].tolist(), EARLY, seed)
        assert ours == _generated(folder, context, EARLY, seed)[: len(ours)]
        forwards.append(steps)
    assert min(forwards) < 3 * EARLY["steps"]


def _generated(folder: Path, context: Tensor, settings: dict[str, float], seed: int) -> list[int]:
    from transformers.models.diffusion_gemma import generation_diffusion_gemma as published

    named = {
        "steps": "max_denoising_steps", "stable": "stability_threshold", "confident": "confidence_threshold",
        "coolest": "t_min", "hottest": "t_max",
    }  # fmt: skip
    given: dict[str, Any] = {named[name]: value for name, value in settings.items() if name in named}
    config = published.DiffusionGemmaGenerationConfig(
        max_new_tokens=30,
        sampler_config=published.EntropyBoundSamplerConfig(entropy_bound=settings.get("bound", 0.1)),
        **given,
    )
    torch.manual_seed(seed)
    made = gemma_checkpoint.whole(folder).generate(context, generation_config=config)
    ids: list[int] = made.sequences[0, context.shape[1] :].tolist()
    return ids


def _denoised(
    folder: Path, ids: Sequence[int], settings: dict[str, float], seed: int
) -> tuple[list[int], int]:
    checkpoint = loader.load(folder)
    session = NoiseSession(gemma(folder))
    task = Task(
        unread=session.begin(ids),
        pending=b"",
        limits=Limits(max_tokens=30),
        sampling=Sampling(temperature=1.0, seed=seed),
        canvas=CANVAS,
        banned=torch.zeros(VOCAB, dtype=torch.bool),
        copying=CopyModel(None, [], None, 1, None),
        began=time.perf_counter(),
    )
    named = "renoise:" + ",".join(f"{name}={value}" for name, value in settings.items())
    denoising = Denoising(session, checkpoint.tokenizer, policy(named), task)
    denoising.written.ends = ()  # the published loop writes whole canvases and cuts its text afterwards
    while denoising.finished() is None:
        denoising.take(session.forward(denoising.ask()))
    return denoising.written.tokens[:30], denoising.forwards


def asked(text: str, at: int, **more: Any) -> FillRequest:
    return FillRequest(Document(text, "a.py"), Hole(at, at), Limits(max_tokens=20), **more)


REQUESTS = (
    asked("def area(x):\n    return x\n", 24, sampling=Sampling(temperature=1.0, seed=1)),
    asked("def other():\n    retu = 1\n", 21),
    asked("", 0, sampling=Sampling(seed=3)),
)


def answer(engine: Engine, request: FillRequest) -> Completion:
    steps = engine.fill(request)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            completion: Completion = done.value
            return completion


def test_requests_are_filled_alone_and_together(loud: Path) -> None:
    engine = Engine.open(str(loud))
    alone = [answer(engine, request) for request in REQUESTS]
    assert all(each.finish_reason in {"stop", "length"} for each in alone)
    assert all(each.policy == "renoise" for each in alone)
    again = [answer(engine, request) for request in REQUESTS]
    assert [each.text for each in again] == [each.text for each in alone]
    scheduler = Scheduler(Engine.open(str(loud)))
    tickets: list[Any] = []
    for request in REQUESTS:
        heard: list[Any] = []
        scheduler.submit(request, heard.append)
        tickets.append(heard)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not all(
        any(isinstance(event, Completion) for event in heard) for heard in tickets
    ):
        time.sleep(0.01)
    together = [next(event for event in heard if isinstance(event, Completion)) for heard in tickets]
    scheduler.close()
    assert [each.text for each in together] == [each.text for each in alone]


def test_a_policy_for_masks_is_refused_and_the_other_way_round(loud: Path) -> None:
    with pytest.raises(ConfigError, match="begins as noise"):
        answer(Engine.open(str(loud)), asked("x", 1, policy="fast_dllm"))
    with pytest.raises(ConfigError, match="begins as masks"):
        answer(Engine.open("tiny"), asked("x", 1, policy="renoise"))


@given(
    st.text(alphabet=st.sampled_from("def return in x\n\t\u2581\u00e9\ud83d\U0001f600 ab_(){}"), max_size=40)
)
def test_its_tokenizer_gives_every_text_back(folder: Path, text: str) -> None:
    tokenizer = Tokenizer.from_file(folder / "tokenizer.json", {"bos": "<bos>", "end": "<eos>"})
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == text
    assert all(tokenizer.token_bytes(id_) for id_ in ids)
    healed = tokenizer.heal(text)
    assert tokenizer.decode_bytes(healed.ids) + healed.pending == tokenizer.decode_bytes(ids)


def test_its_tokenizer_joins_blanks_and_spells_no_special_token(folder: Path) -> None:
    tokenizer = Tokenizer.from_file(folder / "tokenizer.json", {"bos": "<bos>", "end": "<eos>"})
    assert len(tokenizer.encode("    ")) == 2
    assert len(tokenizer.encode("def")) == 1
    assert set(tokenizer.encode("<bos><eos>")).isdisjoint({1, 2})


def test_a_tokenizer_that_adds_a_blank_of_its_own_is_refused(folder: Path, tmp_path: Path) -> None:
    content = json.loads((folder / "tokenizer.json").read_text())
    content["normalizer"] = {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "\u2581"}]}
    (tmp_path / "tokenizer.json").write_text(json.dumps(content))
    with pytest.raises(CheckpointError, match="byte fallback"):
        Tokenizer.from_file(tmp_path / "tokenizer.json")


def test_a_plan_says_that_transformers_alone_knows_its_shapes(folder: Path) -> None:
    with pytest.raises(CheckpointError, match="runs through transformers"):
        loader.describe(folder)


def test_a_folder_without_weights_is_refused(folder: Path, tmp_path: Path) -> None:
    for name in ("config.json", "tokenizer.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    with pytest.raises(CheckpointError) as caught:
        loader.load(tmp_path)
    assert "\n" not in str(caught.value)


def test_without_transformers_the_error_says_what_to_install(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(CheckpointError, match="pip install"):
        loader.load(folder)
