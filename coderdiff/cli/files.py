"""Source files as bytes that must survive: reading them as text, splicing text in, writing them back whole.

A `SourceFile` shows its text with "\\n" line ends, which is what models and screens want, and remembers
everything that was folded away (each line's own end, the encoding, a byte order mark), so that `splice` gives
back the file's very bytes outside of the edit.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import re
import stat
import tempfile
import tokenize
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from coderdiff.errors import InputError

MAX_BYTES = 10_000_000
_LINE_END = re.compile("\r\n|\n|\r")


@dataclass(frozen=True)
class SourceFile:
    """One file as read. `text` has "\\n" for every line end; `line_ends` are the real ones, in order."""

    path: Path
    text: str
    raw: bytes
    encoding: str
    bom: bool
    line_ends: tuple[str, ...]

    @property
    def newline(self) -> str:
        """The line end that most lines have (the earliest among equals), or "\\n" in a file of one line."""
        return Counter(self.line_ends).most_common(1)[0][0] if self.line_ends else "\n"


def read(path: Path) -> SourceFile:
    """Read a source file.

    UTF-8 with or without a byte order mark, the encoding that a PEP 263 cookie declares, or else Latin-1,
    which any bytes are: the first of them that gives back the same bytes.

    Raises InputError for a file that is missing, a folder, unreadable, over 10 MB or binary.
    """
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise InputError(f"{path} is not a regular file; name a source file")
            if status.st_size > MAX_BYTES:
                size = f"{status.st_size / 1e6:.1f} MB"
                raise InputError(f"{path} is too large: {size}, and the limit is {MAX_BYTES / 1e6:.0f} MB")
            raw = file.read()
    except OSError as error:
        raise InputError(_reason(path, error)) from error
    if b"\0" in raw:
        raise InputError(f"{path} is a binary file (it has NUL bytes); coderdiff fills holes in source text")
    return _decode(path, raw)


def splice(source: SourceFile, start: int, end: int, text: str) -> bytes:
    """The file's bytes with `source.text[start:end]` replaced by `text`, which gets the file's own line ends.

    All bytes outside of the edit are those that were read.

    Raises InputError if the file's encoding has no such character.
    """
    body = source.raw[len(codecs.BOM_UTF8) :] if source.bom else source.raw
    original = body.decode(source.encoding)
    first, last = (_original_offset(source, offset) for offset in (start, end))
    inserted = _LINE_END.sub(source.newline, text)
    try:
        middle = inserted.encode(source.encoding)
    except UnicodeEncodeError as error:
        character = inserted[error.start]
        raise InputError(
            f"the completion has U+{ord(character):04X} {character!a}, which {source.path} cannot hold: "
            f"it is {source.encoding}; the file is as it was"
        ) from error
    head, tail = original[:first].encode(source.encoding), original[last:].encode(source.encoding)
    if not (body.startswith(head) and body.endswith(tail)):
        raise InputError(
            f"{source.path} is {source.encoding}, which cannot be edited at this place without touching the "
            "rest of the file; convert it to UTF-8 first"
        )
    return (codecs.BOM_UTF8 if source.bom else b"") + head + middle + tail


def write_atomic(path: Path, data: bytes, expected: bytes | None = None) -> None:
    """Put `data` in the file's place in one step: readers see the old file or the new one, never a part.

    Mode and, where allowed, owner are kept; a symbolic link stays and its target changes (a hard link's other
    names keep the old content). `expected` is what the file held when it was read.

    Raises InputError if the file has changed since, is write-protected, or cannot be written.
    """
    target = Path(os.path.realpath(path))
    try:
        status = target.stat() if target.exists() else None
        if status is not None and not os.access(target, os.W_OK):
            raise InputError(f"{path} is write-protected; nothing was written")
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
        partial = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            _take_after(partial, status)
            if expected is not None and target.read_bytes() != expected:
                raise InputError(
                    f"{path} has changed on disk since it was read; nothing was written, try again"
                )
            partial.replace(target)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)
    except OSError as error:
        raise InputError(f"{_reason(path, error)}; nothing was written") from error


def _decode(path: Path, raw: bytes) -> SourceFile:
    bom = raw.startswith(codecs.BOM_UTF8)
    candidates = [(raw[len(codecs.BOM_UTF8) :], "utf-8", True)] if bom else []
    candidates += [(raw, name, False) for name in (_declared_encoding(raw), "utf-8") if name is not None]
    for body, encoding, has_bom in candidates:
        try:
            text = body.decode(encoding)
            if text.encode(encoding) == body:
                return _normalised(path, raw, text, encoding, has_bom)
        except (UnicodeError, LookupError):
            continue
    return _normalised(path, raw, raw.decode("latin-1"), "latin-1", False)


def _normalised(path: Path, raw: bytes, text: str, encoding: str, bom: bool) -> SourceFile:
    ends = tuple(_LINE_END.findall(text))
    return SourceFile(path, _LINE_END.sub("\n", text), raw, encoding, bom, ends)


def _declared_encoding(raw: bytes) -> str | None:
    """What a PEP 263 cookie in the first two lines says, if it names an encoding that Python knows."""
    try:
        return tokenize.detect_encoding(io.BytesIO(raw).readline)[0]
    except SyntaxError:
        return None


def _original_offset(source: SourceFile, offset: int) -> int:
    """Where an offset of `text` stands in the decoded file: each CRLF before it is one longer."""
    lines = source.text.count("\n", 0, offset)
    return offset + source.line_ends[:lines].count("\r\n")


def _take_after(partial: Path, status: os.stat_result | None) -> None:
    """Give the new file the old one's owner, where allowed, and mode; without an old one, the usual mode."""
    if status is None:
        mask = os.umask(0)
        os.umask(mask)
        partial.chmod(0o666 & ~mask)
        return
    if hasattr(os, "chown"):
        # Another user's file in a folder that we may write to becomes ours, as with any editor.
        with contextlib.suppress(PermissionError):
            os.chown(partial, status.st_uid, status.st_gid)
    partial.chmod(stat.S_IMODE(status.st_mode))


def _sync_folder(folder: Path) -> None:
    """Make the rename itself survive a power cut, where the system can open folders."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _reason(path: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{path}: no such file"
    if isinstance(error, IsADirectoryError):
        return f"{path} is a folder; name a source file"
    if isinstance(error, PermissionError):
        return f"{path}: permission denied"
    return f"{path}: {error.strerror or error}"
