"""A uvicorn server that tells its app when it begins to stop, so that the app ends its requests itself.

Whoever does not want to wait for that interrupts it a second time.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from contextlib import suppress
from types import FrameType

import uvicorn

from coderdiff_api.gate import Gate

_CLOSING_SECONDS = 0.2
INTERRUPTED = 130
"""The status of a program that Ctrl-C ended, as shells have it."""

_STDERR = 2


class Server(uvicorn.Server):
    """Serves `app`, which has `grace_seconds` to end its requests once the server stops.

    uvicorn alone tells an app only behind its last request, and cancels the requests that are left by then.
    """

    def __init__(self, config: uvicorn.Config, app: Gate, grace_seconds: float) -> None:
        super().__init__(config)
        self._app = app
        self._grace_seconds = grace_seconds

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop; a second Ctrl-C ends the process as it is.

        uvicorn would cancel what runs, which is logged as a fault, and then wait for the engine's step. What was
        acknowledged is on disk already.
        """
        if self.should_exit and sig == signal.SIGINT:
            with suppress(OSError):  # not by `print`: the signal may have come while one is at its buffer
                os.write(_STDERR, b"coderdiff: ended before what was running had its answer\n")
            os._exit(INTERRUPTED)
        super().handle_exit(sig, frame)

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
