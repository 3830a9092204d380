"""BM25 over 10-line chunks, the usual lexical baseline (RepoCoder, CrossCodeEval): the lines around the cursor are
the query, every other file is cut into chunks.

Robertson's BM25 with k1 = 1.2 and b = 0.75; terms are the identifiers, in lower case, and their parts, as underscores
and capitals cut them. On the `tuning` packages these terms did better than identifiers alone or parts alone.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from coderdiff.evaluation.context.lexemes import identifiers
from coderdiff.evaluation.context.systems import Pack, fill, snippet
from coderdiff.evaluation.context.tree import Tree
from coderdiff.types import Document, Snippet

CHUNK_LINES = 10
LINES_BEFORE = 10
LINES_AFTER = 5
_K1, _B = 1.2, 0.75
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


class Bm25:
    """Chunks ranked by BM25."""

    name = "BM25"

    def __init__(self, tree: Tree) -> None:
        self._chunks: list[Snippet] = []
        found: dict[str, list[tuple[int, int]]] = defaultdict(list)
        lengths: list[int] = []
        for path, text in tree.texts.items():
            lines = text.split("\n")
            for start in range(0, len(lines), CHUNK_LINES):
                chunk = lines[start : start + CHUNK_LINES]
                counts = Counter(terms("\n".join(chunk)))
                for term, count in counts.items():
                    found[term].append((len(self._chunks), count))
                self._chunks.append(snippet(path, start + 1, chunk, "BM25"))
                lengths.append(sum(counts.values()))
        self._paths = np.array([each.path for each in self._chunks])
        norms = _K1 * (1 - _B + _B * np.array(lengths) / max(1.0, float(np.mean(lengths or [1]))))
        self._postings = {term: self._weighed(pairs, norms) for term, pairs in found.items()}

    def packs(self, document: Document, offset: int, budgets: Sequence[int]) -> list[Pack]:
        """A pack for each budget, best chunk first."""
        scores = np.zeros(len(self._chunks))
        for term, count in Counter(terms(around(document.text, offset))).items():
            if term in self._postings:
                chunks, weights = self._postings[term]
                scores[chunks] += count * weights
        scores[self._paths == document.path] = 0.0
        order = np.argsort(-scores, kind="stable")
        return [fill(self._ranked(order, scores), budget) for budget in budgets]

    def _ranked(self, order: npt.NDArray[np.intp], scores: npt.NDArray[np.float64]) -> Iterator[Snippet]:
        return (self._chunks[index] for index in order if scores[index] > 0)

    def _weighed(
        self, pairs: Sequence[tuple[int, int]], norms: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]:
        chunks = np.array([chunk for chunk, _ in pairs], dtype=np.intp)
        counts = np.array([count for _, count in pairs], dtype=np.float64)
        rarity = math.log(1 + (len(norms) - len(pairs) + 0.5) / (len(pairs) + 0.5))
        return chunks, rarity * counts * (_K1 + 1) / (counts + norms[chunks])


def around(text: str, offset: int) -> str:
    """The lines that a cursor stands among: ten before it, what its own line has, five after it."""
    before = text[:offset].split("\n")[-LINES_BEFORE - 1 :]
    after = text[offset:].split("\n")[: LINES_AFTER + 1]
    return "\n".join(before) + "\n".join(after)


def terms(text: str) -> list[str]:
    """Identifiers in lower case, each with its parts: `getUser` is getuser, get and user."""
    return [
        term.lower()
        for name in identifiers(text)
        for term in sorted({name, *_PART.findall(name)}, key=str.lower)
    ]
