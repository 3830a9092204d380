"""Beginning with a trained network's weights, in one of its size or a deeper one.

A deeper one repeats each trained layer so many times over, and a copy adds nothing at first: its last maps (attention's
and the feed-forward's) are zero, so the grown network computes what the trained one does, and learns on from there
(block expansion, LLaMA Pro, arXiv 2401.02415).
"""

from __future__ import annotations

import torch

from coderdiff.errors import ConfigError
from coderdiff.model.transformer import Transformer

_ADDS_TO_THE_STREAM = (".o.weight", ".down.weight")


def begin_with(start: Transformer, network: Transformer) -> None:
    """Give `network` the weights of `start`.

    Raises ConfigError where its depth is no multiple of the other's, or another size differs.
    """
    times, left = divmod(len(network.layers), len(start.layers))
    weights = start.state_dict()
    grown = {name: weight for name, weight in weights.items() if not name.startswith("layers.")}
    for index in range(len(network.layers)):
        trained = f"layers.{index // max(times, 1)}."
        for name, weight in weights.items():
            if name.startswith(trained):
                repeated = index % max(times, 1) > 0 and name.endswith(_ADDS_TO_THE_STREAM)
                grown[f"layers.{index}.{name.removeprefix(trained)}"] = (
                    torch.zeros_like(weight) if repeated else weight
                )
    try:
        if left:
            raise RuntimeError(f"{len(network.layers)} layers are no multiple of {len(start.layers)}")
        network.load_state_dict(grown)
    except RuntimeError as error:
        raise ConfigError(
            f"the model {start.spec.name} has other sizes than the preset {network.spec.name}: "
            "start from a model that was trained with this preset, or with one as wide and less deep"
        ) from error
