"""Open-dCoder 0.5B (repository pengzhangzhi/Open-dLLM): Qwen2.5-Coder, trained on with attention in both directions.

It keeps Qwen2's own class and config; only the mask token that training adds to the tokenizer tells it from a causal
model. The logits stay shifted, as in the model it was made from.
"""

from __future__ import annotations

from coderdiff.model.families import qwen2
from coderdiff.model.families.common import Family, bidirectional, llama_weight_names
from coderdiff.model.families.settings import Settings
from coderdiff.model.spec import ModelSpec
from coderdiff.model.tokenizer import SpecialIds

_MASK = "<M>"


def spec(config: Settings, name: str, ids: SpecialIds) -> ModelSpec:
    """Sizes from a Qwen2 config."""
    return bidirectional(qwen2.spec(config, name, ids), shifted=True)


FAMILY = Family(
    architectures=("Qwen2ForCausalLM",),
    model_types=("qwen2",),
    spec=spec,
    weight_names=llama_weight_names,
    specials={"mask": _MASK},
    token=_MASK,
)
