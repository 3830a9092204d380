"""Roles that a tokenizer has no token for: reserved tokens take them, and nothing else changes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from coderdiff.errors import CheckpointError, ConfigError
from coderdiff.model.tokenizer import LENGTH_ROLES, ROLES, Tokenizer
from coderdiff.training.special_roles import with_roles


def test_only_the_roles_are_new(tokenizer: Tokenizer, stretching: Tokenizer, texts: tuple[str, ...]) -> None:
    assert stretching.vocab_size == tokenizer.vocab_size
    assert stretching.vocab_bytes == tokenizer.vocab_bytes
    assert stretching.encode(texts[0]) == tokenizer.encode(texts[0])
    before, after = vars(tokenizer.specials), vars(stretching.specials)
    assert {role for role in before if before[role] != after[role]} == set(LENGTH_ROLES)
    new = [stretching.specials.expand, stretching.specials.delete]
    assert len(set(new)) == 2
    assert not set(new) & set(before.values())
    assert None not in new


def test_what_spells_them_is_only_text(stretching: Tokenizer) -> None:
    ids = stretching.encode("<|expand|><|delete|>")
    assert not {stretching.specials.expand, stretching.specials.delete} & set(ids)


def test_a_file_that_has_them_is_taken_as_it_is(stretching_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "tokenizer.json"
    assert with_roles(stretching_file, LENGTH_ROLES, out) == stretching_file
    assert with_roles(stretching_file, (), out) == stretching_file
    assert not out.exists()


def test_too_few_reserved_tokens_are_told(stretching_file: Path, tmp_path: Path) -> None:
    content = json.loads(stretching_file.read_text(encoding="utf-8"))
    content["added_tokens"] = [
        token for token in content["added_tokens"] if not token["content"].startswith(("<|res", "<|del"))
    ]
    poor = tmp_path / "poor.json"
    poor.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(
        ConfigError, match=r"poor.json has 0 reserved tokens, 1 are wanted as <\|delete\|>: take"
    ):
        with_roles(poor, LENGTH_ROLES, tmp_path / "out.json")
    with pytest.raises(CheckpointError, match=r"no none\.json"):
        with_roles(tmp_path / "none.json", LENGTH_ROLES, tmp_path / "out.json")


def test_no_special_id_is_lost(stretching: Tokenizer) -> None:
    ids = [id_ for id_ in vars(stretching.specials).values() if id_ is not None]
    assert len(set(ids)) == len(ids) == len(ROLES)
