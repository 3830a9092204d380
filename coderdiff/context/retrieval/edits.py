"""What was changed lately, in which file: told from the texts as they come, without an editor's help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from coderdiff.context.retrieval.changes import changed_lines
from coderdiff.context.retrieval.evidence import Edit

MOST_EDITS = 8
NEAR_LINES = 3
"""Edits of one file that are so near to each other are one: typing is one edit."""

AROUND_LINES = 2
"""Lines shown above and below what was changed."""

MOST_LINES = 20
"""A larger change (a paste, a reformat) says nothing about what comes next."""


class EditLog:
    """The last few places that were changed, oldest first. Lines are as of now: later edits of a file move them."""

    def __init__(self) -> None:
        self._edits: list[Edit] = []

    def note(self, path: str, old: Sequence[str], new: Sequence[str]) -> None:
        """A file's lines were `old` and are `new`."""
        start, old_end, new_end = changed_lines(old, new)
        if start == old_end == new_end:
            return
        self._edits = [
            moved
            for edit in self._edits
            if (moved := _moved(edit, path, start, old_end, new_end)) is not None
        ]
        first, last = start + 1, max(start + 1, new_end)
        joined = [
            edit
            for edit in self._edits
            if edit.path == path
            and edit.start_line <= last + NEAR_LINES
            and first <= edit.end_line + NEAR_LINES
        ]
        first = min([first, *(edit.start_line for edit in joined)])
        last = min(len(new), max([last, *(edit.end_line for edit in joined)]))
        self._edits = [edit for edit in self._edits if edit not in joined]
        if last - first < MOST_LINES:
            self._edits.append(Edit(path, first, last, ""))
        del self._edits[:-MOST_EDITS]

    def elsewhere(self, path: str, lines_of: dict[str, Sequence[str]]) -> tuple[Edit, ...]:
        """The edits of other files than `path`, with some lines around them, those of `lines_of` only."""
        return tuple(
            _shown(edit, lines_of[edit.path])
            for edit in self._edits
            if edit.path != path and edit.path in lines_of
        )


def _moved(edit: Edit, path: str, start: int, old_end: int, new_end: int) -> Edit | None:
    """An earlier edit after one more; None if what it was about is gone."""
    if edit.path != path or edit.end_line <= start:
        return edit
    shift = new_end - old_end
    if edit.start_line > old_end:
        return replace(edit, start_line=edit.start_line + shift, end_line=edit.end_line + shift)
    end = max(edit.end_line + shift, start)
    return replace(edit, end_line=end) if edit.start_line <= end else None


def _shown(edit: Edit, lines: Sequence[str]) -> Edit:
    first = max(1, edit.start_line - AROUND_LINES)
    last = min(len(lines), edit.end_line + AROUND_LINES)
    return Edit(edit.path, first, last, "\n".join(lines[first - 1 : last]))
