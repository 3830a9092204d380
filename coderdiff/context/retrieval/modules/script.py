"""JavaScript and TypeScript: `./shapes`, `@/shapes`, `@acme/shapes`."""

from __future__ import annotations

import posixpath
import re

from coderdiff.context.retrieval.modules.files import Files, Parts, Target, without_suffix

_SCRIPTS = (".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts", ".vue", ".svelte")
_ALIAS = re.compile(r"^(?:[@~#]/|/|[$~#](?=\w))")


def script(files: Files, importer: str, module: str, extra: Parts) -> Target | None:
    """`./shapes`, `../shapes/index.js`, `src/shapes`, `@/shapes`, `@acme/shapes`: JavaScript and TypeScript.

    What an alias stands for is in settings that nobody reads here: behind `@/` and `~/` any trailing part will
    do. `@acme/core` is the package in the folder `core`, `@acme/core/src/area` also the file `src/area`.
    """
    if module.startswith("."):
        place = posixpath.normpath(posixpath.join(posixpath.dirname(importer), module))
        path = _script_file(files, place)
        return Target((path,), extra) if path else None
    aliased = _ALIAS.sub("", module)
    parts = tuple(part for part in aliased.split("/") if part)
    if not parts or (len(parts) < 2 and aliased == module):
        return None
    least = len(parts)
    if aliased != module:
        least = 1
    elif module.startswith("@"):
        parts, least = parts[1:], len(parts) - 1
    found = files.by_tail(importer, without_suffix(parts), least, _SCRIPTS)
    return Target((found,), extra) if found else None


def _script_file(files: Files, place: str) -> str | None:
    stem = re.sub(r"\.[mc]?jsx?$", "", place)
    tries = [place, *(place + suffix for suffix in _SCRIPTS), *(stem + suffix for suffix in _SCRIPTS)]
    tries += [f"{place}/index{suffix}" for suffix in _SCRIPTS]
    return next((path for path in tries if path in files.paths), None)
