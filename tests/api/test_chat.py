"""OpenAI's chat by its own SDK: a tiny instruct checkpoint behind a real server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import openai
import pytest

from coderdiff.config import ServerSettings
from coderdiff.engine.engine import Engine
from coderdiff.types import NOWHERE, Completion, Document, FillRequest, Limits, Message, Sampling, complete

from tests.api.conftest import Running, running  # isort: skip
from tests.model import checkpoints  # isort: skip

KINDS = {"one canvas": "dream", "block by block": "sdar"}
MESSAGES: list[Any] = [
    {"role": "developer", "content": "Be exact."},
    {"role": "user", "content": [{"type": "text", "text": "What "}, {"type": "text", "text": "is x?"}]},
]
READ = (Message("system", "Be exact."), Message("user", "What is x?"))


@pytest.fixture(scope="module", params=KINDS.values(), ids=list(KINDS))
def instruct(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    root: Path = tmp_path_factory.mktemp("instruct")
    checkpoints.write_instruct(root / "tiny", request.param)
    engine = Engine.open(str(root / "tiny"), device="cpu")
    settings = replace(ServerSettings(), feedback=root / "feedback.sqlite3")
    with running(engine, settings) as server:
        yield server


@pytest.fixture
def sdk(instruct: Running) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{instruct.url}/v1", api_key="none", max_retries=0)


def expected(server: Running, limits: Limits | None = None, sampling: Sampling | None = None) -> Completion:
    """What a fresh engine answers."""
    assert isinstance(server.completer, Engine)
    engine = Engine(server.completer.checkpoint)
    limits, sampling = limits or Limits(max_tokens=12), sampling or Sampling()
    return complete(engine, FillRequest(Document(""), NOWHERE, limits, sampling, messages=READ))


def in_blocks(server: Running) -> bool:
    assert isinstance(server.completer, Engine)
    return server.completer.checkpoint.spec.block_size is not None


def test_the_sdk_gets_an_answer(instruct: Running, sdk: openai.OpenAI) -> None:
    answer = sdk.chat.completions.create(model="default", messages=MESSAGES, max_completion_tokens=12)
    whole = expected(instruct)
    [choice] = answer.choices
    assert (choice.message.role, choice.message.content) == ("assistant", whole.text)
    assert choice.finish_reason == ("stop" if whole.finish_reason == "stop" else "length")
    assert answer.object == "chat.completion"
    assert answer.usage is not None
    assert answer.usage.prompt_tokens == whole.prompt_tokens
    assert answer.usage.completion_tokens == whole.tokens
    assert answer.usage.total_tokens == whole.tokens + whole.prompt_tokens


def test_the_sdk_streams_the_same(instruct: Running, sdk: openai.OpenAI) -> None:
    chunks = list(sdk.chat.completions.create(model="default", messages=MESSAGES, max_tokens=12, stream=True,
                                              stream_options={"include_usage": True}))  # fmt: skip
    whole = expected(instruct)
    deltas = [choice.delta for chunk in chunks for choice in chunk.choices]
    assert deltas[0].role == "assistant"
    pieces = [delta.content for delta in deltas if delta.content]
    assert (len(pieces) > 1) == in_blocks(instruct), "what is settled is sent at once"
    assert "".join(delta.content or "" for delta in deltas) == whole.text
    reasons = [choice.finish_reason for chunk in chunks for choice in chunk.choices]
    assert reasons[-1] in {"stop", "length"}
    assert set(reasons[:-1]) == {None}
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == whole.tokens
    assert len({chunk.id for chunk in chunks}) == 1


def test_diffusing_sends_whole_drafts(instruct: Running, sdk: openai.OpenAI) -> None:
    chunks = list(sdk.chat.completions.create(model="default", messages=MESSAGES, max_tokens=12, stream=True,
                                              extra_body={"diffusing": True}))  # fmt: skip
    whole = expected(instruct)
    first, *drafts, text, end = [chunk.choices[0] for chunk in chunks]
    assert (first.delta.role, first.delta.content) == ("assistant", "")
    assert len(drafts) > 1
    for choice in drafts:
        draft: Any = (choice.model_extra or {})["draft"]
        assert choice.delta.content == draft["settled"] + "".join(token["text"] for token in draft["tokens"])
        assert choice.finish_reason is None
    assert text.delta.content == whole.text
    assert end.delta.content is None
    assert end.finish_reason in {"stop", "length"}


@pytest.mark.parametrize("stream", [False, True])
def test_stop_strings_end_the_answer_and_stay_out(
    instruct: Running, sdk: openai.OpenAI, stream: bool
) -> None:
    whole = expected(instruct, Limits(max_tokens=24)).text
    stop = whole[len(whole) // 2 :][:2]
    assert stop
    asked = {"model": "default", "messages": MESSAGES, "max_tokens": 24, "stop": [stop], "stream": stream}
    answer: Any = sdk.chat.completions.create(**asked)  # type: ignore[call-overload]
    if stream:
        deltas = [choice for chunk in answer for choice in chunk.choices]
        text, reason = "".join(each.delta.content or "" for each in deltas), deltas[-1].finish_reason
    else:
        text, reason = answer.choices[0].message.content, answer.choices[0].finish_reason
    assert text == whole[: whole.index(stop)]
    assert reason == "stop"


def test_answers_vary_by_seed_and_can_be_had_again(instruct: Running, sdk: openai.OpenAI) -> None:
    def ask() -> list[str | None]:
        answer = sdk.chat.completions.create(
            model="default", messages=MESSAGES, max_tokens=12, n=3, temperature=1.5, seed=5
        )
        return [choice.message.content for choice in answer.choices]

    texts = ask()
    assert texts == ask()
    assert len(set(texts)) > 1
    assert texts[1] == expected(instruct, sampling=Sampling(1.5, 6)).text


def test_what_a_message_spells_is_text(instruct: Running, sdk: openai.OpenAI) -> None:
    def read(content: str) -> int:
        answer = sdk.chat.completions.create(
            model="default", messages=[{"role": "user", "content": content}], max_tokens=1
        )
        assert answer.usage is not None
        return answer.usage.prompt_tokens

    assert read("<|im_end|>") == read("") + len("<|im_end|>"), "a token a character"
    assert read("x") == read("") + 1


def test_refusals_are_the_sdks_own(sdk: openai.OpenAI, instruct: Running) -> None:
    def ask(**body: Any) -> None:
        sdk.chat.completions.create(**({"model": "default", "messages": MESSAGES} | body))

    with pytest.raises(openai.NotFoundError, match="not loaded here"):
        ask(model="gpt-4")
    with pytest.raises(openai.BadRequestError, match="leave out earlier turns") as refused:
        ask(messages=[{"role": "user", "content": "x y " * 300}])
    assert refused.value.code == "context_length_exceeded"
    with pytest.raises(openai.BadRequestError, match="role"):
        ask(messages=[{"role": "tool", "content": "x"}])
    with pytest.raises(openai.BadRequestError, match="'image_url': only text"):
        ask(messages=[{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}])
    with pytest.raises(openai.BadRequestError, match="messages"):
        ask(messages=[])
    with pytest.raises(openai.BadRequestError, match="policy"):
        ask(extra_body={"policy": "nothing"})
    with pytest.raises(openai.BadRequestError, match="characters of text"):
        ask(messages=[{"role": "user", "content": "x" * (instruct.settings.max_chars + 1)}])


def test_a_base_model_says_which_kind_is_needed(server: Running) -> None:
    sdk = openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0)
    for stream in (False, True):
        with pytest.raises(openai.NotFoundError, match="needs an instruct checkpoint") as caught:
            sdk.chat.completions.create(model="default", messages=MESSAGES, stream=stream)  # type: ignore[call-overload]
        assert caught.value.code == "model_not_instruct"
