"""CoDA 1.7B (arXiv 2510.03270): Qwen3's network with attention in both directions, shifted.

Its class never ties the head, whatever the config says of it (it is silent). Facts from the repository
SalesforceAIResearch/CoDA and the published config.
"""

from __future__ import annotations

from coderdiff.model.families import qwen3
from coderdiff.model.families.common import Family, bidirectional, llama_weight_names
from coderdiff.model.families.settings import Settings
from coderdiff.model.spec import ModelSpec
from coderdiff.model.tokenizer import SpecialIds


def spec(config: Settings, name: str, ids: SpecialIds) -> ModelSpec:
    """Sizes from a CoDA config."""
    return bidirectional(qwen3.spec(config, name, ids), shifted=True)


FAMILY = Family(
    architectures=("CoDALanguageModel",),
    model_types=("CoDA",),
    spec=spec,
    weight_names=llama_weight_names,
    own_head=True,
)
