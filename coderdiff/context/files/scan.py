"""The files of a repository that are worth reading, and for each other one the rule that leaves it out.

Nothing outside the root is ever seen: symbolic links are not followed. The first rule that speaks decides:

1. links, special files, names that are not UTF-8;
2. version control's own folders, and files that hold secrets by their name (`deny.py`): nothing brings them back;
3. `.coderdiffignore` in any folder, the user's word to this program, with the rules of `.gitignore`. A negated line
   (`!vendor/`) brings back what the rules below would leave out;
4. git's ignore files, as git reads them: `.gitignore` in any folder of the work tree (those above the root too),
   `info/exclude`, `core.excludesFile`. What git tracks is not ignored. Submodules and other repositories in the tree
   follow their own; a second work tree of the same repository is left out. A root in an ignored folder is read all
   the same, since somebody named it;
5. folders and files that `names.py` names: installed, vendored, build output, binary, generated ...;
6. files larger than `ScanRules.max_bytes`.

What only a file's content can tell is asked where it is read: `filters.reason_to_skip`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from coderdiff.context.files.entries import Entry, look_up, names_in, printable, unreadable
from coderdiff.context.files.filters import reason_to_skip
from coderdiff.context.files.gitfolder import git_folder
from coderdiff.context.files.ignore import key_of
from coderdiff.context.files.names import ENVIRONMENT_MARKS, VERSION_CONTROL, folder_reason, name_reason
from coderdiff.context.files.worktree import IgnoreReader, Layer, Repository, last_word, work_tree_around
from coderdiff.context.safety.deny import denied, denied_folder
from coderdiff.errors import InputError

OWN_IGNORE_FILE = ".coderdiffignore"
_A_FOLDER = "a folder"


@dataclass(frozen=True, slots=True)
class Found:
    """A file to read: its path, its size in bytes, the time of its last change in nanoseconds.

    `wanted` says that a negated line of `.coderdiffignore` asks for it, or brought back a folder around it.
    """

    path: str
    size: int
    mtime_ns: int
    wanted: bool = False


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file, or a folder with all that is in it, that is left out, and the rule that says so."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class ScanRules:
    """What a scan can be told. `home` is where the user's git settings lie, None for the user's own home."""

    max_bytes: int = 1_000_000
    home: Path | None = None


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder to be read and what holds in it; `path` is "" or ends with a slash.

    `ignored` is git's reason to leave out all of it but what it tracks; `wanted` is as in `Found`.
    """

    path: str
    own: tuple[Layer, ...] = ()
    git: tuple[Layer, ...] = ()
    repository: Repository | None = None
    ignored: str | None = None
    wanted: bool = False


class Scanner:
    """Finds the files of a folder. Many threads may use one.

    Raises InputError if the root is not a folder.
    """

    def __init__(self, root: Path, rules: ScanRules | None = None) -> None:
        self.root = Path(os.path.realpath(root))
        self.rules = rules or ScanRules()
        if not self.root.is_dir():
            raise InputError(f"{root} is not a folder; name the folder to read")
        self._reader = IgnoreReader(self.rules.home)
        self._repositories: dict[str, Repository] = {}

    def walk(self, folder: str = "") -> Iterator[Found | Skipped]:
        """All files of the root, or of one of its folders, in a stable order; a folder left out is one answer.

        Raises InputError if `folder` leads out of the root.
        """
        start = self._descend(self.relative(Path(folder)) if folder else "")
        if isinstance(start, Skipped):
            yield start
            return
        pending = [start]
        while pending:
            here = pending.pop()
            try:
                with os.scandir(self.root / here.path) as listing:
                    entries = sorted(listing, key=lambda entry: entry.name)
            except OSError as error:
                yield Skipped(here.path.rstrip("/"), f"cannot be read ({error.strerror})")
                continue
            has = {entry.name for entry in entries}.__contains__
            entered = self._enter(here, has)
            if isinstance(entered, Skipped):
                yield entered
                continue
            inner = []
            for entry in entries:
                answer = self._judge(entered, entry, has)
                if isinstance(answer, _Folder):
                    inner.append(answer)
                else:
                    yield answer
            pending += reversed(inner)

    def check(self, path: str) -> Found | Skipped:
        """What `walk` says of one file; for a file in a folder that is left out, that folder's reason.

        `path` is relative to the root, or absolute. Raises InputError if it leads out of the root.
        """
        path = self.relative(Path(path))
        above, _, name = path.rpartition("/")
        here = self._descend(above)
        if isinstance(here, _Folder):
            here = self._enter(here, self._has(here.path))
        if isinstance(here, Skipped):
            return Skipped(printable(path), f"in {here.path}: {here.reason}")
        answer = self._judge_name(here, name)
        return Skipped(path, _A_FOLDER) if isinstance(answer, _Folder) else answer

    def explain(self, path: str) -> Found | Skipped:
        """`check`, and then the rules on contents.

        Raises InputError if `path` leads out of the root.
        """
        answer = self.check(path)
        if isinstance(answer, Skipped):
            return answer
        try:
            reason = reason_to_skip(answer.path, (self.root / answer.path).read_bytes(), answer.wanted)
        except OSError as error:
            reason = f"cannot be read ({error.strerror})"
        return Skipped(answer.path, reason) if reason else answer

    def why(self, path: str) -> str:
        """One line for people: that a file is read, or the rule that leaves it out.

        Raises InputError if `path` leads out of the root.
        """
        answer = self.explain(path)
        if isinstance(answer, Found):
            return f"{answer.path}: read" + (f", as {OWN_IGNORE_FILE} asks" if answer.wanted else "")
        if answer.reason == _A_FOLDER:
            return f"{answer.path}: a folder that is looked into; name a file in it"
        return f"{answer.path}: left out: {answer.reason}"

    def relative(self, path: Path) -> str:
        """A path of the root as the scanner writes it: relative, with slashes. It need not exist.

        Raises InputError if it leads out of the root, or is the root.
        """
        given = self.root / path
        for absolute in (given, Path(os.path.realpath(given.parent)) / given.name):
            plain = Path(os.path.normpath(absolute))
            if plain == self.root:
                raise InputError(f"{path} is the whole of {self.root}; name a file in it")
            if plain.is_relative_to(self.root):
                return plain.relative_to(self.root).as_posix()
        raise InputError(f"{path} is not in {self.root}; name a file of that folder")

    def _descend(self, folder: str) -> _Folder | Skipped:
        """A folder as `walk` comes to it, not entered yet; or the folder on the way that is left out."""
        here = self._top()
        for name in folder.split("/") if folder else ():
            entered = self._enter(here, self._has(here.path))
            if isinstance(entered, Skipped):
                return entered
            answer = self._judge_name(entered, name)
            if not isinstance(answer, _Folder):
                return answer if isinstance(answer, Skipped) else Skipped(answer.path, "not a folder")
            here = answer
        return here

    def _top(self) -> _Folder:
        """The root, with what holds in it from outside."""
        repository = self._repositories.get("")
        if repository is None:
            around = work_tree_around(self.root, self._reader.home)
            if around is None:
                return _Folder("")
            lead = self.root.relative_to(around[0]).as_posix()
            repository = Repository(self._reader, *around, lead="" if lead == "." else f"{lead}/")
            self._repositories[""] = repository
        return _Folder("", git=repository.layers(), repository=repository)

    def _enter(self, here: _Folder, has: Callable[[str], bool]) -> _Folder | Skipped:
        """A folder with what its own files say; `has` says whether a name is in it."""
        path, repository, git, ignored = here.path, here.repository, here.git, here.ignored
        if path and not here.wanted and any(map(has, ENVIRONMENT_MARKS)):
            return Skipped(path[:-1], "installed packages (a Python environment)")
        inner = self._inner_repository(path) if path and has(".git") else None
        if inner:
            if repository and inner.shares_with(repository):
                return Skipped(path[:-1], "another work tree of this repository")
            repository, git, ignored = inner, inner.layers(), None
        if has(".gitignore"):
            git += self._layer(path, ".gitignore", repository is not None and repository.ignore_case)
        own = here.own + (self._layer(path, OWN_IGNORE_FILE) if has(OWN_IGNORE_FILE) else ())
        return _Folder(path, own, git, repository, ignored, here.wanted)

    def _judge(self, here: _Folder, entry: Entry, has: Callable[[str], bool]) -> _Folder | Found | Skipped:
        """One entry of an entered folder: a folder to go into, or the answer."""
        path = here.path + entry.name
        folder = entry.is_dir(follow_symlinks=False)
        reason = unreadable(entry) or VERSION_CONTROL.get(entry.name)
        reason = reason or (denied_folder(entry.name) if folder else denied(path))
        if reason:
            return Skipped(printable(path), reason)
        key = key_of(path)
        line = last_word(here.own, key, folder)
        if line and not line.negated:
            return Skipped(path, f"ignored by {line}")
        by_git = self._ignored_by_git(here, path, key, folder)
        if folder:
            return self._judge_folder(here, path, by_git, has, asked=line is not None)
        if by_git and line is None:
            return Skipped(path, by_git)
        return self._judge_file(here, path, entry, asked=line is not None)

    def _judge_folder(
        self, here: _Folder, path: str, by_git: str | None, has: Callable[[str], bool], asked: bool
    ) -> _Folder | Skipped:
        repository = here.repository
        kept = by_git is not None and repository is not None and repository.tracks_in(path)
        by_name = folder_reason(
            path.rpartition("/")[2],
            has,
            inside=lambda: names_in(self.root / path),
            tracked=lambda: repository is not None and repository.tracks_in(path),
        )
        inner = replace(here, path=f"{path}/", ignored=by_git)
        if asked:
            return replace(inner, ignored=None, wanted=here.wanted or bool(by_git or by_name))
        reason = by_name if kept else by_git or by_name
        return Skipped(path, reason) if reason else inner

    def _judge_file(self, here: _Folder, path: str, entry: Entry, asked: bool) -> Found | Skipped:
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError as error:
            return Skipped(path, f"cannot be read ({error.strerror})")
        if status.st_size > self.rules.max_bytes:
            return Skipped(path, f"larger than {self.rules.max_bytes / 1e6:g} MB")
        wanted = asked or here.wanted
        reason = None if wanted else name_reason(entry.name, status.st_size)
        return Skipped(path, reason) if reason else Found(path, status.st_size, status.st_mtime_ns, wanted)

    def _ignored_by_git(self, here: _Folder, path: str, key: str, folder: bool) -> str | None:
        """Git's reason to leave an entry out; None for what it tracks."""
        reason = here.ignored
        if reason is None:
            line = last_word(here.git, key, folder)
            reason = f"ignored by git ({line})" if line and not line.negated else None
        tracked = reason is not None and here.repository is not None and here.repository.tracks(path)
        return None if tracked else reason

    def _judge_name(self, here: _Folder, name: str) -> _Folder | Found | Skipped:
        try:
            entry = look_up(self.root / here.path / name)
        except OSError as error:
            return Skipped(printable(here.path + name), f"cannot be read ({error.strerror})")
        return self._judge(here, entry, self._has(here.path))

    def _has(self, folder: str) -> Callable[[str], bool]:
        return lambda name: os.path.lexists(self.root / folder / name)

    def _layer(self, path: str, name: str, ignore_case: bool = False) -> tuple[Layer, ...]:
        return self._reader.layer(self.root / path / name, path + name, path, ignore_case=ignore_case)

    def _inner_repository(self, path: str) -> Repository | None:
        """The repository whose top is a folder below the root; None if git would not take it for one."""
        top = self.root / path
        if path not in self._repositories:
            git = git_folder(top)
            if git is None:
                return None
            self._repositories[path] = Repository(self._reader, top, git, base=path)
        return self._repositories[path]
