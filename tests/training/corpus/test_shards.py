"""Shards: what is written is what is read, within the size limit, and damage is told in one line."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coderdiff.errors import CorpusError
from coderdiff.training.corpus.manifest import (
    MANIFEST_NAME,
    Manifest,
    ShardRecord,
    Split,
    load_manifest,
    save_manifest,
)
from coderdiff.training.corpus.shards import Document, read_split, write_split


def write_corpus(folder: Path, documents: list[Document], limit: int = 2**20) -> tuple[ShardRecord, ...]:
    shards = write_split(folder, "train", documents, limit)
    listed: dict[Split, tuple[ShardRecord, ...]] = {"train": shards, "validation": (), "test": ()}
    save_manifest(folder, Manifest("1.0", "3.11.7", 0, None, (), listed))
    return shards


def incompressible(count: int, size: int = 3000) -> list[Document]:
    draw = random.Random(0)
    return [Document("p", "1", f"p/{i}.py", draw.randbytes(size).hex()) for i in range(count)]


text = st.text(st.characters(exclude_categories=["Cs"]))


@settings(max_examples=30)
@given(st.lists(st.builds(Document, text, text, text, text), max_size=20))
def test_round_trip(tmp_path_factory: pytest.TempPathFactory, documents: list[Document]) -> None:
    folder = tmp_path_factory.mktemp("corpus")
    write_corpus(folder, documents)
    assert list(read_split(folder, "train")) == documents
    assert list(read_split(folder, "test")) == []


def test_shards_stay_within_the_limit_and_are_well_filled(tmp_path: Path) -> None:
    documents, limit = incompressible(200), 100_000
    shards = write_corpus(tmp_path, documents, limit)
    assert [shard.name for shard in shards[:2]] == ["train-000.jsonl.zst", "train-001.jsonl.zst"]
    assert all(shard.bytes == (tmp_path / shard.name).stat().st_size <= limit for shard in shards)
    assert all(shard.bytes > 0.8 * limit for shard in shards[:-1])
    assert sum(shard.documents for shard in shards) == len(documents)
    assert list(read_split(tmp_path, "train")) == documents


def test_a_document_over_the_limit_gets_its_own_shard(tmp_path: Path) -> None:
    small, large = incompressible(2), incompressible(1, size=50_000)
    shards = write_corpus(tmp_path, [small[0], *large, small[1]], limit=10_000)
    assert [shard.documents for shard in shards] == [1, 1, 1]


def test_reading_is_lazy(tmp_path: Path) -> None:
    documents = incompressible(100)
    shards = write_corpus(tmp_path, documents, limit=100_000)
    (tmp_path / shards[-1].name).unlink()
    reader = read_split(tmp_path, "train")
    assert next(reader) == documents[0]
    with pytest.raises(CorpusError, match="is missing"):
        list(reader)


def test_no_corpus_and_unknown_split(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"no corpus in .*coderdiff corpus build"):
        next(read_split(tmp_path, "train"))
    with pytest.raises(CorpusError, match="unknown corpus split 'dev'"):
        next(read_split(tmp_path, "dev"))


@pytest.mark.parametrize("keep", [0, 10, 0.3, 0.99])
def test_a_truncated_shard_is_noticed(tmp_path: Path, keep: float) -> None:
    (shard,) = write_corpus(tmp_path, incompressible(50))
    path = tmp_path / shard.name
    data = path.read_bytes()
    path.write_bytes(data[: keep if isinstance(keep, int) else int(keep * len(data))])
    with pytest.raises(CorpusError) as caught:
        list(read_split(tmp_path, "train"))
    assert shard.name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_changed_byte_is_noticed(tmp_path: Path) -> None:
    (shard,) = write_corpus(tmp_path, incompressible(50))
    path = tmp_path / shard.name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(bytes(data))
    with pytest.raises(CorpusError, match="corrupt"):
        list(read_split(tmp_path, "train"))


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"format": 99}', '{"format": 1}', '{"format": 1, "sources": [{}]}']
)
def test_a_broken_manifest_is_told_in_one_line(tmp_path: Path, content: str) -> None:
    (tmp_path / MANIFEST_NAME).write_text(content)
    with pytest.raises(CorpusError) as caught:
        load_manifest(tmp_path)
    assert "\n" not in str(caught.value)
