"""Rotary settings of a published config -> `RopeSpec`.

Two layouts are in use: `rope_theta` and `rope_scaling` side by side, and one group `rope_parameters` that has
both (transformers 5). The older scaling names its kind `type`, the newer `rope_type`.
"""

from __future__ import annotations

from coderdiff.model.families.settings import Settings
from coderdiff.model.spec import RopeSpec

_THETA = 10_000.0
"""What the published code takes where a config is silent."""

# The kinds by their published names, and the settings each reads. `finetuned` is a note that changes nothing.
_COMMON = {"type", "rope_type", "rope_theta", "partial_rotary_factor", "finetuned"}
_KINDS = {
    "default": _COMMON,
    "linear": _COMMON | {"factor"},
    "llama3": _COMMON | {"factor", "original_max_position_embeddings", "low_freq_factor", "high_freq_factor"},
    "yarn": _COMMON
    | {"factor", "original_max_position_embeddings", "attention_factor", "beta_fast", "beta_slow"},
}


def rope_spec(config: Settings) -> RopeSpec:
    """The rotary settings of `config`; raises CheckpointError for a kind or setting that is not known."""
    rope = config.group("rope_parameters" if config.has("rope_parameters") else "rope_scaling")
    kind = rope.text("rope_type" if rope.has("rope_type") else "type", "default")
    if kind not in _KINDS:
        rope.refuse(
            "rope_type" if rope.has("rope_type") else "type", f"a rope type out of {', '.join(_KINDS)}"
        )
    for key in rope.values:
        if rope.has(key) and key not in _KINDS[kind]:
            rope.refuse(key, f"rope settings of type {kind} without it")
    theta = rope.number("rope_theta", config.number("rope_theta", _THETA))
    fraction = rope.number("partial_rotary_factor", config.number("partial_rotary_factor", 1.0))
    original_window = rope.integer(
        "original_max_position_embeddings", config.integer("max_position_embeddings")
    )
    if kind == "linear":
        return RopeSpec(theta, fraction, "linear", rope.number("factor"))
    if kind == "llama3":
        return RopeSpec(
            theta,
            fraction,
            "llama3",
            rope.number("factor"),
            original_window,
            low_freq=rope.number("low_freq_factor"),
            high_freq=rope.number("high_freq_factor"),
        )
    if kind == "yarn":
        return RopeSpec(
            theta,
            fraction,
            "yarn",
            rope.number("factor", config.integer("max_position_embeddings") / original_window),
            original_window,
            beta_fast=rope.number("beta_fast", 32.0),
            beta_slow=rope.number("beta_slow", 1.0),
            attention_factor=rope.number("attention_factor") if rope.has("attention_factor") else None,
        )
    return RopeSpec(theta, fraction)
