"""The training run: batches -> losses -> weights, on CPU or one GPU, stopped and resumed at any moment.

A run lives in one folder: `state.pt` (weights, optimisers, progress; replaced atomically), `curves.csv` and
`curves.png`. The command line puts the checkpoint that serves beside them.
"""

from __future__ import annotations

import multiprocessing
import pickle
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

from coderdiff.errors import CheckpointError
from coderdiff.model.files import replaced
from coderdiff.model.tokenizer import Tokenizer
from coderdiff.model.transformer import Transformer
from coderdiff.training import curves
from coderdiff.training.growth import begin_with
from coderdiff.training.losses import Checked, Losses
from coderdiff.training.optimisers import Optimisers, clip, initialise
from coderdiff.training.packs import PackDrawer
from coderdiff.training.presets import Preset
from coderdiff.training.rows import Tensors
from coderdiff.training.samples import Sampler
from coderdiff.training.ways import ways_on

_VALIDATION_SEED = 1_000_003


@dataclass(frozen=True)
class RunSettings:
    """How long and where.

    `minutes` None means `steps` steps, and progress is counted in these. Minutes count from the run's first
    step, compiling included, validating and saving left out, and go on counting when a run is resumed. A report
    reads the losses, which makes a GPU's queue run empty: so there is not one at every step.
    """

    out: Path
    steps: int
    minutes: float | None = None
    seed: int = 0
    device: str = "cpu"
    compiled: bool = True
    workers: int = 1
    report_every_steps: int = 20
    save_every_minutes: float = 5.0
    validate_every_minutes: float = 10.0
    validation_batches: int = 6


class Trainer:
    """One run. When `run` returns, done or asked to stop, all that is needed to go on is on disk."""

    def __init__(
        self,
        preset: Preset,
        tokenizer: Tokenizer,
        *,
        train: Sequence[str],
        validation: Sequence[str],
        settings: RunSettings,
        report: Callable[[curves.Point, float], None],
        start: Transformer | None = None,
        packs: PackDrawer | None = None,
    ) -> None:
        """`train` and `validation` are documents' texts; `report` gets a measurement and the seconds left.

        `start` is a network to begin with instead of random weights (`growth.py`); raises ConfigError for one that
        cannot become this one.
        `packs` draws packs for holes in the documents of `train`; None trains without.
        """
        self.preset, self.settings, self.report = preset, settings, report
        self.device = torch.device(settings.device)
        self.network = Transformer(preset.spec(tokenizer))
        if start is None:
            initialise(self.network, settings.seed)
        else:
            begin_with(start, self.network)
        self.network.to(self.device)
        self.optimisers = Optimisers(self.network, preset.schedule)
        self.step, self.seconds = 0, 0.0
        self._task = preset.task
        self._train = self._task.batches(Sampler(tokenizer, train, packs), settings.seed)
        self._validation = self._task.batches(Sampler(tokenizer, validation), _VALIDATION_SEED)
        self._ways = ways_on(self.device, settings.compiled)
        self._asked_to_stop = False
        if settings.compiled:  # the layers share one code; there are only a few shapes, all fixed
            for layer in self.network.layers:
                layer.compile(dynamic=False)
            self.network.norm.compile(dynamic=False)

    @property
    def progress(self) -> float:
        """Share of the run that is done, in [0, 1]."""
        if self.settings.minutes is not None:
            return min(1.0, self.seconds / (self.settings.minutes * 60))
        return min(1.0, self.step / self.settings.steps)

    def run(self) -> bool:
        """Train until done (True) or stopped by `stop`, SIGINT or SIGTERM (False)."""
        if self.progress >= 1.0:
            return True
        self.settings.out.mkdir(parents=True, exist_ok=True)
        with _on_signals(self.stop):
            self._train_on()
        self.save()
        if self.progress < 1.0:
            return False
        self._record(None, 0.0, validate=True)
        return True

    def stop(self) -> None:
        """Ask the run to end after the step it is at."""
        self._asked_to_stop = True

    def save(self) -> None:
        """Write `state.pt`; a reader sees the old one or the new one, never half."""
        state = {
            "network": self.network.state_dict(),
            "optimisers": self.optimisers.state(),
            "step": self.step,
            "seconds": self.seconds,
        }
        with replaced(self._state_path) as partial:
            torch.save(state, partial)

    def resume(self) -> bool:
        """Go on from `state.pt` if there is one; what the curves show beyond it is forgotten.

        Raises CheckpointError for a state that cannot be read or is another model's.
        """
        path = self._state_path
        if not path.exists():
            return False
        advice = "give the settings it was made with, another --out, or delete it to begin anew"
        try:
            state = torch.load(path, map_location=self.device, weights_only=True)
            self.network.load_state_dict(state["network"])
            self.optimisers.restore(state["optimisers"])
        except (
            OSError,
            EOFError,
            pickle.UnpicklingError,
            KeyError,
            TypeError,
            ValueError,
            RuntimeError,
        ) as error:
            raise CheckpointError(f"{path} is corrupt or of another model: {advice}") from error
        self.step, self.seconds = state["step"], state["seconds"]
        curves.forget(self._curves_path, self.step)
        return True

    @property
    def _state_path(self) -> Path:
        return self.settings.out / "state.pt"

    @property
    def _curves_path(self) -> Path:
        return self.settings.out / "curves.csv"

    def _train_on(self) -> None:
        """Step until done or stopped; report, validate and save when these are due."""
        settings = self.settings
        saved = validated = reported = self.seconds
        steps_reported = self.step
        begun = time.monotonic()
        for batch in self._batches():
            if self.progress >= 1.0 or self._asked_to_stop:
                return
            made = self._update(batch.to(self.device))
            now = time.monotonic()
            self.seconds += now - begun
            begun = now
            self.step += 1
            validating = self.seconds - validated >= settings.validate_every_minutes * 60
            saving = self.seconds - saved >= settings.save_every_minutes * 60
            if self.step % settings.report_every_steps == 0 or validating:
                rate = (self.step - steps_reported) / (self.seconds - reported)
                self._record(made, rate, validating)
                reported, steps_reported = self.seconds, self.step
            if validating:
                validated = self.seconds
            if saving:
                self.save()
                saved = self.seconds
            if validating or saving:
                begun = time.monotonic()  # looking is not training

    def _update(self, batch: Tensors) -> Losses:
        """One step of the weights."""
        made = self._task.losses(self.network, batch, self.progress, self._ways)
        torch.autograd.backward(made.total)
        clip(self.network)
        self.optimisers.step(self.step, self.progress)
        return made

    def _batches(self) -> Iterator[Tensors]:
        """Batches from this step on, made ahead by other processes."""
        # The tokenizer and the parser cannot be sent to a fresh process, only be there when it forks.
        forks = "fork" in multiprocessing.get_all_start_methods()
        workers = self.settings.workers if forks else 0
        loader: torch.utils.data.DataLoader[Tensors] = torch.utils.data.DataLoader(
            self._train,
            batch_size=None,
            sampler=range(self.step, 2**31),
            num_workers=workers,
            prefetch_factor=4 if workers else None,
            multiprocessing_context="fork" if workers else None,
            worker_init_fn=_leave_signals,
            pin_memory=self.device.type == "cuda",
        )
        return iter(loader)

    def _record(self, made: Losses | None, steps_per_second: float, validate: bool) -> None:
        """Add a measurement to the curves and report it."""
        tokens = self.preset.shape.rows * self.preset.shape.context
        checked = self._check() if validate else Checked()
        point = curves.Point(
            step=self.step,
            minutes=round(self.seconds / 60, 3),
            context_tokens=self.step * tokens,
            tokens_per_second=round(tokens * steps_per_second, 1),
            rate=round(self.preset.schedule.scale(self.step, self.progress), 4),
            causal=None if made is None or made.causal is None else float(made.causal.detach()),
            canvas=None if made is None or made.canvas is None else float(made.canvas.detach()),
            validation_causal=checked.causal,
            validation_canvas=checked.canvas,
            validation_first=checked.first,
            validation_length=checked.length,
        )
        curves.append(self._curves_path, point)
        if validate:
            curves.draw(self._curves_path, self.settings.out / "curves.png")
        left = self.seconds / self.progress * (1 - self.progress) if self.progress else float("inf")
        self.report(point, left)

    def _check(self) -> Checked:
        count = self.settings.validation_batches
        batches = (self._validation[index].to(self.device) for index in range(count))
        return self._task.check(self.network, batches, self._ways)


@contextmanager
def _on_signals(act: Callable[[], None]) -> Iterator[None]:
    """Meanwhile SIGINT and SIGTERM call `act` instead of ending the process."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    previous = {number: signal.signal(number, lambda *_: act()) for number in numbers}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _leave_signals(_worker: int) -> None:
    """For a batch-making process: Ctrl-C reaches all processes of a terminal, but only the trainer acts."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
