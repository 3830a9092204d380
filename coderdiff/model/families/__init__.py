"""Published families' config and weight names -> ours, one small file each; `probe` finds the family."""

from __future__ import annotations

from collections.abc import Collection

from coderdiff.errors import CheckpointError
from coderdiff.model.families import (
    a2d,
    coda,
    dream,
    fast_dllm,
    illada,
    llada,
    llada2,
    llada_moe,
    llama,
    open_dcoder,
    qwen2,
    qwen3,
    sdar,
    sdar_moe,
    stable_diffcoder,
)
from coderdiff.model.families.common import Family
from coderdiff.model.families.settings import Settings

FAMILIES = (
    dream.FAMILY,
    llada.FAMILY,
    illada.FAMILY,
    coda.FAMILY,
    a2d.QWEN2,
    a2d.QWEN3,
    sdar.FAMILY,
    llada_moe.FAMILY,
    llada2.FAMILY,
    sdar_moe.FAMILY,
    stable_diffcoder.FAMILY,
    fast_dllm.FAMILY,
    open_dcoder.FAMILY,
    qwen2.FAMILY,
    qwen3.FAMILY,
    llama.FAMILY,
)

_FOUND = (
    "model_type", "num_hidden_layers", "n_layers", "hidden_size", "d_model", "num_experts", "block_size",
    "mask_token_id",
)  # fmt: skip
"""What an error says of a config that no family fits."""


def probe(config: Settings, tokens: Collection[str] = ()) -> Family:
    """The family of a published config, by its class; by its model type where it names none.

    `tokens` are those that the tokenizer adds: they tell apart families that share a class. A class that the
    config maps to remote code goes before the architecture, and an unknown one is never taken for its model
    type: some diffusion checkpoints call themselves `llama`. Raises CheckpointError, which says what was found
    and what is needed, if no family fits.
    """
    architectures = config.texts("architectures")
    for classes in (_remote_classes(config), architectures):
        for family in FAMILIES:
            if family.token in {None, *tokens} and any(name in family.architectures for name in classes):
                return family
    kind = "" if architectures else config.text("model_type", "")
    for family in FAMILIES:
        if family.token in {None, *tokens} and kind in family.model_types:
            return family
    if not architectures and not kind:
        raise CheckpointError("it names neither a format nor an architecture: this is no model's config")
    found = ", ".join(f"{key} {config.values[key]}" for key in _FOUND if config.has(key))
    known = ", ".join(sorted({name for family in FAMILIES for name in family.architectures}))
    raise CheckpointError(
        f"the architecture {', '.join(architectures) or kind} is not known (found: {found or 'nothing else'}): "
        f"coderdiff runs no code of a checkpoint and loads {known}; another one needs a family of its own"
    )


def _remote_classes(config: Settings) -> list[str]:
    """The classes that `auto_map` names: what would run if remote code did."""
    named = [value for value in config.group("auto_map").values.values() if isinstance(value, str)]
    return [value.rpartition(".")[2] for value in named]
