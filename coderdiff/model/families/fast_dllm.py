"""Fast-dLLM v2 (arXiv 2509.26328): Qwen2.5-Instruct, trained on to denoise blocks of 32 in parts of 8.

Rows attend by blocks (`bd_size`). The logits stay shifted: a row is predicted at the one before it, the first of a
block at the last row of the block before. Facts from the repository NVlabs/Fast-dLLM and the published config, and
modelling files.
"""

from __future__ import annotations

from coderdiff.model.families import qwen2
from coderdiff.model.families.common import Family, block_causal, llama_weight_names
from coderdiff.model.families.settings import Settings
from coderdiff.model.spec import ModelSpec
from coderdiff.model.tokenizer import SpecialIds

_BLOCK = 32
_SUB_BLOCK = 8


def spec(config: Settings, name: str, ids: SpecialIds) -> ModelSpec:
    """Sizes from a Fast-dLLM v2 config."""
    size = config.integer("bd_size", _BLOCK)
    part = _SUB_BLOCK if size % _SUB_BLOCK == 0 else None
    return block_causal(qwen2.spec(config, name, ids), size, shifted=True, sub_block=part)


FAMILY = Family(
    architectures=("Fast_dLLM_QwenForCausalLM",),
    model_types=("Fast_dLLM_Qwen",),
    spec=spec,
    weight_names=llama_weight_names,
    specials={"mask": "|<MASK>|"},
)
