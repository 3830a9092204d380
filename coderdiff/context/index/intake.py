"""A file's bytes made ready for the index: safe text, symbols and search terms. What a worker process runs.

Nothing derived from the bytes as they were is kept: control characters are tamed first, so that none can hide a
secret, then secrets are redacted, and only then the text is parsed and cut into terms. The text is kept,
deflated to about a quarter, rather than read from disk again: a pack needs the lines that were indexed, whatever
the editor has saved since, and redacting anew would cost more than the whole pack may take.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from coderdiff.context.files.filters import reason_to_skip
from coderdiff.context.index import codec
from coderdiff.context.index.codec import Blobs
from coderdiff.context.index.postings import Cut, Segment, collect
from coderdiff.context.index.terms import Vocabulary
from coderdiff.context.safety.forgery import neutral
from coderdiff.context.safety.secrets import redact
from coderdiff.context.syntax.languages import language_of
from coderdiff.context.syntax.symbols import read_symbols

MOST_CHUNKS_OF_A_FILE = 4_000
"""Lexical search does not see what stands below (40,000 lines at least): one file cannot fill a segment."""

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
    """One content, ready to be stored. `defined` are the names it defines, each once; `size` is in bytes."""

    hash: bytes
    size: int
    lines: int
    definitions: int
    defined: tuple[str, ...]
    text: bytes
    blobs: Blobs


@dataclass(frozen=True, slots=True)
class Batch:
    """What came of some files: by path why one is left out, the others ready, and the search terms of those.

    In `segment` a content is its place in `taken`, counted from 1.
    """

    skipped: dict[str, str]
    taken: list[Taken]
    segment: Segment


def hash_of(path: str, content: bytes) -> bytes:
    """The key of a content: of its bytes, and of the language that it is read as."""
    head = content[:200].split(b"\n", 1)[0].decode("utf-8", "replace") if content[:2] == b"#!" else ""
    language = language_of(path, head)
    person = language.name.encode()[:16] if language else b""
    return hashlib.blake2b(content, digest_size=_HASH_BYTES, person=person).digest()


def safe_text(content: bytes) -> str:
    """The text of a file as it may be shown: "\\n" for every line end, nothing invisible, no secrets.

    Lines are the file's lines. What is no UTF-8 is read as Latin-1, which any bytes are.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return redact(neutral(_LINE_END.sub("\n", text)))


def take_in(files: Sequence[Raw]) -> Batch:
    """Read some files, which together must not have more than `postings.MOST_CHUNKS` chunks."""
    with _shared_vocabulary() as vocabulary:
        return _take_in(files, vocabulary)


def _take_in(files: Sequence[Raw], vocabulary: Vocabulary) -> Batch:
    skipped: dict[str, str] = {}
    taken: list[Taken] = []
    cuts: list[Cut] = []
    for file in files:
        reason = reason_to_skip(file.path, file.content, file.wanted)
        if reason is not None:
            skipped[file.path] = reason
            continue
        text = safe_text(file.content)
        symbols = read_symbols(file.path, text.encode(errors="replace"), uses=False)
        names = {definition.name for definition in symbols.definitions}
        taken.append(
            Taken(
                file.hash,
                len(file.content),
                symbols.lines,
                len(symbols.definitions),
                tuple(sorted(names)),
                codec.pack_text(text),
                codec.encode(symbols),
            )
        )
        ranges = symbols.chunks[:MOST_CHUNKS_OF_A_FILE]
        cuts.append(Cut(len(taken), ranges, *vocabulary.words_in(text, ranges)))
    return Batch(skipped, taken, collect(cuts, vocabulary))


@contextmanager
def _shared_vocabulary() -> Iterator[Vocabulary]:
    """This process's vocabulary: one batch at a time uses it, a second thread gets one of its own."""
    vocabulary = _SPARE.pop() if _SPARE else Vocabulary()
    yield vocabulary
    if len(vocabulary) <= _MOST_WORDS:
        _SPARE.append(vocabulary)


_SPARE: list[Vocabulary] = []
