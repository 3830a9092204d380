"""One batch of samples in document order through the network -> its losses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from coderdiff.model.attention import attention
from coderdiff.model.transformer import Transformer
from coderdiff.training.infill import InfillBatch
from coderdiff.training.losses import DTYPE, Checked, Losses, means
from coderdiff.training.ways import PLAIN, Ways


@dataclass(frozen=True)
class WithinSamples:
    """Attention in both directions within a sample; `mask` [rows, 1, context, context] (`model.attention.Attend`)."""

    mask: Tensor

    @classmethod
    def of(cls, batch: InfillBatch) -> WithinSamples:
        """The attention of a batch's rows."""
        return cls((batch.samples[:, :, None] == batch.samples[:, None, :])[:, None])

    def __call__(self, layer: int, query: Tensor, key: Tensor, value: Tensor) -> Tensor:  # noqa: ARG002
        """One layer's attention."""
        return attention(query, key, value, mask=self.mask)


def infill_losses(network: Transformer, batch: InfillBatch, ways: Ways = PLAIN) -> Losses:
    """The loss that trains, on a batch on the network's device."""
    hidden = _answering(network, batch).flatten(0, 1)
    total = ways.loss(hidden, network.head_weight, batch.targets.flatten(), batch.weights.flatten())
    return Losses(total, None, total)


@torch.no_grad()
def infill_check(network: Transformer, batches: Iterable[InfillBatch]) -> Checked:
    """Means over what is hidden: over text, and over masks that stand for several tokens or for none."""
    sums = torch.zeros(2, 2)  # of losses, and of what they are means over
    spec = network.spec
    lengths = torch.tensor([spec.expand_id, spec.delete_id], device=network.embedding.weight.device)
    for batch in batches:
        logits = network.logits(_answering(network, batch)).float().flatten(0, 1)
        each = F.cross_entropy(logits, batch.targets.flatten(), reduction="none").view_as(batch.targets)
        length = torch.isin(batch.targets, lengths)
        for at, asked in enumerate((~length, length)):
            weights = batch.weights * asked
            sums[at] += torch.stack(((each * weights).sum(), weights.sum())).cpu()
    text, length_loss = means(sums)
    return Checked(canvas=text, length=length_loss)


def _answering(network: Transformer, batch: InfillBatch) -> Tensor:
    """Hidden states [rows, asked, width] of the rows that answer: most others are of no use."""
    hidden: Tensor = network(batch.ids, batch.positions, WithinSamples.of(batch), dtype=DTYPE)
    return hidden.gather(1, batch.read_at[..., None].expand(-1, -1, hidden.shape[-1]))
