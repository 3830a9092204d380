"""Module names as languages write them -> files of the repository.

No build system is asked: a module is looked for by the trailing parts of its name, and of several files that fit
the one nearest to the importing file is taken. That finds source roots (`src/`, monorepos, Java's and PHP's trees)
without being told of them, and leaves what is not in the repository alone.
"""

from __future__ import annotations

import posixpath
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

_STEM_OF_FOLDER = frozenset({"__init__", "index"})
"""Files that stand for the folder they are in."""

_SCRIPTS = (".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts", ".vue", ".svelte")
_MOST_FILES = 40
"""A package of more files than this is cut: it would drown everything else."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a module was found. `rest` is the part of its name that is no file: names defined in there."""

    paths: tuple[str, ...]
    rest: tuple[str, ...] = ()


class Modules:
    """The files of a repository, found by module name."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = frozenset(paths)
        self._found: dict[tuple[str, str, str, str | None], Target | None] = {}
        self._by_stem: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
        self._by_folder: dict[str, set[tuple[str, ...]]] = defaultdict(set)
        self._files_in: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for path in sorted(self._paths):
            *folders, name = path.split("/")
            stem = name.split(".", 1)[0] if not name.startswith(".") else name
            parts = (*(_without_dots(folders) if name.endswith(".cs") else folders), stem)
            self._by_stem[stem.lower()].append((parts, path))
            if stem in _STEM_OF_FOLDER and folders:
                self._by_stem[folders[-1].lower()].append((tuple(folders), path))
                if folders[-1] == "src" and len(folders) > 1:
                    self._by_stem[folders[-2].lower()].append((tuple(folders[:-1]), path))
            self._files_in[tuple(folders)].append(path)
            for size in range(1, len(folders) + 1):
                last = folders[size - 1].lower()
                self._by_folder[last].add(tuple(folders[:size]))
                self._by_folder[last.rpartition(".")[2]].add(tuple(folders[:size]))

    def find(
        self, importer: str, language: str | None, module: str, name: str | None = None
    ) -> Target | None:
        """Where `module` (and `name` in it) is, for a file that imports it; None if not in the repository."""
        style = _STYLES.get(language or "")
        if style is None:
            return None
        key = (importer, language or "", module, name)
        if key not in self._found:
            extra = (name,) if name and name != "*" else ()
            self._found[key] = style(self, importer, module.strip("\"'; "), extra)
        return self._found[key]

    def beside(self, path: str) -> list[str]:
        """The files in the same folder, the file itself left out."""
        return [other for other in self._files_in[tuple(path.split("/")[:-1])] if other != path]

    def counterpart(self, path: str) -> str | None:
        """The header of a C or C++ source, the source of a header."""
        stem, suffix = posixpath.splitext(path)
        others = _SOURCES if suffix in _HEADERS else _HEADERS if suffix in _SOURCES else ()
        for other in others:
            if stem + other in self._paths:
                return stem + other
        found = self._by_stem.get(posixpath.basename(stem).lower(), ())
        fitting = [each for _, each in found if posixpath.splitext(each)[1] in others]
        return min(fitting, key=lambda each: _distance(path, each)) if fitting else None

    def python(self, importer: str, module: str, extra: tuple[str, ...]) -> Target | None:
        """`..shapes`, `acme.shapes`: relative ones from the file's folder, absolute ones from any source root."""
        named = module.lstrip(".")
        written = tuple(named.split(".")) if named else ()
        level = len(module) - len(named)
        if level:
            folders = importer.split("/")[:-1]
            if level - 1 > len(folders):
                return None
            base = tuple(folders[: len(folders) - level + 1])
            return self._python_file((*base, *written, *extra), len(base))
        if not written:
            return None
        parts = (*written, *extra)
        for size in range(len(parts), 0, -1):
            found = [
                (have[: len(have) - size], path)
                for have, path in self._by_stem.get(parts[size - 1].lower(), ())
                if have[len(have) - size :] == parts[:size] and path.endswith((".py", ".pyi"))
            ]
            roots = [
                (root, path)
                for root, path in found
                if not self._is_package(root)
                and (written[0] not in _PYTHONS_OWN or _contains(root, importer))
            ]
            if roots:
                nearest = min(roots, key=lambda pair: (_distance(importer, pair[1]), len(pair[0]), pair[1]))
                return Target((nearest[1],), parts[size:])
        return None

    def is_package_file(self, path: str) -> bool:
        """Whether modules beside this file are names in it: Python's `__init__.py`."""
        return path.rpartition("/")[2].startswith("__init__.py")

    def _is_package(self, folders: Sequence[str]) -> bool:
        return bool(folders) and "/".join((*folders, "__init__.py")) in self._paths

    def _python_file(self, parts: tuple[str, ...], least: int) -> Target | None:
        for size in range(len(parts), max(least, 1) - 1, -1):
            stem = "/".join(parts[:size])
            for candidate in (f"{stem}.py", f"{stem}/__init__.py", f"{stem}.pyi", f"{stem}/__init__.pyi"):
                if candidate in self._paths:
                    return Target((candidate,), parts[size:])
        return None

    def script(self, importer: str, module: str, extra: tuple[str, ...]) -> Target | None:
        """`./shapes`, `../shapes/index.js`, `src/shapes`, `@/shapes`, `@acme/shapes`: JavaScript and TypeScript.

        What an alias stands for is in settings that nobody reads here: behind `@/` and `~/` any trailing part will
        do. `@acme/core` is the package in the folder `core`, `@acme/core/src/area` also the file `src/area`.
        """
        if module.startswith("."):
            place = posixpath.normpath(posixpath.join(posixpath.dirname(importer), module))
            path = self._script_file(place)
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
        found = self._by_tail(importer, _without_suffix(parts), least, _SCRIPTS)
        return Target((found,), extra) if found else None

    def _script_file(self, place: str) -> str | None:
        stem = re.sub(r"\.[mc]?jsx?$", "", place)
        tries = [place, *(place + suffix for suffix in _SCRIPTS), *(stem + suffix for suffix in _SCRIPTS)]
        tries += [f"{place}/index{suffix}" for suffix in _SCRIPTS]
        return next((path for path in tries if path in self._paths), None)

    def go(self, importer: str, module: str, extra: tuple[str, ...]) -> Target | None:
        """`example.org/acme/shapes`: all files of the folder, whose whole place in its module ends the import path."""
        parts = tuple(module.split("/"))
        if "." not in parts[0]:
            return None
        for start in range(1, len(parts)):
            for folders in sorted(self._by_folder.get(parts[-1].lower(), ())):
                inner = folders[len(self._go_root(folders)) :]
                if inner and inner == parts[start:]:
                    files = self._files_of(folders, ".go", importer)
                    if files:
                        return Target(files, extra)
        return None

    def _go_root(self, folders: tuple[str, ...]) -> tuple[str, ...]:
        """The folder of the Go module that a folder is in: the nearest one with a `go.mod`, or the repository's."""
        for size in range(len(folders), 0, -1):
            if "/".join((*folders[:size], "go.mod")) in self._paths:
                return folders[:size]
        return ()

    def java(self, importer: str, module: str, extra: tuple[str, ...]) -> Target | None:
        """`com.acme.Shapes`, `com.acme.Shapes` with a static name, `com.acme.*`."""
        return self._dotted(importer, tuple(module.split(".")), extra)

    def c_sharp(self, importer: str, module: str, extra: tuple[str, ...]) -> Target | None:
        """`Acme.Shapes`: the folder `Shapes`, `Acme/Shapes` or `Acme.Shapes`, or the file of a type."""
        return self._dotted(importer, tuple(module.split(".")), extra)

    def php(self, importer: str, module: str, extra: tuple[str, ...]) -> Target | None:
        r"""`App\Models\User`, or the path of a `require`."""
        if "/" in module or module.endswith((".php", ".inc")):
            return self.included(importer, module, extra)
        return self._dotted(importer, tuple(part for part in module.split("\\") if part), extra)

    def _dotted(self, importer: str, parts: tuple[str, ...], extra: tuple[str, ...]) -> Target | None:
        """A class by its file, or a folder. Source roots and root namespaces are no folders everywhere, so the last
        two parts will do, or one of two. A file is not what it holds: the class's name is the first of `rest`."""
        suffix = posixpath.splitext(importer)[1]
        whole = parts + extra
        own = whole and whole[0].lower() in _FOREIGN
        for size in dict.fromkeys((len(whole), len(parts), len(parts) - 1)):
            if size > 0:
                least = size if own else min(2, size) if len(parts) > 2 else 1
                found = self._by_tail(importer, whole[:size], least, suffix)
                if found:
                    return Target((found,), whole[size - 1 :])
        return self._folder(importer, parts, len(parts) if own else 1, suffix, extra)

    def rust(self, importer: str, module: str, extra: tuple[str, ...]) -> Target | None:
        """`crate::shapes::Circle`, `super::shapes`, `self::shapes`, `mod shapes`, `acme_shapes::Circle`."""
        parts = (*(part for part in module.split("::") if part), *extra)
        folder = posixpath.dirname(importer)
        own = posixpath.splitext(posixpath.basename(importer))[0]
        inside = folder if own in {"mod", "lib", "main"} else posixpath.join(folder, own)
        if parts and parts[0] == "crate":
            at = folder.split("/").index("src") + 1 if "src" in folder.split("/") else 0
            return self._rust_file("/".join(folder.split("/")[:at]), parts[1:])
        if parts and parts[0] in {"self", "super"}:
            ups = sum(part == "super" for part in parts)
            for _ in range(ups):
                inside = posixpath.dirname(inside)
            return self._rust_file(inside, tuple(part for part in parts if part not in {"self", "super"}))
        found = self._rust_inside(inside, parts)
        if found or not parts:
            return found
        for place in dict.fromkeys((parts[0].lower(), parts[0].lower().replace("_", "-"))):
            for folders in sorted(self._by_folder.get(place, ())):
                found = self._rust_file("/".join((*folders, "src")), parts[1:])
                if found:
                    return found
        return None

    def _rust_file(self, base: str, parts: tuple[str, ...]) -> Target | None:
        """The file of a module below a folder, or else the file of the folder itself, where the rest is defined."""
        found = self._rust_inside(base, parts)
        if found:
            return found
        roots = [f"{base}.rs", *(posixpath.join(base, f"{name}.rs") for name in ("mod", "lib", "main"))]
        return next((Target((root,), parts) for root in roots if root in self._paths), None)

    def _rust_inside(self, base: str, parts: tuple[str, ...]) -> Target | None:
        for size in range(len(parts), 0, -1):
            stem = posixpath.join(base, *parts[:size])
            for candidate in (f"{stem}.rs", f"{stem}/mod.rs"):
                if candidate in self._paths:
                    return Target((candidate,), parts[size:])
        return None

    def c(self, importer: str, module: str, extra: tuple[str, ...]) -> Target | None:
        """`shapes.h`, `<acme/shapes.hpp>`. A namespace (`using namespace acme`) leads to no file."""
        bare = module.strip("<>")
        if bare in _C_OWN or not ("/" in bare or "." in bare):
            return None
        return self.included(importer, bare, extra)

    def included(self, importer: str, module: str, extra: tuple[str, ...]) -> Target | None:
        """`shapes.h`, `acme/shapes`, `./lib.sh`, `/lib.php`: from the file's folder, then by trailing parts."""
        own = posixpath.splitext(importer)[1]
        parts = tuple(part for part in module.split("/") if part not in {"", ".", ".."})
        if not parts:
            return None
        place = posixpath.normpath(posixpath.join(posixpath.dirname(importer), module.lstrip("/")))
        for candidate in (place, place + own):
            if candidate in self._paths and candidate != importer:
                return self._with_counterpart(candidate, extra)
        suffix = posixpath.splitext(module)[1] or own
        found = self._by_tail(importer, _without_suffix(parts), len(parts), suffix)
        return self._with_counterpart(found, extra) if found else None

    def _with_counterpart(self, path: str, extra: tuple[str, ...]) -> Target:
        other = self.counterpart(path)
        return Target((path, other) if other else (path,), extra)

    def _by_tail(
        self, importer: str, parts: tuple[str, ...], least: int, suffix: str | tuple[str, ...]
    ) -> str | None:
        """The file whose last parts agree with most of these, at least with so many; the nearest of equals."""
        best: tuple[int, int, str] | None = None
        for have, path in self._by_stem.get(parts[-1].lower(), ()):
            agree = _agreement(have, parts)
            if agree < least or path == importer or not path.endswith(suffix):
                continue
            rank = (-agree, _distance(importer, path), path)
            best = rank if best is None else min(best, rank)
        return best[2] if best else None

    def _folder(
        self, importer: str, parts: tuple[str, ...], least: int, suffix: str, extra: tuple[str, ...]
    ) -> Target | None:
        """The files of the folder whose last parts agree best; a folder `Acme.Shapes` counts for both its names."""
        places = []
        for folders in self._by_folder.get(parts[-1].lower(), ()) if parts else ():
            agree = _agreement(_without_dots(folders), parts)
            if agree >= least:
                places.append((-agree, _distance(importer, "/".join((*folders, ""))), folders))
        for _, _, folders in sorted(places):
            files = self._files_of(folders, suffix, importer)
            if files:
                return Target(files, extra)
        return None

    def _files_of(self, folders: tuple[str, ...], suffix: str, importer: str) -> tuple[str, ...]:
        files = [
            path
            for path in self._files_in[folders]
            if path.endswith(suffix) and path != importer and not path.endswith("_test.go")
        ]
        return tuple(files[:_MOST_FILES])


_HEADERS = (".h", ".hpp", ".hh", ".hxx")
_SOURCES = (".c", ".cpp", ".cc", ".cxx", ".m", ".mm")

_ALIAS = re.compile(r"^(?:[@~#]/|/|[$~#](?=\w))")
_PYTHONS_OWN = sys.stdlib_module_names
"""A module of such a name is the standard library's, unless it lies next to the importing file or above it."""

_FOREIGN = frozenset({"java", "javax", "jdk", "kotlin", "system", "microsoft", "windows"})
"""Namespaces of platforms: a folder of the repository that ends alike is another one."""

_C_OWN = frozenset(
    f"{name}.h"
    for name in (
        *(
            "assert",
            "complex",
            "ctype",
            "errno",
            "fenv",
            "float",
            "inttypes",
            "limits",
            "locale",
            "math",
            "setjmp",
        ),
        *(
            "signal",
            "stdarg",
            "stdatomic",
            "stdbool",
            "stddef",
            "stdint",
            "stdio",
            "stdlib",
            "string",
            "threads",
        ),
        *("time", "uchar", "unistd", "wchar", "wctype"),
    )
)

_STYLES: dict[str, Callable[[Modules, str, str, tuple[str, ...]], Target | None]] = {
    "python": Modules.python,
    "javascript": Modules.script,
    "typescript": Modules.script,
    "tsx": Modules.script,
    "go": Modules.go,
    "java": Modules.java,
    "c_sharp": Modules.c_sharp,
    "php": Modules.php,
    "rust": Modules.rust,
    "c": Modules.c,
    "cpp": Modules.c,
    "ruby": Modules.included,
    "bash": Modules.included,
}


def _without_dots(folders: Sequence[str]) -> tuple[str, ...]:
    """The names in folders, of which one may hold several: `src/Acme.Shapes`."""
    return tuple("/".join(folders).replace(".", "/").split("/"))


def _contains(folders: Sequence[str], path: str) -> bool:
    return tuple(path.split("/")[: len(folders)]) == tuple(folders)


def _agreement(have: Sequence[str], wanted: Sequence[str]) -> int:
    """How many trailing parts are the same, upper and lower case alike (`App` is `app/`)."""
    agree = 0
    for one, other in zip(reversed(have), reversed(wanted), strict=False):
        if one.lower() != other.lower():
            break
        agree += 1
    return agree


def _distance(one: str, other: str) -> int:
    """How many folders lie between two files."""
    a, b = one.split("/")[:-1], other.split("/")[:-1]
    shared = 0
    for left, right in zip(a, b, strict=False):
        if left != right:
            break
        shared += 1
    return len(a) + len(b) - 2 * shared


def _without_suffix(parts: tuple[str, ...]) -> tuple[str, ...]:
    return (*parts[:-1], parts[-1].split(".", 1)[0])
