"""The workspaces that the server shows its model: an index each, kept up with the files while the server runs."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from coderdiff.context.index.watch import Watcher
from coderdiff.context.repository import Repository
from coderdiff.context.retrieval.render import heading
from coderdiff.context.retrieval.snippets import safe
from coderdiff.errors import InputError
from coderdiff.types import Completer, Document, Snippet
from coderdiff_api.ask import Ask


class Workspaces:
    """Packs from open repositories and from what clients send along. Implements `ask.Context`."""

    def __init__(self, completer: Completer, roots: Sequence[Path]) -> None:
        """Open the index of each root and begin to watch its files; the first look may go on meanwhile."""
        self._completer = completer
        self._opened = {root: Repository.open(root) for root in roots}
        self._views: dict[tuple[Path, str | None], Repository] = {}
        self._lock = threading.Lock()
        self._watchers = [Watcher(each.index, each.scanner, jobs=1) for each in self._opened.values()]
        for watcher in self._watchers:
            watcher.start(timeout=0)

    def pack(self, ask: Ask) -> tuple[Snippet, ...]:
        """What the client sent comes first, cleaned and cut to fit; the workspace's own snippets take the rest."""
        left = self._completer.pack_tokens
        own = self._fitting(ask.snippets, left)
        if ask.workspace is None:
            return own
        left -= sum(self._tokens(each) for each in own)
        document, hole = ask.request.document, ask.request.hole
        emptied = Document(document.text[: hole.start] + document.text[hole.end :], document.path)
        try:
            repository = self._view(ask.workspace, ask.caller)
            found = repository.context(emptied, hole.start, left, self._completer.count)
        except (OSError, ValueError) as error:  # a path that no file can have
            raise InputError("path cannot be a file of the workspace") from error
        return (*own, *found.snippets)

    def close(self) -> None:
        """Stop watching, and close the indexes."""
        for watcher in self._watchers:
            watcher.stop()
        for repository in self._opened.values():
            repository.close()

    def _view(self, root: Path, caller: str | None) -> Repository:
        """A caller's own view of a workspace: one index, but what one client has open says nothing to another."""
        with self._lock:
            opened = self._opened[root]
            return self._views.setdefault((root, caller), Repository(opened.index, opened.scanner))

    def _fitting(self, snippets: Iterable[Snippet], left: int) -> tuple[Snippet, ...]:
        """The snippets that may be shown, in their order, as long as there is room; a long one is cut to it."""
        kept: list[Snippet] = []
        for each in snippets:
            shown = safe(each)
            while shown is not None and shown.text and self._tokens(shown) > left:
                shown = _first_half(shown)
            if shown is not None and shown.text:
                kept.append(shown)
                left -= self._tokens(shown)
        return tuple(kept)

    def _tokens(self, snippet: Snippet) -> int:
        return self._completer.count(f"{heading(snippet.path)}{snippet.text}\n")


def _first_half(snippet: Snippet) -> Snippet:
    """The first half of a snippet's lines; one line has none."""
    lines = snippet.text.splitlines(keepends=True)
    half = lines[: len(lines) // 2]
    return replace(snippet, text="".join(half), end_line=snippet.start_line + max(0, len(half) - 1))
