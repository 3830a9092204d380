"""The files of a repository by the parts of their paths: what every language's way of naming modules is looked up in.

No build system is asked: a module is looked for by the trailing parts of its name, and of several files that fit
the one nearest to the importing file is taken. That finds source roots (`src/`, monorepos, Java's and PHP's trees)
without being told of them, and leaves what is not in the repository alone.
"""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_STEM_OF_FOLDER = frozenset({"__init__", "index"})
"""Files that stand for the folder they are in."""

_MOST_FILES = 40
"""A package of more files than this is cut: it would drown everything else."""

Parts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """Where a module was found. `rest` is the part of its name that is no file: names defined in there."""

    paths: Parts
    rest: Parts = ()


class Files:
    """The files of a repository. `by_stem` has for a stem in small letters the parts of each such path, its suffix
    left out, and the path; `by_folder` the folders of a name, each with those around it; `name` is the root's own."""

    def __init__(self, paths: Iterable[str], name: str = "") -> None:
        self.name = name
        self.paths = frozenset(paths)
        self.by_stem: dict[str, list[tuple[Parts, str]]] = defaultdict(list)
        self.by_folder: dict[str, set[Parts]] = defaultdict(set)
        self._files_in: dict[Parts, list[str]] = defaultdict(list)
        for path in sorted(self.paths):
            *folders, name = path.split("/")
            stem = stem_of(name)
            parts = (*(_without_dots(folders) if name.endswith(".cs") else folders), stem)
            self.by_stem[stem.lower()].append((parts, path))
            if stem in _STEM_OF_FOLDER and folders:
                self.by_stem[folders[-1].lower()].append((tuple(folders), path))
                if folders[-1] == "src" and len(folders) > 1:
                    self.by_stem[folders[-2].lower()].append((tuple(folders[:-1]), path))
            self._files_in[tuple(folders)].append(path)
            for size in range(1, len(folders) + 1):
                last = folders[size - 1].lower()
                self.by_folder[last].add(tuple(folders[:size]))
                self.by_folder[last.rpartition(".")[2]].add(tuple(folders[:size]))

    def named(self, name: str) -> list[str]:
        """The files of a name, in whatever folders."""
        return sorted(path for path in self.paths if posixpath.basename(path) == name)

    def beside(self, path: str) -> list[str]:
        """The files in the same folder, the file itself left out."""
        return [other for other in self._files_in[tuple(path.split("/")[:-1])] if other != path]

    def by_tail(self, importer: str, parts: Parts, least: int, suffix: str | Parts) -> str | None:
        """The file whose last parts agree with most of these, at least with so many; the nearest of equals."""
        best: tuple[int, int, str] | None = None
        for have, path in self.by_stem.get(parts[-1].lower(), ()):
            agree = _agreement(have, parts)
            if agree < least or path == importer or not path.endswith(suffix):
                continue
            rank = (-agree, distance(importer, path), path)
            best = rank if best is None else min(best, rank)
        return best[2] if best else None

    def by_whole_tail(self, importer: str, parts: Parts, suffix: str) -> str | None:
        """The nearest file whose path ends with all of these parts; or that is, all of it, what they end with."""
        fitting = [
            (len(have) < len(parts), distance(importer, path), path)
            for have, path in self.by_stem.get(parts[-1].lower(), ())
            if _ends_alike(have, parts) and path.endswith(suffix) and path != importer
        ]
        return min(fitting)[2] if fitting else None

    def folder_by_whole_tail(self, importer: str, parts: Parts, suffix: str) -> Parts:
        """The files of such a folder; none if there is none."""
        fitting = [
            (len(folders) < len(parts), distance(importer, "/".join((*folders, ""))), folders)
            for folders in self.by_folder.get(parts[-1].lower(), ())
            if _ends_alike(folders, parts)
        ]
        listed = (self.files_of(folders, suffix, importer) for _, _, folders in sorted(fitting))
        return next((files for files in listed if files), ())

    def folder(self, importer: str, parts: Parts, least: int, suffix: str, extra: Parts) -> Target | None:
        """The files of the folder whose last parts agree best; a folder `Acme.Shapes` counts for both its names."""
        places = []
        for folders in self.by_folder.get(parts[-1].lower(), ()) if parts else ():
            agree = _agreement(_without_dots(folders), parts)
            if agree >= least:
                places.append((-agree, distance(importer, "/".join((*folders, ""))), folders))
        for _, _, folders in sorted(places):
            files = self.files_of(folders, suffix, importer)
            if files:
                return Target(files, extra)
        return None

    def files_of(self, folders: Parts, suffix: str, importer: str) -> Parts:
        """The files of a folder with a suffix, the importing one and Go's tests left out."""
        files = [
            path
            for path in self._files_in[folders]
            if path.endswith(suffix) and path != importer and not path.endswith("_test.go")
        ]
        return tuple(files[:_MOST_FILES])


def _without_dots(folders: Sequence[str]) -> Parts:
    """The names in folders, of which one may hold several: `src/Acme.Shapes`."""
    return tuple("/".join(folders).replace(".", "/").split("/"))


def _agreement(have: Sequence[str], wanted: Sequence[str]) -> int:
    """How many trailing parts are the same, upper and lower case alike (`App` is `app/`)."""
    agree = 0
    for one, other in zip(reversed(have), reversed(wanted), strict=False):
        if one.lower() != other.lower():
            break
        agree += 1
    return agree


def _ends_alike(have: Parts, parts: Parts) -> bool:
    """Whether a path ends with all of some parts; or is what these end with, where the root is one of their folders."""
    size = min(len(have), len(parts))
    return have[-size:] == parts[-size:] and size >= min(2, len(parts))


def distance(one: str, other: str) -> int:
    """How many folders lie between two files."""
    a, b = one.split("/")[:-1], other.split("/")[:-1]
    shared = 0
    for left, right in zip(a, b, strict=False):
        if left != right:
            break
        shared += 1
    return len(a) + len(b) - 2 * shared


def stem_of(name: str) -> str:
    """A file's name without its suffix, of which a declaration file has two: `user.service` of `user.service.d.ts`."""
    for suffix in _DECLARATIONS:
        if name.endswith(suffix):
            return name.removesuffix(suffix)
    return posixpath.splitext(name)[0]


_DECLARATIONS = (".d.ts", ".d.mts", ".d.cts")
