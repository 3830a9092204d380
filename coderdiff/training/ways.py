"""The ways to compute a step that are the fastest on a device, beside the plain ones that tests compare them with."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch

from coderdiff.training.head_loss import Loss, by_logits, loss_on
from coderdiff.training.layout import Layout, by_masks
from coderdiff.training.tiled_attention import TiledContextAndCanvases


@dataclass(frozen=True)
class Ways:
    """How the head's loss, and the attention of contexts with canvases, are computed."""

    loss: Loss = field(default_factory=by_logits)
    layout: Layout = by_masks


PLAIN = Ways()
"""The ways unless others are given."""


def ways_on(device: torch.device, compiled: bool) -> Ways:
    """The faster ones on `device`; `compiled` says whether the layers are."""
    tiled = compiled and device.type == "cuda"
    return Ways(loss_on(device, compiled), TiledContextAndCanvases.of if tiled else by_masks)
