"""How long packs take in a folder of any languages: lines drawn by chance, typed as an author would."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import accumulate, islice
from pathlib import Path
from tempfile import TemporaryDirectory

from coderdiff.context.repository import Repository
from coderdiff.context.retrieval.gate import reason_for_nothing
from coderdiff.context.syntax.document import OpenDocument, to_bytes
from coderdiff.errors import InputError
from coderdiff.evaluation.context import cold, edits, keystrokes
from coderdiff.evaluation.context.cold import IndexFigures
from coderdiff.evaluation.context.cursors import Cursor
from coderdiff.evaluation.context.keystrokes import Spread, TypingFigures
from coderdiff.training.corpus.parallel import Progress
from coderdiff.types import Document

_TRIES_A_LINE = 50
"""Most lines of a repository are code: where so many in a row are none, there is none to be found."""


@dataclass(frozen=True)
class FolderFigures:
    """All figures of one folder. `edits` is about a file of 10,000 lines (`edits.py`)."""

    package: str
    index: IndexFigures
    typing: TypingFigures
    edits: Spread | None

    def as_object(self) -> dict[str, object]:
        """The figures as plain values."""
        return asdict(self)


def measure(root: Path, lines: int, budget: int, seed: int, progress: Progress) -> FolderFigures:
    """Index a folder afresh, in a place of its own, and type `lines` of its lines; `progress` hears of each.

    Raises InputError if the folder is none, or no file of it can be completed in.
    """
    with TemporaryDirectory(prefix="coderdiff-index-") as location:
        index = cold.measure(root, Path(location))
        with Repository.open(root, Path(location)) as repository:
            repository.fill_in()  # the state an index is in but for its first minutes
            typed = []
            for cursor in islice(draw_lines(repository, seed), lines):
                typed.append(keystrokes.type_line(repository, cursor, budget))
                progress(len(typed), lines)
            edited = edits.measure(repository.index, seed)
    if not typed:
        raise InputError(f"{root}: no line of code was found: choose a folder with source files")
    return FolderFigures(root.resolve().name, index, keystrokes.figures(typed), edited)


def draw_lines(repository: Repository, seed: int) -> Iterator[Cursor]:
    """Cursors where lines of code began, without end, the same ones for a seed; the larger a file, the more.

    Lines for which nothing is looked for (comments, strings, keywords) are passed over: their packs cost nothing.
    """
    paths = repository.index.paths()
    sizes = list(accumulate(len(repository.index.text(path) or "") for path in paths))
    drawn = random.Random(seed)
    tries = 0
    while sizes and sizes[-1] and tries < _TRIES_A_LINE:
        [path] = drawn.choices(paths, cum_weights=sizes)
        cursor = _cursor(path, repository.index.text(path) or "", drawn)
        tries += 1
        if cursor is not None:
            yield cursor
            tries = 0


def _cursor(path: str, text: str, drawn: random.Random) -> Cursor | None:
    """A line of a text, emptied; None where it is no code: within its first character nothing is looked for."""
    lines = text.split("\n")
    at = drawn.randrange(len(lines))
    line = lines[at]
    indent = line[: len(line) - len(line.lstrip())]
    before = "".join(each + "\n" for each in lines[:at]) + indent
    tree = OpenDocument(path, text).tree
    if not line.strip() or tree is None or reason_for_nothing(indent, tree, len(to_bytes(before)) + 1):
        return None
    emptied = before + "".join("\n" + each for each in lines[at + 1 :])
    return Cursor(Document(emptied, path), len(before), line[len(indent) :], frozenset(), "line")
