"""Go: `example.org/acme/shapes`, a folder of a module."""

from __future__ import annotations

from coderdiff.context.retrieval.modules.files import Files, Parts, Target


def go(files: Files, importer: str, module: str, extra: Parts) -> Target | None:
    """`example.org/acme/shapes`: all files of the folder, whose whole place in its module ends the import path."""
    parts = tuple(module.split("/"))
    if "." not in parts[0]:
        return None
    for start in range(1, len(parts)):
        for folders in sorted(files.by_folder.get(parts[-1].lower(), ())):
            inner = folders[len(_go_root(files, folders)) :]
            if inner and inner == parts[start:]:
                found = files.files_of(folders, ".go", importer)
                if found:
                    return Target(found, extra)
    return None


def _go_root(files: Files, folders: Parts) -> Parts:
    """The folder of the Go module that a folder is in: the nearest one with a `go.mod`, or the repository's."""
    for size in range(len(folders), 0, -1):
        if "/".join((*folders[:size], "go.mod")) in files.paths:
            return folders[:size]
    return ()
