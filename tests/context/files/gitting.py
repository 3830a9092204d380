"""Real git in the tests: run apart from the settings of whoever runs them, and asked what it thinks of a tree."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

WHO = ("-c", "user.name=Joe", "-c", "user.email=joe@example.org", "-c", "protocol.file.allow=always")


def git(folder: Path, *arguments: str, home: Path | None = None, feed: bytes = b"") -> bytes:
    """What a git command prints. `home` holds the user's settings; without it there are none."""
    alone = {"GIT_CONFIG_NOSYSTEM": "1", "HOME": str(home or os.devnull), "LC_ALL": "C"}
    kept = {name: os.environ[name] for name in ("PATH",) if name in os.environ}
    return subprocess.run(
        ["git", *WHO, *arguments], cwd=folder, input=feed, env=kept | alone, capture_output=True, check=True
    ).stdout


def repository(folder: Path, files: Mapping[str, str] | None = None) -> Path:
    """A new repository with files in it, none of them added."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q", "-b", "main")
    fill(folder, files or {})
    return folder


def fill(folder: Path, files: Mapping[str, str]) -> None:
    """Write files, and the folders around them."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def commit(folder: Path, *names: str) -> None:
    """Add files, ignored or not, and commit."""
    git(folder, "add", "-f", "--", *(names or (".",)))
    git(folder, "commit", "-q", "-m", "step")


def listed(folder: Path, home: Path | None = None) -> set[str]:
    """The files that git tracks or would add."""
    out = git(folder, "ls-files", "-z", "-co", "--exclude-standard", home=home)
    return {os.fsdecode(name) for name in out.split(b"\0") if name and (folder / os.fsdecode(name)).is_file()}


def speaking_lines(
    folder: Path, paths: list[str], *settings: str, home: Path | None = None
) -> dict[str, tuple[str, int, bool] | None]:
    """For each path the line of an ignore file that decides, as git sees it: source, number, negated."""
    out = _check_ignore(folder, paths, *settings, home=home)
    said: dict[str, tuple[str, int, bool] | None] = {}
    for source, number, pattern, path in zip(*[iter(out)] * 4, strict=True):
        said[path] = (source, int(number), pattern.startswith("!")) if source else None
    return said


def _check_ignore(folder: Path, paths: list[str], *settings: str, home: Path | None = None) -> list[str]:
    """The fields that `git check-ignore` prints; it ends with 1 where nothing is ignored, which is no error."""
    alone = {"GIT_CONFIG_NOSYSTEM": "1", "HOME": str(home or os.devnull), "PATH": os.environ["PATH"]}
    asked = b"".join(os.fsencode(path) + b"\0" for path in paths)
    command = ["git", *settings, "check-ignore", "--no-index", "-v", "-n", "-z", "--stdin"]
    done = subprocess.run(command, cwd=folder, input=asked, env=alone, capture_output=True, check=False)
    if done.returncode > 1:
        raise AssertionError(done.stderr)
    return [os.fsdecode(field) for field in done.stdout.split(b"\0")[:-1]]
