"""The hashes must be those of the published format, and the lookup must count what a plain search counts."""

from __future__ import annotations

import hashlib
import random
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderdiff.errors import CorpusError
from coderdiff.training.corpus.decontamination import RUN, HeldOutIndex, load_index, run_hashes

BENCHMARK = """
def frobnicate(widgets, limit):
    # keep the brightest widgets, at most `limit` of them
    ordered = sorted(widgets, key=lambda widget: -widget.brightness)
    return [widget.name for widget in ordered[:limit] if widget.brightness > 0]
"""


def by_the_book(text: str) -> list[int]:
    """The format, word for word: lexemes joined by U+001F, 8-byte BLAKE2b, little-endian."""
    lexemes = re.findall(r"\w+|[^\w\s]", text)
    return [
        int.from_bytes(
            hashlib.blake2b("\x1f".join(lexemes[i : i + RUN]).encode(), digest_size=8).digest(), "little"
        )
        for i in range(len(lexemes) - RUN + 1)
    ]


def write_index(folder: Path, text: str) -> None:
    np.save(folder / "ngrams.npy", np.unique(np.array(by_the_book(text), np.uint64)))


@given(st.text(alphabet=st.sampled_from("ab_1 \n\t().,é名\u00a0")).map(lambda s: s * 5))
def test_hashes_are_those_of_the_format(text: str) -> None:
    assert run_hashes(text).tolist() == by_the_book(text)


def test_a_known_run_has_a_known_hash() -> None:
    """Fixed bytes, so that no change to both sides of the comparison above goes unseen."""
    expected = hashlib.blake2b(b"\x1f".join(b"abcdefghijklmnop"[i : i + 1] for i in range(16)), digest_size=8)
    assert run_hashes("a b c d e f g h i j k l m n o p").tobytes() == expected.digest()


def test_hits_count_shared_runs(tmp_path: Path) -> None:
    write_index(tmp_path, BENCHMARK)
    index = load_index(tmp_path)
    runs = len(by_the_book(BENCHMARK))
    assert len(index) == runs
    assert index.hits(run_hashes(BENCHMARK)) == runs
    assert index.hits(run_hashes("import os\n" + BENCHMARK.replace("    ", "\t") + "\nprint(1)\n")) == runs
    assert index.hits(run_hashes(BENCHMARK + BENCHMARK)) >= 2 * runs  # every occurrence counts
    assert index.hits(run_hashes(BENCHMARK.replace("widget", "gadget"))) == 0
    assert index.hits(run_hashes("too short")) == 0


def test_the_leading_bits_table_changes_no_answer() -> None:
    draw = random.Random(7)
    known = sorted({0, 2**64 - 1, *(draw.getrandbits(64) for _ in range(2000))})
    neighbours = [hash_ ^ (1 << draw.randrange(8)) for hash_ in known]  # same leading bits, unknown
    asked = np.array([*known, *neighbours, *(draw.getrandbits(64) for _ in range(2000))], np.uint64)
    index = HeldOutIndex(np.array(known, np.uint64))
    assert index.hits(asked) == sum(int(hash_) in set(known) for hash_ in asked)


@pytest.mark.parametrize(
    ("values", "kind"), [([3, 1], np.uint64), ([1, 2], np.int64), ([], np.uint64), ([[1], [2]], np.uint64)]
)
def test_a_broken_index_is_refused(tmp_path: Path, values: list[Any], kind: type[np.generic]) -> None:
    np.save(tmp_path / "ngrams.npy", np.array(values, kind))
    with pytest.raises(CorpusError, match="not a sorted"):
        load_index(tmp_path)


def test_a_missing_or_foreign_index_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"no ngrams\.npy"):
        load_index(tmp_path)
    (tmp_path / "ngrams.npy").write_text("words")
    with pytest.raises(CorpusError, match="cannot be read"):
        load_index(tmp_path)
