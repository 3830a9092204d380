"""The SQLite file behind an index: many readers, one writer at a time, and what happens when it cannot be used.

* A damaged file is thrown away and begun anew; so is one that somebody deleted while we had it open.
* A folder that cannot be written to, or a full disk, moves the index into memory: with all that was in it if
  that is at most `MOST_BYTES_MOVED`, else empty.
Each is told in one line through `say`. `epoch` grows whenever the contents were lost.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from coderdiff.context.index.codec import DamagedError
from coderdiff.context.index.schema import create, is_made
from coderdiff.errors import InputError

MOST_BYTES_MOVED = 256 << 20
"""A larger index is not copied into memory."""

BUSY_SECONDS = 30.0
"""How long to wait for another process that is writing."""

_READER_CACHE_KB = 8_000
_CHECKPOINT_PAGES = 4_000
_JOURNAL_BYTES = 64 << 20
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_UNWRITABLE = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
    }
)
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})

# A flipped bit may change what type a column has, or what it leads to: SQLite has no checksums of its own.
_TROUBLE = (sqlite3.Error, DamagedError, TypeError, ValueError, LookupError)

Say = Callable[[str], None]
T = TypeVar("T")


def silent(_line: str) -> None:
    """Say nothing."""


class Database:
    """One index file, or its stand-in in memory. All methods may be called from any thread."""

    def __init__(self, path: Path | None, say: Say) -> None:
        """Open or create the file; `path` None keeps all in memory."""
        self.epoch = 0
        self._path = path
        self._say = say
        self._lock = threading.RLock()
        self._writing = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self._memory: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._connections = 0
        if path is None:
            self._memory = _in_memory()
            return
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._open_file(path)
        except OSError as error:
            self._into_memory(f"{path.parent} cannot be written to ({error.strerror or error})")
        except _TROUBLE as error:
            self._handle(error)

    @property
    def path(self) -> Path | None:
        """The file; None for an index that is in memory."""
        return None if self._memory is not None else self._path

    def ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """The answer of one consistent state. A damaged file is begun anew, and the question put to the empty one.

        Raises InputError when another process keeps the file locked.
        """
        while True:
            epoch = self.epoch
            try:
                with self._borrowed() as connection:
                    try:  # Ctrl-C may come right behind BEGIN: a transaction left open would lock others out
                        connection.execute("BEGIN")
                        return question(connection)
                    finally:
                        connection.rollback()
            except _TROUBLE as error:
                if self.epoch == epoch:
                    self._handle(error)

    def change(self, work: Callable[[sqlite3.Connection], T]) -> T | None:
        """Do `work` in one transaction: all of it or nothing. None if the index was lost on the way.

        After the move into memory with everything in it, `work` is done there.
        Raises InputError when another process keeps the file locked.
        """
        epoch = self.epoch
        while self.epoch == epoch:
            try:
                with self._writing, self._borrowed() as connection:
                    try:
                        connection.execute("BEGIN IMMEDIATE")
                        result = work(connection)
                        connection.execute("COMMIT")
                    except BaseException:
                        connection.rollback()
                        raise
                    return result
            except _TROUBLE as error:
                if self.epoch == epoch:
                    self._handle(error)
        return None

    def check(self) -> None:
        """Notice that the file was deleted or replaced from outside, and open what is there now."""
        with self._lock:
            if self.path is not None and _identity(self.path) != self._identity:
                self._reopen(self.path)

    def close(self) -> None:
        """Close what is open. Another call opens it again, except in memory."""
        with self._lock:
            while self._idle:
                self._idle.pop().close()
            if self._memory is not None:
                self._memory.close()

    @contextlib.contextmanager
    def _borrowed(self) -> Iterator[sqlite3.Connection]:
        """A connection for one thread alone; the only one there is for an index in memory."""
        with self._lock:
            memory, path, epoch = self._memory, self._path, self.epoch
            connection = self._idle.pop() if self._idle else None
        if memory is not None or path is None:
            with self._lock:
                assert self._memory is not None
                yield self._memory
            return
        if connection is None:
            connection = _connect(path)
        try:
            yield connection
        finally:
            with self._lock:
                if self.epoch == epoch and self._memory is None:
                    self._idle.append(connection)
                else:
                    connection.close()

    def _open_file(self, path: Path) -> None:
        connection = _connect(path)
        try:
            if not is_made(connection):
                connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
                connection.execute("PRAGMA journal_mode = WAL")
                create(connection)
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)
        self._identity = _identity(path)

    def _handle(self, error: Exception) -> None:
        """Make the index usable again after an error, or raise what a person must hear."""
        with self._lock:
            path = self.path
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
            if path is None:
                raise error
            if isinstance(error, sqlite3.Error):
                if code in _BUSY:
                    raise InputError(f"{path} is locked by another process; try again") from error
                if code in _UNWRITABLE:
                    self._into_memory(f"{path.parent} cannot be written to ({error})")
                    return
                # A file that was emptied or half overwritten may open, and lack its tables.
                if code not in _DAMAGED and not str(error).startswith(("no such ", "Could not decode")):
                    raise error
            self._begin_anew(path)

    def _begin_anew(self, path: Path) -> None:
        """Throw the damaged file away, unless another process has done so, and open a new one."""
        self._say("the index was damaged and is built anew")
        if _identity(path) == self._identity or self._identity is None:
            with contextlib.suppress(OSError):
                for name in (path, _beside(path, "-wal"), _beside(path, "-shm")):
                    name.unlink(missing_ok=True)
        self._reopen(path)

    def _reopen(self, path: Path) -> None:
        self.epoch += 1
        while self._idle:
            self._idle.pop().close()
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._open_file(path)
        except (OSError, *_TROUBLE) as error:
            self._into_memory(f"{path.parent} cannot be written to ({error})")

    def _into_memory(self, reason: str) -> None:
        memory = _in_memory()
        if self._moved(memory):
            self._say(f"{reason}; the index is kept in memory")
        else:
            self.epoch += 1
            self._say(f"{reason}; the index is built anew, in memory")
        self._memory = memory
        while self._idle:
            self._idle.pop().close()

    def _moved(self, memory: sqlite3.Connection) -> bool:
        """Whether all that the file holds is in memory now. Nothing was there: nothing is lost."""
        path = self._path
        try:
            if self._identity is None or path is None or path.stat().st_size > MOST_BYTES_MOVED:
                return self._identity is None
            with contextlib.closing(_connect(path)) as connection:
                connection.backup(memory)
            return is_made(memory)
        except (OSError, *_TROUBLE):
            return False


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=64
    )
    try:
        # A process that is killed loses nothing; a power cut may lose the last transactions, never the rest.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA cache_size = -{_READER_CACHE_KB}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        connection.execute(f"PRAGMA journal_size_limit = {_JOURNAL_BYTES}")
        connection.execute("PRAGMA secure_delete = OFF")
    except BaseException:
        connection.close()
        raise
    return connection


def _in_memory() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    create(connection)
    return connection


def _identity(path: Path) -> tuple[int, int] | None:
    """What tells a file from another one that took its name."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def remove(path: Path) -> bool:
    """Delete an index file that no process has open; False if one has, or it cannot be deleted."""
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=0.0, isolation_level=None)) as connection:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.rollback()
            for name in (path, _beside(path, "-wal"), _beside(path, "-shm")):
                name.unlink(missing_ok=True)
    except (OSError, sqlite3.OperationalError):
        return False
    except sqlite3.DatabaseError:
        path.unlink(missing_ok=True)
    return not os.path.lexists(path)
