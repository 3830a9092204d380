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
    positions of each canvas, and those of masked twins. `attend` is asked for these rows alone, in the
    last layer for the wanted ones, in this order; `done` is called when all that can fail has run, so that a forward
    that failed can be tried again.
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
    groups = [[part.causal, *part.canvases, part.twins] for part in parts]
    firsts = [end - count for count, end in zip(counts, accumulate(counts), strict=True)]
    rows = [[first + row for each in own for row in each] for first, own in zip(firsts, groups, strict=True)]
    wanted = torch.tensor([row for own in rows for row in own], dtype=torch.long, device=device)
    attend = _each_its_own([part.attend for part in parts], counts, [len(own) for own in rows])
    logits = network.logits(network(ids, positions, attend, wanted=wanted)[0]).float().cpu()
    for part in parts:
        part.done()
    pieces = iter(torch.split(logits, [len(rows) for own in groups for rows in own]))
    scores = [
        Scores(
            _in_hole(network, next(pieces)),
            tuple(_in_hole(network, next(pieces)) for _ in part.canvases),
            next(pieces),
        )
        for part in parts
    ]
    return [own if part.twins else replace(own, twins=None) for own, part in zip(scores, parts, strict=True)]


def _in_hole(network: Transformer, logits: Tensor) -> Tensor:
    """Logits [rows, vocab] of rows within a hole, as decoding reads them (`ModelSpec.end_bias`)."""
    logits[:, network.spec.end_id] += network.spec.end_bias
    return logits


def _each_its_own(attends: Sequence[Attend], counts: Sequence[int], asked: Sequence[int]) -> Attend:
    """The attention of rows that belong to several requests: `counts` rows of each, one after the other. The last layer
    asks only about the wanted rows of each, `asked` of them."""
    if len(attends) == 1:
        return attends[0]

    def attend(layer: int, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        asking = counts if query.shape[2] == key.shape[2] else asked
        queries, keys, values = (
            torch.split(rows, list(sizes), 2)
            for rows, sizes in ((query, asking), (key, counts), (value, counts))
        )
        mixed = [own(layer, *each) for own, *each in zip(attends, queries, keys, values, strict=True)]
        return torch.cat(mixed, dim=2)

    return attend
