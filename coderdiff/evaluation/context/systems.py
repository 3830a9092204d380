"""What is compared: anything that makes packs for a cursor. The repository's own context, and how packs are filled.

The baselines are plain code of this folder, one file each, written from their descriptions; none of them asks the
index.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from coderdiff.context.repository import Repository
from coderdiff.context.retrieval.render import heading
from coderdiff.evaluation.context.lexemes import cost, count_lexemes
from coderdiff.evaluation.context.outline import Outline
from coderdiff.types import Document, Resolution, Snippet

Pack = tuple[Snippet, ...]


class System(Protocol):
    """Makes packs for a cursor."""

    @property
    def name(self) -> str:
        """What tables call it."""
        ...

    def packs(self, document: Document, offset: int, budgets: Sequence[int], /) -> list[Pack]:
        """A pack for each budget, in lexemes, headings included. It shows nothing of the document's own file."""
        ...


class RepositoryContext:
    """The system under test, asked with nothing remembered of other cursors."""

    name = "coderdiff"

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    def packs(self, document: Document, offset: int, budgets: Sequence[int]) -> list[Pack]:
        """A pack for each budget."""
        found = []
        for budget in budgets:
            self._repository.forget()
            found.append(self._repository.context(document, offset, budget, count_lexemes).snippets)
        return found


def snippet(
    path: str, first_line: int, lines: Sequence[str], reason: str, resolution: Resolution = "body"
) -> Snippet:
    """Lines of a file as a snippet; baselines give no scores, their order is all."""
    last_line = first_line + max(1, len(lines)) - 1
    return Snippet(path, first_line, last_line, "\n".join(lines), resolution, 0.0, reason)


def skeleton(path: str, outline: Outline, reason: str, chosen: frozenset[int] | None = None) -> Snippet:
    """The headers of a file's definitions (all, or the chosen ones) as a snippet."""
    text = outline.skeleton(chosen)
    return snippet(
        path, outline.entries[0].line if outline.entries else 1, text.split("\n"), reason, "signature"
    )


def fill(ranked: Iterable[Snippet], budget: int) -> Pack:
    """The best of a ranking that fit into a budget; the first that does not is cut behind the last line that fits.

    So every baseline spends all it may.
    """
    pack: list[Snippet] = []
    left = budget
    for each in ranked:
        needed = cost([each])
        if needed > left:
            cut = _cut(each, left)
            return (*pack, *cut)
        pack.append(each)
        left -= needed
    return tuple(pack)


def _cut(whole: Snippet, room: int) -> Pack:
    """As many first lines of a snippet as there is room for, none if only its heading fits."""
    room -= count_lexemes(heading(whole.path))
    kept: list[str] = []
    for line in whole.text.split("\n"):
        room -= count_lexemes(line)
        if room < 0:
            break
        kept.append(line)
    if not any(map(str.strip, kept)):
        return ()
    end = min(whole.end_line, whole.start_line + len(kept) - 1)
    return (replace(whole, text="\n".join(kept), end_line=end),)
