"""Starting weights, and which optimiser moves which of them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from coderdiff.model.transformer import Linear, Transformer
from coderdiff.training.presets import Schedule


def initialise(network: Transformer, seed: int) -> None:
    """Random weights: maps keep the size of what flows through them; each layer starts by adding nothing."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        network.embedding.weight.normal_(0.0, 0.02, generator=generator)
        for name, module in network.named_modules():
            if isinstance(module, Linear):
                if name.endswith((".o", ".down")):
                    module.weight.zero_()
                else:
                    module.weight.normal_(0.0, 0.7 * module.in_features**-0.5, generator=generator)


class Optimisers:
    """Muon for the layers' matrices, AdamW for the rest, stepped as one."""

    def __init__(self, network: Transformer, schedule: Schedule) -> None:
        matrices = [p for p in network.layers.parameters() if p.ndim == 2]
        chosen = set(map(id, matrices))
        others = [p for p in network.parameters() if id(p) not in chosen]
        self.schedule = schedule
        muon = torch.optim.Muon(matrices, lr=schedule.muon_lr, weight_decay=schedule.decay, momentum=0.95)
        adam = torch.optim.AdamW(others, lr=schedule.adam_lr, weight_decay=0.0, betas=(0.9, 0.95))
        self._all: Sequence[tuple[torch.optim.Optimizer, float]] = (
            (muon, schedule.muon_lr),
            (adam, schedule.adam_lr),
        )
        self._muon = muon

    def step(self, step: int, progress: float) -> None:
        """Move the weights by their gradients and forget these."""
        scale = self.schedule.scale(step, progress)
        for optimiser, rate in self._all:
            for group in optimiser.param_groups:
                group["lr"] = rate * scale
        for group in self._muon.param_groups:
            group["weight_decay"] = self.schedule.decay * scale
        for optimiser, _ in self._all:
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)

    def state(self) -> list[dict[str, object]]:
        """What `restore` needs."""
        return [optimiser.state_dict() for optimiser, _ in self._all]

    def restore(self, state: list[dict[str, object]]) -> None:
        """Go on from `state`."""
        for (optimiser, _), saved in zip(self._all, state, strict=True):
            optimiser.load_state_dict(saved)


def clip(network: nn.Module, most: float = 1.0) -> None:
    """Scale gradients down to a norm of at most `most`. The norm stays on the device: nobody waits for it."""
    nn.utils.clip_grad_norm_(network.parameters(), most)
