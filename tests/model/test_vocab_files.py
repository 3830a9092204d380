"""A tokenizer out of vocab.json and merges.txt, against the class of transformers that reads the same files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import transformers
from hypothesis import example, given
from hypothesis import strategies as st

from coderdiff.errors import CheckpointError
from coderdiff.model.tokenizer import Tokenizer
from coderdiff.model.vocab_files import tokenizer_content

from .checkpoints import KINDS, write_tokenizer

CODE = "def ret(x):\n    # it's 3.14 and 100%\n\n\treturn  [x,'re'] in {\"é\": 1_000} \r\n   "
# The published class brings text into NFC first; ours gives text back as it was.
ALREADY_NFC = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Z", "Cc"], max_codepoint=0x2FF)
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tokenizer")
    write_tokenizer(folder, KINDS["dreamon"])
    return folder


@pytest.fixture(scope="module")
def ours(folder: Path) -> Tokenizer:
    content, path = tokenizer_content(folder)
    return Tokenizer.from_content(content, path, {"mask": "<|mask|>", "expand": "<|expand|>"})


@pytest.fixture(scope="module")
def theirs(folder: Path) -> transformers.Qwen2Tokenizer:
    return transformers.Qwen2Tokenizer.from_pretrained(folder)


@given(text=ALREADY_NFC)
@example(text=CODE)
def test_text_is_divided_as_published(
    ours: Tokenizer, theirs: transformers.Qwen2Tokenizer, text: str
) -> None:
    ids = ours.encode(text)
    assert ids == theirs(text, add_special_tokens=False)["input_ids"]
    assert ours.decode(ids) == text


def test_added_tokens_have_their_published_ids(ours: Tokenizer, theirs: transformers.Qwen2Tokenizer) -> None:
    assert ours.specials.mask == theirs.convert_tokens_to_ids("<|mask|>")
    assert ours.specials.expand == theirs.convert_tokens_to_ids("<|expand|>")
    assert ours.vocab_size == len(theirs)
    assert ours.specials.mask not in ours.encode("<|mask|>"), "text that spells a special token is text"


def test_the_older_list_of_added_tokens_serves_too(folder: Path, ours: Tokenizer, tmp_path: Path) -> None:
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "tokenizer_config.json").write_text('{"tokenizer_class": "Qwen2Tokenizer"}')
    content, path = tokenizer_content(tmp_path)
    older = Tokenizer.from_content(content, path, {"mask": "<|mask|>", "expand": "<|expand|>"})
    assert older.specials == ours.specials
    assert older.vocab_bytes == ours.vocab_bytes


def test_a_class_with_another_division_of_text_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "vocab.json").write_bytes((folder / "vocab.json").read_bytes())
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "GPT2Tokenizer"}))
    with pytest.raises(CheckpointError, match="GPT2Tokenizer"):
        tokenizer_content(tmp_path)


def test_missing_merges_are_named(folder: Path, tmp_path: Path) -> None:
    for name in ("vocab.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    with pytest.raises(CheckpointError, match=r"merges\.txt"):
        tokenizer_content(tmp_path)
