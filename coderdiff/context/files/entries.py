"""What a scan knows of one name in a folder before it opens anything."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


class Entry(Protocol):
    """What `os.DirEntry` says."""

    @property
    def name(self) -> str:
        """The name, without its folder."""
        ...

    def is_symlink(self) -> bool:
        """Whether it is a symbolic link."""
        ...

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        """Whether it is a folder."""
        ...

    def is_file(self, *, follow_symlinks: bool = True) -> bool:
        """Whether it is a regular file."""
        ...

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        """Its status; raises OSError if it is gone."""
        ...


@dataclass(frozen=True, slots=True)
class Named:
    """One name that was looked up on its own. Links are never followed."""

    name: str
    status: os.stat_result

    def is_symlink(self) -> bool:
        """Whether it is a symbolic link."""
        return stat.S_ISLNK(self.status.st_mode)

    def is_dir(self, *, follow_symlinks: bool = False) -> bool:
        """Whether it is a folder."""
        assert not follow_symlinks
        return stat.S_ISDIR(self.status.st_mode)

    def is_file(self, *, follow_symlinks: bool = False) -> bool:
        """Whether it is a regular file."""
        assert not follow_symlinks
        return stat.S_ISREG(self.status.st_mode)

    def stat(self, *, follow_symlinks: bool = False) -> os.stat_result:
        """Its status."""
        assert not follow_symlinks
        return self.status


def look_up(path: Path) -> Named:
    """The entry of a path; raises OSError if there is none."""
    return Named(path.name, path.lstat())


def names_in(folder: Path) -> list[str]:
    """The names in a folder; none if it cannot be read."""
    try:
        return [entry.name for entry in folder.iterdir()]
    except OSError:
        return []


def unreadable(entry: Entry) -> str | None:
    """Why an entry cannot be read as a file or folder of the tree; None if it can."""
    if entry.is_symlink():
        return "a symbolic link"
    if not entry.name.isascii() and printable(entry.name) != entry.name:
        return "its name is not UTF-8"
    if entry.is_dir(follow_symlinks=False) or entry.is_file(follow_symlinks=False):
        return None
    return "not a regular file"


def printable(path: str) -> str:
    """A path that can be written as UTF-8: bytes that are none become escapes."""
    return path if path.isascii() else os.fsencode(path).decode("utf-8", "backslashreplace")
