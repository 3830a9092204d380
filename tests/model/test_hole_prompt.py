"""Prompts of networks that were not trained on ours: nothing is lost, nothing is longer than it may be."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from coderdiff.model.hole_prompt import document_prompt, suffix_first_prompt
from coderdiff.model.tokenizer import SpecialIds, Tokenizer


def with_specials(tokenizer: Tokenizer, **roles: int | None) -> Tokenizer:
    return SimpleNamespace(  # type: ignore[return-value]
        specials=SpecialIds(**roles),
        encode=tokenizer.encode,
        heal=tokenizer.heal,
        token_bytes=tokenizer.token_bytes,
        decode=tokenizer.decode,
    )


@pytest.mark.parametrize("cut", [0, 1, 77, 200, 233])
def test_a_document_is_read_as_it_stands(tokenizer: Tokenizer, source: str, cut: int):
    prompt = document_prompt(tokenizer, source[:cut], source[cut:], 2000)
    assert prompt.ids[0] == tokenizer.specials.bos
    assert tokenizer.decode_bytes(prompt.ids) + prompt.pending == source[:cut].encode()
    assert tokenizer.decode(prompt.behind) == source[cut:]
    assert prompt.rows == len(prompt.ids) + len(prompt.behind)


def test_long_documents_are_cut_to_what_is_next_to_the_hole(tokenizer: Tokenizer, source: str):
    long = source * 20
    for cut in (0, len(long) // 2, len(long)):
        for build in (document_prompt, suffix_first_prompt):
            prompt = build(tokenizer, long[:cut], long[cut:], 150)
            assert 75 < prompt.rows <= 150
    prompt = document_prompt(tokenizer, long[:3000], long[3000:], 150)
    assert long[:3000].endswith(tokenizer.decode(prompt.ids) + prompt.pending.decode())
    assert long[3000:].startswith(tokenizer.decode(prompt.behind))


def test_a_document_is_closed_where_its_last_token_is_read(tokenizer: Tokenizer, source: str):
    end = tokenizer.specials.end
    assert end is not None
    for cut in (0, 50, len(source)):
        prompt = document_prompt(tokenizer, source[:cut], source[cut:], 2000, end)
        assert prompt.behind[-1] == end
        assert prompt.behind[:-1] == document_prompt(tokenizer, source[:cut], source[cut:], 2000).behind
    long = document_prompt(tokenizer, source * 20, source * 20, 150, end)
    assert end not in long.behind
    assert long.rows <= 150


def test_the_suffix_comes_first_where_it_could_not_be_seen_behind(tokenizer: Tokenizer):
    prefix, suffix = "a = 1\n", "c = 3\n"
    ids = [tokenizer.encode(text) for text in (suffix, prefix)]
    marked = with_specials(tokenizer, bos=1, suffix=2, prefix=3, middle=4)
    assert suffix_first_prompt(marked, prefix, suffix, 99).ids == [1, 2, *ids[0], 3, *ids[1], 4]
    plain = with_specials(tokenizer, middle=4)
    assert suffix_first_prompt(plain, prefix, suffix, 99).ids == [*ids[0], *ids[1]]
