"""Fast-dLLM v2 (arXiv 2509.26328): Qwen2.5-Instruct, trained on to denoise blocks of 32 in parts of 8.

Rows attend by blocks (`bd_size`). The logits stay shifted: a row is predicted at the one before it, the first of a
block at the last row of the block before. Facts from the repository NVlabs/Fast-dLLM and the published config, and
modelling files.
"""

from __future__ import annotations

from dataclasses import replace

from coderdiff.model.families import qwen2
from coderdiff.model.families.common import Family, block_causal, llama_weight_names
from coderdiff.model.families.settings import Settings
from coderdiff.model.spec import ModelSpec
from coderdiff.model.tokenizer import SpecialIds

_BLOCK = 32
_POLICY = "fast_dllm_v2:threshold=0.9,block=8"
"""As published; `block` is the parts."""


def spec(config: Settings, name: str, ids: SpecialIds) -> ModelSpec:
    """Sizes from a Fast-dLLM v2 config."""
    found = block_causal(qwen2.spec(config, name, ids), config.integer("bd_size", _BLOCK), shifted=True)
    return replace(found, default_policy=_POLICY)


FAMILY = Family(
    architectures=("Fast_dLLM_QwenForCausalLM",),
    model_types=("Fast_dLLM_Qwen",),
    spec=spec,
    weight_names=llama_weight_names,
    specials={"mask": "|<MASK>|"},
)
