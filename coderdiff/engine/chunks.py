"""Far context in chunks that are encoded each on its own behind the document's first token.

In a network that attends in both directions every row depends on every other, so far context would have to be computed
again at each keystroke. Encoded in chunks (Prefilling-dLLM, arXiv 2606.10537) a chunk's keys and values depend on its
own tokens: they are kept by content, and turned to wherever the chunk stands. That is an approximation of the exact
reading, and is measured as one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import Tensor

from coderdiff.engine.two_sided_cache import Rows
from coderdiff.model.attention import attention
from coderdiff.model.rope import moved
from coderdiff.model.transformer import Transformer

CHUNK = 256
"""Tokens of a chunk."""

MOST_BYTES = 256 * 2**20

_AT_ONCE = 8
"""Chunks encoded in one forward."""


class ChunkMemory:
    """One network's chunks. `rows_encoded` counts the rows ever computed."""

    def __init__(self, network: Transformer, most_bytes: int = MOST_BYTES) -> None:
        self._network = network
        self._most_bytes = most_bytes
        self._known: OrderedDict[tuple[int, ...], Rows] = OrderedDict()  # least recently used first
        self.nbytes = 0
        self.rows_encoded = 0

    def recall(
        self, anchor: Sequence[int], chunks: Sequence[tuple[int, ...]], positions: Sequence[int]
    ) -> list[Rows]:
        """The rows of chunks of equal length, each turned to the position it begins at.

        `anchor` is the document's first token; it is read before each chunk but the first, and its row left out.
        """
        wanted = [
            (len(anchor) * (position > 0), *(anchor if position else ()), *chunk)
            for chunk, position in zip(chunks, positions, strict=True)
        ]
        unknown = [ids for ids in dict.fromkeys(wanted) if ids not in self._known]
        found = {ids: self._known[ids] for ids in wanted if ids not in unknown}
        for skip in (0, len(anchor)):
            own = [ids for ids in unknown if ids[0] == skip]
            for at in range(0, len(own), _AT_ONCE):
                found |= self._encode(skip, own[at : at + _AT_ONCE])
        for ids in wanted:
            self._keep(ids, found[ids])
        inverse = self._network.inverse_frequencies
        placed = zip(wanted, positions, strict=True)
        return [(moved(found[ids][0], position - ids[0], inverse), found[ids][1]) for ids, position in placed]

    @torch.inference_mode()
    def _encode(self, skip: int, texts: Sequence[tuple[int, ...]]) -> dict[tuple[int, ...], Rows]:
        """Read texts of equal length side by side; each is named by the length of its anchor first."""
        ids = torch.tensor([text[1:] for text in texts], device=self._network.embedding.weight.device)
        layers: list[Rows] = []

        def attend(_layer: int, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
            layers.append((key[:, :, skip:], value[:, :, skip:]))
            return attention(query, key, value)

        self._network(ids, torch.arange(ids.shape[1], device=ids.device).expand_as(ids), attend)
        self.rows_encoded += ids.numel()
        keys, values = (torch.stack([rows[at] for rows in layers]) for at in (0, 1))
        return {text: (keys[:, at].clone(), values[:, at].clone()) for at, text in enumerate(texts)}

    def _keep(self, ids: tuple[int, ...], rows: Rows) -> None:
        if ids not in self._known:
            self.nbytes += rows[0].nbytes + rows[1].nbytes
        self._known[ids] = rows
        self._known.move_to_end(ids)
        while self.nbytes > self._most_bytes and len(self._known) > 1:
            _, (keys, values) = self._known.popitem(last=False)
            self.nbytes -= keys.nbytes + values.nbytes
