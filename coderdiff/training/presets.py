"""Sizes and schedules by name. How long a run takes and the rows of a step are also options of `train`."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
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
class Sizes:
    """A network's sizes, and what it is served with.

    `window`: positions beyond the trained context rest on the rotary embedding alone, so it is only a quarter more, for
    what is written behind a full context. `pack`: most tokens of a pack; None for what the objective says.
    """

    width: int
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    window: int
    head_dim: int = 64
    pack: int | None = None

    @staticmethod
    def of(spec: ModelSpec) -> Sizes:
        """Those of a trained model."""
        return Sizes(**{each.name: getattr(spec, each.name) for each in fields(Sizes)})


@dataclass(frozen=True)
class Preset:
    """A model's sizes, a batch, how many steps, and how; `shape` and `objective` are of one kind.

    `sizes` None is a second stage: it goes on with a trained model of any size, and is served as that is; or it
    makes one of another kind of it, under the preset's name.
    """

    name: str
    sizes: Sizes | None
    shape: BatchShape | InfillShape
    steps: int
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

    def for_run(self, start: ModelSpec | None) -> Preset:
        """As it is for a run that begins with the weights of `start`, None: with none.

        With some the canvas is learnt, so it counts from the first step, and the rate falls for nearly all of the run.
        A second stage takes over the model's sizes, and its name where it stays of its kind.

        Raises ConfigError for a second stage of no model, or of one that another objective trained.
        """
        if start is None:
            if self.sizes is None:
                raise ConfigError(
                    f"the preset {self.name} goes on with a trained model: say which with --start-from"
                )
            return self
        objective = self.objective
        if isinstance(objective, Objective):
            objective = replace(objective, quiet=0.0, ramp=0.0)
        if self.sizes is not None:
            return replace(self, schedule=replace(self.schedule, cooldown=0.9), objective=objective)
        if isinstance(self.shape, InfillShape):
            return replace(self, sizes=replace(Sizes.of(start), pack=None))
        if start.context_attention != "causal" or not start.canvas:
            raise ConfigError(
                f"the preset {self.name} goes on with a model whose context is causal, as tiny's or base's: "
                f"{start.name} has another"
            )
        shape = replace(self.shape, canvas=start.canvas)
        return replace(self, name=start.name, sizes=Sizes.of(start), shape=shape, objective=objective)

    def changed(self, wish: str) -> Preset:
        """With one number of the objective as `NAME=NUMBER` says. Raises ConfigError for one that it does not have."""
        name, _, said = wish.partition("=")
        numbers = {
            each: value for each, value in asdict(self.objective).items() if type(value) in (int, float)
        }
        if name not in numbers:
            raise ConfigError(
                f"the objective of {self.name} has no number {name!r}: choose one of {', '.join(numbers)}"
            )
        try:
            change: dict[str, Any] = {name: type(numbers[name])(said)}
        except ValueError:
            raise ConfigError(f"{wish!r} says no number for {name}: as in {name}={numbers[name]}") from None
        return replace(self, objective=replace(self.objective, **change))

    def spec(self, tokenizer: Tokenizer) -> ModelSpec:
        """The network to train, its ids from the tokenizer; of a second stage once it has its model (`for_run`)."""
        assert self.sizes is not None
        specials = tokenizer.specials
        assert specials.mask is not None
        assert specials.end is not None
        capabilities = self.task.capabilities(specials)
        sizes = asdict(self.sizes)
        return ModelSpec(
            name=self.name,
            vocab_size=tokenizer.vocab_size,
            mask_id=specials.mask,
            end_id=specials.end,
            qk_norm=True,
            **capabilities | {name: size for name, size in sizes.items() if size is not None},
        )


_PRESETS = (
    # 5M weights: about 1e15 operations of training, a few hours on two CPU cores.
    Preset(
        name="tiny",
        sizes=Sizes(width=256, hidden=704, layers=4, heads=4, kv_heads=4, window=640),
        shape=BatchShape(rows=16, context=512, canvases=6, canvas=16), steps=3000,
    ),
    # `tiny` at twice the depth, so that a run may begin with its weights: 9M, less than twice the work a token.
    Preset(
        name="small",
        sizes=Sizes(width=256, hidden=704, layers=8, heads=4, kv_heads=4, window=640),
        shape=BatchShape(rows=16, context=512, canvases=6, canvas=16), steps=6000,
    ),
    # 28M weights: what answers within a quarter of a second on two cores. For one GPU, of which it asks 2e17
    # operations. Its canvases count from the start, so that one shape is compiled.
    Preset(
        name="base",
        sizes=Sizes(width=512, hidden=1408, layers=8, heads=8, kv_heads=4, window=2560),
        shape=BatchShape(rows=64, context=2048, canvases=12, canvas=32), steps=5000,
        objective=Objective(quiet=0.0, ramp=0.0),
    ),
    # A second stage, after which a model ends its answers where their holes end: shorter contexts, so more holes,
    # hardly any loss for what is around them, and rates that keep what was learnt. The canvas is the model's.
    Preset(
        name="holes", sizes=None,
        shape=BatchShape(rows=28, context=256, canvases=2, canvas=32, packed=0.5, alone=True), steps=2000,
        schedule=Schedule(muon_lr=0.004, adam_lr=8e-4, decay=0.02, warmup=20, cooldown=1.0, floor=0.02),
        objective=Objective(
            quiet=0.0, ramp=0.0, canvas_weight=0.3, around_weight=0.05,
            mixture=(("rest", 0.42), ("line", 0.2), ("block", 0.12), ("node", 0.14), ("span", 0.07), ("open", 0.05)),
        ),
    ),
    # A second stage that takes the causal mask away, as DreamOn and Dream began with a model of another kind: what was
    # learnt from the left is most of what is needed, and lower rates keep it. Masks to delete stand anywhere in half of
    # the canvases that have some: without, the model cannot read its answers over.
    Preset(
        name="infill", sizes=None,
        shape=InfillShape(rows=8, context=512, asked=256), steps=2000,
        schedule=Schedule(muon_lr=0.01, adam_lr=2e-3, warmup=20, cooldown=0.9),
        objective=InfillObjective(inside_share=0.5),
    ),
)  # fmt: skip

PRESETS = {preset.name: preset for preset in _PRESETS}


def preset(name: str) -> Preset:
    """The preset called `name`; raises ConfigError if there is none."""
    if name not in PRESETS:
        raise ConfigError(f"there is no preset {name!r}: choose one of {', '.join(PRESETS)}")
    return PRESETS[name]
