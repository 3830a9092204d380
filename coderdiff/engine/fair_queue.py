"""A bounded queue that is fair between clients: they take turns, and none can fill it alone."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    """Items in lines, one line a client; `pop` takes the first of each line by turns.

    A client may add while its line is shorter than the room that is left (dynamic thresholds, Choudhury and Hahne
    1998): one client alone can take half of the queue, and whoever comes later still finds room.
    """

    def __init__(self, most: int) -> None:
        assert most > 0
        self._most = most
        self._lines: OrderedDict[str, deque[T]] = OrderedDict()  # whose turn is next comes first

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))

    def has_room(self, client: str) -> bool:
        """Whether the client may add an item."""
        return len(self._lines.get(client, ())) < self._most - len(self)

    def push(self, client: str, item: T) -> None:
        """Add to the end of the client's line, unless it stands there already."""
        line = self._lines.setdefault(client, deque())
        if item not in line:
            line.append(item)

    def pop(self) -> T | None:
        """The next item, None if there is none; its client's next turn comes after everybody else's."""
        if not self._lines:
            return None
        client, line = self._lines.popitem(last=False)
        item = line.popleft()
        if line:
            self._lines[client] = line
        return item

    def remove(self, item: T) -> None:
        """Take an item out of every line it stands in."""
        for client, line in list(self._lines.items()):
            if item in line:
                line.remove(item)
                if not line:
                    del self._lines[client]
