"""Go: `example.org/acme/shapes`, a folder of a module."""

from __future__ import annotations

import posixpath
import re

from coderdiff.context.retrieval.modules.files import Files, Parts, Target
from coderdiff.context.retrieval.modules.settings import Settings

_FILE = "go.mod"
_MODULE = re.compile(r'^module\s+"?([^\s"]+)', re.MULTILINE)


class GoModules:
    """Finds packages by what each `go.mod` calls its module, and where it says nothing by their folders."""

    def __init__(self, files: Files, settings: Settings) -> None:
        self._files = files
        self._settings = settings
        self._roots: dict[str, Parts] | None = None

    @property
    def roots(self) -> dict[str, Parts]:
        """The folder of each module that has a name."""
        if self._roots is None:
            self._roots = {}
            for path in self._files.named(_FILE):
                said = _MODULE.search(self._settings.text(path))
                if said is not None:
                    folder = posixpath.dirname(path)
                    self._roots.setdefault(said[1], tuple(folder.split("/")) if folder else ())
        return self._roots

    def find(self, importer: str, module: str, extra: Parts) -> Target | None:
        """All files of a package's folder, for one that imports it."""
        parts = tuple(module.split("/"))
        for size in range(len(parts), 0, -1):
            root = self.roots.get("/".join(parts[:size]))
            if root is not None:
                found = self._files.files_of((*root, *parts[size:]), ".go", importer)
                return Target(found, extra) if found else None
        own = _go_root(self._files, tuple(importer.split("/")[:-1]))
        return None if own in self.roots.values() else self._by_folder(importer, parts, extra)

    def _by_folder(self, importer: str, parts: Parts, extra: Parts) -> Target | None:
        """The folder whose whole place in its module ends the import path."""
        if "." not in parts[0]:
            return None
        for start in range(1, len(parts)):
            for folders in sorted(self._files.by_folder.get(parts[-1].lower(), ())):
                inner = folders[len(_go_root(self._files, folders)) :]
                if inner and inner == parts[start:]:
                    found = self._files.files_of(folders, ".go", importer)
                    if found:
                        return Target(found, extra)
        return None


def _go_root(files: Files, folders: Parts) -> Parts:
    """The folder of the Go module that a folder is in: the nearest one with a `go.mod`, or the repository's."""
    for size in range(len(folders), 0, -1):
        if "/".join((*folders[:size], _FILE)) in files.paths:
            return folders[:size]
    return ()
