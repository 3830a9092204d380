"""What the trainer asks of an objective: its batches, its losses, and what the network can do in the end.

All else of a run is the same for every objective.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Generic

import torch

from coderdiff.model.tokenizer import LENGTH_ROLES, SpecialIds
from coderdiff.model.transformer import Transformer
from coderdiff.training.batches import Batch, Batches, BatchShape
from coderdiff.training.infill import InfillBatch, InfillBatches, InfillShape
from coderdiff.training.infill_losses import infill_check, infill_losses
from coderdiff.training.losses import Checked, Losses, check, losses
from coderdiff.training.objective import InfillObjective, Objective
from coderdiff.training.rows import B
from coderdiff.training.samples import PACK_SHARE, Sampler
from coderdiff.training.ways import Ways


class Task(ABC, Generic[B]):
    """An objective and a shape of batches, made of samples by a sampler."""

    roles: tuple[str, ...] = ()
    """Special tokens that the tokenizer must have besides those of every tokenizer of ours."""

    packs: bool = False
    """Whether samples are shown packs."""

    @abstractmethod
    def capabilities(self, ids: SpecialIds) -> dict[str, Any]:
        """Fields of the `ModelSpec` that the objective settles."""

    @abstractmethod
    def batches(self, sampler: Sampler, seed: int) -> torch.utils.data.Dataset[B]:
        """An endless map from step number to batch."""

    @abstractmethod
    def losses(self, network: Transformer, batch: B, progress: float, ways: Ways) -> Losses:
        """The losses of a step at `progress` in [0, 1]."""

    @abstractmethod
    def check(self, network: Transformer, batches: Iterable[B], ways: Ways) -> Checked:
        """The losses that a person compares."""


@dataclass(frozen=True)
class CanvasTask(Task[Batch]):
    """A canvas behind a causal context."""

    shape: BatchShape
    objective: Objective
    packs = True

    def capabilities(self, ids: SpecialIds) -> dict[str, Any]:  # noqa: ARG002
        """Causal context, bidirectional canvas, packs; the policy is the one that fills held-out holes best."""
        pack = int(self.shape.context * PACK_SHARE[1])
        return {"canvas": self.shape.canvas, "pack": pack, "default_policy": "verified"}

    def batches(self, sampler: Sampler, seed: int) -> Batches:
        """See `batches.py`."""
        return Batches(sampler, self.shape, self.objective, seed)

    def losses(self, network: Transformer, batch: Batch, progress: float, ways: Ways) -> Losses:
        """See `losses.py`."""
        return losses(network, batch, self.objective.canvas_weight_at(progress), ways)

    def check(self, network: Transformer, batches: Iterable[Batch], ways: Ways) -> Checked:
        """See `losses.py`."""
        return check(network, batches, ways)


@dataclass(frozen=True)
class InfillTask(Task[InfillBatch]):
    """A canvas between its prefix and its suffix, all in both directions, that finds its own length."""

    shape: InfillShape
    objective: InfillObjective
    roles = LENGTH_ROLES

    def capabilities(self, ids: SpecialIds) -> dict[str, Any]:
        """Bidirectional throughout; expand and delete; a canvas as long as what it was taught to shrink, by masks
        behind the text or anywhere."""
        return {
            "context_attention": "bidirectional",
            "canvas_attention": "bidirectional",
            "shifted": self.objective.shifted,
            "expand_id": ids.expand,
            "delete_id": ids.delete,
            "canvas": self.objective.most_deletes,
            "deletes_anywhere": self.objective.inside_share > 0,
        }

    def batches(self, sampler: Sampler, seed: int) -> InfillBatches:
        """See `infill.py`."""
        return InfillBatches(sampler, self.shape, self.objective, seed)

    def losses(self, network: Transformer, batch: InfillBatch, progress: float, ways: Ways) -> Losses:  # noqa: ARG002
        """See `infill_losses.py`."""
        return infill_losses(network, batch, ways)

    def check(self, network: Transformer, batches: Iterable[InfillBatch], ways: Ways) -> Checked:  # noqa: ARG002
        """See `infill_losses.py`."""
        return infill_check(network, batches)
