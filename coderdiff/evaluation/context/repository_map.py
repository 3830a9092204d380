"""A repository map, Aider's way: definitions ranked by PageRank over "file A uses a name that file B defines".

As Aider describes and does it (aider/repomap.py): an edge weighs the square root of its uses, 50 times from the file
being edited, 10 times for names that are mentioned, 10 times for long names of several words, a tenth for private
names and for names that more than five files define. The walk restarts at the file being edited and at files whose
name or folder is mentioned. A file's rank flows on to the definitions that its edges name; those of highest rank are
shown, by their headers, as many as fit. In a chat the mentioned names are those of the message; at a cursor they are
those of the lines around it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

import numpy as np
import numpy.typing as npt

from coderdiff.evaluation.context.bm25 import around
from coderdiff.evaluation.context.lexemes import cost, identifiers
from coderdiff.evaluation.context.systems import Pack, skeleton
from coderdiff.evaluation.context.tree import Tree
from coderdiff.types import Document

_FROM_EDITED = 50.0
_MENTIONED = 10.0
_LONG_NAME = 10.0
_UNLIKELY = 0.1
_MANY_DEFINERS = 5
_DAMPING = 0.85
_TOLERANCE = 1e-6
_MOST_ROUNDS = 100

_Floats = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.int64]


class RepositoryMap:
    """Definitions ranked by PageRank, personalised on the file being edited."""

    name = "PageRank map"

    def __init__(self, tree: Tree) -> None:
        self._outlines = tree.outlines
        self._paths = list(tree.texts)
        self._parts = [{*PurePosixPath(path).parts, PurePosixPath(path).stem} for path in self._paths]
        self._number = {path: number for number, path in enumerate(self._paths)}
        # A target is one name that one file defines: what rank flows to, and what is shown.
        self._targets = [
            (number, name) for number, path in enumerate(self._paths) for name in _defined(tree, path)
        ]
        self._of_name: dict[str, list[int]] = {}
        for target, (_, name) in enumerate(self._targets):
            self._of_name.setdefault(name, []).append(target)
        self._defining = np.array([number for number, _ in self._targets], dtype=np.int64)
        self._factor = np.array([_factor(name, len(self._of_name[name])) for _, name in self._targets])
        rows = [
            (number, target, count)
            for number, path in enumerate(self._paths)
            for target, count in self._edges(Counter(use.name for use in self._outlines[path].uses))
        ]
        table = np.array(rows, dtype=np.float64).reshape(-1, 3)
        self._using: _Ints = table[:, 0].astype(np.int64)
        self._used: _Ints = table[:, 1].astype(np.int64)
        self._strength: _Floats = np.sqrt(table[:, 2]) * self._factor[self._used]

    def packs(self, document: Document, offset: int, budgets: Sequence[int]) -> list[Pack]:
        """A pack for each budget: as many of the best definitions as fit, by file, the best file first."""
        own = self._number[document.path or ""]
        ranks = self._target_ranks(own, document.text, set(identifiers(around(document.text, offset))))
        ranks[self._defining == own] = 0.0
        order = [int(target) for target in np.argsort(-ranks, kind="stable") if ranks[target] > 0]
        return [self._largest(order, budget) for budget in budgets]

    def _target_ranks(self, own: int, text: str, mentioned: set[str]) -> _Floats:
        """What rank comes to each target when `own` has this text, the one with the line emptied."""
        others = self._using != own
        typed = np.array(self._edges(Counter(identifiers(text))), dtype=np.float64).reshape(-1, 2)
        typed_used = typed[:, 0].astype(np.int64)
        typed_strength = np.sqrt(typed[:, 1]) * self._factor[typed_used] * _FROM_EDITED
        using = np.concatenate([self._using[others], np.full(len(typed), own)])
        used = np.concatenate([self._used[others], typed_used])
        strength = np.concatenate([self._strength[others], typed_strength])
        said = np.zeros(len(self._targets), dtype=bool)
        said[[target for name in mentioned for target in self._of_name.get(name, ())]] = True
        strength = strength * np.where(said[used], _MENTIONED, 1.0)
        restart = np.array([float(not mentioned.isdisjoint(parts)) for parts in self._parts])
        restart[own] += 1.0
        ranks, shares = pagerank(using, self._defining[used], strength, restart)
        flow = np.bincount(used, weights=ranks[using] * shares, minlength=len(self._targets))
        return flow.astype(np.float64)

    def _edges(self, counts: Mapping[str, int]) -> list[tuple[int, float]]:
        """(target, uses) for every file that defines one of these names."""
        return [
            (target, float(count)) for name, count in counts.items() for target in self._of_name.get(name, ())
        ]

    def _largest(self, order: Sequence[int], budget: int) -> Pack:
        """The longest beginning of an order of targets that fits, by bisection as a map's cost grows with it."""
        fits, too_many = 0, min(len(order), budget) + 1
        while too_many - fits > 1:
            middle = (fits + too_many) // 2
            if cost(self._drawn(order[:middle])) <= budget:
                fits = middle
            else:
                too_many = middle
        return self._drawn(order[:fits])

    def _drawn(self, targets: Sequence[int]) -> Pack:
        names: dict[int, set[str]] = {}
        for target in targets:
            number, name = self._targets[target]
            names.setdefault(number, set()).add(name)
        pack = []
        for number, wanted in names.items():
            path = self._paths[number]
            outline = self._outlines[path]
            chosen = frozenset(at for at, entry in enumerate(outline.entries) if entry.name in wanted)
            pack.append(skeleton(path, outline, "PageRank", chosen))
        return tuple(pack)


def pagerank(source: _Ints, target: _Ints, strength: _Floats, restart: _Floats) -> tuple[_Floats, _Floats]:
    """The rank of every node of a weighted graph, and each edge's share of its source's strength.

    A walk restarts at nodes in proportion to `restart`, and does so too where no edge leads on (Page et al., 1999,
    personalised).
    """
    nodes = len(restart)
    restart = restart / restart.sum()
    out = np.bincount(source, weights=strength, minlength=nodes)
    shares = strength / out[source]
    pairs, which = np.unique(source * nodes + target, return_inverse=True)
    from_node, to_node = np.divmod(pairs, nodes)
    flow = np.bincount(which, weights=shares, minlength=len(pairs))
    ranks = np.full(nodes, 1.0 / nodes)
    for _ in range(_MOST_ROUNDS):
        fresh = _DAMPING * np.bincount(to_node, weights=ranks[from_node] * flow, minlength=nodes)
        fresh += (1.0 - fresh.sum()) * restart
        change = float(np.abs(fresh - ranks).sum())
        ranks = fresh
        if change < _TOLERANCE * nodes:
            break
    return ranks, shares


def _defined(tree: Tree, path: str) -> list[str]:
    return sorted({entry.name for entry in tree.outlines[path].entries})


def _factor(name: str, definers: int) -> float:
    """What every edge of a name is multiplied by."""
    factor = 1.0
    several_words = "_" in name.strip("_") or (name.lower() != name and name.upper() != name)
    if len(name) >= 8 and several_words:
        factor *= _LONG_NAME
    if name.startswith("_"):
        factor *= _UNLIKELY
    if definers > _MANY_DEFINERS:
        factor *= _UNLIKELY
    return factor
