"""The repository around a file, opened and brought up to date for a command that asks it one thing.

Nothing is parsed for it but what the question needs; that is kept, and the next command need not do it again.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from coderdiff.context.repository import Repository

MOST_SECONDS = 4.0
"""A repository that is not indexed yet is read for so long; what is known by then is used, the next command goes on."""


@contextmanager
def repository_around(file: Path) -> Iterator[Repository]:
    """The repository that a file belongs to, its index refreshed for at most `MOST_SECONDS`."""
    from coderdiff.context.files.roots import find_root
    from coderdiff.context.repository import Repository

    with Repository.open(find_root(file.absolute(), around=Path.cwd()), say=_say) as repository:
        until = time.monotonic() + MOST_SECONDS
        figures = repository.refresh(jobs=os.cpu_count() or 1, stop=lambda: time.monotonic() > until)
        if figures.stopped:
            _say(f"{repository.root} is not wholly indexed yet; `coderdiff index` does it at one go")
        yield repository


def _say(line: str) -> None:
    print(f"coderdiff: {line}", file=sys.stderr, flush=True)
