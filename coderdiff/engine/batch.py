"""One forward for many requests: their rows stand behind one another, and each attends to its own context alone.

Norms, projections, feed-forward and logits see one long row of rows, which is what a device is quick at; attention
is computed request by request, over caches of any length, so nothing is padded. A row's result does not depend on
what stands beside it (up to the order of summation): a test compares with each request alone. So the rows can also be
dealt out to several forwards at once (`lanes.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate

import torch
from torch import Tensor

from coderdiff.decoding.session import Scores
from coderdiff.engine.lanes import ONE_LANE, Lanes
from coderdiff.model.attention import Attend
from coderdiff.model.transformer import Transformer

LOGITS_COST = 0.2
"""What the logits of a row cost of what the rest of it does, in `base`."""


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

    @property
    def wanted(self) -> list[Sequence[int]]:
        """The rows whose logits are wanted, by what they are for."""
        return [self.causal, *self.canvases, self.twins]

    @property
    def cost(self) -> float:
        """About what the part costs, in rows that are only read."""
        return len(self.ids) + LOGITS_COST * sum(map(len, self.wanted))


@torch.inference_mode()
def forward(network: Transformer, parts: Sequence[Part], lanes: Lanes = ONE_LANE) -> list[Scores]:
    """Evaluate the network once for all parts (at least one), in as many lanes; each one's scores, in their order."""
    shares = lanes.deal([part.cost for part in parts])
    dealt = [[parts[place] for place in share] for share in shares]
    found = lanes.run([partial(_logits, network, own) for own in dealt])
    for part in parts:
        part.done()
    scores: dict[int, Scores] = {}
    for share, own, logits in zip(shares, dealt, found, strict=True):
        scores |= zip(share, _scores(network, own, logits), strict=True)
    return [scores[place] for place in range(len(parts))]


@torch.inference_mode()
def _logits(network: Transformer, parts: Sequence[Part]) -> Tensor:
    """The logits [rows, vocab] of the rows that each part wants, one part after the other."""
    device = network.embedding.weight.device
    counts = [len(part.ids) for part in parts]
    ids = torch.tensor([[id_ for part in parts for id_ in part.ids]], device=device)
    positions = torch.tensor([[place for part in parts for place in part.positions]], device=device)
    firsts = [end - count for count, end in zip(counts, accumulate(counts), strict=True)]
    rows = [
        [first + row for each in part.wanted for row in each]
        for first, part in zip(firsts, parts, strict=True)
    ]
    wanted = torch.tensor([row for own in rows for row in own], dtype=torch.long, device=device)
    attend = _each_its_own([part.attend for part in parts], counts, [len(own) for own in rows])
    return network.logits(network(ids, positions, attend, wanted=wanted)[0]).float().cpu()


def _scores(network: Transformer, parts: Sequence[Part], logits: Tensor) -> list[Scores]:
    """What `_logits` says to each of its parts."""
    pieces = iter(torch.split(logits, [len(rows) for part in parts for rows in part.wanted]))
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
