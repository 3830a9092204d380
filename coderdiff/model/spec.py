"""What a model is: sizes, rotary settings and capabilities. Decoding branches on these, never on a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from coderdiff.errors import CheckpointError

Attention = Literal["causal", "bidirectional", "block"]
RopeScaling = Literal["none", "linear", "llama3", "yarn"]
Scoring = Literal["softmax", "sigmoid"]


@dataclass(frozen=True)
class RopeSpec:
    """Rotary position embedding (RoFormer, arXiv 2104.09864) and its length scalings.

    `fraction` is the leading share of each head that turns (partial rotary). `factor` stretches positions;
    `original_window` is the window before stretching (llama3, yarn). `low_freq` and `high_freq` bound
    llama3's blend, `beta_fast` and `beta_slow` yarn's (arXiv 2309.00071); `attention_factor` None is yarn's
    default.
    """

    theta: float = 10_000.0
    fraction: float = 1.0
    scaling: RopeScaling = "none"
    factor: float = 1.0
    original_window: int = 0
    low_freq: float = 1.0
    high_freq: float = 4.0
    beta_fast: float = 32.0
    beta_slow: float = 1.0
    attention_factor: float | None = None

    def __post_init__(self) -> None:
        _require(self.theta > 1, f"rope theta is {self.theta}: it must be above 1")
        _require(0 < self.fraction <= 1, f"rope fraction is {self.fraction}: it must be in (0, 1]")
        _require(self.factor > 0, f"rope factor is {self.factor}: it must be positive")
        if self.scaling in {"llama3", "yarn"}:
            _require(self.original_window > 0, f"rope scaling {self.scaling} needs the original window")
        if self.scaling == "llama3":
            _require(self.low_freq < self.high_freq, "rope low_freq must be below high_freq")


@dataclass(frozen=True)
class ExpertsSpec:
    """A mixture of experts in place of the feed-forward, in every layer behind the first `dense_layers`.

    Each row takes the `chosen` best of `count` experts, each a feed-forward of `hidden`; all rows take a shared
    one of `shared_hidden` besides (0: there is none). `scoring` turns router logits into scores. `corrected`: a
    bias of each expert counts for the choice, not for the weight (arXiv 2408.15664). The experts lie in `groups`,
    of which a row looks at `chosen_groups` (DeepSeek-V3, arXiv 2412.19437). `pool` is how many experts the rows of
    one block may use together (block routing, LLaDA2.2); None: each row chooses from all. The outputs are weighted
    by their scores, which sum to one if `normalized`, times `scale`.
    """

    count: int
    chosen: int
    hidden: int
    shared_hidden: int = 0
    dense_layers: int = 0
    scoring: Scoring = "softmax"
    corrected: bool = False
    groups: int = 1
    chosen_groups: int = 1
    pool: int | None = None
    normalized: bool = False
    scale: float = 1.0

    def __post_init__(self) -> None:
        for name in ("count", "chosen", "hidden", "groups", "chosen_groups"):
            _require(getattr(self, name) > 0, f"experts {name} is {getattr(self, name)}: it must be positive")
        for name in ("shared_hidden", "dense_layers"):
            _require(
                getattr(self, name) >= 0, f"experts {name} is {getattr(self, name)}: it must not be negative"
            )
        _require(
            self.count % self.groups == 0 and self.chosen_groups <= self.groups,
            f"{self.chosen_groups} of {self.groups} groups cannot be chosen from {self.count} experts",
        )
        reached = self.count // self.groups * self.chosen_groups
        reached = reached if self.pool is None else min(reached, self.pool)
        _require(
            self.chosen <= reached, f"{self.chosen} experts cannot be chosen from the {reached} in reach"
        )


@dataclass(frozen=True)
class ModelSpec:
    """Sizes and capabilities of one checkpoint.

    Sizes: `width` of the residual stream, `hidden` of the feed-forward, `window` in positions (context and
    canvas). Capabilities: how context rows attend, how canvas rows attend, whether logits at a row predict
    the next one (`shifted`), the canvas length used at most (`canvas`), the block length of block-causal
    models, the policy of a request that names none (`default_policy`), and the most rows of snippets that are shown
    (`pack`; 0: the model was never trained on any). `end_bias` is added to the end token's logit in decoding: going on
    has many ways and ending has one, so a greedy reader goes on too long.
    `closed`: an end token stood behind every document it was trained on. `noise`: an open position of the canvas holds
    a random token, for there is no mask token; `mask_id` is then one that is never shown to the network.
    `self_conditioned`: a step is shown the logits of the step before (arXiv 2208.04202). `deletes_anywhere`: masks to
    delete stood in any gap of the text in training, not behind it alone, so it can say where an answer lacks something
    (`decoding/review.py`). Ids come from the checkpoint's tokenizer; `expand_id`, `delete_id`, `insert_id` and
    `pad_id` are None where the model has no such token. `experts` None: every layer has one dense feed-forward.
    """

    name: str
    vocab_size: int
    width: int
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    window: int
    mask_id: int
    end_id: int
    expand_id: int | None = None
    delete_id: int | None = None
    insert_id: int | None = None
    pad_id: int | None = None
    rope: RopeSpec = field(default_factory=RopeSpec)
    norm_eps: float = 1e-6
    qkv_bias: bool = False
    qk_norm: bool = False
    tied_head: bool = True
    experts: ExpertsSpec | None = None
    context_attention: Attention = "causal"
    canvas_attention: Attention = "bidirectional"
    shifted: bool = False
    canvas: int = 16
    block_size: int | None = None
    pack: int = 0
    default_policy: str = "entropy"
    end_bias: float = 0.0
    closed: bool = False
    noise: bool = False
    self_conditioned: bool = False
    deletes_anywhere: bool = False

    def __post_init__(self) -> None:
        for name in _SIZES:
            _require(getattr(self, name) > 0, f"{name} is {getattr(self, name)}: it must be positive")
        _require(
            self.heads % self.kv_heads == 0,
            f"{self.heads} query heads cannot be shared out evenly over {self.kv_heads} key heads",
        )
        turning = int(self.head_dim * self.rope.fraction)
        _require(
            turning > 0 and turning % 2 == 0, f"{turning} channels of a head turn: they must come in pairs"
        )
        for name in _IDS:
            id_ = getattr(self, name)
            _require(id_ is None or 0 <= id_ < self.vocab_size, f"{name} {id_} is outside the vocabulary")
        block_causal = "block" in {self.context_attention, self.canvas_attention}
        _require(0 <= self.pack < self.window, f"pack is {self.pack}: it must be from 0 to below the window")
        _require(not block_causal or (self.block_size or 0) > 0, "block attention needs a block_size")
        pooled = self.experts is not None and self.experts.pool is not None
        _require(not pooled or (self.block_size or 0) > 0, "a pool of experts needs a block_size")

    def to_dict(self) -> dict[str, Any]:
        """Everything but the token ids, which are the tokenizer's to say; fit for JSON."""
        return {name: value for name, value in asdict(self).items() if name not in _IDS}

    @classmethod
    def from_dict(
        cls,
        values: Mapping[str, object],
        mask_id: int,
        end_id: int,
        expand_id: int | None = None,
        delete_id: int | None = None,
    ) -> ModelSpec:
        """The other way round. Raises CheckpointError for an unknown, missing or unfit setting."""
        allowed = {item.name for item in fields(cls)} - set(_IDS)
        return cls(
            **_checked(cls, values, allowed),
            mask_id=mask_id,
            end_id=end_id,
            expand_id=expand_id,
            delete_id=delete_id,
        )


_SIZES = ("vocab_size", "width", "hidden", "layers", "heads", "kv_heads", "head_dim", "window", "canvas")
_IDS = ("mask_id", "end_id", "expand_id", "delete_id", "insert_id", "pad_id")


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise CheckpointError(message)


def _checked(kind: type[Any], values: Mapping[str, object], allowed: set[str]) -> dict[str, Any]:
    """`values` as keyword arguments of the dataclass `kind`, each of its field's type."""
    for name in values:
        _require(name in allowed, f"unknown setting {name!r}")
    for item in fields(kind):
        needed = item.default is MISSING and item.default_factory is MISSING and item.name in allowed
        _require(item.name in values or not needed, f"setting {item.name!r} is missing")
    hints = get_type_hints(kind)
    return {name: _value(name, value, hints[name]) for name, value in values.items()}


def _value(name: str, value: object, hint: Any) -> Any:
    """`value` if it fits `hint`: a number, string, flag or choice, or none, or a dataclass as a dict."""
    if is_dataclass(hint) and isinstance(hint, type):
        _require(isinstance(value, dict), f"setting {name!r} is not a group of settings")
        assert isinstance(value, dict)
        return hint(**_checked(hint, value, {item.name for item in fields(hint)}))
    if get_origin(hint) is UnionType:
        kinds = [kind for kind in get_args(hint) if kind is not NoneType]
        return None if value is None else _value(name, value, kinds[0])
    if get_origin(hint) is Literal:
        choices = get_args(hint)
        _require(value in choices, f"setting {name!r} is {value!r}: it must be one of {', '.join(choices)}")
        return value
    fits = isinstance(value, (int, float) if hint is float else hint)
    fits = fits and isinstance(value, bool) == (hint is bool)  # Python counts True as an int
    _require(fits, f"setting {name!r} is {value!r}: it must be of type {hint.__name__}")
    return hint(value)
