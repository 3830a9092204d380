"""Where something of the rest of the repository is needed: cursors drawn at lines that use what their file lacks.

A needed identifier is one that the line uses (reads, calls, or takes of something; imports are no use), that another
file of the tree defines, and that stands nowhere else in this file, in comments and strings neither. Names that
Python itself gives to everything (builtins, methods of strings and containers) and members of modules from outside the
tree (`np.clip`) are not needed from a repository, though it may define others of the same name.
"""

from __future__ import annotations

import builtins
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from coderdiff.evaluation.context.lexemes import identifiers
from coderdiff.evaluation.context.outline import Use
from coderdiff.evaluation.context.tree import Tree
from coderdiff.types import Document

CursorKind = Literal["line", "member"]
KINDS: tuple[CursorKind, ...] = ("line", "member")

_OWN_TYPES = (object, str, bytes, int, float, list, tuple, dict, set, type, BaseException, property)
OWN_NAMES = frozenset(dir(builtins)).union(*(dir(each) for each in _OWN_TYPES))
"""Names that every Python programmer, and every model, has without reading the repository."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """One place to complete.

    `document` is the file with the line emptied behind `offset`, `held_out` what stood there. A `line` cursor is
    where the line's first character was; a `member` cursor behind the dot before a needed identifier.
    """

    document: Document
    offset: int
    held_out: str
    needed: frozenset[str]
    kind: CursorKind

    @property
    def path(self) -> str:
        """The file."""
        assert self.document.path is not None
        return self.document.path


def draw_cursors(tree: Tree, lines: int, seed: int) -> list[Cursor]:
    """Cursors at `lines` lines of the tree (or all, if it has fewer), always the same ones for a seed, by file.

    Every line gives a `line` cursor, and a `member` cursor where a needed identifier stands behind a dot.
    """
    places = [
        (path, line, uses) for path in tree.texts for line, uses in sorted(_needing(tree, path).items())
    ]
    drawn = sorted(random.Random(seed).sample(range(len(places)), min(lines, len(places))))
    return [cursor for number in drawn for cursor in _cursors(tree, *places[number])]


def _needing(tree: Tree, path: str) -> dict[int, list[Use]]:
    """The lines of a file that need something, and the uses of what they need."""
    text = tree.texts[path]
    lines = text.split("\n")
    written = Counter(identifiers(text))
    foreign = _foreign(tree, path)
    found: dict[int, list[Use]] = defaultdict(list)
    for use in tree.outlines[path].uses:
        elsewhere = tree.definers.get(use.name, frozenset()) - {path}
        if elsewhere and use.name not in OWN_NAMES and use.root not in foreign:
            here = identifiers(lines[use.line - 1]).count(use.name)
            if written[use.name] == here:
                found[use.line].append(use)
    return found


def _foreign(tree: Tree, path: str) -> set[str]:
    """The names that a file imports from outside the tree."""
    imported = tree.outlines[path].imported
    return {name for name, module in imported.items() if module.partition(".")[0] not in tree.packages}


def _cursors(tree: Tree, path: str, line: int, uses: Sequence[Use]) -> Iterator[Cursor]:
    lines = tree.texts[path].split("\n")
    text = lines[line - 1]
    indent = len(text) - len(text.lstrip())
    yield _cursor(path, lines, line, indent, uses, "line")
    for use in uses:
        written = set(identifiers(text[: use.column]))
        if text[: use.column].endswith(".") and use.name not in written:
            behind = [each for each in uses if each.column >= use.column and each.name not in written]
            yield _cursor(path, lines, line, use.column, behind, "member")
            return


def _cursor(
    path: str, lines: Sequence[str], line: int, column: int, uses: Sequence[Use], kind: CursorKind
) -> Cursor:
    above = "".join(each + "\n" for each in lines[: line - 1])
    kept = lines[line - 1][:column]
    below = "".join("\n" + each for each in lines[line:])
    document = Document(above + kept + below, path)
    needed = frozenset(use.name for use in uses)
    return Cursor(document, len(above + kept), lines[line - 1][column:], needed, kind)
