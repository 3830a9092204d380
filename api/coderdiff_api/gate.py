"""What a request passes before anything of it is parsed: who asks (`admission.py`), then the size and text of its body.

A plain ASGI layer around the app. It also counts what is answered, and keeps errors that nobody expected from being
logged with text of a request in them.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from coderdiff.config import ServerSettings
from coderdiff_api.admission import Admission
from coderdiff_api.errors import ApiError, Dialect, dialect_of, error_body, stopping, unexpected
from coderdiff_api.live import CLIENT_CLOSED, ClientGoneError
from coderdiff_api.metrics import Metrics
from coderdiff_api.sharing import log_without_text

_DRAINED_SECONDS = 5
_DRAINED_BYTES = 256 << 20
"""A body that is too large is read and thrown away so far after the refusal: many clients write first, then read."""


class Gate:
    """The layer. `metrics` counts what is answered; `wind_down` ends what the app is at within so many seconds."""

    def __init__(
        self,
        app: ASGIApp,
        settings: ServerSettings,
        metrics: Metrics,
        wind_down: Callable[[float], Awaitable[None]],
    ) -> None:
        self._app = app
        self._admission = Admission(settings)
        self._max_body_bytes = settings.max_body_bytes
        self._metrics = metrics
        self._wind_down = wind_down
        self._reading: set[anyio.CancelScope] = set()
        self._stopping = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or refuse it in its dialect."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope = {**scope, "path": _plain_path(scope["path"])}
        if scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}  # the server's own scope keeps HEAD, and with it sends no body
        dialect = _dialect(scope)
        answered = _Answered(send)
        try:
            caller = self._admission.caller(scope)
            self._check_announced_size(scope)
            body = await self._whole_body(receive)
            _check_text(body)
            _take_for_json(scope)
            scope["state"] = scope.get("state", {}) | {"caller": caller, "dialect": dialect}
            await self._app(scope, _replayed(body, receive), answered.send)
        except ApiError as error:
            await _refuse(error, dialect, scope, receive, answered.send)
        except ClientGoneError:
            pass  # nobody is there to be told
        except asyncio.CancelledError:
            if not self._stopping:
                raise
            # The grace is over. Raised again it would be logged as a fault, and answered 500.
            if answered.status is None:
                await refusal(stopping(), dialect)(scope, receive, answered.send)
        except Exception as error:
            log_without_text(error)
            if answered.status is None:
                await refusal(unexpected(), dialect)(scope, receive, answered.send)
        finally:
            status = answered.status or CLIENT_CLOSED
            dialect = scope.get("state", {}).get("dialect", dialect)  # a body may tell more than its path
            self._metrics.requests.labels(dialect.value, str(status)).inc()
            if status == 429:
                self._metrics.refused.inc()

    async def wind_down(self, seconds: float) -> None:
        """The server is about to stop: refuse bodies that are not whole, and end the rest within `seconds`."""
        self._stopping = True
        for scope in self._reading:
            scope.cancel()
        await self._wind_down(seconds)

    def _check_announced_size(self, scope: Scope) -> None:
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdecimal() and int(announced) > self._max_body_bytes:
            raise self._too_large()

    def _too_large(self) -> ApiError:
        return ApiError(
            413,
            f"the body is larger than {self._max_body_bytes} bytes: send less text",
            "body_too_large",
        )

    async def _whole_body(self, receive: Receive) -> bytes:
        """The body, as `_body` has it. Raises ApiError also if the server stops before the body is whole."""
        body: bytes | None = None
        with anyio.CancelScope() as scope:
            self._reading.add(scope)
            try:
                if self._stopping:
                    scope.cancel()
                body = await self._body(receive)
            finally:
                self._reading.discard(scope)
        if body is None:
            raise stopping()
        return body

    async def _body(self, receive: Receive) -> bytes:
        """The whole body. Raises ApiError once it is too large, ClientGoneError if it never ends."""
        parts, size = [], 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                raise ClientGoneError
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self._max_body_bytes:
                raise self._too_large()
            if not message.get("more_body", False):
                break
        return b"".join(parts)


class _Answered:
    """Watches the status that is sent, and marks every answer as one that browsers must not guess the type of."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status: int | None = None

    async def send(self, message: Message) -> None:
        """Pass a message on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            MutableHeaders(scope=message)["X-Content-Type-Options"] = "nosniff"
        await self._send(message)


def refusal(error: ApiError, dialect: Dialect, headers: dict[str, str] | None = None) -> Response:
    """An error as a dialect's response."""
    said = {"X-Coderdiff-Error": error.code, **(headers or {})}  # for dialects that have no word for it
    if error.retry_after is not None:
        said["Retry-After"] = str(error.retry_after)
    if error.status == 401:
        said["WWW-Authenticate"] = "Bearer"
    body = error_body(error, dialect)
    if isinstance(body, str):
        return PlainTextResponse(body, error.status, headers=said)
    return JSONResponse(body, error.status, headers=said)


async def _refuse(error: ApiError, dialect: Dialect, scope: Scope, receive: Receive, send: Send) -> None:
    """Send a refusal; what the client still writes of a body that is too large is thrown away."""
    response = refusal(error, dialect, {"Connection": "close"} if error.status == 413 else None)
    if error.status != 413:
        await response(scope, receive, send)
        return
    await send({"type": "http.response.start", "status": 413, "headers": response.raw_headers})
    await send({"type": "http.response.body", "body": response.body, "more_body": True})
    with anyio.move_on_after(_DRAINED_SECONDS):
        size = 0
        while size < _DRAINED_BYTES:
            message = await receive()
            size += len(message.get("body", b""))
            if message["type"] != "http.request" or not message.get("more_body", False):
                break
    await send({"type": "http.response.body", "body": b"", "more_body": False})


_MAYBE_HALF_A_PAIR = re.compile(rb"\\u[dD][89a-fA-F]")


def _check_text(body: bytes) -> None:
    """Raise ApiError for JSON with half a surrogate pair: it is no text, and could be sent to nobody."""
    if not _MAYBE_HALF_A_PAIR.search(body):
        return
    try:
        json.dumps(json.loads(body), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ApiError(
            400, "the body has half a surrogate pair (U+D800 to U+DFFF)", "invalid_request"
        ) from None
    except (ValueError, RecursionError):
        return  # no JSON: the app says so


def _plain_path(path: str) -> str:
    """A path without empty parts: a slash too many, as where an address that ends in one was put before a path."""
    return "/" + "/".join(part for part in path.split("/") if part)


def _take_for_json(scope: Scope) -> None:
    """Read a body as JSON whatever its type says: `curl -d` calls it a form, other programs nothing at all.

    But not one with an `Origin`: those other types are what a browser lets a page send without asking us first.
    """
    headers = MutableHeaders(scope=scope)
    if scope["method"] == "POST" and "origin" not in headers:
        headers["content-type"] = "application/json"


def _dialect(scope: Scope) -> Dialect:
    """Whose shape a refusal has. Tabby's agent shares a path with OpenAI's clients, and gives its name."""
    if scope["path"] == "/v1/completions" and "tabby-agent/" in Headers(scope=scope).get("user-agent", ""):
        return Dialect.TABBY
    return dialect_of(scope["path"])


def _replayed(body: bytes, receive: Receive) -> Callable[[], Awaitable[Message]]:
    """`receive` once more from the start: the body, then what comes."""
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return left.pop() if left else await receive()

    return again
