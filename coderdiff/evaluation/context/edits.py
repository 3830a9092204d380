"""How soon an edit of a very long file can be seen: its text taken over, parsed, and its symbols told again."""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from itertools import cycle

from coderdiff.context.index.index import Index
from coderdiff.context.syntax.document import OpenDocument
from coderdiff.context.syntax.languages import language_of
from coderdiff.evaluation.context.keystrokes import BETWEEN_KEYS_SECONDS, Spread, Took

LINES = 10_000
EDITS = 60

_STATEMENT = re.compile(r"\s+[\w.]+(?: = [\w.]+)?(?:\([\w., =]*\))?;?")
"""An assignment or a call on a line of its own: with it once more the file is as whole as it was."""


def measure(index: Index, seed: int) -> Spread | None:
    """Statements of a file of `LINES` lines, made of the repository's own, are entered once more where they stand, one
    after the other, all over it. None for a repository without any in a known language."""
    path, lines = _long_file(index)
    if not any(map(_STATEMENT.fullmatch, lines)):
        return None
    drawn = random.Random(seed)
    document = OpenDocument(path, "\n".join(lines))
    document.symbols()
    took = []
    for _ in range(EDITS):
        at = drawn.choice([at for at, line in enumerate(lines) if _STATEMENT.fullmatch(line)])
        lines.insert(at, lines[at])
        text = "\n".join(lines)
        time.sleep(BETWEEN_KEYS_SECONDS)
        wall, cpu = time.perf_counter(), time.thread_time()
        document.update(text)
        document.symbols()
        took.append(Took((time.perf_counter() - wall) * 1000, (time.thread_time() - cpu) * 1000))
    return Spread.of(took)


def _long_file(index: Index) -> tuple[str, list[str]]:
    """A path and lines: whole files of the commonest language that parse, one behind the other, again if too few."""
    languages = {path: language for path in index.paths() if (language := language_of(path)) is not None}
    if not languages:
        return "", []
    [(commonest, _)] = Counter(language.name for language in languages.values()).most_common(1)
    paths = [path for path in languages if languages[path].name == commonest]
    lines: list[str] = []
    for path in cycle(paths):
        text = index.text(path)
        if text and not OpenDocument(path, text).symbols().broken:
            lines += text.rstrip("\n").split("\n")
        if len(lines) >= LINES or (path == paths[-1] and not lines):
            break
    return paths[0], lines
