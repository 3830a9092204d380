"""The corpus on disk: zstandard-compressed JSON lines, one document a line, listed by the manifest.

    OUT/train-000.jsonl.zst ...   {"package", "version", "path", "text"} a line, in shuffled order
    OUT/manifest.json             what went in, what was left out, and the shards (manifest.py)

Every shard is a zstandard stream of its own and stays under `SHARD_LIMIT` bytes compressed.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import zstandard

from coderdiff.errors import CorpusError
from coderdiff.training.corpus.manifest import SPLITS, ShardRecord, Split, load_manifest

SHARD_LIMIT = 40 * 2**20
"""Most compressed bytes in a shard."""

_LEVEL = 9
_FLUSH_EVERY = 2**20


@dataclass(frozen=True, slots=True)
class Document:
    """One source file of the corpus: `text` has `\\n` line ends and no byte-order mark."""

    package: str
    version: str
    path: str
    text: str


def read_split(folder: str | Path, split: str) -> Iterator[Document]:
    """Documents of `split` in their shuffled order, read as they are asked for.

    Raises CorpusError: at the first document if the split is unknown or there is no corpus, later when it
    comes to a shard that is missing, corrupt or shorter than the manifest says.
    """
    folder = Path(folder)
    if split not in SPLITS:
        raise CorpusError(f"unknown corpus split {split!r}: choose one of {', '.join(SPLITS)}")
    for shard in load_manifest(folder).shards[split]:
        yield from _read_shard(folder / shard.name, shard.documents)


def _read_shard(path: Path, documents: int) -> Iterator[Document]:
    read = 0
    try:
        with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as flat:
            for line in io.TextIOWrapper(flat, encoding="utf-8", newline="\n"):
                yield Document(**json.loads(line))
                read += 1
    except FileNotFoundError:
        raise CorpusError(f"{path} is missing: build the corpus again") from None
    except (OSError, zstandard.ZstdError, ValueError, TypeError) as error:
        raise CorpusError(f"{path} is corrupt after document {read}: build the corpus again") from error
    if read != documents:
        raise CorpusError(f"{path} holds {read} of {documents} documents: build the corpus again")


def write_split(
    folder: Path, split: Split, documents: Iterable[Document], limit: int = SHARD_LIMIT
) -> tuple[ShardRecord, ...]:
    """Write `documents` in order as shards of at most `limit` bytes; the records for the manifest.

    A document that does not compress to `limit` gets a shard of its own, over the limit.
    """
    records: list[ShardRecord] = []
    shard: _Shard | None = None
    for document in documents:
        line = json.dumps(asdict(document), ensure_ascii=False).encode("utf-8") + b"\n"
        if shard is not None and not shard.has_room(len(line), limit):
            records.append(shard.close())
            shard = None
        if shard is None:
            shard = _Shard(folder / f"{split}-{len(records):03d}.jsonl.zst")
        shard.write(line)
    if shard is not None:
        records.append(shard.close())
    return tuple(records)


class _Shard:
    """A shard being written. Its compressed size is only known after a flush, so it flushes now and then."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("wb")
        self._stream = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).stream_writer(self._file)
        self._unflushed = 0
        self._documents = 0

    def has_room(self, coming: int, limit: int) -> bool:
        """Whether `coming` more bytes keep the shard within `limit`, even if they would not compress."""
        overhead = 1024  # block headers and the checksum
        if self._file.tell() + self._unflushed + coming + overhead <= limit:
            return True
        self._flush()
        return self._file.tell() + coming + overhead <= limit

    def write(self, line: bytes) -> None:
        self._stream.write(line)
        self._documents += 1
        self._unflushed += len(line)
        if self._unflushed > _FLUSH_EVERY:
            self._flush()

    def close(self) -> ShardRecord:
        self._stream.flush(zstandard.FLUSH_FRAME)
        self._file.close()
        return ShardRecord(self._path.name, self._documents, self._path.stat().st_size)

    def _flush(self) -> None:
        self._stream.flush(zstandard.FLUSH_BLOCK)
        self._unflushed = 0
