"""JavaScript and TypeScript: `./shapes`, `@/shapes`, `@acme/shapes`, `#shapes`."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

from coderdiff.context.retrieval.modules.files import Files, Parts, Target
from coderdiff.context.retrieval.modules.packages import Packages
from coderdiff.context.retrieval.modules.settings import Settings
from coderdiff.context.retrieval.modules.tsconfig import Aliases, aliases_of, nearest, places_of

_SCRIPTS = (".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts", ".vue", ".svelte")
_ALIAS = re.compile(r"^(?:[@~#]/|/|[$~#](?=\w))")
_WRITTEN_SUFFIX = re.compile(r"(?:\.d\.[mc]?ts|\.[mc]?[jt]sx?|\.vue|\.svelte)$")


class Scripts:
    """Finds modules by what settings say of their names, and where these say nothing by what names usually mean."""

    def __init__(self, files: Files, settings: Settings) -> None:
        self._files = files
        self._settings = settings
        self._packages = Packages(files, settings)
        self._aliases: dict[str, Aliases] = {}

    def find(self, importer: str, module: str, extra: Parts) -> Target | None:
        """The file of a module, for one that imports it."""
        path = self._path(importer, module)
        return Target((path,), extra) if path else None

    def _path(self, importer: str, module: str) -> str | None:
        if module.startswith("."):
            return self._first([posixpath.normpath(posixpath.join(posixpath.dirname(importer), module))])
        said, places = places_of(self._aliases_for(importer), module)
        found = self._first(places)
        if found or said:
            return found
        if module.startswith("#"):
            found = self._first(self._packages.imported(importer, module))
        else:
            found = self._first(self._packages.places_of(module))
        return found or self._usual(importer, module)

    def _usual(self, importer: str, module: str) -> str | None:
        """Where no settings say more: behind `@/` and `~/` any trailing part will do, a bare path is one from some
        source root, and `@acme/core` is the package in the folder `core`, if no package of the repository has a name.
        """
        bare = _ALIAS.sub("", module)
        parts = tuple(part for part in bare.split("/") if part)
        if not parts or (bare == module and len(parts) < 2):
            return None
        stem = (*parts[:-1], _WRITTEN_SUFFIX.sub("", parts[-1]))
        if bare != module:
            return self._files.by_tail(importer, stem, 1, _SCRIPTS)
        if not module.startswith("@"):
            return self._files.by_tail(importer, stem, len(stem), _SCRIPTS)
        return None if self._packages.folders else self._unnamed_package(importer, stem[1:])

    def _unnamed_package(self, importer: str, parts: Parts) -> str | None:
        """A file of the package in a folder, or what stands for it."""
        if len(parts) > 1:
            return self._files.by_tail(importer, parts, len(parts), _SCRIPTS)
        listed = (path for _, path in self._files.by_stem.get(parts[0].lower(), ()) if path != importer)
        return next((path for path in listed if _is_index(path) and path.endswith(_SCRIPTS)), None)

    def _aliases_for(self, importer: str) -> Aliases:
        path = nearest(self._files, importer)
        if path is None:
            return Aliases()
        if path not in self._aliases:
            self._aliases[path] = aliases_of(self._settings, path, [])
        return self._aliases[path]

    def _first(self, places: Iterable[str]) -> str | None:
        """The file that the first of these places leads to."""
        return next((path for place in places for path in _tries(place) if path in self._files.paths), None)


def _tries(place: str) -> list[str]:
    """The files that a written place may mean: as it stands, another language's, the one that stands for a folder."""
    stem = _WRITTEN_SUFFIX.sub("", place)
    tries = [place, *(place + suffix for suffix in _SCRIPTS), *(stem + suffix for suffix in _SCRIPTS)]
    return [*tries, *(posixpath.join(place, f"index{suffix}") for suffix in _SCRIPTS)]


def _is_index(path: str) -> bool:
    return posixpath.basename(path).startswith("index.")
