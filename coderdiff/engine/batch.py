"""One forward for many requests: their rows stand behind one another, and each attends to its own context alone.

Norms, projections, feed-forward and logits see one long row of rows, which is what a device is quick at; attention
is computed request by request, over caches of any length, so nothing is padded. A row's result does not depend on
what stands beside it (up to the order of summation): a test compares with each request alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

import torch
from torch import Tensor

from coderdiff.decoding.session import Scores
from coderdiff.model.attention import Attend
from coderdiff.model.transformer import Transformer


@dataclass(frozen=True)
class Part:
    """One request's rows of a forward.

    `causal`, `canvases` and `twins` are the rows whose logits are wanted: those read, those that answer for the
    positions of each canvas, and those of masked twins. `attend` is asked for these rows alone; `done` is called when
    the forward has run.
    """

    ids: list[int]
    positions: list[int]
    attend: Attend
    causal: Sequence[int]
    canvases: Sequence[Sequence[int]]
    done: Callable[[], None]
    twins: Sequence[int] = ()


@torch.inference_mode()
def forward(network: Transformer, parts: Sequence[Part]) -> list[Scores]:
    """Evaluate the network once for all parts (at least one); each one's scores, in their order."""
    device = network.embedding.weight.device
    counts = [len(part.ids) for part in parts]
    ids = torch.tensor([[id_ for part in parts for id_ in part.ids]], device=device)
    positions = torch.tensor([[place for part in parts for place in part.positions]], device=device)
    attend = parts[0].attend if len(parts) == 1 else _each_its_own([part.attend for part in parts], counts)
    hidden = network(ids, positions, attend)[0]
    for part in parts:
        part.done()
    groups = [[part.causal, *part.canvases, part.twins] for part in parts]
    firsts = [end - count for count, end in zip(counts, accumulate(counts), strict=True)]
    wanted = [first + row for first, own in zip(firsts, groups, strict=True) for rows in own for row in rows]
    logits = network.logits(hidden[torch.tensor(wanted, device=device)]).float().cpu()
    pieces = iter(torch.split(logits, [len(rows) for own in groups for rows in own]))
    scores = [
        Scores(next(pieces), tuple(next(pieces) for _ in part.canvases), next(pieces)) for part in parts
    ]
    return [own if part.twins else replace(own, twins=None) for own, part in zip(scores, parts, strict=True)]


def _each_its_own(attends: Sequence[Attend], counts: list[int]) -> Attend:
    """The attention of rows that belong to several requests: `counts` rows of each, one after the other."""

    ends = list(accumulate(counts))
    spans = [slice(end - count, end) for count, end in zip(counts, ends, strict=True)]

    def attend(layer: int, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        mixed = [
            own(layer, query[:, :, span], key[:, :, span], value[:, :, span])
            for own, span in zip(attends, spans, strict=True)
        ]
        return torch.cat(mixed, dim=2)

    return attend
