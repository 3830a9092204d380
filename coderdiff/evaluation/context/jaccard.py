"""Jaccard windows, the way of GitHub Copilot's neighbouring tabs: the 60 lines before the cursor as a set of words,
against every run of 60 lines of other files; the best window of a file stands for it.

Copilot looks at twenty open files and shows four windows. Here every file of the repository is looked at and the
budget is filled, so that the baseline does not depend on which tabs are open.
"""

from __future__ import annotations

import keyword
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from coderdiff.evaluation.context.systems import Pack, fill, snippet
from coderdiff.evaluation.context.tree import Tree
from coderdiff.types import Document, Snippet

WINDOW_LINES = 60

_WORD = re.compile(r"[A-Za-z0-9]+")
_STOP = frozenset(map(str.lower, keyword.kwlist)) | {"self", "cls"}
_Lines = npt.NDArray[np.int64]


class JaccardWindows:
    """Files ranked by their window most like the lines before the cursor."""

    name = "Jaccard"

    def __init__(self, tree: Tree) -> None:
        self._files = {path: text.split("\n") for path, text in tree.texts.items()}
        self._paths = list(self._files)
        starts, at = [], 0
        found: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for lines in self._files.values():
            windows = max(1, len(lines) - WINDOW_LINES + 1)
            for word, places in _places(lines).items():
                found[word] += ((at + first, at + last) for first, last in _covered(places, windows))
            starts.append(at)
            at += windows
        self._starts = np.array(starts, dtype=np.int64)
        self._windows = at
        self._intervals = {word: np.array(pairs, dtype=np.int64) for word, pairs in found.items()}
        self._sizes = self._covering(list(self._intervals.values()))

    def packs(self, document: Document, offset: int, budgets: Sequence[int]) -> list[Pack]:
        """A pack for each budget, the most alike file's window first."""
        wanted = words("\n".join(document.text[:offset].split("\n")[-WINDOW_LINES:]))
        shared = self._covering([self._intervals[word] for word in wanted if word in self._intervals])
        alike = shared / np.maximum(1, len(wanted) + self._sizes - shared)
        best = np.maximum.reduceat(alike, self._starts)
        order = np.argsort(-best, kind="stable")
        return [fill(self._ranked(order, alike, document.path), budget) for budget in budgets]

    def _ranked(
        self, order: npt.NDArray[np.intp], alike: npt.NDArray[np.float64], own: str | None
    ) -> Iterator[Snippet]:
        ends = [*self._starts[1:], self._windows]
        for number in order:
            path, start = self._paths[number], self._starts[number]
            window = int(np.argmax(alike[start : ends[number]]))
            if path != own and alike[start + window] > 0:
                yield snippet(path, window + 1, self._files[path][window : window + WINDOW_LINES], "Jaccard")

    def _covering(self, intervals: Sequence[_Lines]) -> npt.NDArray[np.float64]:
        """How many of some words stand in each window, from the windows that each of them is in."""
        if not intervals:
            return np.zeros(self._windows)
        pairs = np.concatenate(intervals)
        opened = np.bincount(pairs[:, 0], minlength=self._windows + 1)
        closed = np.bincount(pairs[:, 1] + 1, minlength=self._windows + 1)
        return np.cumsum(opened - closed)[: self._windows].astype(np.float64)


def words(text: str) -> set[str]:
    """The words of a text as Copilot cuts it: runs of letters and digits, keywords aside."""
    return {word for word in map(str.lower, _WORD.findall(text)) if word not in _STOP}


def _places(lines: Sequence[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for number, line in enumerate(lines):
        for word in words(line):
            found[word].append(number)
    return found


def _covered(places: Sequence[int], windows: int) -> Iterator[tuple[int, int]]:
    """The windows of a file that hold one of these lines, as runs (first, last) that do not meet."""
    first, last = -1, -1
    for place in places:
        start, end = min(max(0, place - WINDOW_LINES + 1), windows - 1), min(place, windows - 1)
        if first < 0:
            first = start
        elif start > last + 1:
            yield first, last
            first = start
        last = end
    yield first, last
