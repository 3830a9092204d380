"""Import skeletons alone: the headers of everything that the modules imported by the file define, imports of imports
not followed. Static resolution without any ranking: modules come in the order of the imports.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import PurePosixPath

from coderdiff.evaluation.context.systems import Pack, fill, skeleton
from coderdiff.evaluation.context.tree import Tree
from coderdiff.types import Document

# Imports are read by their looks: the file need not parse while a line of it is being written.
_FROM = re.compile(r"^[ \t]*from[ \t]+(\.*[\w.]*)[ \t]+import[ \t]+(\([^)]*\)|[^\n#]*)", re.MULTILINE)
_IMPORT = re.compile(r"^[ \t]*import[ \t]+([^\n#]+)", re.MULTILINE)
_COMMENT = re.compile(r"#[^\n]*")


class ImportSkeletons:
    """The headers of imported modules."""

    name = "import skeletons"

    def __init__(self, tree: Tree) -> None:
        self._outlines = tree.outlines

    def packs(self, document: Document, _offset: int, budgets: Sequence[int]) -> list[Pack]:
        """A pack for each budget, modules in the order of the imports."""
        modules = imported_files(document.text, document.path or "", self._outlines)
        ranked = [
            skeleton(path, self._outlines[path], "imported")
            for path in modules
            if self._outlines[path].entries
        ]
        return [fill(ranked, budget) for budget in budgets]


def imported_files(text: str, path: str, files: Collection[str]) -> list[str]:
    """The files that a file imports, each once, in the order of the imports; what is not of the tree is left out."""
    found: dict[str, None] = {}
    for _, module in sorted(_modules(text, path)):
        for candidate in (f"{module}.py", f"{module}/__init__.py"):
            if candidate in files and candidate != path:
                found[candidate] = None
    return list(found)


def _modules(text: str, path: str) -> Iterator[tuple[int, str]]:
    """(place, module as a path without suffix) of everything imported; an imported name may be a module too."""
    for match in _IMPORT.finditer(text):
        for name in _names(match[1]):
            yield match.start(), name.replace(".", "/")
    for match in _FROM.finditer(text):
        dots = len(match[1]) - len(match[1].lstrip("."))
        parts = [part for part in match[1].split(".") if part]
        if dots:
            above = PurePosixPath(path).parent.parts
            parts = [*above[: len(above) - dots + 1], *parts]
        module = "/".join(parts)
        yield match.start(), module
        for name in _names(match[2]):
            yield match.start(), f"{module}/{name}"


def _names(listed: str) -> list[str]:
    """The names of `a as b, c` and `(a, b)`."""
    plain = _COMMENT.sub("", listed).strip("() \t\n")
    return [part.split()[0] for part in plain.split(",") if part.split()]
