"""A `decoding.Session` for networks that attend in both directions everywhere: a hole between two sides.

Every row depends on every other, so nothing of the context is exact once the canvas has changed. Three modes:

exact     every forward computes every row: the slow plain truth
cached    both sides' keys and values are kept. A forward computes the canvas and the rows next to it, and measures on
          these how far the context has drifted; where it has, the rows near the hole are computed again, and further
          ones as far as drift is found there (the vicinity refresh of dInfer, decided as Elastic-Cache does, arXiv
          2510.14973)
chunked   as cached, but far rows come from chunks that are encoded on their own (`chunks.py`) and stay
selective as chunked, but only those chunks are seen that share most with what is near the hole (`selection.py`)

Where logits are shifted, the answer for a canvas position stands at the row before it: the canvas' left neighbour is
always among the rows computed. Inserting or deleting canvas positions turns the suffix' keys (`two_sided_cache.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from coderdiff.decoding.session import Look, Scores
from coderdiff.engine.batch import Part, forward
from coderdiff.engine.chunks import CHUNK, ChunkMemory
from coderdiff.engine.selection import most_alike
from coderdiff.engine.two_sided_cache import Rows, Sides, TwoSidedCache
from coderdiff.errors import ConfigError
from coderdiff.model.attention import Attend, attention
from coderdiff.model.spec import ModelSpec
from coderdiff.model.transformer import Transformer

Mode = Literal["exact", "cached", "chunked", "selective"]

MODES: tuple[Mode, ...] = ("exact", "cached", "chunked", "selective")


def named_mode(name: str) -> Mode:
    """The mode called so; raises ConfigError if there is none."""
    for mode in MODES:
        if mode == name:
            return mode
    raise ConfigError(f"there is no mode {name!r}: choose one of {', '.join(MODES)}")


@dataclass(frozen=True)
class Refresh:
    """When to compute context rows again, in rows on either side of the hole.

    `probes` are computed in every forward. Their keys and values are compared with those of the forward before; once
    the sum of these changes passes `tolerance` (relative, mean over layers), the nearest `reach` rows are computed
    again, and `widening` times as many the next time while the outermost of them have changed by more than `spread`.
    `again` rows are computed at the start of a request whose document is known; `near` is how much of each side
    is never taken from chunks, `far` how many chunks selective mode sees at most. Where a look has several canvases
    each computes `apart` rows for itself: those kept are of another canvas, whose tokens can be told from them.
    """

    probes: int = 4
    reach: int = 64
    widening: int = 4
    tolerance: float = 0.01
    spread: float = 0.1
    again: int = 64
    near: int = 512
    far: int = 8
    apart: int = 64


class BidirectionalSession:
    """One document with a hole in it. `rows_computed` counts the rows of all forwards, those of chunks not included;
    `rows_exact` those that exact mode would have computed for the same looks.

    `length` is 0: nothing is ever read behind a canvas.
    """

    def __init__(
        self,
        network: Transformer,
        mode: Mode = "cached",
        refresh: Refresh | None = None,
        chunks: ChunkMemory | None = None,
    ) -> None:
        self._network, self._mode = network, mode
        self._refresh = refresh or Refresh()
        self._chunks = ChunkMemory(network) if chunks is None else chunks
        weights = network.embedding.weight
        self._cache = TwoSidedCache(
            network.spec, network.inverse_frequencies, weights.device, network.kept_type
        )
        self._prefix: list[int] = []
        self._suffix: list[int] = []
        self._next = self._fixed = self._lacking = Sides(0, 0)
        self._drift = 0.0
        self.rows_computed = self.rows_exact = 0

    @property
    def spec(self) -> ModelSpec:
        """The network's sizes and capabilities."""
        return self._network.spec

    @property
    def length(self) -> int:
        """Context rows that a look has read: none."""
        return 0

    @property
    def nbytes(self) -> int:
        """Memory of the cache, in bytes."""
        return self._cache.nbytes

    def keep(self, length: int) -> None:
        """Nothing is read, so there is nothing to forget."""
        assert length == 0

    def shared(self, prefix: Sequence[int], suffix: Sequence[int]) -> int:
        """How many rows of another context are known: its start and its end."""
        return self._same(prefix, suffix).rows

    def begin(self, prefix: Sequence[int], suffix: Sequence[int]) -> None:
        """Another context. What it shares with the last one is kept, except next to the hole."""
        same = self._same(prefix, suffix) if self._mode == "cached" else Sides(0, 0)
        sides = Sides(len(prefix), len(suffix))
        parts = (self._cache.prefix(same.prefix), self._cache.suffix(same.suffix))
        kept = ([parts[0]], [parts[1]])
        end = self._cache.suffix_at + self._cache.sides.suffix
        self._fixed = Sides(0, 0)
        if self._mode in {"chunked", "selective"}:
            kept, same = self._far(prefix, suffix)
            self._fixed, end = Sides(*(sum(keys.shape[2] for keys, _ in side) for side in kept)), sides.rows
        lacking = Sides(sides.prefix - same.prefix, sides.suffix - same.suffix)
        self._cache.replace(
            [*kept[0], self._cache.empty(lacking.prefix)],
            [self._cache.empty(lacking.suffix), *kept[1]],
            end - len(suffix),
        )
        self._prefix, self._suffix = list(prefix), list(suffix)
        self._lacking, self._drift = lacking, 0.0
        again = self._refresh.again
        self._next = Sides(lacking.prefix + again, lacking.suffix + again).least(self._movable)

    def forward(self, look: Look) -> Scores:
        """One network evaluation (see `decoding.session.Session`)."""
        return forward(self._network, [self.part(look)])[0]

    def part(self, look: Look) -> Part:
        """This hole's share of a forward that may serve others as well (`batch.py`).

        The first canvas is the one whose context is kept; the others see it and leave no trace. Its masked twins, where
        logits are not shifted, stand behind all other rows.
        """
        assert not look.read
        everything = self._cache.sides
        context = len(self._prefix) + len(self._suffix)
        probes = Sides(self._refresh.probes, self._refresh.probes).least(everything)
        apart = Sides(self._refresh.apart, self._refresh.apart).least(everything)
        several = len(look.canvases) > 1
        first = everything if self._mode == "exact" else self._next.most(apart if several else probes)
        other = everything if self._mode == "exact" else apart
        nears = [first, *[other] * (len(look.canvases) - 1)]
        lengths = [len(canvas) for canvas in look.canvases]
        ids: list[int] = []
        positions: list[int] = []
        answers: list[list[int]] = []
        spans: list[slice] = []
        for near, canvas in zip(nears, look.canvases, strict=True):
            at, start = len(ids), len(self._prefix) - near.prefix
            ids += [*self._prefix[start:], *canvas, *self._suffix[: near.suffix]]
            positions += range(start, start + len(ids) - at)
            places = range(at + near.prefix, at + near.prefix + len(canvas))
            answers.append([max(at, place - self.spec.shifted) for place in places])
            spans.append(slice(at, len(ids)))
        twins = range(len(ids), len(ids) + lengths[0] * (look.twins and not self.spec.shifted))
        ids += [self.spec.mask_id] * len(twins)
        positions += range(len(self._prefix), len(self._prefix) + len(twins))
        assert max(lengths) + context <= self.spec.window, "the prompt leaves room for its canvas"
        self.rows_exact += sum(lengths) + context * len(lengths)
        self._cache.reserve(spans[0].stop)
        if self._mode != "exact":
            self._cache.move_suffix(len(self._prefix) + lengths[0])
        changes: list[Tensor] = []
        return Part(
            ids=ids,
            positions=positions,
            attend=self._attend(nears, lengths, spans, changes),
            causal=(),
            canvases=answers,
            done=lambda: self._settle(first, changes, len(ids)),
            twins=twins,
        )

    def _attend(
        self, nears: Sequence[Sides], lengths: Sequence[int], spans: Sequence[slice], changes: list[Tensor]
    ) -> Attend:
        """Each canvas with the rows next to it sees the context and itself."""

        end = spans[-1].stop
        rows = [span.stop - span.start for span in spans]

        def attend(layer: int, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
            twins = key[:, :, end:], value[:, :, end:]
            asked = (
                rows if query.shape[2] == key.shape[2] else lengths
            )  # the last layer: of the answers alone
            queries = torch.split(query, [*asked, twins[0].shape[2]], 2)
            mixed = []
            for at, (near, span) in enumerate(zip(nears, spans, strict=True)):
                own = key[:, :, span], value[:, :, span]
                if at:
                    seen = self._cache.around(layer, near, lengths[at] - lengths[0], *own)
                elif self._mode == "exact":
                    seen = first = self._cache.put(layer, near, *own)
                else:
                    before = self._cache.near(layer, near)
                    seen = first = self._cache.put(layer, near, *own)
                    changes.append(_change(before, self._cache.near(layer, near)))
                mixed.append(attention(queries[at], *seen))
            if twins[0].shape[2]:
                canvas = first[0].shape[2] - nears[0].suffix - lengths[0]
                mixed.append(_twins(queries[-1], first, twins, canvas))
            return torch.cat(mixed, 2)

        return attend

    def _settle(self, near: Sides, changes: Sequence[Tensor], rows: int) -> None:
        """Count, and decide by the drift measured what the next forward computes of the context."""
        self.rows_computed += rows
        self._lacking = Sides(0, 0)
        if self._mode == "exact":
            return
        change = torch.stack(list(changes)).mean(0)
        probes = Sides(self._refresh.probes, self._refresh.probes)
        tolerance, movable = self._refresh.tolerance, self._movable
        if near.rows <= probes.rows:
            self._drift += float(change.max()) if len(change) else 0.0
            reach = self._refresh.reach if self._drift > tolerance else 0
            self._next = Sides(reach, reach).least(movable)
            return
        edges = [change[0]] if near.prefix and near.prefix < movable.prefix else []
        edges += [change[-1]] if near.suffix and near.suffix < movable.suffix else []
        wide = max(near.prefix, near.suffix) * self._refresh.widening
        moved_far = bool(edges) and float(max(edges)) > self._refresh.spread
        self._drift = 0.0
        self._next = Sides(wide, wide).least(movable) if moved_far or tolerance == 0 else Sides(0, 0)

    @property
    def _movable(self) -> Sides:
        """The rows that may be computed again."""
        sides = self._cache.sides
        return Sides(sides.prefix - self._fixed.prefix, sides.suffix - self._fixed.suffix)

    def _same(self, prefix: Sequence[int], suffix: Sequence[int]) -> Sides:
        """Leading rows of the prefix and trailing rows of the suffix that are known."""
        known = Sides(len(self._prefix) - self._lacking.prefix, len(self._suffix) - self._lacking.suffix)
        same = Sides(_shared(prefix, self._prefix), _shared(suffix[::-1], self._suffix[::-1]))
        return same.least(known)

    def _far(
        self, prefix: Sequence[int], suffix: Sequence[int]
    ) -> tuple[tuple[list[Rows], list[Rows]], Sides]:
        """The far rows of both sides from chunks, for an empty canvas, and how much of either side is far.

        Chunks of the prefix count from its start, those of the suffix from its end, so that typing moves none.
        """
        far = Sides(*(max(0, len(side) - self._refresh.near) // CHUNK * CHUNK for side in (prefix, suffix)))
        document = [*prefix, *suffix]
        end = len(document) - far.suffix
        starts = [*range(0, far.prefix, CHUNK), *range(end, len(document), CHUNK)]
        texts = [tuple(document[at : at + CHUNK]) for at in starts]
        if self._mode == "selective":
            near, hole = document[far.prefix : end], len(prefix) - far.prefix
            chosen = most_alike(texts, near, hole, self._refresh.far)
            starts, texts = ([all_[number] for number in chosen] for all_ in (starts, texts))
        rows = self._chunks.recall(document[:1], texts, starts) if texts else []
        before = sum(at < far.prefix for at in starts)
        return (rows[:before], rows[before:]), far


def _twins(query: Tensor, seen: Rows, own: Rows, canvas: int) -> Tensor:
    """Twins see one another and all that the canvas sees but the position they stand for; `canvas` is its first row."""
    keys, values = (torch.cat(pair, 2) for pair in zip(seen, own, strict=True))
    mask = torch.ones(query.shape[2], keys.shape[2], dtype=torch.bool, device=query.device)
    places = torch.arange(query.shape[2], device=query.device)
    mask[places, canvas + places] = False
    return attention(query, keys, values, mask=mask)


def _shared(ours: Sequence[int], theirs: Sequence[int]) -> int:
    """How many leading ids two sequences share."""
    most = min(len(ours), len(theirs))
    return next((at for at in range(most) if ours[at] != theirs[at]), most)


def _change(before: Rows, after: Rows) -> Tensor:
    """How far rows have changed, relative to what they were: mean over heads, keys and values, [rows]."""
    parts = [
        (new - old).float().norm(dim=-1) / old.float().norm(dim=-1).clamp_min(1e-6)
        for old, new in zip(before, after, strict=True)
    ]
    return torch.stack(parts).mean((0, 1, 2))
