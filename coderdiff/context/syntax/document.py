"""The open document: a text that changes with every keystroke, and its tree and symbols, kept up with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import tree_sitter

from coderdiff.context.records import FileSymbols
from coderdiff.context.syntax.faults import Fault
from coderdiff.context.syntax.heal import Healed, heal
from coderdiff.context.syntax.kept import KeptSymbols
from coderdiff.context.syntax.languages import Language, language_for
from coderdiff.context.syntax.macros import without_macros
from coderdiff.context.syntax.parse import edit_between, parse
from coderdiff.context.syntax.source import Source


def to_bytes(text: str) -> bytes:
    """The UTF-8 of a text; a lone surrogate, which has none, becomes a question mark."""
    return text.encode("utf-8", "replace")


class OpenDocument:
    """One file as its editor shows it. Not safe for use by several threads at once."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        content = to_bytes(text)
        self.language: Language | None = language_for(path, content)
        self._content = without_macros(self.language, content)
        self._tree = parse(self.language, self._content) if self.language else None
        self._suspects: list[Fault] = []
        self._healed: Healed | None = None
        self._stale = True
        self._kept: KeptSymbols | None = None
        self._symbols: FileSymbols | None = None

    @property
    def tree(self) -> tree_sitter.Tree | None:
        """The syntax tree of the text as it is now; None where the language is not known."""
        return self._tree

    @property
    def healed(self) -> Healed | None:
        """The text that symbols are read from, its broken lines mended; None where the language is not known."""
        if self._stale and self.language and self._tree:
            self._healed = heal(self.language, self._content, self._tree, self._suspects, self._healed)
            self._suspects = list(self._healed.faults)
            self._stale = False
        return self._healed

    def update(self, text: str) -> None:
        """Take over a new text. Only what changed since the last one is parsed again."""
        if text == self.text:
            return
        content = without_macros(self.language, to_bytes(text))
        if self.language and self._tree:
            edit = edit_between(self._content, content)
            lines = [_typed_on(content, edit[0], edit[2], edit[5][0])]
            start, old_end, new_end = edit[:3]
            is_cut = old_end > start or b"\n" in content[start:new_end]
            if is_cut and edit[5][0] not in lines:
                lines.append(edit[5][0])  # what is left of a line that lost its beginning
            self._suspect(edit[3][0], edit[4][0], edit[5][0], lines)
            old = self._tree.copy()  # the tree itself may be that of the mended text, which is compared later
            old.edit(*edit)
            self._tree = parse(self.language, content, old)
        self.text, self._content, self._symbols, self._stale = text, content, None, True

    def symbols(self) -> FileSymbols:
        """The symbols of the text as it is now; without chunks, which only other documents' cursors search."""
        if self._symbols is None:
            healed = self.healed
            if self.language is None or self._tree is None or healed is None:
                self._symbols = FileSymbols(None, Source(self._content).lines)
                return self._symbols
            if self._kept is None:
                self._kept = KeptSymbols(self.language, healed)
            symbols = self._kept.update(healed)
            self._symbols = replace(symbols, broken=self._tree.root_node.has_error)
        return self._symbols

    def _suspect(self, start: int, old_end: int, new_end: int, lines: Sequence[int]) -> None:
        """Note the `lines` (from 0) that an edit may have broken, what is being typed first; older faults move."""
        others: list[Fault] = []
        for fault in self._suspects:
            if fault.last < start:
                others.append(fault)
            elif fault.first > old_end:
                moved = new_end - old_end
                others.append(Fault(fault.first + moved, fault.last + moved))
        self._suspects = [*(Fault(line, line) for line in lines), *others]


def _typed_on(content: bytes, start: int, end: int, line: int) -> int:
    """The line (from 0) of what an edit wrote, which ends at a place and a line; of code, where that is not blank."""
    if not content[start:end].strip():
        line -= content.count(b"\n", start, end)
        end = start
    else:
        stop = content.find(b"\n", end)
        end = stop if stop >= 0 else len(content)
    text = content[:end]
    while line and not text[text.rfind(b"\n") + 1 :].strip():
        text, line = text[: text.rfind(b"\n")], line - 1
    return line
