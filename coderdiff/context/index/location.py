"""Where an index lies: a folder of the user's cache for each repository, private to the user.

The file's name carries the format, so that two versions of the program, running at once, never write to one file.
Files of other formats are deleted when their replacement is made, unless a process still has them open.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from pathlib import Path

from coderdiff.context.index.database import remove
from coderdiff.context.index.schema import fingerprint

_SHOWN_NAME = 40


def default_location(root: Path) -> Path:
    """The folder for the index of a repository: `$XDG_CACHE_HOME/coderdiff/index/NAME-HASH` or the system's like."""
    real = os.path.realpath(root)
    name = re.sub(r"[^\w.-]+", "-", Path(real).name, flags=re.ASCII).strip("-.")[:_SHOWN_NAME] or "root"
    digest = hashlib.blake2b(os.fsencode(real), digest_size=8).hexdigest()
    return _cache_folder() / "coderdiff" / "index" / f"{name}-{digest}"


def index_file(folder: Path) -> Path:
    """The file for an index of the present format."""
    return folder / f"index-{fingerprint()}.db"


def has_index(root: Path) -> bool:
    """Whether this very folder was indexed before, as a root."""
    return index_file(default_location(root)).exists()


def remove_other_formats(folder: Path) -> int:
    """Delete the index files of other formats; how many there were."""
    others = [path for path in folder.glob("index-*.db") if path != index_file(folder)]
    for path in others:
        remove(path)
    return len(others)


def _cache_folder() -> Path:
    configured = os.environ.get("XDG_CACHE_HOME", "")
    if Path(configured).is_absolute():
        return Path(configured)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    return Path.home() / ".cache"
