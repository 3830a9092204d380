"""Roles of a published checkpoint's tokens: what its files say of one another, and which of them is believed."""

from __future__ import annotations

from pathlib import Path

import pytest

from coderdiff.model.families.settings import Settings
from coderdiff.model.families.special_tokens import end_ids, special_tokens
from coderdiff.model.loader import load
from tests.model.checkpoints import write

TOKENIZER = Settings(
    {
        "added_tokens": [
            {"id": id_, "content": content}
            for id_, content in enumerate(("<|endoftext|>", "<|beginoftext|>", "<|mask|>"))
        ]
    }
)


@pytest.mark.parametrize(
    ("tokenizer_config", "spelled", "opens"),
    [
        ({}, None, None),
        ({"bos_token": None}, None, None),
        ({"bos_token": "<|beginoftext|>"}, None, "<|beginoftext|>"),
        ({"bos_token": {"content": "<|beginoftext|>"}, "add_bos_token": True}, None, "<|beginoftext|>"),
        ({"bos_token": "<|beginoftext|>", "add_bos_token": False}, None, None),
        ({"bos_token": "<|endoftext|>", "add_bos_token": False}, "<|beginoftext|>", "<|beginoftext|>"),
        ({}, "<|nowhere|>", None),
    ],
)
def test_a_text_opens_as_the_tokenizer_says_not_as_the_config_does(
    tokenizer_config: dict[str, object], spelled: str | None, opens: str | None
):
    config = Settings({"bos_token_id": 0, "eos_token_id": 0, "mask_token_id": 2})
    spellings = None if spelled is None else {"bos": spelled}
    roles = special_tokens(config, Settings(tokenizer_config), TOKENIZER, spellings)
    assert roles.pop("bos", None) == opens
    assert roles == {"end": "<|endoftext|>", "mask": "<|mask|>"}


def test_all_that_ends_a_text_by_any_file():
    files = ({"eos_token_id": 1}, {"eos_token_id": [1, 106, 50]}, {}, {"eos_token_id": [7]})
    assert end_ids(*map(Settings, files)) == (1, 106, 50, 7)


def test_a_checkpoint_ends_as_its_generation_config_says_too(tmp_path: Path):
    write(tmp_path / "sdar", "sdar")
    end = load(tmp_path / "sdar").spec.end_id
    (tmp_path / "sdar" / "generation_config.json").write_text(f'{{"eos_token_id": [3, {end}]}}')
    assert set(load(tmp_path / "sdar").ends) == {end, 3}
