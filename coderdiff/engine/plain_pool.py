"""The contexts of requests where no part of a prompt can be shared between sessions: each request gets the idle session
that knows most of its prompt, or a new one. `session_pool.py` is the pool of causal contexts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

from coderdiff.engine.session_pool import LEAST_SESSIONS, MOST_BYTES
from coderdiff.errors import EngineError
from coderdiff.model.prompt import Prompt
from coderdiff.model.spec import ModelSpec

_KEYS_AND_VALUES = 2


class Pooled(Protocol):
    """A session whose memory can be counted."""

    @property
    def nbytes(self) -> int:
        """Memory of its cache, in bytes."""
        ...


class Pool(Protocol):
    """Who gets which session; see `SessionPool`."""

    reused_rows: int

    @property
    def prefix_bytes(self) -> int:
        """KV memory of beginnings of prompts that are kept for all."""
        ...

    @property
    def prefix_hit_rows(self) -> int:
        """Rows that were had from these."""
        ...

    @property
    def snippet_bytes(self) -> int:
        """KV memory of snippets."""
        ...

    @property
    def most_sessions(self) -> int:
        """How many requests can be under way at once."""
        ...

    @property
    def in_use(self) -> int:
        """Sessions that requests have now."""
        ...

    @property
    def idle(self) -> int:
        """Sessions kept for the next request."""
        ...

    @property
    def nbytes(self) -> int:
        """KV memory held."""
        ...

    def take(self, prompt: Prompt) -> tuple[Any, list[int]]:
        """A session for one prompt alone until it is given back, and the ids that it has yet to read."""
        ...

    def share(self, session: Any, prompt: Prompt) -> None:
        """All of the prompt is read: let later ones have it."""
        ...

    def give_back(self, session: Any, sound: bool = True) -> None:
        """The request is over."""
        ...

    def forget(self) -> None:
        """Free all that no request is using."""
        ...


S = TypeVar("S", bound=Pooled)


class PlainPool(Generic[S]):
    """Sessions made by `make`, in `most_bytes` (None: `MOST_BYTES`), at least `LEAST_SESSIONS` unless memory is given.
    A value of a key takes `value_bytes`.

    `shared` says how many rows of a prompt a session knows, `begin` gives it a prompt and says what is yet to be read.
    """

    def __init__(
        self,
        spec: ModelSpec,
        value_bytes: int,
        most_bytes: int | None,
        make: Callable[[], S],
        shared: Callable[[S, Prompt], int],
        begin: Callable[[S, Prompt], list[int]],
    ) -> None:
        self._make, self._shared, self._begin = make, shared, begin
        row = _KEYS_AND_VALUES * spec.layers * spec.kv_heads * spec.head_dim * value_bytes
        fitting = (MOST_BYTES if most_bytes is None else most_bytes) // (row * spec.window)
        self._most_sessions = max(1 if most_bytes is not None else LEAST_SESSIONS, fitting)
        self._idle: list[S] = []  # most recently used last
        self._using: list[S] = []
        self.reused_rows = 0
        self.prefix_bytes = self.prefix_hit_rows = self.snippet_bytes = 0  # nothing is shared

    @property
    def most_sessions(self) -> int:
        """How many requests can be under way at once."""
        return self._most_sessions

    @property
    def in_use(self) -> int:
        """Sessions that requests have now."""
        return len(self._using)

    @property
    def idle(self) -> int:
        """Sessions kept for the next request."""
        return len(self._idle)

    @property
    def nbytes(self) -> int:
        """KV memory held by sessions."""
        return sum(session.nbytes for session in (*self._using, *self._idle))

    def take(self, prompt: Prompt) -> tuple[S, list[int]]:
        """The idle session that knows most of a prompt, if that is more than half; else a new one, or the one that was
        not used for longest.

        Raises EngineError where memory has room for no more.
        """
        if self.in_use >= self._most_sessions:
            raise EngineError(
                f"{self.in_use} requests are under way, and KV memory has room for no more: wait, or give it more"
            )
        shares = [(self._shared(session, prompt), session) for session in self._idle]
        shared, best = max(shares, key=lambda share: share[0], default=(0, None))
        if best is not None and shared > prompt.rows // 2:
            session = best
            self.reused_rows += shared
        elif self.in_use + self.idle < self._most_sessions:
            session = self._make()
        else:
            session = self._idle[0]
        if session in self._idle:
            self._idle.remove(session)
        unread = self._begin(session, prompt)
        self._using.append(session)
        return session, unread

    def share(self, session: S, prompt: Prompt) -> None:
        """Nothing can be shared."""

    def give_back(self, session: S, sound: bool = True) -> None:
        """The request is over. A session that is not `sound` is thrown away."""
        self._using.remove(session)
        if sound:
            self._idle.append(session)

    def forget(self) -> None:
        """Free the sessions that no request is using."""
        self._idle.clear()
