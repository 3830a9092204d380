"""The folder that is a project's top, and the folders that are nobody's project."""

from __future__ import annotations

import os
from pathlib import Path

from coderdiff.context.files.scan import OWN_IGNORE_FILE
from coderdiff.context.files.worktree import work_tree_around
from coderdiff.errors import InputError

PROJECT_MARKS = (
    *("pyproject.toml", "setup.py", "package.json", "go.mod", "Cargo.toml", "pom.xml", "build.gradle"),
    *("build.gradle.kts", "CMakeLists.txt", "Gemfile", "composer.json", "meson.build", OWN_IGNORE_FILE),
)
"""Files that stand at the top of a project that is in no repository."""


def find_root(path: Path, home: Path | None = None, around: Path | None = None) -> Path:
    """The folder that a file or folder belongs to as a project: the nearest work tree's top (a clone, a linked work
    tree, a submodule), else the nearest folder with one of `PROJECT_MARKS`, else `around` (the folder that somebody
    works in) if `path` lies below it, else the folder itself.

    Home folders and what lies above them are nobody's project, unless `path` is one. `path` need not exist.
    """
    home = home or Path.home()
    start = Path(os.path.realpath(path if path.is_dir() else path.parent))
    folder = start if start.is_dir() else next(above for above in start.parents if above.is_dir())
    tree = work_tree_around(folder, home)
    if tree is not None:
        return tree[0]
    for above in (folder, *folder.parents):
        if above != folder and (above == home or above in home.parents):
            break
        if any((above / mark).is_file() for mark in PROJECT_MARKS):
            return above
    around = Path(os.path.realpath(around)) if around is not None else folder
    real_home = Path(os.path.realpath(home))
    is_nobodys = around in {home, real_home} or around in home.parents or around in real_home.parents
    return folder if is_nobodys or not folder.is_relative_to(around) else around


def refuse_everything(root: Path, home: Path | None = None) -> None:
    """Raise InputError if `root` is the root of the file system or the home folder, which hold all there is."""
    real = Path(os.path.realpath(root))
    if real == real.parent or real == Path(os.path.realpath(home or Path.home())):
        what = "the root of the file system" if real == real.parent else "the home folder"
        raise InputError(f"{real} is {what}: name a project in it, or say --everything to index all of it")
