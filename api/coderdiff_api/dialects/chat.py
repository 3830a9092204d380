"""OpenAI's chat: the next turn of a conversation, where the loaded model is an instruct one."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import ConfigDict, Field
from starlette.responses import JSONResponse, Response

from coderdiff.types import NOWHERE, Completion, Draft, Message, Role
from coderdiff_api.ask import Ask, Caller
from coderdiff_api.dialects import examples
from coderdiff_api.dialects.common import (
    NOT_READ,
    Body,
    Milliseconds,
    OurFigures,
    Part,
    Reply,
    Seed,
    Several,
    Stop,
    Temperature,
    TheCaller,
    TheService,
    Tokens,
    Usage,
    completion_object,
    draft_object,
    draft_text,
    finish_reason,
    now,
    stops,
    text_of,
    usage,
)
from coderdiff_api.dialects.openai_bodies import StreamOptions
from coderdiff_api.dialects.responses import refusals, success
from coderdiff_api.errors import ApiError, Dialect, error_body
from coderdiff_api.live import LiveResponse, event
from coderdiff_api.service import Service, Wish, new_id
from coderdiff_api.sharing import Answers

router = APIRouter(tags=["OpenAI"])

CHAT_TOKENS = 256
"""Most tokens of an answer, if a request does not say: turns are longer than what is filled in."""

_ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
}


class ChatMessage(Body):
    """A turn. A developer's is read as the system's."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[Part]


class ChatRequest(Body):
    """A conversation."""

    model_config = ConfigDict(json_schema_extra={"examples": [
        {"model": "default", "messages": [{"role": "user", "content": "Reverse a list in Python."}], "max_tokens": 64}
    ]})  # fmt: skip

    messages: list[ChatMessage] = Field(min_length=1)
    model: str | None = Field(None, description='"default", or the loaded model\'s name.')
    max_completion_tokens: Tokens | None = Field(
        None, description=f"Most tokens of an answer; {CHAT_TOKENS} if not said."
    )
    max_tokens: Tokens | None = Field(None, description="The older name of `max_completion_tokens`.")
    temperature: Temperature | None = Field(None, description="0, the default, is greedy; more varies.")
    n: Several | None = Field(None, description="Answers to the conversation.")
    stop: Stop = Field(None, description="Ends the answer, and stays out of it.")
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    diffusing: bool | None = Field(
        None, description="With stream: send the whole draft after each step, to replace the one before."
    )
    seed: Seed | None = None
    deadline_ms: Milliseconds | None = Field(
        None, description="Answer within this time with the best draft so far."
    )
    policy: str | None = Field(
        None, max_length=64, description="What to commit at a step; the model's own by default."
    )
    top_p: float | None = Field(None, description=NOT_READ)
    frequency_penalty: float | None = Field(None, description=NOT_READ)
    presence_penalty: float | None = Field(None, description=NOT_READ)
    user: str | None = Field(None, description=NOT_READ)


class ChatAnswer(Reply):
    """What the assistant says."""

    role: Literal["assistant"]
    content: str
    refusal: str | None


class ChatChoice(Reply):
    """One answer."""

    index: int
    message: ChatAnswer
    finish_reason: Literal["stop", "length"]
    logprobs: None


class ChatReply(Reply):
    """The answers."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[ChatChoice]
    usage: Usage
    coderdiff: OurFigures


@router.post(
    "/v1/chat/completions",
    response_model=ChatReply,
    responses=success(examples.CHATTED, events={"a stream": examples.CHATTED_EVENTS})
    | refusals(Dialect.OPENAI),
    summary="Chat (needs an instruct model)",
)
async def chat_completions(
    request: Request, body: ChatRequest, service: TheService, caller: TheCaller
) -> Response:
    """Answer a conversation; a base model has no answer, and says which kind is needed."""
    service.check_model(body.model)
    if not service.chats:
        raise ApiError(
            404,
            f"{service.model} is a base model that fills code; a chat needs an instruct checkpoint (one with a chat "
            "template), and none is loaded. Ask /v1/completions with prompt and suffix",
            "model_not_instruct",
            "model",
        )
    wish = _wish(body)
    asks = service.asks(wish, caller)
    answer = _Answer(body, service, caller, asks, wish.stop)
    answers = await service.begin(request, asks)
    headers = {"X-Request-Id": answer.id}
    if body.stream:
        return LiveResponse(answer.stream(answers), "text/event-stream", headers, answers.close)
    return JSONResponse(await answer.whole(request, answers), headers=headers)


def _wish(body: ChatRequest) -> Wish:
    return Wish(
        "",
        (NOWHERE,),
        model=body.model,
        max_tokens=body.max_completion_tokens or body.max_tokens or CHAT_TOKENS,
        stop=stops(body.stop),
        deadline_ms=body.deadline_ms,
        temperature=body.temperature,
        seed=body.seed,
        policy=body.policy,
        count=body.n or 1,
        messages=tuple(Message(_ROLES[each.role], text_of(each.content)) for each in body.messages),
    )


class _Answer:
    """One request's answer, whole or as a stream.

    Streamed is what no later step changes: the blocks that are settled, but for an end in which a stop string may have
    begun. Between two sides nothing is settled before all is: that answer comes in one piece. `diffusing` sends whole
    drafts instead, and at the end the whole text: each replaces the one before.
    """

    def __init__(
        self, body: ChatRequest, service: Service, caller: Caller, asks: Sequence[Ask], stop: Sequence[str]
    ) -> None:
        self.id = f"chat{new_id()}"
        self._service, self._caller, self._asks = service, caller, asks
        self._stop = stop
        self._diffusing = bool(body.diffusing)
        self._with_usage = bool(body.stream_options and body.stream_options.include_usage)
        self._head: dict[str, Any] = {"id": self.id, "created": now(), "model": service.model}

    async def whole(self, request: Request, answers: Answers) -> dict[str, Any]:
        """The body of an answer that is not streamed."""
        found = await self._service.collect(request, answers)
        await self._service.remember(self.id, Dialect.OPENAI, found, self._caller)
        choices = [
            {
                "index": index,
                "message": {"role": "assistant", "content": each.text, "refusal": None},
                "finish_reason": finish_reason(each),
                "logprobs": None,
            }
            for index, each in enumerate(found)
        ]
        said = [completion_object(index, each, False) for index, each in enumerate(found)]
        costs = {"usage": usage(found), "coderdiff": {"completions": said}}
        return self._head | {"object": "chat.completion", "choices": choices} | costs

    async def stream(self, answers: Answers) -> AsyncGenerator[bytes, None]:
        """The events of a stream: each answer's role, its text as it settles, its end."""
        sent = [""] * len(self._asks)
        found: dict[int, Completion] = {}
        try:
            for index in range(len(self._asks)):
                yield self._chunk(index, {"role": "assistant", "content": ""})
            async for answer in answers:
                index, item = answer.index, answer.item
                if self._diffusing:
                    yield self._replacing(index, item)
                text = item.text if isinstance(item, Completion) else self._final(item)
                if len(text) > len(sent[index]) and not self._diffusing:
                    yield self._chunk(index, {"content": text[len(sent[index]) :]})
                    sent[index] = text
                if isinstance(item, Completion):
                    found[index] = item
                    if len(found) == len(self._asks):
                        every = [found[at] for at in sorted(found)]
                        await self._service.remember(self.id, Dialect.OPENAI, every, self._caller)
                    yield self._chunk(index, {}, finish_reason(item))
            if self._with_usage:
                costs = {"choices": [], "usage": usage([found[index] for index in sorted(found)])}
                yield event(self._head | {"object": "chat.completion.chunk"} | costs)
        except ApiError as error:
            yield event(error_body(error, Dialect.OPENAI))
        yield b"data: [DONE]\n\n"

    def _final(self, draft: Draft) -> str:
        """Of a draft, what will be said in any case."""
        text = draft.settled
        begins = [at for each in self._stop if (at := text.find(each)) >= 0]
        held = max(map(len, self._stop), default=1) - 1
        return text[: min([*begins, max(0, len(text) - held)])]

    def _replacing(self, index: int, item: Draft | Completion) -> bytes:
        """A draft, or the text that it became."""
        if isinstance(item, Completion):
            return self._chunk(index, {"content": item.text})
        return self._chunk(index, {"content": draft_text(item)}, draft=draft_object(item))

    def _chunk(self, index: int, delta: dict[str, str], reason: str | None = None, **more: Any) -> bytes:
        choice = {"index": index, "delta": delta, "finish_reason": reason, "logprobs": None} | more
        return event(self._head | {"object": "chat.completion.chunk", "choices": [choice]})
