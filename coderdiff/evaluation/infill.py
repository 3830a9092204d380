"""How well holes are filled: exact match, edit similarity, whether the file still parses, TPF and latency.

Holes are drawn from packages that were never trained on, each package as often as the others, always the same ones for
a seed. The yardstick for parsing is CPython's own parser. Every policy fills the same holes in the same process.
"""

from __future__ import annotations

import ast
import difflib
import random
import statistics
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Literal

from coderdiff.context.completer import WithContext
from coderdiff.context.repository import Repository
from coderdiff.decoding.keeping import line_begun
from coderdiff.training.corpus.shards import Document as CorpusDocument
from coderdiff.training.holes import TOP_LEVEL, HoleDrawer, HoleKind
from coderdiff.types import Completer, Completion, Document, FillRequest, Hole, Limits, complete

Behind = Literal["file", "end", "next"]
"""What is behind a hole: all of its file; a line end alone, as where one writes on; or the next definition at the top
level, with the rest of the hole's own not written yet."""

KINDS: tuple[HoleKind, ...] = ("rest", "line", "block")
MOST_TOKENS: dict[str, int] = {"rest": 64, "line": 96, "block": 128}
_MOST_FILE_CHARS = 60_000
_TRIALS = 50


@dataclass(frozen=True)
class InfillTask:
    """One hole and what its author wrote there."""

    package: str
    path: str
    text: str
    hole: Hole
    kind: HoleKind

    @property
    def truth(self) -> str:
        """The text that the hole hides."""
        return self.text[self.hole.start : self.hole.end]

    @property
    def document(self) -> Document:
        """The file with the hole's text gone, as an editor would show it."""
        return Document(self.text[: self.hole.start] + self.text[self.hole.end :], self.path)

    def request(self, policy: str | None) -> FillRequest:
        """The request that an editor would send."""
        at = Hole(self.hole.start, self.hole.start)
        return FillRequest(self.document, at, Limits(MOST_TOKENS[self.kind]), policy=policy)

    def while_written(self, behind: Behind) -> InfillTask:
        """The same hole with no more behind it than there is while the file is being written."""
        if behind == "file":
            return self
        following = TOP_LEVEL.search(self.text, self.hole.end) if behind == "next" else None
        rest = "\n" if following is None else "\n\n\n" + self.text[following.start() :]
        return replace(self, text=self.text[: self.hole.end] + rest)

    @property
    def a_key_before(self) -> InfillTask:
        """The same hole one key earlier: the character before the cursor is not typed yet."""
        at = max(0, self.hole.start - 1)
        hole = Hole(at, at + len(self.truth))
        return replace(self, text=self.text[:at] + self.text[self.hole.start :], hole=hole)


@dataclass(frozen=True)
class Answer:
    """A completion judged. `parses` is about the file with the completion in place; `begun`: its line was begun."""

    kind: HoleKind
    exact: bool
    similarity: float
    empty: bool
    parses: bool
    begun: bool
    completion: Completion


@dataclass(frozen=True)
class Figures:
    """A policy's figures over some holes. Shares and similarity in [0, 1]; `parses` is over answers that are not
    empty; `tpf` is all tokens over all forwards; latencies in milliseconds."""

    policy: str
    kind: str
    holes: int
    exact: float
    similarity: float
    empty: float
    parses: float
    tpf: float
    p50_ms: float
    p95_ms: float


def draw_tasks(documents: Iterable[CorpusDocument], each_kind: int, seed: int) -> list[InfillTask]:
    """`each_kind` holes of every kind, spread evenly over the packages; only files that parse, of ordinary length."""
    packages: dict[str, list[CorpusDocument]] = defaultdict(list)
    for document in documents:
        if len(document.text) <= _MOST_FILE_CHARS:
            packages[document.package].append(document)
    rng, drawer = random.Random(seed), HoleDrawer()
    names = sorted(packages)
    tasks: list[InfillTask] = []
    for kind in KINDS:
        for index in range(each_kind):
            task = _draw_task(packages[names[index % len(names)]], kind, drawer, rng)
            if task is not None:
                tasks.append(task)
    return tasks


def _draw_task(
    documents: Sequence[CorpusDocument], kind: HoleKind, drawer: HoleDrawer, rng: random.Random
) -> InfillTask | None:
    for _ in range(_TRIALS):
        document = rng.choice(documents)
        drawn = drawer.draw(document.text, rng.randrange(len(document.text)), kind, rng, most_chars=400)
        if drawn is not None and _parses(document.text):
            return InfillTask(document.package, document.path, document.text, drawn.hole, kind)
    return None


def run(
    completer: Completer,
    tasks: Sequence[InfillTask],
    policy: str,
    advance: Callable[[], None],
    repositories: Mapping[str, Repository] | None = None,
    typing: bool = False,
) -> list[Answer]:
    """Fill every hole with one policy, after one unmeasured warm-up; `advance` is called after each.

    `repositories` are the packages', to be seen by the completer; None shows it the one file alone. With `typing` what
    is measured is a key: the request of the key before is made first.
    """
    complete(completer, tasks[0].request(policy))
    answers = []
    for task in tasks:
        sees = completer if repositories is None else WithContext(completer, repositories[task.package])
        if typing:
            complete(sees, task.a_key_before.request(policy))
        answers.append(judge(task, complete(sees, task.request(policy))))
        advance()
    return answers


def judge(task: InfillTask, completion: Completion) -> Answer:
    """Hold a completion against what the author wrote; blanks at its end do not count."""
    ours, truth = completion.text.rstrip(), task.truth.rstrip()
    filled = task.text[: task.hole.start] + completion.text + task.text[task.hole.end :]
    return Answer(
        kind=task.kind,
        exact=ours == truth,
        similarity=difflib.SequenceMatcher(None, ours, truth, autojunk=False).ratio(),
        empty=not ours,
        parses=_parses(filled),
        begun=line_begun(task.text, task.hole.start),
        completion=completion,
    )


def figures(policy: str, answers: Sequence[Answer]) -> list[Figures]:
    """Figures for each kind of hole, and for lines and blocks together (`line to block`)."""
    groups: dict[str, list[Answer]] = {kind: [a for a in answers if a.kind == kind] for kind in KINDS}
    groups["line to block"] = groups["line"] + groups["block"]
    return [_figures(policy, kind, group) for kind, group in groups.items() if group]


def _figures(policy: str, kind: str, answers: Sequence[Answer]) -> Figures:
    shown = [answer for answer in answers if not answer.empty]
    latencies = sorted(answer.completion.latency_ms for answer in answers)
    return Figures(
        policy=policy,
        kind=kind,
        holes=len(answers),
        exact=statistics.fmean(answer.exact for answer in answers),
        similarity=statistics.fmean(answer.similarity for answer in answers),
        empty=1 - len(shown) / len(answers),
        parses=statistics.fmean(answer.parses for answer in shown) if shown else 1.0,
        tpf=sum(a.completion.tokens for a in answers) / max(1, sum(a.completion.forwards for a in answers)),
        p50_ms=latencies[len(latencies) // 2],
        p95_ms=latencies[min(len(latencies) - 1, int(len(latencies) * 0.95))],
    )


def as_json(rows: Sequence[Figures]) -> list[dict[str, object]]:
    """Figures as plain values."""
    return [asdict(row) for row in rows]


def _parses(source: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
