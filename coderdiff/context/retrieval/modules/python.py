"""Python: `..shapes`, `acme.shapes`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from coderdiff.context.retrieval.modules.files import Files, Parts, Target, distance

_PYTHONS_OWN = sys.stdlib_module_names
"""A module of such a name is the standard library's, unless it lies next to the importing file or above it."""


def python(files: Files, importer: str, module: str, extra: Parts) -> Target | None:
    """`..shapes`, `acme.shapes`: relative ones from the file's folder, absolute ones from any source root; the root
    itself may be the package that its folder is called like."""
    named = module.lstrip(".")
    written = tuple(named.split(".")) if named else ()
    level = len(module) - len(named)
    if level:
        folders = importer.split("/")[:-1]
        if level - 1 > len(folders):
            return None
        base = tuple(folders[: len(folders) - level + 1])
        return _python_file(files, (*base, *written, *extra), len(base))
    if not written:
        return None
    if written[0] == files.name and "__init__.py" in files.paths:
        return _python_file(files, (*written[1:], *extra), 0)
    parts = (*written, *extra)
    for size in range(len(parts), 0, -1):
        found = [
            (have[: len(have) - size], path)
            for have, path in files.by_stem.get(parts[size - 1].lower(), ())
            if have[len(have) - size :] == parts[:size] and path.endswith((".py", ".pyi"))
        ]
        roots = [
            (root, path)
            for root, path in found
            if not _is_package(files, root) and (written[0] not in _PYTHONS_OWN or _contains(root, importer))
        ]
        if roots:
            nearest = min(roots, key=lambda pair: (distance(importer, pair[1]), len(pair[0]), pair[1]))
            return Target((nearest[1],), parts[size:])
    return None


def is_package_file(path: str) -> bool:
    """Whether modules beside this file are names in it: Python's `__init__.py`."""
    return path.rpartition("/")[2].startswith("__init__.py")


def _is_package(files: Files, folders: Sequence[str]) -> bool:
    return bool(folders) and "/".join((*folders, "__init__.py")) in files.paths


def _python_file(files: Files, parts: Parts, least: int) -> Target | None:
    for size in range(len(parts), max(least, 1) - 1, -1):
        stem = "/".join(parts[:size])
        for candidate in (f"{stem}.py", f"{stem}/__init__.py", f"{stem}.pyi", f"{stem}/__init__.pyi"):
            if candidate in files.paths:
                return Target((candidate,), parts[size:])
    return Target(("__init__.py",), parts) if not least and "__init__.py" in files.paths else None


def _contains(folders: Sequence[str], path: str) -> bool:
    return tuple(path.split("/")[: len(folders)]) == tuple(folders)
