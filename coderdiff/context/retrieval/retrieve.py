"""All that may help at a cursor: definitions by what names there mean, code by what it has in common with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from coderdiff.context.retrieval.asked import Line
from coderdiff.context.retrieval.evidence import Edit, Evidence, Found
from coderdiff.context.retrieval.likeness import Examples, edited
from coderdiff.context.retrieval.meaning import Definitions
from coderdiff.context.retrieval.resolve import Resolver
from coderdiff.context.retrieval.view import View


class Retriever:
    """Gathers evidence for one cursor, through one resolver."""

    def __init__(self, resolver: Resolver, view: View) -> None:
        self._definitions = Definitions(resolver, view)
        self._examples = Examples(resolver, view)

    def gather(self, edits: Sequence[Edit] = ()) -> Evidence:
        """Everything that may help at the view's line, whatever is written there."""
        in_play = self._definitions.in_play()
        alike, opened = self._examples.alike(in_play)
        votes = self._examples.votes(alike, opened)
        imported, modules = self._definitions.imported(votes)
        return Evidence(
            in_play=in_play,
            members=self._definitions.members(votes),
            imported=imported,
            modules=modules,
            beside=self._definitions.beside(votes),
            alike=alike,
            opened=opened,
            related=self._examples.related(in_play),
            edited=[edited(edit) for edit in reversed(edits)],
            votes=votes,
        )

    def asked_for(self, line: Line, votes: Mapping[str, float]) -> Sequence[Found]:
        """What may stand behind the dot that is being written, or be imported by the line; none if nobody says."""
        if line.module is not None:
            return self._definitions.names_in(line.module, votes)
        return self._definitions.members_of(line.receiver, votes) if line.receiver is not None else ()
