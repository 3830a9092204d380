"""What became of completions: shown, accepted, rejected. Kept in one SQLite file on this machine, without any text.

Write-ahead logging: what was acknowledged survives a process that is killed.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from coderdiff.errors import InputError
from coderdiff.types import Completion

Action = Literal["shown", "accepted", "partly_accepted", "rejected"]
ACTIONS: tuple[Action, ...] = get_args(Action)
_VERSION = 1
_KEPT_SECONDS = 90 * 24 * 3600
"""Completions and their events are forgotten after 90 days."""

_SCHEMA = """
CREATE TABLE completions (
    id TEXT NOT NULL, choice INTEGER NOT NULL, at REAL NOT NULL, dialect TEXT NOT NULL, model TEXT NOT NULL,
    characters INTEGER NOT NULL, tokens INTEGER NOT NULL, forwards INTEGER NOT NULL, latency_ms REAL NOT NULL,
    PRIMARY KEY (id, choice)) WITHOUT ROWID;
CREATE TABLE events (
    id TEXT NOT NULL, choice INTEGER NOT NULL, at REAL NOT NULL, action TEXT NOT NULL,
    accepted_characters INTEGER, retained_characters INTEGER, elapsed_ms REAL);
CREATE INDEX events_of ON events (id, choice);
CREATE INDEX completions_at ON completions (at);
"""
# A table of its own: a store of before has none, and whatever knows nothing of it reads and writes the others as ever.
_OWNERS = "CREATE TABLE IF NOT EXISTS owners (id TEXT PRIMARY KEY, at REAL NOT NULL, owner TEXT NOT NULL) WITHOUT ROWID"


@dataclass(frozen=True)
class Event:
    """What became of choice `choice` of completion `id`.

    `accepted_characters` counts what was taken over (None: all of it), `retained_characters` what of it still stood
    when the client looked again, `elapsed_ms` how long it was shown.
    """

    id: str
    choice: int
    action: Action
    accepted_characters: int | None = None
    retained_characters: int | None = None
    elapsed_ms: float | None = None


@dataclass(frozen=True)
class Figures:
    """The sums of a span of time. Latencies are those of completions with text, in milliseconds."""

    completions: int
    with_text: int
    shown: int
    accepted: int
    partly_accepted: int
    rejected: int
    characters_shown: int
    characters_accepted: int
    characters_retained: int
    retention_known: int
    latency_p50_ms: float | None
    latency_p95_ms: float | None
    tokens_per_forward: float | None


class FeedbackStore:
    """The file. Any thread may use it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    @staticmethod
    def open(path: Path) -> FeedbackStore:
        """Open the file, or make it, readable by its owner alone. Raises InputError if that cannot be."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.touch(mode=0o600)
            connection = sqlite3.connect(path, check_same_thread=False, timeout=10)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                connection.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version={_VERSION}; COMMIT;")
            if version in {0, _VERSION}:
                connection.execute(_OWNERS)
        except (OSError, sqlite3.Error) as error:
            raise InputError(f"cannot open the feedback store {path}: {error}") from error
        if version not in {0, _VERSION}:
            raise InputError(f"{path} is of another version of coderdiff: move it away")
        return FeedbackStore(connection)

    def completed(
        self, id_: str, dialect: str, completions: Sequence[Completion], owner: str | None = None
    ) -> None:
        """Note the completions that were sent as the choices of an answer, without their text.

        `owner` is the name of the client that asked: nobody else may say what became of them. None is anybody's.
        """
        now = time.time()
        rows = [
            (
                id_,
                choice,
                now,
                dialect,
                each.model,
                len(each.text),
                each.tokens,
                each.forwards,
                each.latency_ms,
            )
            for choice, each in enumerate(completions)
        ]
        with self._lock, self._connection:
            self._connection.executemany(
                "INSERT OR REPLACE INTO completions VALUES (?,?,?,?,?,?,?,?,?)", rows
            )
            if owner is not None:
                self._connection.execute("INSERT OR REPLACE INTO owners VALUES (?,?,?)", (id_, now, owner))

    def note(self, event: Event, by: str | None = None) -> bool:
        """Keep an event; false if there is no such completion for `by`, the name of who tells of it.

        None is whoever may ask a server that knows no tokens: all completions are theirs.
        """
        with self._lock, self._connection:
            known = self._connection.execute(
                "SELECT 1 FROM completions c LEFT JOIN owners o ON o.id = c.id WHERE c.id = ? AND c.choice = ?"
                " AND (o.owner IS NULL OR ? IS NULL OR o.owner = ?)",
                (event.id, event.choice, by, by),
            ).fetchone()
            if known is None:
                return False
            self._connection.execute(
                "INSERT INTO events VALUES (?,?,?,?,?,?,?)",
                (event.id, event.choice, time.time(), event.action, event.accepted_characters,
                 event.retained_characters, event.elapsed_ms),
            )  # fmt: skip
        return True

    def forget_old(self) -> None:
        """Drop what is older than 90 days."""
        before = time.time() - _KEPT_SECONDS
        with self._lock, self._connection:
            self._connection.execute("DELETE FROM completions WHERE at < ?", (before,))
            self._connection.execute("DELETE FROM events WHERE at < ?", (before,))
            self._connection.execute("DELETE FROM owners WHERE at < ?", (before,))

    def figures(self, since: float = 0.0) -> Figures:
        """The sums since a moment (seconds of the epoch). A completion counts once, by the best that became of it."""
        with self._lock, closing(self._connection.cursor()) as cursor:
            cursor.execute(
                "SELECT COUNT(*), COALESCE(SUM(characters > 0), 0), COALESCE(SUM(tokens), 0),"
                " COALESCE(SUM(forwards), 0) FROM completions WHERE at >= ?",
                (since,),
            )
            total, with_text, tokens, forwards = cursor.fetchone()
            cursor.execute(
                "SELECT latency_ms FROM completions WHERE at >= ? AND characters > 0 ORDER BY 1", (since,)
            )
            latencies = [row[0] for row in cursor]
            cursor.execute(
                "SELECT c.id, c.choice, c.characters, e.action, e.accepted_characters, e.retained_characters"
                " FROM completions c JOIN events e ON e.id = c.id AND e.choice = c.choice"
                " WHERE c.at >= ? ORDER BY e.at",
                (since,),
            )
            became: dict[tuple[str, int], _Fate] = {}
            for id_, choice, characters, action, accepted, retained in cursor:
                became.setdefault((id_, choice), _Fate(characters)).add(action, accepted, retained)
        return _sums(total, with_text, tokens, forwards, latencies, became.values())

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()


class _Fate:
    """All that became of one completion."""

    def __init__(self, characters: int) -> None:
        self.characters = characters
        self.actions: set[str] = set()
        self.accepted = 0
        self.retained: int | None = None

    def add(self, action: str, accepted: int | None, retained: int | None) -> None:
        self.actions.add(action)
        if action in {"accepted", "partly_accepted"}:
            whole = self.characters if action == "accepted" else 0
            self.accepted = max(self.accepted, min(self.characters, whole if accepted is None else accepted))
        if retained is not None:
            self.retained = retained


def _sums(
    total: int, with_text: int, tokens: int, forwards: int, latencies: list[float], fates: Iterable[_Fate]
) -> Figures:
    fates = list(fates)
    whole = [each for each in fates if "accepted" in each.actions]
    partly = [each for each in fates if "partly_accepted" in each.actions and "accepted" not in each.actions]
    rejected = [
        each
        for each in fates
        if "rejected" in each.actions and not {"accepted", "partly_accepted"} & each.actions
    ]
    known = [each for each in fates if each.retained is not None and each.accepted]
    return Figures(
        completions=total,
        with_text=with_text,
        shown=len(fates),
        accepted=len(whole),
        partly_accepted=len(partly),
        rejected=len(rejected),
        characters_shown=sum(each.characters for each in fates),
        characters_accepted=sum(each.accepted for each in fates),
        characters_retained=sum(min(each.retained or 0, each.accepted) for each in known),
        retention_known=sum(each.accepted for each in known),
        latency_p50_ms=percentile(latencies, 0.5),
        latency_p95_ms=percentile(latencies, 0.95),
        tokens_per_forward=tokens / forwards if forwards else None,
    )


def percentile(ordered: Sequence[float], share: float) -> float | None:
    """The nearest-rank percentile of sorted values."""
    return ordered[max(0, -(-int(share * 100) * len(ordered) // 100) - 1)] if ordered else None
