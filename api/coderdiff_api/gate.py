"""Who is let in: host, origin, token, rate and size of a request, before anything of it is parsed.

A plain ASGI layer around the app. It also counts what is answered, and keeps errors that nobody expected from being
logged with text of a request in them.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import json
import math
import re
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from coderdiff.config import ServerSettings, Token, is_loopback
from coderdiff_api.ask import Caller
from coderdiff_api.errors import ApiError, Dialect, dialect_of, error_body, stopping, unexpected
from coderdiff_api.live import CLIENT_CLOSED, ClientGoneError
from coderdiff_api.metrics import Metrics
from coderdiff_api.sharing import log_without_text

_PUBLIC = {"/", "/health", "/ready"}
"""Paths that say nothing of anybody, for browsers and supervisors that have no token."""

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
        self._settings = settings
        self._metrics = metrics
        self._wind_down = wind_down
        self._reading: set[anyio.CancelScope] = set()
        self._stopping = False
        self._rates = {
            token.token: Rate(token.requests_per_minute)
            for token in settings.tokens
            if token.requests_per_minute
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or refuse it in its dialect."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}  # the server's own scope keeps HEAD, and with it sends no body
        dialect = _dialect(scope)
        answered = _Answered(send)
        try:
            caller = self._admitted(scope)
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

    def _admitted(self, scope: Scope) -> Caller:
        """Who asks. Raises ApiError for whoever may not."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not _known_host(host, self._settings):
            raise ApiError(
                403, "this server is not known by that name: add it to `hosts`", "host_not_allowed"
            )
        origin = headers.get("origin")
        own = f"{scope['scheme']}://{host}"
        if origin is not None and origin not in {own, *self._settings.origins}:
            raise ApiError(
                403, "pages of another origin may not ask: add theirs to `origins`", "origin_not_allowed"
            )
        if not self._settings.tokens or scope["path"] in _PUBLIC or (origin and scope["method"] == "OPTIONS"):
            return Caller(None, self._settings.workspaces)
        token = self._token(headers.get("authorization", ""))
        if token is None:
            raise ApiError(401, "a token is needed: `Authorization: Bearer TOKEN`", "invalid_token")
        wait = self._rates[token.token].take() if token.token in self._rates else 0.0
        if wait:
            raise ApiError(
                429,
                f"more than {token.requests_per_minute} requests a minute",
                "rate_limited",
                retry_after=math.ceil(wait),
            )
        return Caller(token.name, _allowed(token, self._settings))

    def _token(self, authorization: str) -> Token | None:
        """The token of a header; every known one is compared, so that time tells nothing."""
        scheme, _, given = authorization.partition(" ")
        secret = given.strip().encode() if scheme.lower() == "bearer" else b""
        found = None
        for token in self._settings.tokens:
            if hmac.compare_digest(secret, token.token.encode()):
                found = token
        return found

    def _check_announced_size(self, scope: Scope) -> None:
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdecimal() and int(announced) > self._settings.max_body_bytes:
            raise self._too_large()

    def _too_large(self) -> ApiError:
        return ApiError(
            413,
            f"the body is larger than {self._settings.max_body_bytes} bytes: send less text",
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
            if size > self._settings.max_body_bytes:
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


class Rate:
    """So many requests a minute, all of them at once if need be."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_minute / 60
        self._most = float(per_minute)
        self._left = self._most
        self._clock = clock
        self._at = clock()

    def take(self) -> float:
        """Take one; 0, or the seconds until there is one."""
        now = self._clock()
        self._left = min(self._most, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left >= 1:
            self._left -= 1
            return 0.0
        return (1 - self._left) / self._per_second


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


def _known_host(header: str, settings: ServerSettings) -> bool:
    """Whether a Host header can be ours. Addresses cannot be rebound by a foreign name server; names can."""
    name = header.rpartition(":")[0] if header.rpartition(":")[2].isdecimal() else header
    name = name.removeprefix("[").removesuffix("]").lower()
    if name in {"localhost", settings.host, *settings.hosts}:
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or not is_loopback(settings.host)


def _allowed(token: Token, settings: ServerSettings) -> tuple[Path, ...]:
    """The workspaces that a token may use."""
    if token.workspaces is None:
        return settings.workspaces
    return tuple(
        each for each in settings.workspaces if any(each.is_relative_to(root) for root in token.workspaces)
    )
