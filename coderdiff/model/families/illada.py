"""iLLaDA 8B (arXiv 2606.25331): LLaDA's successor, with attention in both directions, unshifted.

Its published class has Llama's config keys and weight names, shared key heads and a tied head. Neither config nor
tokenizer names the mask: it is an added token of the tokenizer, whose id the repository ML-GSAI/LLaDA gives as 5.
Checkpoints of the same training in LLaDA's own class are read by `llada.py`.
"""

from __future__ import annotations

from coderdiff.model.families import llama
from coderdiff.model.families.common import Family, bidirectional, llama_weight_names
from coderdiff.model.families.settings import Settings
from coderdiff.model.spec import ModelSpec
from coderdiff.model.tokenizer import SpecialIds


def spec(config: Settings, name: str, ids: SpecialIds) -> ModelSpec:
    """Sizes from an iLLaDA config."""
    return bidirectional(llama.spec(config, name, ids), shifted=False)


FAMILY = Family(
    architectures=("ILLaDAForCausalLM",),
    model_types=("illada",),
    spec=spec,
    weight_names=llama_weight_names,
    specials={"mask": ("<[MASK]>", "<[MASK_TOKEN]>")},
)
