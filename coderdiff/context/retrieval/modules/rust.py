"""Rust: `crate::shapes::Circle`, `super::shapes`, `mod shapes`."""

from __future__ import annotations

import posixpath

from coderdiff.context.retrieval.modules.files import Files, Parts, Target


def rust(files: Files, importer: str, module: str, extra: Parts) -> Target | None:
    """`crate::shapes::Circle`, `super::shapes`, `self::shapes`, `mod shapes`, `acme_shapes::Circle`."""
    parts = (*(part for part in module.split("::") if part), *extra)
    folder = posixpath.dirname(importer)
    own = posixpath.splitext(posixpath.basename(importer))[0]
    inside = folder if own in {"mod", "lib", "main"} else posixpath.join(folder, own)
    if parts and parts[0] == "crate":
        at = folder.split("/").index("src") + 1 if "src" in folder.split("/") else 0
        return _rust_file(files, "/".join(folder.split("/")[:at]), parts[1:])
    if parts and parts[0] in {"self", "super"}:
        ups = sum(part == "super" for part in parts)
        for _ in range(ups):
            inside = posixpath.dirname(inside)
        return _rust_file(files, inside, tuple(part for part in parts if part not in {"self", "super"}))
    found = _rust_inside(files, inside, parts)
    if found or not parts:
        return found
    for place in dict.fromkeys((parts[0].lower(), parts[0].lower().replace("_", "-"))):
        for folders in sorted(files.by_folder.get(place, ())):
            found = _rust_file(files, "/".join((*folders, "src")), parts[1:])
            if found:
                return found
    return None


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
