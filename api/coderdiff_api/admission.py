"""Who may ask: a request's host, origin and token, and how many a minute."""

from __future__ import annotations

import hmac
import ipaddress
import math
import time
from collections.abc import Callable
from pathlib import Path

from starlette.datastructures import Headers
from starlette.types import Scope

from coderdiff.config import ServerSettings, Token, is_loopback
from coderdiff_api.ask import Caller
from coderdiff_api.errors import ApiError

_PUBLIC = {"/", "/health", "/ready"}
"""Paths that say nothing of anybody, for browsers and supervisors that have no token."""


class Admission:
    """Looks at the head of a request alone."""

    def __init__(self, settings: ServerSettings) -> None:
        self._settings = settings
        self._rates = {
            token.token: Rate(token.requests_per_minute)
            for token in settings.tokens
            if token.requests_per_minute
        }

    def caller(self, scope: Scope) -> Caller:
        """Who asks. Raises ApiError (401, 403, 429) for whoever may not."""
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
