"""OpenAI's legacy completions, DeepSeek's beta path, and Copilot's.

On `/v1/completions` Tabby's requests arrive too: they carry `segments`, or a prompt of their own, instead of `prompt`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi import Body as FromBody
from fastapi import Path as FromPath
from pydantic import Discriminator, Tag
from starlette.responses import JSONResponse, Response

from coderdiff.types import Completion, Draft, Hole
from coderdiff_api.ask import Ask, Caller
from coderdiff_api.dialects import examples, tabby, tabby_bodies
from coderdiff_api.dialects.common import (
    TheCaller,
    TheService,
    completion_object,
    draft_object,
    draft_text,
    finish_reason,
    now,
    stops,
    usage,
    wish_for,
)
from coderdiff_api.dialects.confidences import logprobs_object, spelling
from coderdiff_api.dialects.openai_bodies import CompletionsReply, CompletionsRequest
from coderdiff_api.dialects.responses import refusals, success
from coderdiff_api.errors import ApiError, Dialect, error_body
from coderdiff_api.live import LiveResponse, event
from coderdiff_api.service import Service, Wish, new_id
from coderdiff_api.sharing import Answers

router = APIRouter(tags=["OpenAI"])


_BETWEEN: dict[str, Any] = {
    "fill between": {
        "value": {
            "model": "default",
            "prompt": "def add(a, b):\n    return ",
            "suffix": "\n",
            "max_tokens": 16,
        }
    }
}
_EXAMPLES: dict[str, Any] = _BETWEEN | {
    "two holes of one file": {
        "value": {
            "prompt": "def add(a, b):\n    return \n\ndef sub(a, b):\n    return \n",
            "holes": [{"start": 26, "end": 26}, {"start": 54, "end": 54}],
            "path": "sums.py",
        }
    },
    "whole drafts": {
        "value": {"prompt": "for i in ", "suffix": ":\n    pass\n", "stream": True, "diffusing": True}
    },
    "Tabby's": {
        "value": {"language": "python", "segments": {"prefix": "def add(a, b):\n    ", "suffix": "\n"}}
    },
}
_STREAMS = {
    "a text when it is final": examples.COMPLETED_EVENTS,
    "whole drafts": examples.DRAFT_EVENTS,
}


def _which(body: Any) -> str:
    return "tabby" if tabby_bodies.is_ours(body) else "openai"


Either = Annotated[
    Annotated[CompletionsRequest, Tag("openai")] | Annotated[tabby_bodies.CompletionRequest, Tag("tabby")],
    Discriminator(_which),
]


@router.post(
    "/v1/completions",
    response_model=CompletionsReply | tabby_bodies.CompletionReply,
    responses=success(examples.COMPLETED, also={"Tabby's": examples.TABBYS}, events=_STREAMS)
    | refusals(Dialect.OPENAI, also=Dialect.TABBY),
    summary="Complete (OpenAI's and Tabby's)",
)
async def completions(
    request: Request,
    body: Annotated[Either, FromBody(openapi_examples=_EXAMPLES)],
    service: TheService,
    caller: TheCaller,
) -> Response:
    """Fill the place between prompt and suffix, several places of a file, or what Tabby's segments leave open."""
    if isinstance(body, tabby_bodies.CompletionRequest):
        request.state.dialect = Dialect.TABBY
        return await tabby.complete(request, body, service, caller)
    return await _complete(request, body, service, caller)


@router.post(
    "/beta/completions",
    response_model=CompletionsReply,
    responses=success(examples.COMPLETED, events=_STREAMS) | refusals(Dialect.OPENAI),
    summary="Complete (DeepSeek's path)",
)
async def beta_completions(
    request: Request,
    body: Annotated[CompletionsRequest, FromBody(openapi_examples=_BETWEEN)],
    service: TheService,
    caller: TheCaller,
) -> Response:
    """As `/v1/completions`."""
    return await _complete(request, body, service, caller)


@router.post(
    "/v1/engines/{model}/completions",
    response_model=CompletionsReply,
    responses=success(examples.COMPLETED, events=_STREAMS) | refusals(Dialect.OPENAI),
    summary="Complete (Copilot's path)",
)
async def engine_completions(
    request: Request,
    model: Annotated[str, FromPath(examples=["default"])],
    body: Annotated[CompletionsRequest, FromBody(openapi_examples=_BETWEEN)],
    service: TheService,
    caller: TheCaller,
) -> Response:
    """As `/v1/completions`; the path names the model."""
    return await _complete(request, body.model_copy(update={"model": model}), service, caller)


async def _complete(request: Request, body: CompletionsRequest, service: Service, caller: Caller) -> Response:
    asks = [ask for wish in _wishes(body) for ask in service.asks(wish, caller)]
    answer = _Answer(body, service, caller, asks)
    if body.max_tokens == 0:
        service.check_count(asks)
        answers = _nothing(asks, service.model)
    else:
        answers = await service.begin(request, asks)
    if body.stream:
        return LiveResponse(
            answer.stream(answers), "text/event-stream", {"X-Request-Id": answer.id}, answers.close
        )
    return JSONResponse(await answer.whole(request, answers), headers={"X-Request-Id": answer.id})


def _nothing(asks: Sequence[Ask], model: str) -> Answers:
    """An empty answer to each, of which the engine hears nothing: who echoes the prompt may want no more."""
    answers = Answers(len(asks))
    for index, ask in enumerate(asks):
        answers.put(index, Completion("", "length", 0, 0, 0.0, model, ask.request.policy or ""))
    return answers


def _wishes(body: CompletionsRequest) -> list[Wish]:
    prompts = [body.prompt] if isinstance(body.prompt, str) else body.prompt
    fields: dict[str, Any] = {
        "model": body.model,
        "max_tokens": body.max_tokens,
        "stop": stops(body.stop),
        "deadline_ms": body.deadline_ms,
        "temperature": body.temperature,
        "seed": body.seed,
        "policy": body.policy,
        "path": body.path,
        "workspace": body.workspace,
        "count": body.n or 1,
    }
    if not prompts:
        raise ApiError(400, "prompt is an empty list: give at least one text", "unusable", "prompt")
    if body.holes is None:
        return [wish_for(prompt, body.suffix, **fields) for prompt in prompts]
    if len(prompts) != 1 or body.suffix:
        raise ApiError(
            400, "with holes, prompt is the whole file: one text, and no suffix", "unusable", "holes"
        )
    return [Wish(prompts[0], tuple(Hole(each.start, each.end) for each in body.holes), **fields)]


class _Answer:
    """One request's answer, whole or as a stream."""

    def __init__(
        self, body: CompletionsRequest, service: Service, caller: Caller, asks: Sequence[Ask]
    ) -> None:
        self.id = new_id()
        self._body = body
        self._service = service
        self._caller = caller
        self._asks = asks
        # Some clients send the chat API's boolean.
        asked = body.logprobs
        self._logprobs = (1 if asked else None) if isinstance(asked, bool) else asked
        self._prompts = [(ask.request.document, ask.request.hole) for ask in asks]
        self._head: dict[str, Any] = {
            "id": self.id,
            "object": "text_completion",
            "created": now(),
            "model": service.model,
        }

    async def whole(self, request: Request, answers: Answers) -> dict[str, Any]:
        """The body of an answer that is not streamed."""
        found = await self._service.collect(request, answers)
        await self._remember(found)
        choices = [self._choice(index, each) for index, each in enumerate(found)]
        return self._head | {"choices": choices} | self._costs(dict(enumerate(found)))

    async def stream(self, answers: Answers) -> AsyncGenerator[bytes, None]:
        """The events: whole drafts, or each text when it is final."""
        found: dict[int, Completion] = {}
        try:
            async for answer in answers:
                if isinstance(answer.item, Draft):
                    if self._body.diffusing:
                        yield event(self._draft(answer.index, answer.item))
                    continue
                found[answer.index] = answer.item
                last = len(found) == len(self._asks)
                if last:
                    await self._remember([found[at] for at in sorted(found)])
                costs = self._costs(found) if last else {}
                if not self._body.diffusing:
                    choice = self._choice(answer.index, answer.item)
                    yield event(self._head | {"choices": [choice | {"finish_reason": None}]})
                    end = choice | {"text": "", "logprobs": None}
                    yield event(self._head | {"choices": [end]} | costs)
                elif last:
                    choices = [self._choice(index, found[index]) for index in sorted(found)]
                    yield event(self._head | {"choices": choices} | costs)
            if self._body.stream_options and self._body.stream_options.include_usage:
                yield event(self._head | {"choices": [], "usage": self._usage(found)})
        except ApiError as error:
            yield event(error_body(error, Dialect.OPENAI))
        yield b"data: [DONE]\n\n"

    async def _remember(self, found: Sequence[Completion]) -> None:
        """Note what was sent; no tokens are no completion."""
        if self._body.max_tokens != 0:
            await self._service.remember(self.id, Dialect.OPENAI, found, self._caller)

    def _usage(self, found: dict[int, Completion]) -> dict[str, Any]:
        return usage([found[at] for at in sorted(found)], self._prompts)

    def _costs(self, found: dict[int, Completion]) -> dict[str, Any]:
        show = bool(self._body.show_context)
        said = [completion_object(index, found[index], show) for index in sorted(found)]
        return {"usage": self._usage(found), "coderdiff": {"completions": said}}

    def _draft(self, index: int, draft: Draft) -> dict[str, Any]:
        choice = {
            "index": index,
            "text": draft_text(draft),
            "finish_reason": None,
            "logprobs": None,
            "draft": draft_object(draft),
        }
        return self._head | {"choices": [choice]}

    def _choice(self, index: int, completion: Completion) -> dict[str, Any]:
        request = self._asks[index].request
        prompt = request.document.text[: request.hole.start] if self._body.echo else ""
        logprobs: dict[str, Any] | None = None
        if self._logprobs is not None:
            tokens = spelling(completion)
            if prompt:
                tokens = [(prompt, None), *tokens]
            logprobs = logprobs_object(tokens, 0, with_top=self._logprobs > 0)
        return {
            "index": index,
            "text": prompt + completion.text,
            "finish_reason": finish_reason(completion),
            "logprobs": logprobs,
        }
