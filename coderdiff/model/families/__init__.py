"""Published families' config and weight names -> ours, one small file each; `probe` finds the family."""

from __future__ import annotations

from coderdiff.errors import CheckpointError
from coderdiff.model.families import diffusion_gemma, llada2, llada_moe, llama, qwen2, qwen3, sdar_moe
from coderdiff.model.families.common import Family
from coderdiff.model.families.settings import Settings

FAMILIES = (qwen2.FAMILY, qwen3.FAMILY, llama.FAMILY, llada_moe.FAMILY, llada2.FAMILY, sdar_moe.FAMILY)


def probe(config: Settings) -> Family:
    """The family of a published config, by its architecture; by its model type where it names none.

    An unknown architecture is never taken for its model type: some diffusion checkpoints call themselves
    `llama`. Raises CheckpointError if no family fits.
    """
    architectures = config.texts("architectures")
    kind = "" if architectures else config.text("model_type", "")
    for family in FAMILIES:
        if kind in family.model_types or any(name in family.architectures for name in architectures):
            return family
    if not architectures and not kind:
        raise CheckpointError("it names neither a format nor an architecture: this is no model's config")
    if diffusion_gemma.ARCHITECTURE in architectures or kind == diffusion_gemma.MODEL_TYPE:
        raise CheckpointError(
            "DiffusionGemma denoises random tokens and has no mask token, which coderdiff's decoding needs: "
            "take a masked diffusion checkpoint (coderdiff.model.families.diffusion_gemma runs its network alone)"
        )
    known = ", ".join(name for family in FAMILIES for name in family.architectures)
    raise CheckpointError(
        f"the architecture {', '.join(architectures) or kind} is not known: coderdiff loads {known}"
    )
