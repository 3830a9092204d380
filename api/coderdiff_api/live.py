"""Answers that stop when nobody listens: a response that streams, and a wait that ends when the socket closes."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, TypeVar

import anyio
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

T = TypeVar("T")
CLIENT_CLOSED = 499
"""nginx's status for a client that closed the connection; nobody sees it but the metrics."""


class ClientGoneError(Exception):
    """The client closed the connection."""


async def until_gone(request: Request, work: Callable[[], Awaitable[T]]) -> T:
    """Do the work, unless the client leaves first: then it is cancelled. Raises ClientGoneError."""
    results: list[T] = []
    errors: list[Exception] = []  # kept out of the task group, which would wrap them
    async with anyio.create_task_group() as tasks:

        async def watch() -> None:
            await _closed(request.receive)
            tasks.cancel_scope.cancel()

        tasks.start_soon(watch)
        try:
            results.append(await work())
        except Exception as error:
            errors.append(error)
        tasks.cancel_scope.cancel()
    if errors:
        raise errors[0]
    if not results:
        raise ClientGoneError
    return results[0]


class LiveResponse(Response):
    """Sends what a generator yields as it comes, until it ends or the client leaves; then calls `ended`.

    The generator alone could not clean up: one that has not begun yet runs no line of it when it is closed.
    """

    def __init__(
        self,
        parts: AsyncGenerator[bytes, None],
        media_type: str,
        headers: dict[str, str] | None = None,
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(headers={"Cache-Control": "no-store", **(headers or {})}, media_type=media_type)
        del self.headers["content-length"]
        self._parts = parts
        self._ended = ended

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Stream, and listen for the end of the connection meanwhile."""
        try:
            async with anyio.create_task_group() as tasks:

                async def watch() -> None:
                    await _closed(receive)
                    tasks.cancel_scope.cancel()

                tasks.start_soon(watch)
                await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
                async for part in self._parts:
                    await send({"type": "http.response.body", "body": part, "more_body": True})
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                tasks.cancel_scope.cancel()
        finally:
            self._ended()
            await self._parts.aclose()


def event(data: Any) -> bytes:
    """One server-sent event."""
    return b"data: " + compact(data) + b"\n\n"


def line(data: Any) -> bytes:
    """One line of NDJSON."""
    return compact(data) + b"\n"


def compact(data: Any) -> bytes:
    """JSON without blanks: some clients look for `"content":"` in the text."""
    return json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


async def _closed(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
