"""The documents that are being edited, as they stand now, and what was changed in them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace

from coderdiff.context.answer import Gathered, Held
from coderdiff.context.records import FileSymbols
from coderdiff.context.retrieval.edits import EditLog
from coderdiff.context.retrieval.evidence import Edit
from coderdiff.context.retrieval.lookup import Buffer
from coderdiff.context.retrieval.view import Words
from coderdiff.context.syntax.chunks import cut
from coderdiff.context.syntax.document import OpenDocument

MOST_OPEN = 24
"""Documents whose trees are kept; the one used least recently goes first."""


class Opened:
    """A document that is being edited: its tree, its words, what was gathered last, its last pack."""

    def __init__(self, path: str, text: str) -> None:
        self.document = OpenDocument(path, text)
        self.words = Words()
        self.gathered: Gathered | None = None
        self.held: Held | None = None
        self.lines: tuple[str, ...] = tuple(text.split("\n"))
        self._searched: tuple[FileSymbols, FileSymbols] | None = None

    def searched(self) -> FileSymbols:
        """The document's symbols with its chunks: other documents' cursors search it."""
        symbols = self.document.symbols()
        if self._searched is None or self._searched[0] is not symbols:
            self._searched = symbols, replace(symbols, chunks=cut(self.lines))
        return self._searched[1]


class OpenDocuments:
    """All that are open, by path."""

    def __init__(self) -> None:
        self._opened: OrderedDict[str, Opened] = OrderedDict()  # used last at the end
        self._edits = EditLog()

    def at(self, path: str, text: str) -> Opened:
        """The document of a path as it was last seen; opened with this text if it is new."""
        opened = self._opened.get(path)
        if opened is None:
            opened = self._opened[path] = Opened(path, text)
            while len(self._opened) > MOST_OPEN:
                self._opened.popitem(last=False)
        self._opened.move_to_end(path)
        return opened

    def update(self, path: str, text: str) -> Opened:
        """The document of a path with its text taken over, and what was changed noted."""
        opened = self.at(path, text)
        if text != opened.document.text:
            lines = tuple(text.split("\n"))
            self._edits.note(path, opened.lines, lines)
            opened.lines = lines
            opened.document.update(text)
        return opened

    def buffer(self, path: str, text: str) -> Buffer:
        """A document that another one's cursor may need, its symbols kept up with it."""
        return Buffer(text, self.update(path, text).searched())

    def edits_elsewhere(self, path: str) -> Sequence[Edit]:
        """What was changed last in other documents than this one."""
        return self._edits.elsewhere(path, {other: each.lines for other, each in self._opened.items()})
