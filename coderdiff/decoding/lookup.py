"""Drafts by copying: what followed the last tokens where they stood before, in the prompt or in the answer.

Code repeats itself: names, calls, whole lines. Where the last few tokens have been seen, what came next then is a
good guess of what comes next now, and costs nothing (LLMA, arXiv 2304.04487; prompt lookup decoding). It is only ever
a draft: the network reads and checks it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

LONGEST = 4
"""Longer runs are not told apart."""


class Lookup:
    """A text that grows, and where every run of its tokens, `shortest` to `LONGEST` long, stood last."""

    def __init__(self, ids: Iterable[int], shortest: int) -> None:
        assert 1 <= shortest <= LONGEST
        self._shortest = shortest
        self._ids: list[int] = []
        self._ends: dict[tuple[int, ...], int] = {}
        self.add(ids)

    def add(self, ids: Iterable[int]) -> None:
        """Let the text go on with `ids`."""
        for id_ in ids:
            for size in range(self._shortest, LONGEST + 1):  # a run is known once something follows it
                if size <= len(self._ids):
                    self._ends[tuple(self._ids[-size:])] = len(self._ids)
            self._ids.append(id_)

    def after(self, more: Sequence[int], most: int) -> list[int]:
        """At most `most` ids that followed the end of the text with `more` behind it; [] if that end is new.

        The longest known run counts, where it stood last.
        """
        tail = [*self._ids[-LONGEST:], *more][-LONGEST:]
        for size in range(len(tail), self._shortest - 1, -1):
            at = self._ends.get(tuple(tail[-size:]))
            if at is not None:
                return self._ids[at : at + most]
        return []
