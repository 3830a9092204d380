"""What git's own files say about a work tree: where they lie, its settings, its exclude files, what it tracks.

Only files are read; git is not run. Formats: gitrepository-layout(5), git-config(1), and "index-format" of git's
technical documentation (versions 2 to 4).
"""

from __future__ import annotations

import mmap
import os
import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from coderdiff.context.files.ignore import IgnoreFile, key_of

_MAX_BYTES = 1_000_000
_MAX_INCLUDES = 10
"""Files of settings include each other so deep at most, as in git."""

_SETTING = re.compile(
    r"""^\s*(?:\[\s*(?P<section>[\w.-]+)(?:\s+"(?P<sub>(?:[^"\\]|\\.)*)")?\s*\]\s*)?"""
    r"""(?:(?P<key>[A-Za-z][\w-]*)\s*(?:=\s*(?P<value>.*))?)?(?:[#;].*)?$"""
)
_VALUE = re.compile(r'"((?:[^"\\]|\\.)*)"?|\\(.)|([^"#;\\]+)|([#;].*)')


@dataclass(frozen=True, slots=True)
class GitFolder:
    """The git files of one work tree.

    `own` is its own folder (index), `common` the one that the work trees of a repository share (settings,
    `info/exclude`); they differ only for a linked work tree.
    """

    own: Path
    common: Path


@dataclass(frozen=True, slots=True)
class GitSettings:
    """The settings that decide which files are ignored."""

    excludes_file: Path | None = None
    ignore_case: bool = False
    hash_bytes: int = 20


@dataclass(frozen=True, slots=True)
class Tracked:
    """What the index lists, as paths relative to the work tree: files and submodules, and the folders around them."""

    entries: frozenset[str] = frozenset()
    folders: frozenset[str] = field(default=frozenset())


def git_folder(top: Path) -> GitFolder | None:
    """The git files of the work tree whose top is `top`, None if it is none.

    `.git` is a folder in a plain clone, and a file that names one in submodules and linked work trees.
    """
    mark = top / ".git"
    own = mark
    if mark.is_file():
        text = _read(mark).decode("utf-8", "surrogateescape")
        if not text.startswith("gitdir:"):
            return None
        own = top / text.removeprefix("gitdir:").strip()
    if not (own / "HEAD").is_file():
        return None
    shared = _read(own / "commondir").decode("utf-8", "surrogateescape").strip()
    return GitFolder(own, own / shared if shared else own)


def read_settings(git: GitFolder, home: Path, user_config: Path) -> GitSettings:
    """The settings of a work tree; `user_config` is the folder of programs' settings (`~/.config`).

    Without a setting the user's exclude file is `git/ignore` in that folder. `include` is followed, and `includeIf`
    where it asks for the git folder's place (`gitdir:`, `gitdir/i:`).
    """
    files = (
        Path("/etc/gitconfig"),
        user_config / "git" / "config",
        home / ".gitconfig",
        git.common / "config",
        git.own / "config.worktree",
    )
    settings = dict(pair for file in files for pair in _settings_of(file, git, home))
    named = settings.get("core.excludesfile")
    return GitSettings(
        excludes_file=home / _expanded(named, home) if named else user_config / "git" / "ignore",
        ignore_case=settings.get("core.ignorecase", "false").lower() in ("true", "yes", "on", "1"),
        hash_bytes=32 if settings.get("extensions.objectformat") == "sha256" else 20,
    )


def read_tracked(git: GitFolder, hash_bytes: int = 20) -> Tracked:
    """What the index lists; nothing if there is none or it cannot be read.

    An index split over two files is read only in its newer part.
    """
    try:
        with (
            (git.own / "index").open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
        ):
            entries = frozenset(os.fsdecode(path) for path in _index_paths(data, hash_bytes))
    except (OSError, ValueError, struct.error, IndexError):
        return Tracked()
    return Tracked(entries, frozenset(_folders(entries)))


def index_stamp(git: GitFolder) -> tuple[int, int]:
    """Changes when the index does: time of its last change in nanoseconds, and size in bytes."""
    try:
        status = (git.own / "index").stat()
    except OSError:
        return (0, 0)
    return (status.st_mtime_ns, status.st_size)


def _folders(entries: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for entry in entries:
        folder = entry.rstrip("/").rpartition("/")[0]
        while folder and folder not in seen:
            seen.add(folder)
            yield folder
            folder = folder.rpartition("/")[0]


def _index_paths(data: mmap.mmap, hash_bytes: int) -> Iterator[bytes]:
    """The paths of a `.git/index`."""
    signature, version, count = struct.unpack_from(">4sII", data)
    if signature != b"DIRC" or not 2 <= version <= 4:
        raise ValueError("not an index that can be read")
    at, path = 12, b""
    for _ in range(count):
        flags = struct.unpack_from(">H", data, at + 40 + hash_bytes)[0]
        start = at + 42 + hash_bytes + (2 if flags & 0x4000 else 0)
        if version == 4:  # the path is the one before, less its last bytes, plus new ones
            dropped, start = _offset_number(data, start)
            end = data.find(b"\0", start)
            path = path[: len(path) - dropped] + data[start:end]
            at = end + 1
        else:  # padded with one to eight NUL bytes
            end = data.find(b"\0", start)
            path = data[start:end]
            at += (end - at + 8) // 8 * 8
        if end < 0:
            raise ValueError("the index is cut off")
        yield path


def _offset_number(data: mmap.mmap, at: int) -> tuple[int, int]:
    """A number in the encoding of pack offsets, and where it ends."""
    byte = data[at]
    number = byte & 0x7F
    while byte & 0x80:
        at += 1
        byte = data[at]
        number = ((number + 1) << 7) | (byte & 0x7F)
    return number, at + 1


def _settings_of(file: Path, git: GitFolder, home: Path, depth: int = 0) -> Iterator[tuple[str, str]]:
    """The settings of a configuration file, with those that it includes where it includes them."""
    for name, value in _settings(_read(file).decode("utf-8", "replace")):
        yield name, value
        is_include = name == "include.path" or (
            name.startswith("includeif.")
            and name.endswith(".path")
            and _holds(name.removeprefix("includeif.").removesuffix(".path"), file, git, home)
        )
        if is_include and value and depth < _MAX_INCLUDES:
            yield from _settings_of(file.parent / _expanded(value, home), git, home, depth + 1)


def _holds(condition: str, file: Path, git: GitFolder, home: Path) -> bool:
    """Whether the git folder is where an `includeIf` of `file` asks it to be."""
    keyword, _, place = condition.partition(":")
    if keyword not in ("gitdir", "gitdir/i"):
        return False
    if place.startswith("./"):
        place = f"{file.parent}{place[1:]}"
    place = str(_expanded(place, home)) + "/" * place.endswith("/")
    pattern = ("" if place.startswith("/") else "**/") + place + ("**" if place.endswith("/") else "")
    lines = IgnoreFile("", os.fsencode(pattern), ignore_case=keyword == "gitdir/i")
    return any(
        lines.match(key_of(at).removeprefix("/"), folder=True)
        for at in (os.path.realpath(git.own), os.path.normpath(git.own))
    )


def _settings(text: str) -> Iterator[tuple[str, str]]:
    """ "section.key" (small letters) and value of each setting of a configuration file, in its order."""
    section = ""
    for line in re.sub(r"(?<!\\)((?:\\\\)*)\\\r?\n", r"\1", text).split("\n"):
        found = _SETTING.match(line)
        if found is None:
            continue
        if found["section"]:
            section = found["section"].lower() + (f".{found['sub']}" if found["sub"] else "")
        if found["key"]:
            value = "true" if found["value"] is None else _value(found["value"])
            yield f"{section}.{found['key'].lower()}", value


def _value(raw: str) -> str:
    """A setting's value without quotes, escapes, a comment behind it and unquoted blanks at its end."""
    value, kept = "", 0
    for quoted, escaped, plain, comment in _VALUE.findall(raw):
        if comment:
            break
        value += re.sub(r"\\(.)", r"\1", quoted) or escaped or plain
        kept = kept if plain else len(value)
    return value[:kept] + value[kept:].rstrip()


def _expanded(path: str, home: Path) -> Path:
    """A path of a setting, with the home folder for its "~"."""
    return home / path[2:] if path.startswith("~/") else Path(path)


def _read(path: Path) -> bytes:
    """A small file's bytes; none if it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(_MAX_BYTES)
    except OSError:
        return b""
