"""Where a module is, by the name that a file writes for it: each language has its own manner of naming."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from coderdiff.context.retrieval.modules import dotted, included, python
from coderdiff.context.retrieval.modules.files import Files, Parts, Target
from coderdiff.context.retrieval.modules.go import GoModules
from coderdiff.context.retrieval.modules.rust import Crates
from coderdiff.context.retrieval.modules.script import Scripts
from coderdiff.context.retrieval.modules.settings import Read, Settings


class Modules:
    """The files of a repository, found by module name."""

    def __init__(self, paths: Iterable[str], read: Read = lambda _path: None, name: str = "") -> None:
        """`read` gives the text of a settings file; `name` is that of the repository's own folder."""
        self.files = Files(paths, name)
        self._settings = Settings(read)
        plain = {language: partial(style, self.files) for language, style in _STYLES.items()}
        self._crates = Crates(self.files, self._settings)
        self._styles: dict[str, Callable[[str, str, Parts], Target | None]] = {
            **plain,
            **dict.fromkeys(("javascript", "typescript", "tsx"), Scripts(self.files, self._settings).find),
            "go": GoModules(self.files, self._settings).find,
            "rust": self._crates.find,
        }
        self._found: dict[tuple[str, str, str, str | None], Target | None] = {}

    def outdated(self) -> bool:
        """Whether a settings file that answers depended on says something else by now."""
        return self._settings.changed()

    def find(
        self, importer: str, language: str | None, module: str, name: str | None = None
    ) -> Target | None:
        """Where `module` (and `name` in it) is, for a file that imports it; None if not in the repository."""
        style = self._styles.get(language or "")
        if style is None:
            return None
        key = (importer, language or "", module, name)
        if key not in self._found:
            extra = (name,) if name and name != "*" else ()
            self._found[key] = style(importer, module.strip("\"'; "), extra)
        return self._found[key]

    def of_path(self, importer: str, language: str | None, parts: Parts) -> Target | None:
        """Where a path is that needs no import: Rust's `crate::shapes`, `super::shapes`, one of another crate."""
        if language != "rust" or not parts or not self._crates.is_start(parts[0]):
            return None
        return self.find(importer, language, "::".join(parts))

    def beside(self, path: str) -> list[str]:
        """The files in the same folder, the file itself left out."""
        return self.files.beside(path)

    def is_package_file(self, path: str) -> bool:
        """Whether modules beside this file are names in it: Python's `__init__.py`."""
        return python.is_package_file(path)


_STYLES: dict[str, Callable[[Files, str, str, Parts], Target | None]] = {
    "python": python.python,
    "java": dotted.java,
    "c_sharp": dotted.c_sharp,
    "php": dotted.php,
    "c": included.c,
    "cpp": included.c,
    "ruby": included.included,
    "bash": included.included,
}
