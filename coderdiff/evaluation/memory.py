"""What snippet memory saves: rows computed and time until the first canvas is scored, afresh and with what is known.

The same requests, each with a pack drawn from its own package as training draws them, in three states:
nothing known; the snippets known and the document not (a new pack of known snippets, another file); and one more
character typed.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from coderdiff.decoding.session import Look
from coderdiff.engine.session import CachedSession
from coderdiff.engine.snippet_memory import SnippetMemory
from coderdiff.model.loader import Checkpoint
from coderdiff.model.prompt import infill_prompt
from coderdiff.training.corpus.shards import Document
from coderdiff.training.packs import PackDrawer
from coderdiff.types import Hole

CASES = ("nothing known", "snippets known", "a keystroke later")
_TYPED = 1


@dataclass(frozen=True)
class MemoryFigures:
    """One state: medians over requests of rows computed (snippets and document apart) and milliseconds."""

    case: str
    snippet_rows: float
    document_rows: float
    p50_ms: float


@dataclass(frozen=True)
class _Request:
    prefix: str
    suffix: str
    pack: tuple[tuple[int, ...], ...]


def measure(
    checkpoint: Checkpoint,
    documents: Sequence[Document],
    requests: int,
    seed: int,
    advance: Callable[[], None],
) -> list[MemoryFigures]:
    """Figures of every case over `requests` places of `documents`; the first one warms up and is not counted."""
    seen: dict[str, list[tuple[int, int, float]]] = {case: [] for case in CASES}
    for number, request in enumerate(_draw(checkpoint, documents, requests + 1, seed)):
        costs = _costs(checkpoint, request)
        if number:
            for case, cost in costs.items():
                seen[case].append(cost)
        advance()
    return [
        MemoryFigures(case, *(statistics.median(values) for values in zip(*costs, strict=True)))
        for case, costs in seen.items()
    ]


def _costs(checkpoint: Checkpoint, request: _Request) -> dict[str, tuple[int, int, float]]:
    memory = SnippetMemory(checkpoint.network)
    session = CachedSession(checkpoint.network, checkpoint.spec.window, memory)
    found = {CASES[0]: _cost(checkpoint, request, session, memory, typed=0)}
    session = CachedSession(checkpoint.network, checkpoint.spec.window, memory)
    found[CASES[1]] = _cost(checkpoint, request, session, memory, typed=0)
    found[CASES[2]] = _cost(checkpoint, request, session, memory, typed=_TYPED)
    return found


def _cost(
    checkpoint: Checkpoint, request: _Request, session: CachedSession, memory: SnippetMemory, typed: int
) -> tuple[int, int, float]:
    """Snippet rows, document rows and milliseconds until the canvas behind the prompt has its logits."""
    spec = checkpoint.spec
    budget = spec.window - spec.canvas - sum(map(len, request.pack))
    suffix = request.suffix
    prompt = infill_prompt(checkpoint.tokenizer, request.prefix + suffix[:typed], suffix[_TYPED:], budget)
    snippet_rows, document_rows = memory.rows_encoded, session.rows_read
    began = time.perf_counter()
    unread = session.begin(prompt.ids, request.pack)
    session.forward(Look(unread, [[spec.mask_id] * spec.canvas], [len(unread)], 0))
    elapsed = (time.perf_counter() - began) * 1000
    return memory.rows_encoded - snippet_rows, session.rows_read - document_rows, elapsed


def _draw(checkpoint: Checkpoint, documents: Sequence[Document], count: int, seed: int) -> list[_Request]:
    """Places with a pack that fills most of what the model is shown."""
    rng = random.Random(seed)
    drawer = PackDrawer(checkpoint.tokenizer, documents)
    room = checkpoint.spec.pack or checkpoint.spec.window // 4
    found: list[_Request] = []
    while len(found) < count:
        index = rng.randrange(len(documents))
        text = documents[index].text
        at = rng.randrange(len(text) + 1)
        pack = tuple(drawer.draw(index, Hole(at, at), room, rng))
        if sum(map(len, pack)) >= room // 2:
            found.append(_Request(text[:at], text[at:], pack))
    return found
