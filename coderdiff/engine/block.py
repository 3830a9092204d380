"""A `decoding.Session` for networks that attend by blocks: a row sees its own block and all before it (BD3-LM, arXiv
2503.09573; SDAR, LLaDA2, Fast-dLLM v2).

The context is whole blocks. A block that stands is read in the forward that looks at the next one, so committing costs
no forward of its own. What was read depends only on the blocks up to it: a later prompt that begins with the same
blocks does not read them again, and that is exact.

Where logits are shifted, each position of the canvas is foretold by the row before it, the first one by the last row of
the context: that row is computed again where nothing is read.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from coderdiff.decoding.session import Look, Scores
from coderdiff.engine.batch import Part, forward
from coderdiff.engine.kv_cache import KvCache
from coderdiff.model.spec import ModelSpec
from coderdiff.model.transformer import Transformer


class BlockSession:
    """One context of whole blocks, at most `window` rows. `rows_computed` counts the rows of all forwards."""

    def __init__(self, network: Transformer, window: int) -> None:
        assert network.spec.block_size is not None
        self._network = network
        self._block = network.spec.block_size
        weights = network.embedding.weight
        scratch = self._block + 1  # a canvas and its left neighbour
        self._cache = KvCache(network.spec, window + scratch, weights.device, network.kept_type)
        self._ids: list[int] = []
        self.rows_computed = 0

    @property
    def spec(self) -> ModelSpec:
        """The network's sizes and capabilities."""
        return self._network.spec

    @property
    def length(self) -> int:
        """Context rows read so far, whole blocks."""
        return len(self._ids)

    @property
    def nbytes(self) -> int:
        """Memory of the cache, in bytes."""
        return self._cache.nbytes

    def shared(self, ids: Sequence[int]) -> int:
        """How many leading ids of a prompt are in the context, whole blocks."""
        most = min(len(ids), len(self._ids))
        return next((at for at in range(most) if ids[at] != self._ids[at]), most) // self._block * self._block

    def begin(self, ids: Sequence[int]) -> list[int]:
        """Forget what differs from a new prompt; returns the ids it has yet to read (at least the last)."""
        kept = min(self.shared(ids), max(0, len(ids) - 1) // self._block * self._block)
        self.keep(kept)
        return list(ids[kept:])

    def keep(self, length: int) -> None:
        """Forget context rows from `length` on, which must be whole blocks."""
        assert length % self._block == 0
        assert length <= self.length
        self._cache.length = length
        del self._ids[length:]

    def forward(self, look: Look) -> Scores:
        """One network evaluation (see `decoding.session.Session`)."""
        return forward(self._network, [self.part(look)])[0]

    def part(self, look: Look) -> Part:
        """This context's share of a forward that may serve others as well (`batch.py`)."""
        canvas = look.canvases[0] if look.canvases else ()
        assert len(look.canvases) <= 1
        start, read, size = self.length, len(look.read), len(canvas)
        assert read % self._block == 0
        assert look.scored == 0
        neighbour = self._ids[-1:] if self.spec.shifted and not read else []
        last = read - 1 if read else read + size  # the row of the canvas' left neighbour
        answers = [*range(read, read + size)]
        if answers and self.spec.shifted and (read or neighbour):
            answers = [last, *answers[:-1]]
        elif (
            answers and self.spec.shifted
        ):  # nothing is before it: as published, the first row answers for itself
            answers = [read, *answers[:-1]]
        mask = block_mask(start, read, size, len(neighbour), self._block)
        self.rows_computed += read + size + len(neighbour)
        return Part(
            ids=[*look.read, *canvas, *neighbour],
            positions=[*range(start, start + read + size), *[start - 1] * len(neighbour)],
            attend=self._cache.attend(mask, answers),
            causal=(),
            canvases=[answers] * len(look.canvases),
            done=lambda: self._grow(look.read),
        )

    def _grow(self, read: Sequence[int]) -> None:
        """The rows read are part of the context now."""
        self._cache.length += len(read)
        self._ids += read


def block_mask(start: int, read: int, canvas: int, neighbours: int, block: int) -> Tensor:
    """Who sees whom, bool [rows, start + rows], rows being read, canvas, neighbours: what is read sees its own block
    and those before it, the canvas all before it and itself, a left neighbour the context."""
    rows = read + canvas + neighbours
    mask = torch.zeros(rows, start + rows, dtype=torch.bool)
    mask[:, :start] = True
    blocks = torch.arange(read) // block
    mask[:read, start : start + read] = blocks[:, None] >= blocks[None, :]
    mask[read : read + canvas, start : start + read + canvas] = True
    return mask
