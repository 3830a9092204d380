"""A `decoding.Session` over a KV cache: one document's context, kept between requests.

The context attends causally, so a row's keys and values depend only on the tokens before it: whatever the next prompt
shares with the last one is not read again. That is exact, and tests hold it against a run that keeps nothing.
The snippets of a pack come from `SnippetMemory`; another pack means that the document is read again behind it.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from coderdiff.decoding.session import Look, Scores
from coderdiff.engine.batch import Part, forward
from coderdiff.engine.kv_cache import KvCache
from coderdiff.engine.prefix_cache import Rows
from coderdiff.engine.snippet_memory import SnippetMemory
from coderdiff.model.pack import document_shift
from coderdiff.model.spec import ModelSpec
from coderdiff.model.transformer import Transformer

Pack = tuple[tuple[int, ...], ...]
"""The ids of each snippet of a pack, in prompt order."""

SCRATCH_ROWS = 256
"""Room behind the window for the canvases of one forward."""


class CachedSession:
    """One growing context of at most `window` rows. `rows_read` counts the document's rows ever computed.

    `memory` None gives the session one of its own.
    """

    def __init__(self, network: Transformer, window: int, memory: SnippetMemory | None = None) -> None:
        self._network = network
        self._memory = SnippetMemory(network) if memory is None else memory
        weights = network.embedding.weight
        self._device = weights.device
        self._cache = KvCache(network.spec, window + SCRATCH_ROWS, self._device, network.kept_type)
        self._ids: list[int] = []  # the document's; the pack's rows stand behind the first
        self._pack: tuple[tuple[int, ...], ...] = ()
        self.rows_read = 0

    @property
    def spec(self) -> ModelSpec:
        """The network's sizes and capabilities."""
        return self._network.spec

    @property
    def length(self) -> int:
        """Context rows read so far, the pack's not counted."""
        return len(self._ids)

    @property
    def nbytes(self) -> int:
        """Memory of the cache, in bytes."""
        return self._cache.nbytes

    def shared(self, ids: Sequence[int], pack: Pack = ()) -> int:
        """How many leading ids of a prompt are in the context, behind the same pack."""
        if pack != self._pack:
            return 0
        most = min(len(ids), len(self._ids))
        return next((at for at in range(most) if ids[at] != self._ids[at]), most)

    def begin(self, ids: Sequence[int], pack: Pack = ()) -> list[int]:
        """Forget what differs from a new prompt; returns the ids it has yet to read (at least the last)."""
        if pack != self._pack:
            self._take(ids[0], pack)
        kept = min(self.shared(ids, pack), len(ids) - 1)
        self.keep(kept)
        return list(ids[kept:])

    def give(self, start: int, end: int) -> Rows:
        """Copies of the keys and values of some of the document's rows; behind a pack not of the first."""
        assert bool(self._pack) <= start <= end <= self.length
        behind = self._cache.length - self.length
        return self._cache.rows(start + behind, end + behind)

    def accept(self, ids: Sequence[int], rows: Sequence[Rows]) -> None:
        """Take rows that were computed elsewhere, for `ids` behind what is in the context, as read."""
        for keys, values in rows:
            self._cache.append(keys, values)
        self._ids += ids

    def keep(self, length: int) -> None:
        """Forget context rows from `length` on; a pack stays, and the first token with it."""
        assert bool(self._pack) <= length <= self.length
        self._cache.length -= self.length - length
        del self._ids[length:]

    def _take(self, first: int, pack: Pack) -> None:
        """Forget everything and put a pack behind the first token."""
        self._cache.length = 0
        self._ids, self._pack = [first] if pack else [], pack
        if pack:
            for keys, values in self._memory.recall(first, pack):
                self._cache.append(keys, values)

    def forward(self, look: Look) -> Scores:
        """One network evaluation (see `decoding.session.Session`)."""
        return forward(self._network, [self.part(look)])[0]

    def part(self, look: Look) -> Part:
        """This context's share of a forward that may serve others as well (`batch.py`)."""
        read, canvas = len(look.read), len(look.canvases[0]) if look.canvases else 0
        place = self.length + document_shift([len(snippet) for snippet in self._pack])
        places = [*range(place, place + read)]
        for cut in look.cuts:
            places += range(place + cut, place + cut + canvas)
        mask = rows_mask(self._cache.length, read, look.cuts, canvas)
        return Part(
            ids=[*look.read, *(token for tokens in look.canvases for token in tokens)],
            positions=places,
            attend=self._cache.attend(mask),
            causal=range(read - look.scored, read),
            canvases=[
                range(read + at * canvas, read + (at + 1) * canvas) for at in range(len(look.canvases))
            ],
            done=lambda: self._grow(look.read),
        )

    def _grow(self, read: Sequence[int]) -> None:
        """The rows read are part of the context now."""
        self._cache.length += len(read)
        self._ids += read
        self.rows_read += len(read)


def rows_mask(start: int, read: int, cuts: Sequence[int], canvas: int) -> Tensor:
    """Who sees whom, bool [read + canvases, start + read + canvases]: rows read are causal; canvas i sees what
    stands before its cut, and itself."""
    rows = read + len(cuts) * canvas
    mask = torch.zeros(rows, start + rows, dtype=torch.bool)
    mask[:, :start] = True
    mask[:read, start : start + read] = torch.ones(read, read, dtype=torch.bool).tril()
    for index, cut in enumerate(cuts):
        own = slice(read + index * canvas, read + (index + 1) * canvas)
        mask[own, start : start + cut] = True
        mask[own, start + own.start : start + own.stop] = True
    return mask
