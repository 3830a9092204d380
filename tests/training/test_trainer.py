"""Runs learn, stop at any step and go on as if they had not."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from coderdiff.errors import CheckpointError, ConfigError
from coderdiff.model import loader
from coderdiff.model.tokenizer import Tokenizer
from coderdiff.model.transformer import Transformer
from coderdiff.training import curves
from coderdiff.training.curves import Point
from coderdiff.training.objective import InfillObjective, Objective
from coderdiff.training.presets import Preset
from coderdiff.training.trainer import RunSettings, Trainer

MakeTrainer = Callable[..., Trainer]


@pytest.fixture
def make(tmp_path: Path, tokenizer: Tokenizer, texts: tuple[str, ...], small: Preset) -> MakeTrainer:
    """Makes a trainer of two files that reports every step, unless told otherwise."""

    def made(
        out: str = "run",
        preset: Preset = small,
        encoder: Tokenizer = tokenizer,
        report: Callable[[Point], None] | None = None,
        start: Transformer | None = None,
        **settings: Any,
    ) -> Trainer:
        defaults = RunSettings(
            out=tmp_path / out,
            steps=6,
            compiled=False,
            workers=0,
            report_every_steps=1,
            validation_batches=1,
        )
        return Trainer(
            preset,
            encoder,
            train=texts[1:3],
            validation=texts[3:4],
            settings=replace(defaults, **settings),
            report=lambda point, left: report(point) if report is not None else None,
            start=start,
        )

    return made


def weights(trainer: Trainer) -> dict[str, torch.Tensor]:
    return trainer.network.state_dict()


def same(first: Trainer, second: Trainer) -> bool:
    return all(torch.equal(weight, weights(second)[name]) for name, weight in weights(first).items())


def test_both_losses_fall(make: MakeTrainer) -> None:
    points: list[Point] = []
    assert make(steps=20, report=points.append).run()
    assert [point.step for point in points] == [*range(1, 21), 20]

    def fall(losses: list[float | None]) -> float:
        known = [loss for loss in losses if loss is not None]
        assert len(known) >= 19
        return sum(known[:3]) / 3 - sum(known[-3:]) / 3

    assert fall([point.causal for point in points]) > 0.5
    assert fall([point.canvas for point in points]) > 0.5


def test_a_quiet_start_has_no_canvas_loss(make: MakeTrainer, small: Preset) -> None:
    points: list[Point] = []
    assert isinstance(small.objective, Objective)
    quiet = replace(small, objective=replace(small.objective, quiet=0.5, ramp=0.0))
    make(preset=quiet, report=points.append).run()
    assert [point.canvas is None for point in points[:6]] == [True] * 3 + [False] * 3


def test_stopped_by_a_signal_and_resumed_is_as_if_never_stopped(make: MakeTrainer) -> None:
    whole = make("whole")
    assert whole.run()

    def interrupt(point: Point) -> None:
        if point.step == 3:
            signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    stopped = make("parted", report=interrupt)
    assert not stopped.run()
    assert stopped.step == 3
    assert signal.getsignal(signal.SIGINT) is before
    assert not same(stopped, whole)

    resumed = make("parted", seed=0)
    assert resumed.resume()
    assert same(resumed, stopped)
    assert resumed.run()
    assert resumed.step == 6
    assert same(resumed, whole)
    for ours, theirs in zip(*(trainer.optimisers.state() for trainer in (resumed, whole)), strict=True):
        assert str(ours) == str(theirs)


@pytest.mark.parametrize("shifted", [False, True])
def test_an_infilling_run_learns_and_goes_on(
    make: MakeTrainer, small_infill: Preset, stretching: Tokenizer, shifted: bool
) -> None:
    """The other objective, by the same trainer: stopped and resumed it is as if never stopped."""
    assert isinstance(small_infill.objective, InfillObjective)
    preset = replace(small_infill, objective=replace(small_infill.objective, shifted=shifted))
    points: list[Point] = []
    whole = make("whole", preset, stretching, steps=20, report=points.append)
    assert whole.run()
    losses = [point.canvas for point in points if point.canvas is not None]
    assert len(losses) == 20
    assert sum(losses[:3]) - sum(losses[-3:]) > 1.5
    assert all(point.causal is None for point in points)
    assert points[-1].validation_canvas is not None
    assert points[-1].validation_length is not None
    assert points[-1].validation_causal is None

    def interrupt(point: Point) -> None:
        if point.step == 3:
            signal.raise_signal(signal.SIGINT)

    assert not make("parted", preset, stretching, steps=20, report=interrupt).run()
    resumed = make("parted", preset, stretching, steps=20)
    assert resumed.resume()
    assert resumed.step == 3
    assert resumed.run()
    assert same(resumed, whole)


@pytest.mark.parametrize(("shifted", "inside"), [(False, 0.0), (True, 0.5)])
def test_an_infilling_model_is_saved_with_what_it_can_do(
    make: MakeTrainer,
    small_infill: Preset,
    stretching: Tokenizer,
    stretching_file: Path,
    shifted: bool,
    inside: float,
) -> None:
    assert isinstance(small_infill.objective, InfillObjective)
    preset = replace(
        small_infill, objective=replace(small_infill.objective, shifted=shifted, inside_share=inside)
    )
    trainer = make("run", preset, stretching, steps=1)
    trainer.run()
    folder = trainer.settings.out / "model"
    loader.save(folder, trainer.network, stretching_file)
    loaded = loader.load(folder)
    spec = loaded.spec
    assert spec == trainer.network.spec
    assert (spec.context_attention, spec.canvas_attention) == ("bidirectional", "bidirectional")
    assert spec.shifted == shifted
    assert spec.deletes_anywhere == (inside > 0)
    assert (spec.expand_id, spec.delete_id) == (stretching.specials.expand, stretching.specials.delete)
    assert spec.pack == 0
    assert all(
        torch.equal(weight, weights(trainer)[name]) for name, weight in loaded.network.state_dict().items()
    )


def test_a_run_may_begin_with_the_weights_of_the_other_objective(
    make: MakeTrainer, small: Preset, small_infill: Preset, stretching: Tokenizer
) -> None:
    first = make("first", steps=1)
    first.run()
    second = make("second", small_infill.for_run(first.network.spec), stretching, start=first.network)
    assert same(first, second)
    assert second.network.spec.expand_id is not None


def test_a_shape_of_another_kind_is_told(small: Preset, small_infill: Preset, tokenizer: Tokenizer) -> None:
    with pytest.raises(ConfigError, match="one kind"):
        replace(small, shape=small_infill.shape).spec(tokenizer)


def test_batches_made_by_another_process_are_the_same(make: MakeTrainer) -> None:
    alone, helped = make("alone", steps=2), make("helped", steps=2, workers=1)
    assert alone.run()
    assert helped.run()
    assert same(alone, helped)


def test_minutes_go_on_counting_when_resumed(make: MakeTrainer) -> None:
    first = make(minutes=10.0)
    first.seconds = 0.75 * 600
    assert first.progress == 0.75
    first.settings.out.mkdir()
    first.save()
    again = make(minutes=10.0)
    assert again.resume()
    assert again.progress == 0.75
    again.seconds = 700.0
    assert again.progress == 1


def test_a_finished_run_has_nothing_to_do(make: MakeTrainer) -> None:
    first = make(steps=2)
    assert first.run()
    lines = curves.read(first.settings.out / "curves.csv")
    again = make(steps=2)
    assert again.resume()
    assert again.run()
    assert same(again, first)
    assert curves.read(first.settings.out / "curves.csv") == lines


def test_curves_are_written_and_told(make: MakeTrainer) -> None:
    points: list[Point] = []
    trainer = make(steps=2, report=points.append, validate_every_minutes=0)
    trainer.run()
    lines = curves.read(trainer.settings.out / "curves.csv")
    assert [line["step"] for line in lines] == [1, 2, 2]
    assert [line["causal"] for line in lines] == [point.causal for point in points]
    assert lines[-1]["causal"] is None
    for name in ("validation_causal", "validation_canvas", "validation_first"):
        assert [line[name] for line in lines] == [getattr(point, name) for point in points]
        assert all(line[name] for line in lines)
    assert [line["context_tokens"] for line in lines] == [256, 512, 512]
    assert (trainer.settings.out / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_curves_beyond_the_state_are_taken_again(make: MakeTrainer) -> None:
    """As after a power cut: the state is of step 2, the curves are of step 4."""
    trainer = make(steps=2)
    trainer.run()
    path = trainer.settings.out / "curves.csv"
    for step in (3, 4):
        curves.append(path, Point(step, 1.0, step * 256, 1.0, 1.0, 5.0, None))
    again = make(steps=4)
    assert again.resume()
    again.run()
    assert [line["step"] for line in curves.read(path)] == [1, 2, 2, 3, 4, 4]


def test_the_state_is_replaced_whole(make: MakeTrainer, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = make(steps=2)
    trainer.run()
    path = trainer.settings.out / "state.pt"
    before = path.read_bytes()
    files = sorted(trainer.settings.out.iterdir())

    def full_disk(_state: object, target: Path) -> None:
        target.write_bytes(before[: len(before) // 2])
        raise OSError("no space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(torch, "save", full_disk)
        with pytest.raises(OSError, match="no space"):
            trainer.save()
    assert path.read_bytes() == before
    assert sorted(trainer.settings.out.iterdir()) == files


def test_a_state_of_another_model_is_told(make: MakeTrainer, small: Preset) -> None:
    make(steps=1).run()
    assert small.sizes is not None
    for sizes in (replace(small.sizes, width=64), replace(small.sizes, layers=1)):
        other = replace(small, sizes=sizes)
        with pytest.raises(CheckpointError, match="of another model") as told:
            make(preset=other).resume()
        assert "\n" not in str(told.value)


@pytest.mark.parametrize("content", [b"", b"no state", b"PK\x03\x04 a broken archive"])
def test_a_corrupt_state_is_told(make: MakeTrainer, content: bytes) -> None:
    trainer = make()
    assert not trainer.resume()
    trainer.settings.out.mkdir()
    (trainer.settings.out / "state.pt").write_bytes(content)
    with pytest.raises(CheckpointError, match="corrupt"):
        trainer.resume()
