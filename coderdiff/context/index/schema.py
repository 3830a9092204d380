"""The index's tables, and the fingerprint that says whether a file on disk has them.

Contents are stored by hash, so that a branch switch finds most of them there already. Each is known at low
resolution from the first, and at high resolution once its tree was read (`intake.py`, `detail.py`):

    files      path -> its content, with the size and time by which a change is noticed; or why it has none
    contents   hash -> id; how many `definitions` it has, where that is known; `unused_since`
               is the time (seconds) from which on no file has it
    defined    names -> the contents that define them, or seem to as long as their trees were not read
    plain      the contents known at low resolution only, and the names that each seems to define, one a line
    texts      of the others the text, safe to show (secrets redacted, control characters tamed), deflated
    records    and the symbols (`codec.py`), but for the references: whoever asks for these has the text parsed
    segments,  the search terms of chunks (`postings.py`),
    postings,  those of rare terms many in a row (`blocks.py`)
    blocks
    meta       the generation: a number that grows with every change of what can be seen

Ids are never used twice, not even by an index that is built anew, so that whatever a process keeps of an id stays
true: they start at the time of creation, in microseconds, and grow by one.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from importlib.resources import files
from importlib.resources.abc import Traversable

from coderdiff.context.syntax.languages import LANGUAGES

FORMAT = 3
"""Grows when the tables change."""

_APPLICATION = 0x63646978

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE contents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hash BLOB NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    lines INTEGER NOT NULL,
    definitions INTEGER,
    unused_since REAL
);
CREATE INDEX contents_unused ON contents (unused_since) WHERE unused_since IS NOT NULL;
CREATE TABLE plain (content INTEGER PRIMARY KEY, names TEXT NOT NULL);
CREATE TABLE texts (content INTEGER PRIMARY KEY, text BLOB NOT NULL);
CREATE TABLE records (
    content INTEGER PRIMARY KEY,
    definitions BLOB NOT NULL,
    rest BLOB NOT NULL
);
CREATE TABLE defined (name TEXT, content INTEGER, PRIMARY KEY (name, content)) WITHOUT ROWID;
CREATE TABLE files (
    path TEXT PRIMARY KEY,
    content INTEGER,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    wanted INTEGER NOT NULL,
    skipped TEXT
) WITHOUT ROWID;
CREATE INDEX files_content ON files (content);
CREATE TABLE segments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    size INTEGER NOT NULL,
    terms INTEGER NOT NULL,
    chunks BLOB NOT NULL
);
CREATE TABLE postings (
    segment INTEGER, term TEXT, size INTEGER NOT NULL, places BLOB NOT NULL, PRIMARY KEY (segment, term)
) WITHOUT ROWID;
CREATE TABLE blocks (segment INTEGER, first TEXT, terms BLOB NOT NULL, PRIMARY KEY (segment, first)) WITHOUT ROWID;
"""


def create(connection: sqlite3.Connection) -> None:
    """Make the tables in an empty database, unless another process has just done so."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        if not is_made(connection):
            for statement in _TABLES.split(";"):
                connection.execute(statement)
            start = time.time_ns() // 1_000
            connection.execute("INSERT INTO meta VALUES ('generation', ?)", (start,))
            connection.executemany(
                "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)",
                [("contents", start), ("segments", start)],
            )
            connection.execute(f"PRAGMA application_id = {_APPLICATION}")
            connection.execute(f"PRAGMA user_version = {FORMAT}")
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise


def is_made(connection: sqlite3.Connection) -> bool:
    """Whether the database has our tables."""
    return bool(connection.execute("PRAGMA application_id").fetchone()[0] == _APPLICATION)


@cache
def fingerprint() -> str:
    """What an index depends on besides the files: this room's code and queries, and the grammars' versions.

    Any change of the code counts, since nobody can be trusted to remember which one changes what is stored; an
    index is built in seconds.
    """
    digest = hashlib.blake2b(digest_size=8)
    for name, content in sorted(_own_files(files("coderdiff.context"))):
        digest.update(name.encode() + b"\0" + content)
    for package in sorted({"tree_sitter", *(language.package for language in LANGUAGES)}):
        digest.update(_grammar_version(package).encode())
    return f"{FORMAT}-{digest.hexdigest()}"


def _own_files(folder: Traversable) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.name.startswith("__"):
            yield from _own_files(entry)
        elif entry.name.endswith((".py", ".scm")):
            yield entry.name, entry.read_bytes()


def _grammar_version(package: str) -> str:
    try:
        return f"{package} {metadata.version(package)}"
    except metadata.PackageNotFoundError:
        return package
