"""A `Completer` that shows another one the repository: each request gets the pack for its hole on the way, and the
files that its wording may be repeated from."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace

from coderdiff.context.answer import Context
from coderdiff.context.repository import Repository
from coderdiff.types import Completer, Completion, Document, Draft, FillRequest


class WithContext:
    """Fills holes in a repository's files. Implements `types.Completer`.

    A request's document has its path relative to the repository's root. One that brings a pack of its own keeps it.
    """

    def __init__(
        self, completer: Completer, repository: Repository, opened: Callable[[], Sequence[Document]] = tuple
    ) -> None:
        """`opened` tells what else is open in the editor."""
        self._completer = completer
        self._repository = repository
        self._opened = opened

    @property
    def model(self) -> str:
        """Name of the model that answers."""
        return self._completer.model

    @property
    def pack_tokens(self) -> int:
        """Most tokens of snippets that the model is shown."""
        return self._completer.pack_tokens

    @property
    def chats(self) -> bool:
        """Whether it answers `messages`; they are passed on as they are."""
        return self._completer.chats

    def count(self, text: str) -> int:
        """Tokens that a snippet with this text takes."""
        return self._completer.count(text)

    def context(self, request: FillRequest) -> Context:
        """The pack for a request's hole; what stands in the hole has no say in it."""
        return self._repository.context(
            _emptied(request),
            request.hole.start,
            self.pack_tokens,
            self._completer.count,
            opened=self._opened(),
        )

    def related(self, request: FillRequest) -> tuple[Document, ...]:
        """The files that the hole's wording may be repeated from."""
        return self._repository.related(_emptied(request), request.hole.start, opened=self._opened())

    def fill(
        self, request: FillRequest, cancelled: Callable[[], bool] | None = None
    ) -> Generator[Draft, None, Completion]:
        """Fill the hole with the repository in sight (see `types.Completer`); gathering counts in the latency."""
        if request.messages:
            return (yield from self._completer.fill(request, cancelled))
        began = time.perf_counter()
        request = replace(
            request,
            pack=request.pack or self.context(request).snippets,
            related=request.related or self.related(request),
        )
        gathered_ms = (time.perf_counter() - began) * 1000
        if request.limits.deadline_ms is not None:
            left = max(0.0, request.limits.deadline_ms - gathered_ms)
            request = replace(request, limits=replace(request.limits, deadline_ms=left))
        completion = yield from self._completer.fill(request, cancelled)
        return replace(completion, latency_ms=completion.latency_ms + gathered_ms)


def _emptied(request: FillRequest) -> Document:
    text, hole = request.document.text, request.hole
    return replace(request.document, text=text[: hole.start] + text[hole.end :])
