"""Mistral's and Inception's fill-in-the-middle completions: one path, two readers of its answers.

Mistral's clients read `message` and `delta`, Inception's `text`; every choice carries both.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import ConfigDict, Field
from starlette.responses import JSONResponse, Response

from coderdiff.types import Completion, Draft
from coderdiff_api.ask import Caller
from coderdiff_api.dialects import examples
from coderdiff_api.dialects.common import (
    NOT_READ,
    OurFigures,
    OurStreamFields,
    Reply,
    Seed,
    Stop,
    Temperature,
    TheCaller,
    TheService,
    Tokens,
    Usage,
    Whole,
    draft_object,
    draft_text,
    finish_reason,
    now,
    our_figures,
    stops,
    usage,
    wish_for,
)
from coderdiff_api.dialects.responses import refusals, success
from coderdiff_api.errors import ApiError, Dialect, error_body
from coderdiff_api.live import LiveResponse, event
from coderdiff_api.service import Service, new_id
from coderdiff_api.sharing import Answers

router = APIRouter(tags=["Mistral and Inception"])


class FimRequest(OurStreamFields):
    """Fill between `prompt` and `suffix`."""

    model_config = ConfigDict(json_schema_extra={"examples": [
        {"model": "default", "prompt": "def add(a, b):\n    return ", "suffix": "\n", "max_tokens": 16}
    ]})  # fmt: skip

    prompt: str = Field(description="Text before the hole.")
    suffix: str | None = Field(None, description="Text behind the hole.")
    model: str | None = Field(None, description='"default", or the loaded model\'s name.')
    max_tokens: Tokens | None = Field(None, description="Most tokens of the completion; 128 if not said.")
    temperature: Temperature | None = Field(None, description="0, the default, is greedy; more varies.")
    stop: Stop = Field(None, description="Ends the completion, and stays out of it.")
    stream: bool | None = None
    random_seed: Seed | None = None
    seed: Seed | None = None
    min_tokens: Whole | None = Field(None, description=NOT_READ)
    top_p: float | None = Field(None, description=NOT_READ)
    presence_penalty: float | None = Field(None, description=NOT_READ)
    metadata: dict[str, Any] | None = Field(None, description=NOT_READ)


class Message(Reply):
    """The answer as a chat's message."""

    role: Literal["assistant"]
    content: str


class FimChoice(Reply):
    """The answer, for both kinds of reader."""

    index: int
    text: str
    message: Message
    finish_reason: Literal["stop", "length"]


class InceptionUsage(Usage):
    """And under Inception's names: there is no reasoning, so it costs nothing."""

    reasoning_tokens: int
    cached_input_tokens: int


class FimReply(Reply):
    """Mistral's and Inception's answer."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[FimChoice]
    usage: InceptionUsage
    coderdiff: OurFigures


@router.post(
    "/v1/fim/completions",
    response_model=FimReply,
    responses=success(examples.FILLED, events={"a stream": examples.FILLED_EVENTS})
    | refusals(Dialect.MISTRAL),
    summary="Fill in the middle (Mistral's and Inception's)",
)
async def fim_completions(
    request: Request, body: FimRequest, service: TheService, caller: TheCaller
) -> Response:
    """Fill the place between prompt and suffix."""
    wish = wish_for(
        body.prompt,
        body.suffix,
        model=body.model,
        max_tokens=body.max_tokens,
        stop=stops(body.stop),
        deadline_ms=body.deadline_ms,
        temperature=body.temperature,
        seed=body.seed if body.random_seed is None else body.random_seed,
        policy=body.policy,
        path=body.path,
        workspace=body.workspace,
    )
    asks = service.asks(wish, caller)
    head: dict[str, Any] = {
        "id": new_id(),
        "object": "chat.completion",
        "created": now(),
        "model": service.model,
    }
    headers = {"X-Request-Id": head["id"]}
    answers = await service.begin(request, asks)
    if body.stream:
        return LiveResponse(
            _stream(answers, body, head, service, caller), "text/event-stream", headers, answers.close
        )
    [found] = await service.collect(request, answers)
    await service.remember(head["id"], Dialect.MISTRAL, [found], caller)
    message = {"role": "assistant", "content": found.text}
    choice = {"index": 0, "text": found.text, "message": message, "finish_reason": finish_reason(found)}
    return JSONResponse(head | {"choices": [choice]} | _costs(found, body), headers=headers)


async def _stream(
    answers: Answers, body: FimRequest, head: dict[str, Any], service: Service, caller: Caller
) -> AsyncGenerator[bytes, None]:
    head = head | {"object": "chat.completion.chunk"}
    try:
        async for answer in answers:
            if isinstance(answer.item, Completion):
                await service.remember(head["id"], Dialect.MISTRAL, [answer.item], caller)
                last = _choice(answer.item.text) | {"finish_reason": finish_reason(answer.item)}
                yield event(head | {"choices": [last]} | _costs(answer.item, body))
            elif body.diffusing:
                yield event(head | {"choices": [_draft(answer.item)]})
    except ApiError as error:
        yield event(error_body(error, Dialect.MISTRAL))
    yield b"data: [DONE]\n\n"


def _costs(completion: Completion, body: FimRequest) -> dict[str, Any]:
    return {"usage": inception_usage([completion])} | our_figures([completion], body.show_context)


def inception_usage(completions: Sequence[Completion]) -> dict[str, Any]:
    """What answers cost, with the two figures that Inception's clients read beside the usual ones."""
    costs = usage(completions)
    cached = costs["prompt_tokens_details"]["cached_tokens"]
    return costs | {"reasoning_tokens": 0, "cached_input_tokens": cached}


def _choice(text: str) -> dict[str, Any]:
    return {"index": 0, "text": text, "delta": {"role": "assistant", "content": text}, "finish_reason": None}


def _draft(draft: Draft) -> dict[str, Any]:
    return _choice(draft_text(draft)) | {"draft": draft_object(draft)}
