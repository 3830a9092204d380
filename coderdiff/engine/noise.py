"""A `decoding.Session` for networks whose canvas starts as noise behind a causal context that is read once
(DiffusionGemma). Reading and looking are two evaluations of such a network: a canvas is no row of the context."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from coderdiff.decoding.session import Look, Scores
from coderdiff.model.families.diffusion_gemma import Cache, DiffusionGemma
from coderdiff.model.spec import ModelSpec


class NoiseSession:
    """One context. `rows_computed` counts the rows of all evaluations."""

    def __init__(self, model: DiffusionGemma) -> None:
        self._model = model
        self._cache: Cache | None = None
        self._ids: list[int] = []
        self.rows_computed = 0

    @property
    def spec(self) -> ModelSpec:
        """The network's sizes and capabilities."""
        return self._model.spec

    @property
    def length(self) -> int:
        """Context rows read so far."""
        return len(self._ids)

    @property
    def nbytes(self) -> int:
        """Memory of the cache, in bytes."""
        layers = [] if self._cache is None else self._cache.layers
        kept = [tensor for layer in layers for tensor in (layer.keys, layer.values) if tensor is not None]
        return sum(tensor.numel() * tensor.element_size() for tensor in kept)

    def shared(self, ids: Sequence[int]) -> int:
        """How many leading ids of a prompt are in the context, if all of that is a beginning of the prompt; else 0: a
        sliding window lets go of what a shorter context would need."""
        return self.length if list(ids[: self.length]) == self._ids else 0

    def begin(self, ids: Sequence[int]) -> list[int]:
        """Go on from a beginning of a new prompt, or forget all; returns the ids it has yet to read."""
        self.keep(self.shared(ids))
        return list(ids[self.length :])

    def keep(self, length: int) -> None:
        """All of the context, or nothing."""
        assert length in {0, self.length}
        if not length:
            self._cache, self._ids = None, []

    def forward(self, look: Look) -> Scores:
        """Read, then look (see `decoding.session.Session`)."""
        assert not look.scored
        assert len(look.canvases) <= 1
        if look.read:
            self._cache = self._model.read(torch.tensor([look.read]), self._cache)
            self._ids += look.read
        logits = tuple(
            self._model.denoise(
                self._cache,
                torch.tensor([canvas]),
                None if look.before is None else look.before[None],
            )[0]
            .float()
            .cpu()
            for canvas in look.canvases
        )
        self.rows_computed += len(look.read) + sum(map(len, look.canvases))
        return Scores(torch.zeros(0, self.spec.vocab_size), logits)
