"""The symbols of a text that changes: after an edit only the stretch around it is read anew.

A file is taken apart at cuts (`parts.Cut`): places where a definition starts that no function or callback is around.
What is read between two cuts depends on nothing but the text between them and the names around, so records before the
first cut are kept, those behind the second one are moved by lines (references not before they are asked for:
`references.py`). Exact: whatever cannot be shown to be unchanged makes the whole file be read again.
"""

from __future__ import annotations

import sys
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import replace

import tree_sitter

from coderdiff.context.records import TO_THE_END, Binding, Definition, FileSymbols, Import
from coderdiff.context.syntax.heal import Healed
from coderdiff.context.syntax.languages import Language
from coderdiff.context.syntax.parse import edit_between
from coderdiff.context.syntax.parts import Cut, Placed, Record
from coderdiff.context.syntax.reader import read_part
from coderdiff.context.syntax.references import References
from coderdiff.context.syntax.source import Source
from coderdiff.context.syntax.symbols import inherited, join_definitions


class KeptSymbols:
    """What one text says, part by part, and its `symbols`, which have no chunks: who searches cuts these."""

    def __init__(self, language: Language, text: Healed) -> None:
        self._language = language
        self._text = text
        self._read_all(Source(text.content))

    def update(self, text: Healed) -> FileSymbols:
        """The symbols of another text; fast if it is nearly the same."""
        if text.content == self._text.content and text.tree is self._text.tree:
            return self.symbols
        before, self._text = self._text, text
        source = Source(text.content)
        edit = edit_between(before.content, text.content)
        old = before.tree.copy()
        old.edit(*edit)
        if not self._read_stretch(source, edit[:3], edit[5][0] - edit[4][0], old):
            self._read_all(source)
        return self.symbols

    def _read_all(self, source: Source) -> None:
        part = read_part(self._language, self._text.tree, source)
        self._part, self._references = replace(part, references=Placed()), References.of(part.references)
        self._tell(source, self._definitions())

    def _definitions(self) -> tuple[Definition, ...]:
        return join_definitions(self._part.definitions.records, inherited([self._part]))

    def _tell(self, source: Source, definitions: tuple[Definition, ...]) -> None:
        self.symbols = FileSymbols(
            language=self._language.name,
            lines=source.lines,
            definitions=definitions,
            references=self._references,
            imports=tuple(self._part.imports.records),
            bindings=tuple(self._part.bindings.records),
            broken=self._text.tree.root_node.has_error,
        )

    def _read_stretch(
        self, source: Source, edit: tuple[int, int, int], lines: int, old: tree_sitter.Tree
    ) -> bool:
        """Read what an edit touched, which moved what follows by so many lines; False if it may reach further."""
        start, old_end, new_end = edit
        moved = new_end - old_end
        ranges = old.changed_ranges(self._text.tree)
        low = min([start, *(each.start_byte for each in ranges)])
        high = max([new_end, *(each.end_byte for each in ranges)])
        first, second = self._cuts_around(source, low, max(old_end, high - moved), moved)
        old_behind = sys.maxsize if second is None else second.offset
        behind = sys.maxsize if second is None else second.offset + moved
        begin = 0 if first is None else first.offset
        new = read_part(self._language, self._text.tree, source, begin, behind)
        if (first and new.cuts[:1] != [first]) or (second and replace(second, offset=behind) not in new.cuts):
            return False
        kept = self._part
        if not _take_over(kept.definitions, new.enclosing):
            return False
        stretch, by = (begin, old_behind), (moved, lines)
        kept.definitions = _joined(kept.definitions, new.definitions, stretch, by, _definitions_down)
        self._references = self._references.spliced(new.references, begin, old_behind, moved, lines)
        kept.imports = _joined(kept.imports, new.imports, stretch, by, _imports_down)
        kept.bindings = _joined(kept.bindings, new.bindings, stretch, by, _bindings_down)
        kept.inherits = [
            *(each for each in kept.inherits if each[0] < begin),
            *new.inherits,
            *((each[0] + moved, *each[1:]) for each in kept.inherits if each[0] >= old_behind),
        ]
        kept.cuts = [
            *(each for each in kept.cuts if each.offset < begin),
            *(each for each in new.cuts if each.offset < behind),
            *(Cut(each.offset + moved, each.around) for each in kept.cuts if each.offset >= old_behind),
        ]
        self._tell(source, self._definitions())
        return True

    def _cuts_around(self, source: Source, low: int, high: int, moved: int) -> tuple[Cut | None, Cut | None]:
        """The last cut before a stretch of the old text, and the second line of cuts behind it.

        The second, since comments above a definition are read with it. None for what is not there: before the first
        cut all is read from the start, behind the last one up to the end.
        """
        cuts = self._part.cuts
        at = bisect_left(cuts, low, key=_offset) - 1
        first = cuts[at] if at >= 0 else None
        behind = cuts[bisect_right(cuts, high, key=_offset) :]
        lines = ((each, source.line_of(each.offset + moved)) for each in behind)
        _, line = next(lines, (None, 0))
        return first, next((each for each, other in lines if other > line), None)


def _offset(cut: Cut) -> int:
    return cut.offset


def _take_over(kept: Placed[Definition], new: Placed[Definition]) -> bool:
    """Put the definitions that an edit is in, as they are now, in their places; False if they are others."""
    for start, record in zip(new.starts, new.records, strict=True):
        places = range(bisect_left(kept.starts, start), bisect_right(kept.starts, start))
        at = next((at for at in places if kept.records[at].name == record.name), None)
        if at is None or kept.records[at].kind != record.kind or kept.records[at].scope != record.scope:
            return False
        kept.records[at] = record
    return True


def _joined(
    kept: Placed[Record],
    new: Placed[Record],
    stretch: tuple[int, int],
    moved: tuple[int, int],
    further_down: Callable[[list[Record], int], list[Record]],
) -> Placed[Record]:
    """The new records in the place of those in the old stretch; what is behind it has moved by bytes and by lines."""
    before: int = bisect_left(kept.starts, stretch[0])
    behind: int = bisect_left(kept.starts, stretch[1])
    starts = [*kept.starts[:before], *new.starts, *(start + moved[0] for start in kept.starts[behind:])]
    rest: list[Record] = kept.records[behind:]
    if moved[1]:
        rest = further_down(rest, moved[1])
    records: list[Record] = kept.records[:before] + new.records + rest
    return Placed(starts, records)


# Records so many lines further down, built by hand: a file has thousands.


def _definitions_down(definitions: list[Definition], lines: int) -> list[Definition]:
    return [
        Definition(name, kind, scope, first + lines, last + lines, signature, doc, bases, said)
        for name, kind, scope, first, last, signature, doc, bases, said in definitions
    ]


def _imports_down(imports: list[Import], lines: int) -> list[Import]:
    return [Import(module, name, alias, line + lines) for module, name, alias, line in imports]


def _bindings_down(bindings: list[Binding], lines: int) -> list[Binding]:
    return [
        Binding(
            target,
            type_,
            form,
            line + lines,
            scope,
            steps,
            until if until is None or until == TO_THE_END else until + lines,
        )
        for target, type_, form, line, scope, steps, until in bindings
    ]
