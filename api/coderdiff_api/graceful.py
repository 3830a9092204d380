"""A uvicorn server that tells its app when it begins to stop, so that the app ends its requests itself."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress

import uvicorn

from coderdiff_api.gate import Gate

_CLOSING_SECONDS = 0.2


class Server(uvicorn.Server):
    """Serves `app`, which has `grace_seconds` to end its requests once the server stops.

    uvicorn alone tells an app only behind its last request, and cancels the requests that are left by then.
    """

    def __init__(self, config: uvicorn.Config, app: Gate, grace_seconds: float) -> None:
        super().__init__(config)
        self._app = app
        self._grace_seconds = grace_seconds

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop as uvicorn does, while the app winds down."""
        ending = asyncio.create_task(self._app.wind_down(self._grace_seconds))
        closing = asyncio.create_task(self._close_idle())
        try:
            await super().shutdown(sockets)
        finally:
            for task in (ending, closing):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def _close_idle(self) -> None:
        """Close connections without a request, again and again: one may be taken behind uvicorn's own look at them."""
        while True:
            await asyncio.sleep(_CLOSING_SECONDS)
            for connection in list(self.server_state.connections):
                connection.shutdown()
