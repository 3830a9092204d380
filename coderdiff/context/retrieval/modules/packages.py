"""What `package.json` says of module names: packages of the repository by `name`, their `exports`, and `imports`.

After Node's documentation ("Modules: Packages"). Which condition holds nobody knows here, so the first place counts
that leads to a file. What is built is not in the repository: `dist/area.js` is looked for as `src/area`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from coderdiff.context.retrieval.modules.files import Files
from coderdiff.context.retrieval.modules.settings import Settings, an_object, strings
from coderdiff.context.retrieval.modules.tsconfig import inside, nearest, star_in

_FILE = "package.json"
_BUILT = frozenset({"dist", "lib", "build", "out", "esm", "cjs", "es", "types"})
_ENTRIES = ("source", "types", "typings", "module", "main", "browser")
_DEEPEST = 8


class Packages:
    """The packages of a repository."""

    def __init__(self, files: Files, settings: Settings) -> None:
        self._files = files
        self._settings = settings
        self._folders: dict[str, str] | None = None

    @property
    def folders(self) -> dict[str, str]:
        """The folder of each package that has a name."""
        if self._folders is None:
            self._folders = {}
            for path in self._files.named(_FILE):
                for name in strings(self._settings.json(path).get("name"))[:1]:
                    self._folders.setdefault(name, posixpath.dirname(path))
        return self._folders

    def places_of(self, module: str) -> Iterator[str]:
        """Where `@acme/core` or `@acme/core/area` may be; nowhere if no package of the repository has the name."""
        parts = module.split("/")
        size = 2 if module.startswith("@") else 1
        folder = self.folders.get("/".join(parts[:size]))
        if folder is None:
            return
        below = "/".join(parts[size:])
        said = self._settings.json(posixpath.join(folder, _FILE))
        exports = said.get("exports")
        if exports is not None:
            yield from _sources(folder, _exported(exports, f"./{below}" if below else "."))
        elif below:
            yield from (inside(folder, below), inside(folder, f"src/{below}"))
        else:
            yield from _sources(folder, (each for entry in _ENTRIES for each in strings(said.get(entry))))
        if not below:
            yield from (inside(folder, "src"), inside(folder, "index"))

    def imported(self, importer: str, module: str) -> Iterator[str]:
        """Where `#shared/util` may be: the package around the importing file says it."""
        path = nearest(self._files, importer, (_FILE,))
        if path is not None:
            imports = an_object(self._settings.json(path).get("imports"))
            yield from _sources(posixpath.dirname(path), _matching(imports, module))


def _exported(exports: Any, name: str) -> Iterator[str]:
    """The places of `.` or `./area` in a package's `exports`, whatever conditions they stand under."""
    if isinstance(exports, dict) and any(key.startswith(".") for key in exports):
        yield from _matching(exports, name)
    elif name == ".":
        yield from _leaves(exports)


def _matching(entries: dict[str, Any], name: str) -> Iterator[str]:
    for pattern in sorted(entries, key=lambda pattern: ("*" in pattern, -len(pattern))):
        star = star_in(pattern, name)
        if star is not None:
            yield from (place.replace("*", star) for place in _leaves(entries[pattern]))
            return


def _leaves(value: Any, depth: int = 0) -> Iterator[str]:
    """All strings of a value, in its order."""
    if isinstance(value, str):
        yield value
    elif depth < _DEEPEST and isinstance(value, (dict, list)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _leaves(each, depth + 1)


def _sources(folder: str, places: Iterator[str]) -> Iterator[str]:
    """The places themselves, and what they may have been built from."""
    for place in places:
        path = inside(folder, place)
        yield path
        first, _, rest = posixpath.relpath(path or ".", folder or ".").partition("/")
        while first in _BUILT and rest:
            yield inside(folder, f"src/{rest}")
            yield inside(folder, rest)
            first, _, rest = rest.partition("/")
