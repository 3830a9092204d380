"""A package's files, on disk for what reads a repository there and in memory for what does not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from coderdiff.evaluation.context.outline import Outline, outline_of


@dataclass(frozen=True)
class Tree:
    """A repository of nothing but files: `texts` by path relative to `root`, with slashes."""

    name: str
    root: Path
    texts: Mapping[str, str]

    @staticmethod
    def write(name: str, root: Path, texts: Mapping[str, str]) -> Tree:
        """A tree of these files, which are written below `root`."""
        tree = Tree(name, root, dict(sorted(texts.items())))
        for path, text in tree.texts.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            tree.put(path, text)
        return tree

    def put(self, path: str, text: str) -> None:
        """Write a file of the tree to disk, and there alone."""
        (self.root / path).write_text(text, encoding="utf-8", newline="")

    @cached_property
    def outlines(self) -> dict[str, Outline]:
        """The definitions and uses of every file; a file that Python cannot parse has none."""
        return {path: outline_of(text) for path, text in self.texts.items()}

    @cached_property
    def packages(self) -> frozenset[str]:
        """The first parts of the names of all modules in the tree."""
        return frozenset(path.partition("/")[0].removesuffix(".py") for path in self.texts)

    @cached_property
    def definers(self) -> dict[str, frozenset[str]]:
        """The files that define each name."""
        found: dict[str, set[str]] = defaultdict(set)
        for path, outline in self.outlines.items():
            for name in outline.names:
                found[name].add(path)
        return {name: frozenset(paths) for name, paths in found.items()}
