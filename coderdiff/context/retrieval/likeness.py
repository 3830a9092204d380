"""Lines of code by what they have in common with those around the cursor, and the names that these vote for."""

from __future__ import annotations

from collections.abc import Sequence

from coderdiff.context.retrieval import lexical
from coderdiff.context.retrieval.evidence import Edit, Example, Found
from coderdiff.context.retrieval.kinds import is_example
from coderdiff.context.retrieval.lexical import Chunk
from coderdiff.context.retrieval.lookup import Here
from coderdiff.context.retrieval.resolve import Resolver
from coderdiff.context.retrieval.view import View
from coderdiff.context.syntax.languages import language_of

MOST_CHUNKS = 30
MOST_HITS = 50
"""Chunks that are looked for: some are of files that are no examples."""

MOST_OPENED = 8
MOST_RELATED = 4
MOST_BODY_LINES = 24

_SCOPE = 0.5


class Examples:
    """Code that shows how it is done, for one cursor."""

    def __init__(self, resolver: Resolver, view: View) -> None:
        self._resolver = resolver
        self._view = view

    def alike(self, in_play: Sequence[Found]) -> tuple[list[Example], list[Example]]:
        """Chunks of other files, and those of open ones: an open file is what its buffer says, not the index.

        To code only code is an example: a README has its words, and package.json those of its imports.
        """
        view = self._view
        language = view.symbols.language
        extra = dict.fromkeys((part for part in view.scope.split(".") if part), _SCOPE)
        query = lexical.query(view, extra)
        hits = self._resolver.known.lookup.search(query, MOST_HITS, (view.path,))
        places = [(hit.path, hit.start_line, hit.end_line) for hit in hits if is_example(hit.path, language)]
        chunks = self._chunks(places[:MOST_CHUNKS])
        parts = self._chunks(
            [
                (path, first, last)
                for path, buffer in self._resolver.known.lookup.buffers.items()
                if path != view.path and is_example(path, language)
                for first, last in buffer.symbols.chunks
            ]
        )
        open_ones = lexical.most_alike(query, parts, MOST_OPENED)
        called = [each.name for each in in_play[:8]]
        first = max(1, view.line - lexical.LINES_BEFORE)
        last = min(len(view.lines), view.line + lexical.LINES_AFTER)

        def example(chunk: Chunk) -> Example:
            is_code = language_of(chunk.path) is not None
            used = next((name for name in called if name in chunk.names), None) if is_code else None
            return Example(chunk, f"uses {used} too" if used else f"similar to lines {first}-{last}")

        return [example(each) for each in chunks], [example(each) for each in open_ones]

    def votes(self, *lists: Sequence[Example]) -> dict[str, float]:
        """How much examples speak for names that the repository defines and the file does not show."""
        known = self._resolver.known.shared.defined
        asked = (
            frozenset().union(*(each.chunk.names for listed in lists for each in listed)) - self._view.known
        )
        missing = asked - known.keys()
        if missing:
            known.update(dict.fromkeys(missing, False))
            known.update(dict.fromkeys(self._resolver.known.lookup.defined(missing), True))
        wanted = frozenset(name for name in asked if known[name])
        found: dict[str, float] = {}
        for listed in lists:
            for name, vote in lexical.votes([each.chunk for each in listed], wanted).items():
                found[name] = found.get(name, 0.0) + vote
        return found

    def related(self, in_play: Sequence[Found]) -> list[Example]:
        """What the enclosing method overrides, and short bodies of what is called next to the cursor."""
        view = self._view
        shown: list[tuple[Here, str]] = []
        cls = self._resolver.classes.class_of(view.path, view.scope)
        method = view.scope.rpartition(".")[2]
        if cls is not None and method != cls.definition.name:
            for base in self._resolver.classes.family(cls)[1:]:
                own = self._resolver.classes.own_member(base, method)
                if own is not None and own.path != view.path:
                    shown.append((own, f"{base.definition.name}.{method} is overridden here"))
        for found in in_play[:MOST_RELATED]:
            if found.here.definition.kind in {"function", "method"}:
                shown.append((found.here, f"body of {found.name}, {found.reason}"))
        self._chunks([_body(here) for here, _ in shown])  # all with one question
        examples = [Example(chunk, reason) for here, reason in shown for chunk in self._chunks([_body(here)])]
        return examples[:MOST_RELATED]

    def _chunks(self, places: Sequence[tuple[str, int, int]]) -> list[Chunk]:
        """Lines of other files; what is gone is left out."""
        known = self._resolver.known.shared.chunks
        missing = [place for place in places if place not in known]
        for place, text in zip(
            missing, self._resolver.known.lookup.lines(missing) if missing else (), strict=True
        ):
            if text is not None:
                known[place] = lexical.chunk_of(*place, text)
        return [known[place] for place in places if place in known]


def _body(here: Here) -> tuple[str, int, int]:
    """Where the first lines of a definition are."""
    path, definition = here
    return path, definition.start_line, min(definition.end_line, definition.start_line + MOST_BODY_LINES - 1)


def edited(edit: Edit) -> Example:
    """Lines that were changed lately, as an example."""
    return Example(lexical.chunk_of(edit.path, edit.start_line, edit.end_line, edit.text), "changed lately")
