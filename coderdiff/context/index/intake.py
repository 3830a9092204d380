"""A file's bytes made ready for search, without a syntax tree: what a worker process of the cold pass runs.

Kept are the search terms of its chunks and the names that it seems to define (`syntax/names.py`); its text, its
definitions and all that only a tree tells come later or on demand (`detail.py`).

Nothing derived from the bytes as they were is kept: control characters are tamed first, so that none can hide a
secret, then secrets are crossed out, and only what is left gives terms and names. Texts whose words say that there
can be no secret (`safety/screen.py`) are not searched for any.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from coderdiff.context.files.filters import reason_to_skip
from coderdiff.context.index.passages import passages_of
from coderdiff.context.index.postings import Gathered, Segment, gather
from coderdiff.context.index.terms import Vocabulary
from coderdiff.context.safety.forgery import is_plain, neutral
from coderdiff.context.safety.screen import may_hold_secrets
from coderdiff.context.safety.secrets import redact
from coderdiff.context.syntax.languages import Language, language_of
from coderdiff.context.syntax.names import likely_names

_HASH_BYTES = 16
_MOST_WORDS = 200_000
_LINE_END = re.compile("\r\n|\r")


@dataclass(frozen=True, slots=True)
class Raw:
    """A file as it was read: `hash` is `hash_of` its path and content; `wanted` as in `scan.Found`."""

    path: str
    hash: bytes
    content: bytes
    wanted: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """One content, ready to be stored. `names` are those that it seems to define, each once; `size` is in bytes."""

    hash: bytes
    size: int
    lines: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """What came of some files: by path why one is left out, the others ready, and the search terms of those.

    In `segment` a content is its place in `taken`, counted from 1.
    """

    skipped: dict[str, str]
    taken: list[Taken]
    segment: Segment | Gathered


def read_file(path: str | Path, most_bytes: int) -> tuple[bytes, os.stat_result]:
    """A file's bytes and its status after they were read. Links are not followed.

    Raises OSError, also for a file that has grown beyond `most_bytes`.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        status = os.fstat(descriptor)
        content = file.read(min(status.st_size, most_bytes) + 1)
        while more := file.read(most_bytes + 1 - len(content)):
            content += more
        if len(content) > most_bytes:
            raise OSError(errno.EFBIG, "it grew while it was looked at")
        return content, os.fstat(descriptor)


def hash_of(path: str, content: bytes) -> bytes:
    """The key of a content: of its bytes, and of the language that it is read as."""
    language = _language_of(path, content)
    person = language.name.encode()[:16] if language else b""
    return hashlib.blake2b(content, digest_size=_HASH_BYTES, person=person).digest()


def tamed_text(content: bytes, plain: bool = False) -> str:
    """The text of a file: "\\n" for every line end, nothing invisible, lines as in the file; secrets are still there.

    What is no UTF-8 is read as Latin-1, which any bytes are. `plain` promises that the content `is_plain`.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return neutral(_LINE_END.sub("\n", text) if "\r" in text else text, plain=plain)


def safe_text(content: bytes) -> str:
    """The text of a file as it may be shown: `tamed_text`, secrets crossed out."""
    return redact(tamed_text(content))


def take_in(files: Sequence[Raw]) -> Batch:
    """Read some files, which together must not have more than `postings.MOST_CHUNKS` chunks."""
    with _shared_vocabulary() as vocabulary:
        return _take_in(files, vocabulary)


def _take_in(files: Sequence[Raw], vocabulary: Vocabulary) -> Batch:
    skipped: dict[str, str] = {}
    kept: list[Raw] = []
    texts: list[str] = []
    for file in files:
        plain = is_plain(file.content)
        reason = reason_to_skip(file.path, file.content, file.wanted, plain)
        if reason is not None:
            skipped[file.path] = reason
        else:
            kept.append(file)
            texts.append(tamed_text(file.content, plain))
    passages = passages_of(texts, vocabulary)
    vocabulary.learn()
    crossed = []
    for at, (marked, cut_off) in enumerate(zip(passages.marked(vocabulary), passages.cut_off(), strict=True)):
        if cut_off or may_hold_secrets(texts[at], marked):
            safe = redact(texts[at])
            if safe != texts[at]:
                crossed.append(at)
                texts[at] = safe
    if crossed:
        # Words of a secret stay in this process's vocabulary; a segment has the terms of its own words only.
        passages = passages.exchanged(crossed, passages_of([texts[at] for at in crossed], vocabulary))
    return Batch(skipped, list(map(_taken, kept, texts, passages.lines)), gather(passages.cut, vocabulary))


def _taken(file: Raw, text: str, lines: int) -> Taken:
    names = likely_names(_language_of(file.path, file.content), text)
    return Taken(file.hash, len(file.content), lines, tuple(sorted(names)))


def _language_of(path: str, content: bytes) -> Language | None:
    head = content[:200].split(b"\n", 1)[0].decode("utf-8", "replace") if content[:2] == b"#!" else ""
    return language_of(path, head)


@contextmanager
def _shared_vocabulary() -> Iterator[Vocabulary]:
    """This process's vocabulary: one batch at a time uses it, a second thread gets one of its own."""
    vocabulary = _SPARE.pop() if _SPARE else Vocabulary()
    yield vocabulary
    if len(vocabulary) <= _MOST_WORDS:
        _SPARE.append(vocabulary)


_SPARE: list[Vocabulary] = []
