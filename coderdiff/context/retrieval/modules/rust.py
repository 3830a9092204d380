"""Rust: `crate::shapes::Circle`, `super::shapes`, `mod shapes`."""

from __future__ import annotations

import posixpath

from coderdiff.context.retrieval.modules.files import Files, Parts, Target
from coderdiff.context.retrieval.modules.settings import Settings, an_object, strings

_FILE = "Cargo.toml"


class Crates:
    """Finds modules in the crate around and in the repository's others, which are known by what `Cargo.toml` calls
    them, or by their folders where none says so."""

    def __init__(self, files: Files, settings: Settings) -> None:
        self._files = files
        self._settings = settings
        self._sources: dict[str, str] | None = None

    @property
    def sources(self) -> dict[str, str]:
        """The folder with the sources of each library that has a name."""
        if self._sources is None:
            self._sources = {}
            for path in self._files.named(_FILE):
                said = self._settings.toml(path)
                library, package = an_object(said.get("lib")), an_object(said.get("package"))
                place = next(iter(strings(library.get("path"))), "src/lib.rs")
                source = posixpath.normpath(posixpath.join(posixpath.dirname(path), posixpath.dirname(place)))
                for name in (*strings(library.get("name")), *strings(package.get("name")))[:1]:
                    self._sources.setdefault(name.replace("-", "_"), "" if source == "." else source)
        return self._sources

    def is_start(self, name: str) -> bool:
        """Whether a path may begin with a name though nothing brings it into the file."""
        return name in _OWN or name in self.sources

    def find(self, importer: str, module: str, extra: Parts) -> Target | None:
        """The file of a module, for one that imports it."""
        parts = (*(part for part in module.split("::") if part), *extra)
        found = _in_crate(self._files, importer, parts)
        if found or not parts or parts[0] in _OWN:
            return found
        if not self.sources:
            return _by_folder(self._files, parts)
        source = self.sources.get(parts[0])
        return _rust_file(self._files, source, parts[1:]) if source is not None else None


_OWN = frozenset({"crate", "self", "super"})


def _in_crate(files: Files, importer: str, parts: Parts) -> Target | None:
    """`crate::shapes::Circle`, `super::shapes`, `self::shapes`, `mod shapes`."""
    folder = posixpath.dirname(importer)
    own = posixpath.splitext(posixpath.basename(importer))[0]
    holds_folder = own in {"mod", "lib", "main"} or _is_root(files, folder, own)
    inside = folder if holds_folder else posixpath.join(folder, own)
    if parts and parts[0] == "crate":
        return _rust_file(files, _crate_folder(files, folder), parts[1:])
    if parts and parts[0] in {"self", "super"}:
        rest = tuple(part for part in parts if part not in {"self", "super"})
        ups = sum(part == "super" for part in parts)
        if not ups:
            return _rust_inside(files, inside, rest) or Target((importer,), rest)
        for _ in range(ups):
            inside = posixpath.dirname(inside)
        return _rust_file(files, inside, rest)
    return _rust_inside(files, inside, parts)


def _by_folder(files: Files, parts: Parts) -> Target | None:
    """`acme_shapes::Circle`, where the crate is called like its folder."""
    for place in dict.fromkeys((parts[0].lower(), parts[0].lower().replace("_", "-"))):
        for folders in sorted(files.by_folder.get(place, ())):
            found = _rust_file(files, "/".join((*folders, "src")), parts[1:])
            if found:
                return found
    return None


def _is_root(files: Files, folder: str, own: str) -> bool:
    """Whether a file is a crate of its own: a test, an example, a benchmark, a binary, the build script."""
    names = folder.split("/")
    if "src" in names:
        return names[-2:] == ["src", "bin"]
    if own == "build":
        return any(posixpath.join(folder, "src", f"{name}.rs") in files.paths for name in ("lib", "main"))
    return names[-1] in _CRATES


def _crate_folder(files: Files, folder: str) -> str:
    """The folder of a crate's modules, for a file in it or below."""
    names = folder.split("/")
    if "src" in names:
        size = len(names) - names[::-1].index("src")
        several = names[size : size + 1] == ["bin"]
        size += several
    else:
        several = any(name in _CRATES for name in names)
        size = next((at for at, name in enumerate(names, 1) if name in _CRATES), 0)
    if several and "/".join((*names[: size + 1], "main.rs")) in files.paths:
        size += 1
    return "/".join(names[:size])


_CRATES = frozenset({"tests", "examples", "benches"})
"""Folders beside `src` in which every file is a crate, and every folder with a `main.rs`."""


def _rust_file(files: Files, base: str, parts: Parts) -> Target | None:
    """The file of a module below a folder, or else the file of the folder itself, where the rest is defined."""
    found = _rust_inside(files, base, parts)
    if found:
        return found
    roots = [f"{base}.rs", *(posixpath.join(base, f"{name}.rs") for name in ("mod", "lib", "main"))]
    return next((Target((root,), parts) for root in roots if root in files.paths), None)


def _rust_inside(files: Files, base: str, parts: Parts) -> Target | None:
    for size in range(len(parts), 0, -1):
        stem = posixpath.join(base, *parts[:size])
        for candidate in (f"{stem}.rs", f"{stem}/mod.rs"):
            if candidate in files.paths:
                return Target((candidate,), parts[size:])
    return None
