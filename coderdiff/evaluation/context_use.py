"""What a model makes of the repository: answers with and without it, for holes that need it and holes that do not.

The same holes are filled with the file alone, with a pack of snippets, with pack and related files (as served), and
with both from a package that the file is not of: what is retrieved there can only distract.
"""

from __future__ import annotations

import random
import statistics
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from coderdiff.context.completer import WithContext
from coderdiff.context.repository import Repository
from coderdiff.evaluation.context.lexemes import identifiers
from coderdiff.evaluation.infill import InfillTask, draw_tasks, judge
from coderdiff.training.corpus.shards import Document as CorpusDocument
from coderdiff.types import Completer, Completion, Draft, FillRequest, complete

Need = Literal["other files", "none"]

NEEDS: tuple[Need, ...] = ("other files", "none")
ARMS = ("file alone", "pack", "pack and related files", "another package's")

_DRAWN_AT_ONCE = 200
_MOST_DRAWS = 40


@dataclass(frozen=True)
class UseFigures:
    """One arm on holes of one need: shares and similarity in [0, 1]; `gain` is exact match over the file alone."""

    need: Need
    arm: str
    holes: int
    exact: float
    similarity: float
    empty: float
    gain: float


class _PackOnly:
    """A `Completer` that drops the related files on the way."""

    def __init__(self, completer: Completer) -> None:
        self._completer = completer
        self.model, self.pack_tokens, self.chats = completer.model, completer.pack_tokens, completer.chats

    def count(self, text: str) -> int:
        return self._completer.count(text)

    def fill(
        self, request: FillRequest, cancelled: Callable[[], bool] | None = None
    ) -> Generator[Draft, None, Completion]:
        return (yield from self._completer.fill(replace(request, related=()), cancelled))


def draw(documents: Sequence[CorpusDocument], each: int, seed: int) -> dict[Need, list[InfillTask]]:
    """`each` rests of lines of either need (fewer where the packages have no more), spread over the packages."""
    words = _words(documents)
    found: dict[Need, list[InfillTask]] = {need: [] for need in NEEDS}
    for round_ in range(_MOST_DRAWS):
        drawn = [task for task in draw_tasks(documents, _DRAWN_AT_ONCE, seed + round_) if task.kind == "rest"]
        for task in drawn:
            need = need_of(task, words)
            if need is not None and len(found[need]) < each and task not in found[need]:
                found[need].append(task)
        if all(len(tasks) >= each for tasks in found.values()):
            break
    return found


def need_of(task: InfillTask, words: Mapping[str, Mapping[str, set[str]]]) -> Need | None:
    """What a hole needs: `other files` if one of its identifiers stands nowhere else in its file but in another of its
    package, `none` if all stand in its own; None for a hole without identifiers, and for what stands nowhere.

    `words` are the identifiers of each package's files.
    """
    own = set(identifiers(task.document.text))
    wanted = set(identifiers(task.truth))
    if not wanted:
        return None
    lacking = wanted - own
    if not lacking:
        return "none"
    others = (content for path, content in words[task.package].items() if path != task.path)
    return "other files" if any(lacking & content for content in others) else None


def measure(
    completer: Completer,
    tasks: Mapping[Need, Sequence[InfillTask]],
    repositories: Mapping[str, Repository],
    seed: int,
    advance: Callable[[], None],
) -> list[UseFigures]:
    """Fill all holes in every arm, by the model's own policy; `advance` is called after each answer."""
    rng = random.Random(seed)
    names = sorted(repositories)
    rows = []
    for need, holes in tasks.items():
        strangers = [rng.choice([name for name in names if name != task.package]) for task in holes]
        alone = 0.0
        for arm in ARMS:
            answers = []
            for task, stranger in zip(holes, strangers, strict=True):
                seen = stranger if arm == ARMS[3] else task.package
                shown = _PackOnly(completer) if arm == ARMS[1] else completer
                sees = shown if arm == ARMS[0] else WithContext(shown, repositories[seen])
                answers.append(judge(task, complete(sees, task.request(None))))
                advance()
            if not answers:
                continue
            exact = statistics.fmean(answer.exact for answer in answers)
            alone = exact if arm == ARMS[0] else alone
            rows.append(
                UseFigures(
                    need=need,
                    arm=arm,
                    holes=len(answers),
                    exact=exact,
                    similarity=statistics.fmean(answer.similarity for answer in answers),
                    empty=statistics.fmean(answer.empty for answer in answers),
                    gain=exact - alone,
                )
            )
    return rows


def _words(documents: Iterable[CorpusDocument]) -> dict[str, dict[str, set[str]]]:
    found: dict[str, dict[str, set[str]]] = defaultdict(dict)
    for document in documents:
        found[document.package][document.path] = set(identifiers(document.text))
    return found
