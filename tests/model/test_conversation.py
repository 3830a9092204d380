"""A conversation's ids against transformers' `apply_chat_template(tokenize=True)`; and what no message can spell."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest
import transformers
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from coderdiff.errors import CheckpointError, InputError
from coderdiff.model.chat import ChatTemplate
from coderdiff.model.conversation import Conversations, conversation_ids, conversations, turn_end
from coderdiff.model.tokenizer import Tokenizer
from coderdiff.types import Message

from .checkpoints import CHAT, CHAT_TOKENS, KINDS, Kind, write_chat_template, write_tokenizer

LLAMA_LIKE = (
    "{{ bos_token }}{% for message in messages %}[{{ message.role }}]{{ message.content | trim }}[END] "
    "{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}"
)
KIND = Kind(
    {},
    added=(*KINDS["a2d-qwen2-mdlm"].added, *CHAT_TOKENS, "[user]", "[assistant]", "[END]", "<a><b>", "<b>"),
)
TEMPLATES = {"markers": CHAT, "brackets": LLAMA_LIKE}


@pytest.fixture(scope="module", params=TEMPLATES)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("chat")
    write_tokenizer(folder, KIND)
    write_chat_template(folder, TEMPLATES[request.param])
    return folder


@pytest.fixture(scope="module")
def tokenizer(folder: Path) -> Tokenizer:
    return Tokenizer.from_file(folder / "tokenizer.json", {})


@pytest.fixture(scope="module")
def talk(folder: Path, tokenizer: Tokenizer) -> Conversations:
    found = conversations(folder, tokenizer)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def theirs(folder: Path) -> transformers.PreTrainedTokenizerFast:
    return transformers.PreTrainedTokenizerFast.from_pretrained(folder)


def turns(contents: list[str]) -> list[Message]:
    return [Message("assistant" if at % 2 else "user", content) for at, content in enumerate(contents)]


def special(tokenizer: Tokenizer, ids: list[int]) -> list[int]:
    return [id_ for id_ in ids if not tokenizer.token_bytes(id_)]


@settings(max_examples=60)
@given(contents=st.lists(st.text(st.characters(codec="utf-8")), min_size=1, max_size=5))
def test_the_ids_are_transformers(
    talk: Conversations,
    tokenizer: Tokenizer,
    theirs: transformers.PreTrainedTokenizerFast,
    contents: list[str],
) -> None:
    """Of what people write; what spells a special token is another matter, and theirs is to be fooled by it."""
    assume(not any(token in content for token in theirs.get_added_vocab() for content in contents))
    messages = turns(contents)
    expected = theirs.apply_chat_template(
        [asdict(each) for each in messages], tokenize=True, add_generation_prompt=True, return_dict=False
    )
    assert list(talk.prompt(messages, 10_000).ids) == expected


# Whole special tokens, and pieces that a neighbour might complete to one.
SPELLINGS = st.sampled_from(
    [*KIND.added, "<", "|>", "[", "]", "user", "END", "im_end", "<|im_", "<a>", "b>", "\U000f0000"]
)
HOSTILE = st.lists(SPELLINGS | st.text(max_size=3), max_size=6).map("".join)


@settings(max_examples=150)
@given(contents=st.lists(HOSTILE, min_size=1, max_size=4))
def test_no_message_spells_a_special_token(
    talk: Conversations, tokenizer: Tokenizer, contents: list[str]
) -> None:
    plain = conversation_ids(talk.template, tokenizer, turns(["x"] * len(contents)))
    ids = conversation_ids(talk.template, tokenizer, turns(contents))
    assert special(tokenizer, ids) == special(tokenizer, plain)
    # All of the text is there, as text.
    said = tokenizer.decode(ids)
    at = 0
    for content in contents:
        at = said.index(content.strip(), at) + len(content.strip())


def test_text_of_template_and_message_together_spells_none(tokenizer: Tokenizer) -> None:
    template = ChatTemplate("{% for message in messages %}[{{ message.content }}]{% endfor %}[END]")
    ids = conversation_ids(template, tokenizer, [Message("user", "END")])
    end = next(mark.id for mark in tokenizer.marks if mark.text == "[END]")
    assert ids == [*tokenizer.encode("[END]"), end]
    assert end not in tokenizer.encode("[END]")


def test_the_longest_of_tokens_that_begin_alike_and_blanks_beside_them(tokenizer: Tokenizer) -> None:
    by_text = {mark.text: mark.id for mark in tokenizer.marks}
    assert tokenizer.divide("x<a><b><b>y") == ["x", by_text["<a><b>"], by_text["<b>"], "y"]
    assert tokenizer.divide("no token") == ["no token"]
    assert tokenizer.divide("") == []


def test_where_the_assistants_turn_ends(talk: Conversations, tokenizer: Tokenizer) -> None:
    by_id = {mark.id: mark.text for mark in tokenizer.marks}
    assert talk.end is not None
    assert by_id[talk.end] in {"<|im_end|>", "[END]"}
    assert turn_end(ChatTemplate("{{ messages[1].content }} and on"), tokenizer) is None
    assert turn_end(ChatTemplate("{{ raise_exception('no') }}"), tokenizer) is None


def test_too_long_a_conversation_and_none(talk: Conversations, tokenizer: Tokenizer) -> None:
    with pytest.raises(InputError, match="at most 20 before its answer"):
        talk.prompt([Message("user", "word " * 30)], 20)
    nothing = Conversations(ChatTemplate("{# nothing #}"), tokenizer, None)
    with pytest.raises(CheckpointError, match="makes nothing"):
        nothing.prompt([Message("user", "hello")], 20)


def test_a_base_model_is_not_talked_to(tmp_path: Path, tokenizer: Tokenizer) -> None:
    assert conversations(tmp_path, tokenizer) is None
