"""What `tsconfig.json` and `jsconfig.json` say of module names: `paths` and `baseUrl`, inherited through `extends`.

After the TypeScript handbook ("Modules - Reference"): the pattern with the longest beginning counts, its places are
tried in their order.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from coderdiff.context.retrieval.modules.files import Files
from coderdiff.context.retrieval.modules.settings import Settings, an_object, strings

_NAMES = ("tsconfig.json", "jsconfig.json")
_MOST_FILES = 16
"""Settings files that one is put together from."""


@dataclass(frozen=True, slots=True)
class Aliases:
    """What names stand for. `base` is the folder that bare names are looked for in, None if none is; `paths` has the
    places of each pattern. All from the root."""

    base: str | None = None
    paths: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def nearest(files: Files, importer: str, names: tuple[str, ...] = _NAMES) -> str | None:
    """The first file of such a name in the folders around another one, the innermost first."""
    folder = posixpath.dirname(importer)
    while True:
        for name in names:
            path = posixpath.join(folder, name)
            if path in files.paths:
                return path
        if not folder:
            return None
        folder = posixpath.dirname(folder)


def aliases_of(settings: Settings, path: str, seen: list[str]) -> Aliases:
    """What a settings file says, with those that it extends; or else one that it refers to."""
    if path in seen or len(seen) >= _MOST_FILES:
        return Aliases()
    seen.append(path)
    value, folder = settings.json(path), posixpath.dirname(path)
    found = Aliases()
    for parent in strings(value.get("extends")):
        if parent.startswith("."):
            place = inside(folder, parent)
            above = aliases_of(settings, place if place.endswith(".json") else f"{place}.json", seen)
            found = Aliases(found.base if above.base is None else above.base, above.paths or found.paths)
    options = an_object(value.get("compilerOptions"))
    base, paths = options.get("baseUrl"), an_object(options.get("paths"))
    if isinstance(base, str):
        found = Aliases(inside(folder, base), found.paths)
    if paths:
        root = inside(folder, base) if isinstance(base, str) else folder if found.base is None else found.base
        found = Aliases(
            found.base,
            {
                pattern: tuple(inside(root, each) for each in strings(places))
                for pattern, places in paths.items()
            },
        )
    referred = value.get("references")
    for each in referred if isinstance(referred, list) and found == Aliases() else ():
        for place in strings(an_object(each).get("path")):
            other = inside(
                folder, place if place.endswith(".json") else posixpath.join(place, "tsconfig.json")
            )
            found = aliases_of(settings, other, seen)
            if found != Aliases():
                return found
    return found


def places_of(aliases: Aliases, module: str) -> tuple[bool, list[str]]:
    """Where a name may be, in order; and whether a pattern of its own says so, so that it is nowhere else."""
    fitting = sorted(_fitting(aliases.paths, module))
    places = [
        place.replace("*", star) for _, pattern, star in fitting[:1] for place in aliases.paths[pattern]
    ]
    said = bool(fitting) and fitting[0][1] != "*"
    if aliases.base is not None and not said:
        places.append(inside(aliases.base, module))
    return said, places


def _fitting(patterns: Mapping[str, object], module: str) -> Iterator[tuple[int, str, str]]:
    """The patterns that a name fits, the longest beginning first when sorted, with what their star stands for."""
    for pattern in patterns:
        star = star_in(pattern, module)
        if star is not None:
            yield -len(pattern) if "*" not in pattern else -len(pattern.partition("*")[0]), pattern, star


def star_in(pattern: str, module: str) -> str | None:
    """What a pattern's star stands for in a name; "" for one without; None if the name does not fit."""
    before, star, behind = pattern.partition("*")
    if not star:
        return "" if module == pattern else None
    long_enough = len(module) >= len(before) + len(behind)
    if long_enough and module.startswith(before) and module.endswith(behind):
        return module[len(before) : len(module) - len(behind)]
    return None


def inside(folder: str, place: str) -> str:
    """A place as a folder's file has it, from the root; "" for the root."""
    path = posixpath.normpath(posixpath.join(folder, place))
    return "" if path == "." else path
