"""The contexts of all requests, in bounded memory: who gets which session, and what it need not read again.

A session that is not in use is kept, and goes to the next prompt that shares most of it: a keystroke later that is
all but a few tokens. What no idle session knows, the prefix cache may: it has the beginnings of all prompts read
lately, of whoever asked.
"""

from __future__ import annotations

from collections.abc import Sequence

from coderdiff.engine.prefix_cache import PrefixCache
from coderdiff.engine.session import CachedSession
from coderdiff.engine.snippet_memory import SnippetMemory
from coderdiff.errors import EngineError
from coderdiff.model.prompt import Prompt
from coderdiff.model.transformer import Transformer

PREFIX_BLOCK = 16
"""Tokens of a block of the prefix cache: what two prompts share is known but for fewer tokens than this."""

PREFIX_SHARE = 4
"""One part in so many of the memory is the prefix cache's; sessions have the rest."""

MOST_BYTES = 192 * 2**20
LEAST_SESSIONS = 4
"""Memory for KV where nothing else is said, and the sessions there is room for in any case."""


class SessionPool:
    """Sessions over one network, of `window` rows each, in `most_bytes` (None: `MOST_BYTES`, more for large models).

    `reused_rows` counts the rows that idle sessions knew already.
    """

    def __init__(self, network: Transformer, window: int, most_bytes: int | None = None) -> None:
        self._network, self._window = network, window
        self.snippets = SnippetMemory(network)
        self.session_bytes = self._new().nbytes
        least = LEAST_SESSIONS * self.session_bytes * PREFIX_SHARE // (PREFIX_SHARE - 1)
        total = max(MOST_BYTES, least) if most_bytes is None else most_bytes
        self._most_sessions = max(1, (total - total // PREFIX_SHARE) // self.session_bytes)
        self.prefixes = PrefixCache(PREFIX_BLOCK, total // PREFIX_SHARE)
        self._idle: list[CachedSession] = []  # most recently used last
        self._in_use = 0
        self.reused_rows = 0

    @property
    def most_sessions(self) -> int:
        """How many requests can be under way at once."""
        return self._most_sessions

    @property
    def in_use(self) -> int:
        """Sessions that requests have now."""
        return self._in_use

    @property
    def idle(self) -> int:
        """Sessions kept for the next request."""
        return len(self._idle)

    @property
    def prefix_bytes(self) -> int:
        """KV memory of beginnings of prompts that are kept for all."""
        return self.prefixes.nbytes

    @property
    def prefix_hit_rows(self) -> int:
        """Rows that were had from these."""
        return self.prefixes.hit_rows

    @property
    def snippet_bytes(self) -> int:
        """KV memory of snippets."""
        return self.snippets.nbytes

    @property
    def nbytes(self) -> int:
        """KV memory held: sessions in use, idle ones, and the prefix cache. Snippets have a bound of their own."""
        return (self._in_use + len(self._idle)) * self.session_bytes + self.prefixes.nbytes

    def take(self, prompt: Prompt) -> tuple[CachedSession, list[int]]:
        """A session for one prompt alone until it is given back, and the ids that it has yet to read.

        Raises EngineError where memory has room for no more.
        """
        if self._in_use >= self._most_sessions:
            raise EngineError(
                f"{self._in_use} requests are under way, and KV memory has room for no more: wait, or give it more"
            )
        shares = [(session.shared(prompt.ids, prompt.pack), session) for session in self._idle]
        shared, best = max(shares, key=lambda share: share[0], default=(0, None))
        known = self.prefixes.match(prompt.pack, _behind_pack(prompt)) + bool(prompt.pack)
        if best is not None and shared > len(prompt.ids) // 2 and shared >= known:
            session = best
        elif self._in_use + len(self._idle) < self._most_sessions:
            session = self._new()
        else:
            session = self._idle[0]
        if session in self._idle:
            self._idle.remove(session)
        unread = session.begin(prompt.ids, prompt.pack)
        more = self._recall(session, prompt)
        self._in_use += 1
        if more is not None:
            return session, more
        self.reused_rows += len(prompt.ids) - len(unread)
        return session, unread

    def _recall(self, session: CachedSession, prompt: Prompt) -> list[int] | None:
        """Give a session what the prefix cache has of a prompt, if that is more than it knows; what is left to read."""
        start = int(bool(prompt.pack))
        known = start + self.prefixes.match(prompt.pack, _behind_pack(prompt))
        known -= self.prefixes.block * (known == len(prompt.ids))  # the last token is read in any case
        if known <= session.length or known <= start:
            return None
        session.keep(start)
        session.accept(prompt.ids[start:known], self.prefixes.recall(prompt.pack, prompt.ids[start:known]))
        return prompt.ids[known:]

    def share(self, session: CachedSession, prompt: Prompt) -> None:
        """Let later prompts have what was read of this one: call it when all of it is."""
        start = int(bool(prompt.pack))
        assert session.length >= len(prompt.ids)
        self.prefixes.insert(
            prompt.pack, _behind_pack(prompt), lambda at, end: session.give(at + start, end + start)
        )

    def give_back(self, session: CachedSession, sound: bool = True) -> None:
        """The request is over. A session that is not `sound` is thrown away."""
        self._in_use -= 1
        if sound:
            self._idle.append(session)

    def forget(self) -> None:
        """Free all that no request is using, but for snippets."""
        self._idle.clear()
        self.prefixes.shrink(0)

    def _new(self) -> CachedSession:
        return CachedSession(self._network, self._window, self.snippets)


def _behind_pack(prompt: Prompt) -> Sequence[int]:
    """The ids that rows of the prefix cache stand for: with a pack, the first token is the pack's."""
    return prompt.ids[1:] if prompt.pack else prompt.ids
