"""One forward for many requests: their rows stand behind one another, and each attends to its own context alone.

Norms, projections, feed-forward and logits see one long row of rows, which is what a device is quick at; attention
is computed request by request, over caches of any length, so nothing is padded. A row's result does not depend on
what stands beside it (up to the order of summation): a test compares with each request alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

import torch
from torch import Tensor

from coderdiff.decoding.session import Scores
from coderdiff.model.attention import Attend
from coderdiff.model.transformer import Transformer


@dataclass(frozen=True)
class Part:
    """One request's rows of a forward: what is read, then `canvases` canvases of equal length.

    Logits are wanted from row `first` on: of `scored` rows read, and of every canvas row. `attend` is asked for these
    rows alone; `done` is called when all that can fail has run, so that a forward that failed can be tried again.
    """

    ids: list[int]
    positions: list[int]
    attend: Attend
    first: int
    scored: int
    canvases: int
    done: Callable[[], None]


@torch.inference_mode()
def forward(network: Transformer, parts: Sequence[Part]) -> list[Scores]:
    """Evaluate the network once for all parts (at least one); each one's scores, in their order."""
    device = network.embedding.weight.device
    counts = [len(part.ids) for part in parts]
    asked = [len(part.ids) - part.first for part in parts]
    ids = torch.tensor([[id_ for part in parts for id_ in part.ids]], device=device)
    positions = torch.tensor([[place for part in parts for place in part.positions]], device=device)
    ends = list(accumulate(counts))
    rows = [row for end, count in zip(ends, asked, strict=True) for row in range(end - count, end)]
    wanted = torch.tensor(rows, dtype=torch.long, device=device)
    attend = _each_its_own([part.attend for part in parts], counts, asked)
    hidden = network(ids, positions, attend, wanted=wanted)[0]
    logits = network.logits(hidden).float().cpu()
    for part in parts:
        part.done()
    return [
        Scores(rows[: part.scored], rows[part.scored :].view(part.canvases, -1, logits.shape[-1]))
        if part.canvases
        else Scores(rows, rows[:0, None])
        for rows, part in zip(torch.split(logits, asked), parts, strict=True)
    ]


def _each_its_own(attends: Sequence[Attend], counts: Sequence[int], asked: Sequence[int]) -> Attend:
    """The attention of rows that belong to several requests: `counts` rows of each, one after the other. The last layer
    asks only about the last rows of each, `asked` of them."""
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
