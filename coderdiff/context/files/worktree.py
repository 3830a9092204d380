"""Ignore files as a scan meets them: read once until they change, each with the folder it speaks for.

A scan looks at paths relative to its root. A repository may begin at the root, above it or below it; an ignore file
speaks about paths relative to its own folder. `Layer` turns the one into the other.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from coderdiff.context.files.gitfolder import (
    GitFolder,
    GitSettings,
    Tracked,
    git_folder,
    index_stamp,
    read_settings,
    read_tracked,
)
from coderdiff.context.files.ignore import MAX_IGNORE_BYTES, IgnoreFile, IgnoreLine, key_of


@dataclass(frozen=True, slots=True)
class Layer:
    """An ignore file; a key relative to the scan's root loses `cut` characters and gets `lead` to be asked for."""

    file: IgnoreFile
    cut: int
    lead: str

    def match(self, key: str, folder: bool) -> IgnoreLine | None:
        """The line that speaks about an entry (`IgnoreFile.match`)."""
        return self.file.match(self.lead + key[self.cut :], folder)


def last_word(layers: Sequence[Layer], key: str, folder: bool) -> IgnoreLine | None:
    """The line that counts where the later layers go before the earlier ones."""
    for layer in reversed(layers):
        line = layer.match(key, folder)
        if line is not None:
            return line
    return None


def work_tree_around(folder: Path, home: Path) -> tuple[Path, GitFolder] | None:
    """The nearest folder from `folder` upwards that is the top of a work tree, and its git files.

    A repository in the home folder or above it holds somebody's settings, not the projects below: it counts only
    for `folder` itself.
    """
    for top in (folder, *folder.parents):
        if top != folder and (top == home or top in home.parents):
            return None
        git = git_folder(top)
        if git is not None:
            return top, git
    return None


class IgnoreReader:
    """Reads ignore files and git's index, and again only when they have changed on disk."""

    def __init__(self, home: Path | None = None) -> None:
        self.home = home or Path.home()
        configured = os.environ.get("XDG_CONFIG_HOME") if home is None else None
        self._user_config = Path(configured) if configured else self.home / ".config"
        self._files: dict[tuple[Path, bool], tuple[tuple[int, int, int], IgnoreFile]] = {}
        self._tracked: dict[Path, tuple[tuple[int, int], Tracked]] = {}

    def layer(
        self, file: Path, source: str, base: str = "", lead: str = "", ignore_case: bool = False
    ) -> tuple[Layer, ...]:
        """The layer of an ignore file in the folder `base` of the scan; none if it is missing, empty or a link."""
        try:
            status = file.lstat()
            if not stat.S_ISREG(status.st_mode):
                return ()
            stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
            known = self._files.get((file, ignore_case))
            if known is None or known[0] != stamp:
                with file.open("rb") as opened:
                    known = stamp, IgnoreFile(source, opened.read(MAX_IGNORE_BYTES), ignore_case)
                self._files[file, ignore_case] = known
        except OSError:
            return ()
        return (Layer(known[1], len(key_of(base)), key_of(lead)),) if known[1] else ()

    def settings(self, git: GitFolder) -> GitSettings:
        """The settings of a work tree for this user."""
        return read_settings(git, self.home, self._user_config)

    def tracked(self, git: GitFolder, hash_bytes: int) -> Tracked:
        """What the index of a work tree lists now."""
        stamp = index_stamp(git)
        known = self._tracked.get(git.own)
        if known is None or known[0] != stamp:
            known = stamp, read_tracked(git, hash_bytes)
            self._tracked[git.own] = known
        return known[1]


class Repository:
    """A work tree as seen from the scan's root.

    `base` is the path from the root to the work tree's top ("" or "sub/"), `lead` the path from the top to the
    root ("" or "packages/one/"): one of them is empty.
    """

    def __init__(
        self, reader: IgnoreReader, top: Path, git: GitFolder, base: str = "", lead: str = ""
    ) -> None:
        self.git = git
        self._reader = reader
        self._top = top
        self._base = base
        self._lead = lead
        self._settings = reader.settings(git)

    def layers(self) -> tuple[Layer, ...]:
        """The ignore files that lie in none of the folders of the scan, the one that counts least first."""
        exclude = self._settings.excludes_file
        found = self._layer(exclude, str(exclude), self._lead) if exclude else ()
        found += self._layer(self.git.common / "info" / "exclude", ".git/info/exclude", self._lead)
        names = self._lead.strip("/").split("/") if self._lead else []
        for depth in range(len(names)):
            up = "../" * (len(names) - depth)
            file = self._top.joinpath(*names[:depth], ".gitignore")
            found += self._layer(file, f"{up}.gitignore", "".join(f"{name}/" for name in names[depth:]))
        return found

    @property
    def ignore_case(self) -> bool:
        """Git's `core.ignoreCase`."""
        return self._settings.ignore_case

    def tracks(self, path: str) -> bool:
        """Whether git tracks this file or submodule of the scan."""
        return self._lead + path[len(self._base) :] in self._now().entries

    def tracks_in(self, path: str) -> bool:
        """Whether git tracks anything in this folder of the scan."""
        return self._lead + path[len(self._base) :] in self._now().folders

    def shares_with(self, other: Repository) -> bool:
        """Whether both are work trees of one repository."""
        return os.path.realpath(self.git.common) == os.path.realpath(other.git.common)

    def _layer(self, file: Path, source: str, lead: str) -> tuple[Layer, ...]:
        return self._reader.layer(file, source, self._base, lead, self._settings.ignore_case)

    def _now(self) -> Tracked:
        return self._reader.tracked(self.git, self._settings.hash_bytes)
