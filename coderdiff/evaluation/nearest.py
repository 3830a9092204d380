"""The baseline that needs no network: the rest of the line that followed the longest run of the same characters.

Nearest neighbour among all places of the file, and of the related files where a repository is in sight. Its answers
get the last steps (`decoding/finish.py`) that a model's get.
"""

from __future__ import annotations

import time
from bisect import bisect
from collections.abc import Callable, Generator, Sequence

from coderdiff.decoding.finish import finish
from coderdiff.decoding.syntax import guard_for
from coderdiff.types import Completion, Draft, FillRequest

NAME = "nearest neighbour"

LONGEST = 400
"""Characters; longer runs are not told apart."""

SHORTEST = 3
"""After fewer anything follows."""


class NearestNeighbour:
    """Fills holes with what stood in the most similar place. Implements `types.Completer`; it is shown no snippets."""

    model = NAME
    pack_tokens = 0
    chats = False

    def count(self, text: str) -> int:
        """Nothing counts, as nothing is shown."""
        return len(text)

    def fill(
        self,
        request: FillRequest,
        cancelled: Callable[[], bool] | None = None,  # noqa: ARG002
    ) -> Generator[Draft, None, Completion]:
        """One line at most, found at once: no draft is ever shown."""
        yield from ()
        began = time.perf_counter()
        document, hole = request.document, request.hole
        prefix, suffix = document.text[: hole.start], document.text[hole.end :]
        line = following_line(prefix, [prefix, suffix, *(each.text for each in request.related)])
        finished = finish(prefix, line, suffix, guard_for(document.path))
        return Completion(
            text=finished.text,
            finish_reason="stop",
            tokens=0,
            forwards=0,
            latency_ms=(time.perf_counter() - began) * 1000,
            model=NAME,
            policy=NAME,
            withdrawn=finished.withdrawn,
        )


def following_line(prefix: str, texts: Sequence[str]) -> str:
    """What follows, up to a line end, where the longest end of `prefix` that stands in one of the texts stands last;
    the first text with so long a run counts. Empty if there is none."""
    found = ""
    longest = SHORTEST - 1
    for text in texts:

        def is_new(length: int, text: str = text) -> bool:
            return text.find(prefix[-length:], 0, len(text) - 1) < 0

        most = min(LONGEST, len(prefix) - (text is prefix))
        run = bisect(range(longest + 1, most + 1), False, key=is_new) + longest
        if run > longest:
            longest = run
            behind = text.rfind(prefix[-run:], 0, len(text) - 1) + run
            end = text.find("\n", behind)
            found = text[behind : end if end >= 0 else len(text)]
    return found
