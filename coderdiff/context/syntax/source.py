"""A file's bytes, read by byte offsets as text and as line numbers: what the parser's places refer to."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np


class Source:
    """The bytes of one file. Lines end at a line feed and count from 1, as the parser counts them."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self._ascii = content.decode("ascii") if content.isascii() else None
        line_ends = np.flatnonzero(np.frombuffer(content, dtype=np.uint8) == ord("\n"))
        self._line_starts: list[int] = [0, *(line_ends + 1).tolist()]

    @property
    def lines(self) -> int:
        """How many lines there are; an empty file has none, and a line feed at the end starts no new one."""
        return len(self._line_starts) - (self._line_starts[-1] == len(self.content))

    def text(self, start: int, end: int) -> str:
        """The text between two byte offsets; what is no UTF-8 shows as U+FFFD."""
        if self._ascii is not None:
            return self._ascii[start:end]
        return self.content[start:end].decode("utf-8", "replace")

    def line_of(self, offset: int) -> int:
        """The line that a byte offset is on."""
        return bisect_right(self._line_starts, offset)

    def line_start(self, line: int) -> int:
        """The byte offset at which a line starts; the end of the file for a line behind the last."""
        return self._line_starts[line - 1] if line <= len(self._line_starts) else len(self.content)

    def line_text(self, line: int) -> str:
        """A line without its line end."""
        return self.text(self.line_start(line), self.line_start(line + 1)).rstrip("\r\n")

    def line_texts(self) -> list[str]:
        """All lines, without their line feeds."""
        text = self._ascii if self._ascii is not None else self.content.decode("utf-8", "replace")
        return text.split("\n")[: self.lines]


def line_start(content: bytes, line: int) -> int:
    """The byte offset at which a line (from 0) of a content starts; its end for a line behind the last."""
    if not line:
        return 0
    line_ends = np.flatnonzero(np.frombuffer(content, dtype=np.uint8) == ord("\n"))
    return int(line_ends[line - 1]) + 1 if line <= len(line_ends) else len(content)
