"""All that may help at a cursor: definitions by what names there mean, code by what it has in common with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from coderdiff.context.retrieval.asked import Line
from coderdiff.context.retrieval.evidence import Answer, Edit, Evidence
from coderdiff.context.retrieval.likeness import Examples, edited
from coderdiff.context.retrieval.meaning import Definitions
from coderdiff.context.retrieval.missing import missing_at
from coderdiff.context.retrieval.resolve import Resolver
from coderdiff.context.retrieval.view import View


class Retriever:
    """Gathers evidence for one cursor, through one resolver."""

    def __init__(self, resolver: Resolver, view: View) -> None:
        self._definitions = Definitions(resolver, view)
        self._examples = Examples(resolver, view)
        self._resolver = resolver
        self._view = view

    def gather(self, edits: Sequence[Edit] = ()) -> Evidence:
        """Everything that may help at the view's line, whatever is written there."""
        in_play = self._definitions.in_play()
        alike, opened = self._examples.alike(in_play)
        votes = self._examples.votes(alike, opened)
        imported, modules = self._definitions.imported(votes)
        missing = missing_at(self._resolver, self._view)
        return Evidence(
            missing=missing.abstract,
            in_play=in_play,
            members=[*missing.overridable, *self._definitions.members(votes)],
            imported=imported,
            modules=modules,
            beside=self._definitions.beside(votes),
            alike=alike,
            opened=opened,
            related=self._examples.related(in_play),
            edited=[edited(edit) for edit in reversed(edits)],
            votes=votes,
        )

    def asked_for(self, line: Line, votes: Mapping[str, float]) -> Answer:
        """What may stand behind the line's dot or be imported by it, and what its open call takes, if anybody says;
        the fixtures that a test may take."""
        definitions = self._definitions
        if line.module is not None:
            return Answer(definitions.names_in(line.module, votes))
        if line.parameters:
            return Answer(definitions.fixtures(votes))
        if line.element is not None:
            attributes = definitions.attributes(line.element)
            return Answer(attributes, [*definitions.called(line.element), *attributes])
        names = definitions.members_of(line.receiver, votes) if line.receiver is not None else ()
        if line.call is not None:
            return Answer(names, definitions.called(line.call))
        fields = definitions.fields_of(line.literal) if line.literal is not None else ()
        return Answer(names or fields, fields)
