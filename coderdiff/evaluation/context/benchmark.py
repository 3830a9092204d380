"""One package, measured whole: index, recall of every system, and typing.

Recall is measured with the emptied file on disk and in the index, so that the held-out line is nowhere to be found,
not even in counts of names. Typing is measured on the whole tree at rest.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from coderdiff.context.repository import Repository
from coderdiff.errors import InputError
from coderdiff.evaluation.context import cold, keystrokes, recall
from coderdiff.evaluation.context.bm25 import Bm25
from coderdiff.evaluation.context.cold import IndexFigures
from coderdiff.evaluation.context.cursors import Cursor, draw_cursors
from coderdiff.evaluation.context.jaccard import JaccardWindows
from coderdiff.evaluation.context.keystrokes import TypingFigures
from coderdiff.evaluation.context.recall import RecallFigures
from coderdiff.evaluation.context.repository_map import RepositoryMap
from coderdiff.evaluation.context.skeletons import ImportSkeletons
from coderdiff.evaluation.context.systems import RepositoryContext, System
from coderdiff.evaluation.context.tree import Tree
from coderdiff.training.corpus.parallel import Progress

TYPED_LINES = 40
"""Lines typed character by character, at most; some thousand keystrokes a package."""

BASELINES = (Bm25, JaccardWindows, RepositoryMap, ImportSkeletons)


@dataclass(frozen=True)
class Settings:
    """What to measure: lines that cursors are drawn at, budgets in lexemes (typing uses the largest), which lines."""

    lines: int
    budgets: tuple[int, ...]
    seed: int


@dataclass(frozen=True)
class PackageFigures:
    """All figures of one package."""

    package: str
    index: IndexFigures
    recall: tuple[RecallFigures, ...]
    typing: TypingFigures

    def as_object(self) -> dict[str, object]:
        """The figures as plain values."""
        rows = [{**asdict(row), "per_thousand": row.per_thousand} for row in self.recall]
        return {**asdict(self), "recall": rows}


def measure(tree: Tree, settings: Settings, progress: Progress) -> PackageFigures:
    """Measure one package; `progress` hears of every cursor and every typed line.

    Raises InputError if nothing in it needs anything of its other files.
    """
    cursors = draw_cursors(tree, settings.lines, settings.seed)
    if not cursors:
        raise InputError(f"{tree.name}: no line needs anything of another file: choose another package")
    typed = typed_lines(cursors)
    stages = iter(range(1, len(cursors) + len(typed) + 1))

    def advance() -> None:
        progress(next(stages), len(cursors) + len(typed))

    with TemporaryDirectory(prefix="coderdiff-index-") as location:
        index = cold.measure(tree.root, Path(location))
        with Repository.open(tree.root, Path(location)) as repository:
            repository.fill_in()
            systems: list[System] = [RepositoryContext(repository), *(make(tree) for make in BASELINES)]
            with _Disk(tree, repository) as disk:

                def prepare(cursor: Cursor) -> None:
                    disk.show(cursor)
                    advance()

                judged = recall.measure(systems, cursors, settings.budgets, prepare)
            replayed = []
            for cursor in typed:
                replayed.append(keystrokes.type_line(repository, cursor, max(settings.budgets)))
                advance()
    rows = tuple(recall.figures(tree.name, judged))
    return PackageFigures(tree.name, index, rows, keystrokes.figures(replayed))


def typed_lines(cursors: list[Cursor]) -> list[Cursor]:
    """The lines that are typed: up to `TYPED_LINES` of the `line` cursors, spread evenly over them."""
    lines = [cursor for cursor in cursors if cursor.kind == "line"]
    count = min(TYPED_LINES, len(lines))
    return [lines[number * len(lines) // count] for number in range(count)]


class _Disk:
    """The tree on disk as its author would have left it when he came to a cursor: with that file's line emptied."""

    def __init__(self, tree: Tree, repository: Repository) -> None:
        self._tree = tree
        self._repository = repository
        self._emptied: str | None = None

    def show(self, cursor: Cursor) -> None:
        """Empty the cursor's line, restore the one emptied before, and index that."""
        self._restore()
        self._tree.put(cursor.path, cursor.document.text)
        self._emptied = cursor.path
        self._repository.refresh()

    def _restore(self) -> None:
        if self._emptied is not None:
            self._tree.put(self._emptied, self._tree.texts[self._emptied])

    def __enter__(self) -> _Disk:
        return self

    def __exit__(self, *error: object) -> None:
        self._restore()
        self._repository.refresh()
