"""Files by their paths: C and C++ headers, what Ruby requires, what PHP and a shell include."""

from __future__ import annotations

import posixpath

from coderdiff.context.retrieval.modules.files import Files, Parts, Target, distance

_HEADERS = (".h", ".hpp", ".hh", ".hxx")
_SOURCES = (".c", ".cpp", ".cc", ".cxx", ".m", ".mm")

# fmt: off
_C_OWN = frozenset({
    "assert.h", "complex.h", "ctype.h", "errno.h", "fenv.h", "float.h", "inttypes.h", "limits.h",
    "locale.h", "math.h", "setjmp.h", "signal.h", "stdarg.h", "stdatomic.h", "stdbool.h",
    "stddef.h", "stdint.h", "stdio.h", "stdlib.h", "string.h", "threads.h", "time.h", "uchar.h",
    "unistd.h", "wchar.h", "wctype.h",
})
# fmt: on
"""Headers of the C library: a file of the repository with such a name is meant by its folder."""


def c(files: Files, importer: str, module: str, extra: Parts) -> Target | None:
    """`shapes.h`, `<acme/shapes.hpp>`. A namespace (`using namespace acme`) leads to no file."""
    bare = module.strip("<>")
    if bare in _C_OWN or not ("/" in bare or "." in bare):
        return None
    return included(files, importer, bare, extra)


def included(files: Files, importer: str, module: str, extra: Parts) -> Target | None:
    """`shapes.h`, `acme/shapes`, `./lib.sh`, `/lib.php`: from the file's folder, then by trailing parts."""
    own = posixpath.splitext(importer)[1]
    parts = tuple(part for part in module.split("/") if part not in {"", ".", ".."})
    if not parts:
        return None
    place = posixpath.normpath(posixpath.join(posixpath.dirname(importer), module.lstrip("/")))
    for candidate in (place, place + own):
        if candidate in files.paths and candidate != importer:
            return _with_counterpart(files, candidate, extra)
    stem, suffix = posixpath.splitext(parts[-1])
    found = files.by_tail(importer, (*parts[:-1], stem), len(parts), suffix or own)
    if not found and suffix:
        found = files.by_tail(importer, parts, len(parts), own)
    return _with_counterpart(files, found, extra) if found else None


def _with_counterpart(files: Files, path: str, extra: Parts) -> Target:
    other = counterpart(files, path)
    return Target((path, other) if other else (path,), extra)


def counterpart(files: Files, path: str) -> str | None:
    """The header of a C or C++ source, the source of a header."""
    stem, suffix = posixpath.splitext(path)
    others = _SOURCES if suffix in _HEADERS else _HEADERS if suffix in _SOURCES else ()
    for other in others:
        if stem + other in files.paths:
            return stem + other
    found = files.by_stem.get(posixpath.basename(stem).lower(), ())
    fitting = [each for _, each in found if posixpath.splitext(each)[1] in others]
    return min(fitting, key=lambda each: distance(path, each)) if fitting else None
