"""Sizes and schedules by name. How long a run takes and the rows of a step are also options of `train`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from coderdiff.errors import ConfigError
from coderdiff.model.spec import ModelSpec
from coderdiff.model.tokenizer import Tokenizer
from coderdiff.training.batches import BatchShape
from coderdiff.training.infill import InfillShape
from coderdiff.training.objective import InfillObjective, Objective
from coderdiff.training.tasks import CanvasTask, InfillTask, Task


@dataclass(frozen=True)
class Schedule:
    """Learning rates over a run's progress in [0, 1]: warm up (in steps), hold, fall linearly to `floor`.

    Muon (arXiv 2502.16982) drives the matrices of the layers, AdamW the embedding and the norms. `decay` is
    Muon's weight decay, falling with the learning rate.
    """

    muon_lr: float = 0.02
    adam_lr: float = 4e-3
    decay: float = 0.05
    warmup: int = 40
    cooldown: float = 0.6
    floor: float = 0.05

    def scale(self, step: int, progress: float) -> float:
        """The factor on all learning rates."""
        falling = min(1.0, (1.0 - progress) / max(self.cooldown, 1e-9))
        return min(1.0, (step + 1) / self.warmup) * max(self.floor, falling)


@dataclass(frozen=True)
class Preset:
    """A model's sizes, a batch, how many steps, and how; `shape` and `objective` are of one kind.

    `window` is what the model is served with: positions beyond the trained `shape.context` rest on the rotary
    embedding alone, so it is only a quarter more, for what is written behind a full context. `pack`: most tokens of a
    pack that it is served with; None for what the objective says. A second stage has both from the first.
    """

    name: str
    width: int
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    shape: BatchShape | InfillShape
    steps: int
    window: int
    head_dim: int = 64
    pack: int | None = None
    schedule: Schedule = field(default_factory=Schedule)
    objective: Objective | InfillObjective = field(default_factory=Objective)

    @property
    def task(self) -> Task[Any]:
        """What the trainer asks of the objective. Raises ConfigError for a shape of another kind."""
        match self.shape, self.objective:
            case BatchShape() as shape, Objective() as objective:
                return CanvasTask(shape, objective)
            case InfillShape() as shape, InfillObjective() as objective:
                return InfillTask(shape, objective)
        raise ConfigError(f"the preset {self.name} has batches of one kind and an objective of another")

    def continued(self) -> Preset:
        """For a run that begins with trained weights: their canvas is learnt, so it counts from the first step, and
        the rate falls for nearly all of the run."""
        objective = self.objective
        if isinstance(objective, Objective):
            objective = replace(objective, quiet=0.0, ramp=0.0)
        return replace(self, schedule=replace(self.schedule, cooldown=0.9), objective=objective)

    def spec(self, tokenizer: Tokenizer) -> ModelSpec:
        """The network to train, its ids from the tokenizer."""
        specials = tokenizer.specials
        assert specials.mask is not None
        assert specials.end is not None
        capabilities = self.task.capabilities(specials)
        if self.pack is not None:
            capabilities["pack"] = self.pack
        return ModelSpec(
            name=self.name,
            vocab_size=tokenizer.vocab_size,
            width=self.width,
            hidden=self.hidden,
            layers=self.layers,
            heads=self.heads,
            kv_heads=self.kv_heads,
            head_dim=self.head_dim,
            window=self.window,
            mask_id=specials.mask,
            end_id=specials.end,
            qk_norm=True,
            **capabilities,
        )


_PRESETS = (
    # 5M weights: about 1e15 operations of training, a few hours on two CPU cores.
    Preset(
        name="tiny", width=256, hidden=704, layers=4, heads=4, kv_heads=4,
        shape=BatchShape(rows=16, context=512, canvases=6, canvas=16), steps=3000, window=640,
    ),
    # `tiny` at twice the depth, so that a run may begin with its weights: 9M, less than twice the work a token.
    Preset(
        name="small", width=256, hidden=704, layers=8, heads=4, kv_heads=4,
        shape=BatchShape(rows=16, context=512, canvases=6, canvas=16), steps=6000, window=640,
    ),
    # 28M weights: what answers within a quarter of a second on two cores. For one GPU, of which it asks 2e17
    # operations. Its canvases count from the start, so that one shape is compiled.
    Preset(
        name="base", width=512, hidden=1408, layers=8, heads=8, kv_heads=4,
        shape=BatchShape(rows=64, context=2048, canvases=12, canvas=32), steps=5000, window=2560,
        objective=Objective(quiet=0.0, ramp=0.0),
    ),
    # The second stage of `base`, after which it ends its answers where their holes end: short contexts, so many holes,
    # and hardly any loss for what is around them.
    Preset(
        name="holes", width=512, hidden=1408, layers=8, heads=8, kv_heads=4,
        shape=BatchShape(rows=24, context=320, canvases=3, canvas=32, packed=0.4), steps=700, window=2560, pack=675,
        schedule=Schedule(muon_lr=0.005, adam_lr=1e-3, decay=0.02, warmup=20, cooldown=1.0, floor=0.02),
        objective=Objective(quiet=0.0, ramp=0.0, around_weight=0.05),
    ),
    # The sizes of `tiny`, so that a run may begin with its weights.
    Preset(
        name="infill", width=256, hidden=704, layers=4, heads=4, kv_heads=4,
        shape=InfillShape(rows=16, context=512, asked=256), steps=3000, window=640, objective=InfillObjective(),
    ),
)  # fmt: skip

PRESETS = {preset.name: preset for preset in _PRESETS}


def preset(name: str) -> Preset:
    """The preset called `name`; raises ConfigError if there is none."""
    if name not in PRESETS:
        raise ConfigError(f"there is no preset {name!r}: choose one of {', '.join(PRESETS)}")
    return PRESETS[name]
