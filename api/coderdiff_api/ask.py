"""The one request type that all dialects end in, and who asks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from coderdiff.types import FillRequest, Snippet


@dataclass(frozen=True)
class Ask:
    """Fill one hole of a file of a workspace.

    `caller` is the name of the token, so that nobody is shown what only another client sent. `workspace` None shows no
    other files. `snippets` are what the client itself sent along. `line_ms` ends the answer
    so many milliseconds after it began, but not before its first line is there (llama.cpp's `t_max_predict_ms`).
    """

    request: FillRequest
    caller: str | None = None
    workspace: Path | None = None
    snippets: tuple[Snippet, ...] = ()
    line_ms: float | None = None


class Context(Protocol):
    """What the model is shown beside the file: passed in by whoever starts the server."""

    def seen(self, ask: Ask) -> FillRequest:
        """An ask's request with its pack and the files it may repeat, all cleaned. Blocks; any thread may call.

        Raises InputError for a path outside of the workspace.
        """
        ...

    def close(self) -> None:
        """Give back what is held open."""
        ...


@dataclass(frozen=True)
class Caller:
    """Who asks: the name of the token, or None; and the workspaces that it may use."""

    name: str | None
    workspaces: tuple[Path, ...]


def sent(parts: Iterable[tuple[str | None, str]]) -> tuple[Snippet, ...]:
    """Path and text of what a client sent along -> snippets, the empty ones left out."""
    return tuple(
        Snippet(path or "snippet", 1, text.count("\n") + 1, text, "body", 1.0, "sent by the client")
        for path, text in parts
        if text.strip()
    )
