"""Names of namespaces and of classes in them: Java, C#, PHP."""

from __future__ import annotations

import posixpath

from coderdiff.context.retrieval.modules.files import Files, Parts, Target
from coderdiff.context.retrieval.modules.included import included

_FOREIGN = frozenset({"system", "microsoft", "windows"})
"""Namespaces of platforms: a folder of the repository that ends alike is another one."""


def java(files: Files, importer: str, module: str, extra: Parts) -> Target | None:
    """`com.acme.Shapes`, `com.acme.Shapes` with a static name or a class in it, `com.acme.*`.

    A package is its folder's whole path below a source root: nothing less will do. A file is not what it holds: the
    class's name is the first of `rest`.
    """
    parts = tuple(part for part in module.split(".") if part)
    whole = parts + extra
    for size in range(len(whole), min(2, len(whole)) - 1, -1):
        found = files.by_whole_tail(importer, whole[:size], ".java") if size else None
        if found:
            return Target((found,), whole[size - 1 :])
    package = files.folder_by_whole_tail(importer, parts, ".java") if parts else ()
    return Target(package, extra) if package else None


def c_sharp(files: Files, importer: str, module: str, extra: Parts) -> Target | None:
    """`Acme.Shapes`: the folder `Shapes`, `Acme/Shapes` or `Acme.Shapes`, or the file of a type."""
    return _dotted(files, importer, tuple(module.split(".")), extra)


def php(files: Files, importer: str, module: str, extra: Parts) -> Target | None:
    r"""`App\Models\User`, or the path of a `require`."""
    if "/" in module or module.endswith((".php", ".inc")):
        return included(files, importer, module, extra)
    return _dotted(files, importer, tuple(part for part in module.split("\\") if part), extra)


def _dotted(files: Files, importer: str, parts: Parts, extra: Parts) -> Target | None:
    """A class by its file, or a folder. Source roots and root namespaces are no folders everywhere, so the last
    two parts will do, or one of two. A file is not what it holds: the class's name is the first of `rest`."""
    suffix = posixpath.splitext(importer)[1]
    whole = parts + extra
    own = whole and whole[0].lower() in _FOREIGN
    for size in dict.fromkeys((len(whole), len(parts), len(parts) - 1)):
        if size > 0:
            least = size if own else min(2, size) if len(parts) > 2 else 1
            found = files.by_tail(importer, whole[:size], least, suffix)
            if found:
                return Target((found,), whole[size - 1 :])
    return files.folder(importer, parts, len(parts) if own else 1, suffix, extra)
