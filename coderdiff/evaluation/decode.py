"""Decoding measured: policies side by side, what is kept against what is computed, canvases of any starting length.

Quality is over holes in packages that were never trained on (`infill.py`), or for what decoding alone loses over holes
in text that a model knows; each figure next to its yardstick: one token a step for policies, exact mode for caches, the
oracle's length for lengths. Row-forwards are counted, not timed:
they do not depend on the machine.
"""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from coderdiff.decoding.copying import CopyModel
from coderdiff.decoding.loop import denoise
from coderdiff.decoding.policies import policy
from coderdiff.decoding.task import Task, unwritable, writable_specials
from coderdiff.engine.bidirectional import MODES, BidirectionalSession, Mode
from coderdiff.engine.chunks import ChunkMemory
from coderdiff.engine.engine import Engine
from coderdiff.evaluation.infill import Answer, InfillTask, judge
from coderdiff.model.loader import Checkpoint
from coderdiff.model.spec import ModelSpec
from coderdiff.model.tokenizer import Tokenizer
from coderdiff.model.transformer import Transformer
from coderdiff.training.corpus.shards import Document
from coderdiff.types import Completion, Hole, Limits, Sampling, complete

ONE_TOKEN = "low_confidence"
"""One token a step, the surest first."""

FIELD = (
    "low_confidence", "low_confidence:steps=8", "random:steps=8", "dream_entropy:steps=8", "topk_margin:steps=8",
    "fast_dllm:threshold=0.9", "fast_dllm:threshold=0.6", "fast_dllm_factor:factor=1", "eb_sampler:bound=0.1",
    "eb_sampler:bound=0.5", "credit", "prophet", "wino", "saber", "p2:steps=8",
)  # fmt: skip
HOUSE = ("reference", "threshold", "entropy", "revise", "verified")
BLOCKS = ("low_confidence_dynamic", "low_confidence_static:steps=2", "joint_threshold")

LENGTHS = (4, 8, 16, 32, 64)
CONTEXTS = (2048, 16384)
PLACES = 8
"""How many holes rows are counted at: an answer takes two forwards or forty."""

_CHARS = 8
"""More characters than this a token are hardly met on code: how much text makes a context."""

_TYPED = 8
"""Characters typed between two requests at the same place."""

_LONG_LINE = re.compile(r"\n[ \t]*(\S[^\n]{15,})(?=\n)")
"""A line with more to be written than is typed."""


@dataclass(frozen=True)
class Quality:
    """How well and how fast holes were filled one way. `tpf` is tokens over forwards, `forwards` a hole's mean; `same`
    the share of answers that are the yardstick's."""

    way: str
    holes: int
    exact: float
    similarity: float
    tpf: float
    forwards: float
    same: float


@dataclass(frozen=True)
class RowCount:
    """Rows computed for some requests in one mode: of forwards, of chunks, and how many times fewer than exact mode's
    for the same looks."""

    context: int
    mode: str
    forwards: int
    rows: int
    chunk_rows: int
    times_fewer: float


def suited(spec: ModelSpec) -> list[str]:
    """The policies that a model can follow, the yardstick first."""
    if spec.noise:
        return ["renoise", "renoise:bound=0.02", "renoise:bound=0.5"]
    causal = spec.context_attention == "causal"
    names = [*FIELD, *(HOUSE if causal else HOUSE[:-1])]
    if spec.canvas_attention == "block":
        names += BLOCKS
        if spec.insert_id is not None:
            names.append("joint_threshold_indel")
    if spec.expand_id is not None:
        names += ["dreamon", "dreamon:tokens=2"]
    return names


def answers(
    engine: Engine, tasks: Sequence[InfillTask], name: str, advance: Callable[[], None]
) -> list[Completion]:
    """One policy's completions."""
    found = []
    for task in tasks:
        found.append(complete(engine, task.request(name)))
        advance()
    return found


def quality(
    way: str, tasks: Sequence[InfillTask], found: Sequence[Completion], yardstick: Sequence[Completion]
) -> Quality:
    """Figures of some completions, beside those of the yardstick."""
    judged: list[Answer] = [judge(task, completion) for task, completion in zip(tasks, found, strict=True)]
    forwards = sum(completion.forwards for completion in found)
    same = [ours.text == theirs.text for ours, theirs in zip(found, yardstick, strict=True)]
    return Quality(
        way=way,
        holes=len(tasks),
        exact=statistics.fmean(answer.exact for answer in judged),
        similarity=statistics.fmean(answer.similarity for answer in judged),
        tpf=sum(completion.tokens for completion in found) / max(1, forwards),
        forwards=forwards / len(found),
        same=statistics.fmean(same),
    )


def by_policy(
    checkpoint: Checkpoint, tasks: Sequence[InfillTask], names: Sequence[str], advance: Callable[[], None]
) -> list[Quality]:
    """Every policy on the same holes; `same` is beside the first."""
    engine = Engine(checkpoint, mode="exact")
    rows: list[Quality] = []
    yardstick: list[Completion] | None = None
    for name in names:
        found = answers(engine, tasks, name, advance)
        yardstick = yardstick or found
        rows.append(quality(name, tasks, found, yardstick))
    return rows


def by_mode(
    checkpoint: Checkpoint, tasks: Sequence[InfillTask], name: str, advance: Callable[[], None]
) -> list[Quality]:
    """Every mode on the same holes, each document new, and cached mode once more with the document known from before
    its last characters were typed; `same` is beside exact mode. For models with context on both sides."""
    rows: list[Quality] = []
    yardstick: list[Completion] | None = None
    for mode in MODES:
        found = answers(Engine(checkpoint, mode=mode), tasks, name, advance)
        yardstick = yardstick or found
        rows.append(quality(mode, tasks, found, yardstick))
    engine = Engine(checkpoint, mode="cached")
    found = []
    for task in tasks:
        asked = task.request(name)
        text, at = asked.document.text, asked.hole.start
        before = max(0, at - _TYPED)
        earlier = replace(asked.document, text=text[:before] + text[at:])
        complete(engine, replace(asked, document=earlier, hole=Hole(before, before)))
        found += answers(engine, [task], name, advance)
    return [*rows, quality("cached, typing on", tasks, found, yardstick or found)]


def by_length(
    checkpoint: Checkpoint, tasks: Sequence[InfillTask], name: str, advance: Callable[[], None]
) -> list[Quality]:
    """Every starting length on the same holes, their mean, what the engine does by itself, and the oracle's length."""
    tokenizer = checkpoint.tokenizer
    engine = Engine(checkpoint, mode="exact")
    oracle = []
    for task in tasks:
        pending = engine.prompt(task.request(name)).pending
        length = max(1, len(tokenizer.encode_after(pending, task.truth)))
        oracle += answers(Engine(checkpoint, mode="exact", length=length), [task], name, advance)
    rows = [
        quality(
            f"start {length}",
            tasks,
            answers(Engine(checkpoint, mode="exact", length=length), tasks, name, advance),
            oracle,
        )
        for length in LENGTHS
    ]
    means = {
        field: statistics.fmean(getattr(row, field) for row in rows)
        for field in ("exact", "similarity", "tpf", "forwards", "same")
    }
    mean = Quality(way="mean of these", holes=len(tasks), **means)
    own = quality("engine's own", tasks, answers(engine, tasks, name, advance), oracle)
    return [*rows, mean, own, quality("oracle length", tasks, oracle, oracle)]


def row_counts(
    checkpoint: Checkpoint, documents: Sequence[Document], context: int, name: str, places: int = PLACES
) -> list[RowCount]:
    """Rows of a fill in each of `places` contexts of `context` tokens, each document new, and of one more fill in each
    a few characters later.

    The window is stretched where it is smaller: then the figures say nothing of quality.
    """
    spec = replace(checkpoint.spec, window=max(checkpoint.spec.window, 2 * context))
    network = Transformer(spec).eval().requires_grad_(False)
    network.load_state_dict(checkpoint.network.state_dict(), assign=True)
    firsts = [place * len(documents) // places for place in range(places)]
    holes = [_hole(checkpoint.tokenizer, [*documents[at:], *documents[:at]], context) for at in firsts]
    rows: list[RowCount] = []
    for mode in MODES[1:]:
        fills = [_rows_of_two(checkpoint, network, mode, hole, name) for hole in holes]
        for way, counted in zip((mode, f"{mode}, typing on"), zip(*fills, strict=True), strict=True):
            forwards, computed, encoded, exact = map(sum, zip(*counted, strict=True))
            if not rows:
                rows.append(RowCount(context, "exact", forwards, exact, 0, 1.0))
            rows.append(RowCount(context, way, forwards, computed, encoded, exact / (computed + encoded)))
    return rows


def _rows_of_two(
    checkpoint: Checkpoint, network: Transformer, mode: Mode, hole: _LineHole, name: str
) -> list[tuple[int, int, int, int]]:
    """Forwards, rows, rows of chunks and exact mode's rows of a fill, and of one once a few characters are typed."""
    memory = ChunkMemory(network)
    session = BidirectionalSession(network, mode, chunks=memory)
    fills: list[tuple[int, int, int, int]] = []
    for typed in (0, _TYPED):
        before = (session.rows_computed, memory.rows_encoded, session.rows_exact)
        forwards = _fill(checkpoint, session, hole.before + hole.line[:typed], hole.behind, name)
        after = (session.rows_computed, memory.rows_encoded, session.rows_exact)
        computed, encoded, exact = (new - old for new, old in zip(after, before, strict=True))
        fills.append((forwards, computed, encoded, exact))
    return fills


@dataclass(frozen=True)
class _LineHole:
    """A text without one of its lines: what stands before that, the line, and what stands behind it."""

    before: str
    line: str
    behind: str


def _hole(tokenizer: Tokenizer, documents: Sequence[Document], context: int) -> _LineHole:
    """Text of about `context` tokens that lacks a line of some length, three parts of four from its start."""
    text = "\n"
    for document in documents:
        if len(text) > context * _CHARS:
            break
        text += document.text
    lines = _LONG_LINE.finditer(text, int(len(text) * 0.7))
    at, end = next((found.span(1) for found in lines), (len(text), len(text)))
    before, behind = tokenizer.encode(text[:at]), tokenizer.encode(text[end:])
    return _LineHole(
        tokenizer.decode(before[-context * 3 // 4 :]), text[at:end], tokenizer.decode(behind[: context // 4])
    )


def _fill(checkpoint: Checkpoint, session: BidirectionalSession, before: str, behind: str, name: str) -> int:
    """Fill the hole between two texts; the forwards taken."""
    tokenizer, spec = checkpoint.tokenizer, session.spec
    session.begin(tokenizer.encode(before), tokenizer.encode(behind))
    task = Task(
        unread=[],
        pending=b"",
        limits=Limits(max_tokens=64),
        sampling=Sampling(),
        canvas=32,
        banned=unwritable(spec.vocab_size, tokenizer, *writable_specials(spec)),
        copying=CopyModel(None, [], None, spec.end_id, None),
        began=time.perf_counter(),
    )
    return sum(1 for _ in denoise(session, tokenizer, policy(name), task))
