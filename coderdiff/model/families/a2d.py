"""Causal models turned into diffusion models by dLLM (repository ZHZisZZ/dllm): A2D, as MDLM or BD3-LM.

The networks are Qwen2's and Qwen3's with an own head, unshifted. MDLM (arXiv 2406.07524) attends in both directions,
BD3-LM (arXiv 2503.09573) by blocks of 32. Both are published with the same class and config: a `block_size` in the
config or `bd3lm` in the checkpoint's name tells the second.
"""

from __future__ import annotations

from coderdiff.model.families import qwen2, qwen3
from coderdiff.model.families.common import (
    Family,
    SpecReader,
    bidirectional,
    block_causal,
    llama_weight_names,
)
from coderdiff.model.families.settings import Settings
from coderdiff.model.spec import ModelSpec
from coderdiff.model.tokenizer import SpecialIds

_BLOCK = 32


def _turned(causal: SpecReader) -> SpecReader:
    """The reader of a causal family, for what dLLM makes of it."""

    def spec(config: Settings, name: str, ids: SpecialIds) -> ModelSpec:
        found = causal(config, name, ids)
        if config.has("block_size") or "bd3lm" in name.lower():
            return block_causal(found, config.integer("block_size", _BLOCK))
        return bidirectional(found, shifted=False)

    return spec


QWEN2 = Family(
    architectures=("A2DQwen2LMHeadModel",),
    model_types=("a2d-qwen2",),
    spec=_turned(qwen2.spec),
    weight_names=llama_weight_names,
    specials={"mask": "<|mask|>"},
    own_head=True,
)
QWEN3 = Family(
    architectures=("A2DQwen3LMHeadModel",),
    model_types=("a2d-qwen3",),
    spec=_turned(qwen3.spec),
    weight_names=llama_weight_names,
    specials={"mask": "<|mask|>"},
    own_head=True,
)
