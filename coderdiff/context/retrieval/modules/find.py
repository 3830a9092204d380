"""Where a module is, by the name that a file writes for it: each language has its own manner of naming."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from coderdiff.context.retrieval.modules import dotted, go, included, python, rust, script
from coderdiff.context.retrieval.modules.files import Files, Parts, Target


class Modules:
    """The files of a repository, found by module name."""

    def __init__(self, paths: Iterable[str]) -> None:
        self.files = Files(paths)
        self._found: dict[tuple[str, str, str, str | None], Target | None] = {}

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
            self._found[key] = style(self.files, importer, module.strip("\"'; "), extra)
        return self._found[key]

    def beside(self, path: str) -> list[str]:
        """The files in the same folder, the file itself left out."""
        return self.files.beside(path)

    def is_package_file(self, path: str) -> bool:
        """Whether modules beside this file are names in it: Python's `__init__.py`."""
        return python.is_package_file(path)


_STYLES: dict[str, Callable[[Files, str, str, Parts], Target | None]] = {
    "python": python.python,
    "javascript": script.script,
    "typescript": script.script,
    "tsx": script.script,
    "go": go.go,
    "java": dotted.java,
    "c_sharp": dotted.c_sharp,
    "php": dotted.php,
    "rust": rust.rust,
    "c": included.c,
    "cpp": included.c,
    "ruby": included.included,
    "bash": included.included,
}
