"""llama.cpp's `/infill`, as llama.vim and llama.vscode ask it.

llama.vim takes an answer only if its text matches `"content":"`, so the JSON has no blanks; and it names the fields it
wants, which then stand flat in the answer, slashes in their names.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import ConfigDict, Field, RootModel
from starlette.responses import JSONResponse, Response

from coderdiff.types import Completion, Draft, FinishReason
from coderdiff_api.ask import Caller, sent
from coderdiff_api.dialects import examples
from coderdiff_api.dialects.common import (
    NOT_READ,
    AnyTemperature,
    Body,
    Index,
    OurStreamFields,
    Reply,
    Seed,
    Several,
    Stop,
    TheCaller,
    TheService,
    TokensOrAll,
    completion_object,
    draft_object,
    draft_text,
    stops,
    usage,
    wish_for,
)
from coderdiff_api.dialects.responses import refusals, success
from coderdiff_api.errors import ApiError, Dialect, error_body
from coderdiff_api.live import LiveResponse, event
from coderdiff_api.service import Service, new_id
from coderdiff_api.sharing import Answers

router = APIRouter(tags=["llama.cpp"])

_STOP_TYPES: dict[FinishReason, str] = {
    "stop": "eos",
    "length": "limit",
    "deadline": "limit",
    "cancelled": "limit",
}


class Extra(Body):
    """Code from elsewhere."""

    text: str
    filename: str | None = None


class InfillRequest(OurStreamFields):
    """Fill between `input_prefix` + `prompt` and `input_suffix`."""

    model_config = ConfigDict(json_schema_extra={"examples": [{
        "input_prefix": "def add(a, b):\n", "prompt": "    return ", "input_suffix": "\n", "n_predict": 16,
        "input_extra": [{"filename": "sums.py", "text": "def sub(a, b):\n    return a - b\n"}],
    }]})  # fmt: skip

    input_prefix: str = ""
    input_suffix: str = ""
    input_extra: list[Extra] | None = Field(None, description="Code from elsewhere, the most telling last.")
    prompt: str | None = Field(None, description="The cursor's line, up to the cursor.")
    model: str | None = None
    n_predict: TokensOrAll | None = Field(
        None, description="Most tokens; -1 is the default, 0 only reads the prompt."
    )
    n_indent: Index | None = Field(None, description="End before a line that is indented by less.")
    n_cmpl: Several | None = Field(None, description="Answers; more than one come as a list.")
    stop: Stop = None
    temperature: AnyTemperature | None = None
    seed: Seed | None = None
    t_max_predict_ms: Annotated[float, Field(ge=-1, le=3_600_000)] | None = Field(
        None, description="End after so long, but not before there is a first line; 0 or less is no limit."
    )
    t_max_prompt_ms: float | None = Field(None, description=NOT_READ)
    response_fields: list[str] | None = Field(
        None, description='Only these fields, flat: "timings/prompt_ms" stands under this name.'
    )
    stream: bool | None = None
    samplers: list[str] | str | None = Field(None, description=NOT_READ)
    cache_prompt: bool | None = Field(None, description=NOT_READ)


class Infilled(Reply):
    """llama.cpp's answer; `response_fields` may leave out any of it."""

    content: str | None = None
    stop: bool | None = None


class InfillReply(RootModel[Infilled | list[Infilled]]):
    """One answer, or a list of them."""


@router.post(
    "/infill",
    response_model=InfillReply,
    responses=success(
        examples.INFILLED,
        also={"two answers": [examples.INFILLED, examples.INFILLED | {"index": 1}]},
        events={"a stream": [examples.INFILLED]},
    )
    | refusals(Dialect.LLAMA_CPP),
    summary="Fill in (llama.cpp's)",
)
async def infill(request: Request, body: InfillRequest, service: TheService, caller: TheCaller) -> Response:
    """Fill the place between prefix and suffix."""
    warm_up = body.n_predict == 0
    wish = wish_for(
        body.input_prefix + (body.prompt or ""),
        body.input_suffix,
        model=body.model,
        max_tokens=1 if warm_up else None if (body.n_predict or 0) < 0 else body.n_predict,
        stop=stops(body.stop),
        deadline_ms=body.deadline_ms,
        line_ms=body.t_max_predict_ms if body.t_max_predict_ms and body.t_max_predict_ms > 0 else None,
        temperature=body.temperature,
        seed=None if body.seed == -1 else body.seed,
        policy=body.policy,
        path=body.path,
        workspace=body.workspace,
        # The most telling last: where not all find room, these come first.
        snippets=sent((each.filename, each.text) for each in reversed(body.input_extra or ())),
        count=body.n_cmpl or 1,
    )
    id_ = new_id()
    headers = {"X-Request-Id": id_}
    answers = await service.begin(request, service.asks(wish, caller))
    answer = _Answer(id_, body, service, caller, warm_up)
    if body.stream:
        return LiveResponse(answer.stream(answers), "text/event-stream", headers, answers.close)
    found = await service.collect(request, answers)
    await answer.remember(found)
    objects = [answer.fields(index, each) for index, each in enumerate(found)]
    return JSONResponse(objects if len(objects) > 1 else objects[0], headers=headers)


class _Answer:
    """One request's answer, whole or as a stream."""

    def __init__(
        self, id_: str, body: InfillRequest, service: Service, caller: Caller, warm_up: bool
    ) -> None:
        self._id = id_
        self._body = body
        self._service = service
        self._caller = caller
        self._warm_up = warm_up

    async def remember(self, found: Sequence[Completion]) -> None:
        """Note what was sent; a warm-up is no completion."""
        if not self._warm_up:
            await self._service.remember(self._id, Dialect.LLAMA_CPP, found, self._caller)

    def fields(self, index: int, completion: Completion) -> dict[str, Any]:
        """An answer's object, with the wanted fields."""
        content = "" if self._warm_up else indented(completion.text, self._body.n_indent or 0)
        show_context = bool(self._body.show_context)
        predicted = max(completion.latency_ms, 0.001)
        said: dict[str, Any] = {
            "index": index,
            "content": content,
            "stop": True,
            "id_slot": -1,
            "model": completion.model,
            "tokens_predicted": completion.tokens,
            "tokens_evaluated": completion.prompt_tokens,
            "tokens_cached": completion.cached_tokens,
            "has_new_line": "\n" in content,
            "stop_type": _STOP_TYPES[completion.finish_reason],
            # The context is read in the forward of the first step: its time is not told apart.
            "timings": {
                "prompt_n": completion.prompt_tokens - completion.cached_tokens,
                "prompt_ms": 0.0,
                "prompt_per_token_ms": 0.0,
                "prompt_per_second": 0.0,
                "predicted_n": completion.tokens,
                "predicted_ms": round(predicted, 3),
                "predicted_per_token_ms": round(predicted / max(completion.tokens, 1), 3),
                "predicted_per_second": round(completion.tokens * 1000 / predicted, 3),
            },
            "truncated": False,  # a completion does not tell whether its file was cut around the hole
            "usage": usage([completion]),
            "coderdiff": {"completions": [completion_object(index, completion, show_context)]},
        }
        return select(said, self._body.response_fields)

    async def stream(self, answers: Answers) -> AsyncGenerator[bytes, None]:
        """Events, each with content; `stop` ends an answer. llama.cpp sends no [DONE] here."""
        found: dict[int, Completion] = {}
        try:
            async for answer in answers:
                if isinstance(answer.item, Draft):
                    if self._body.diffusing:
                        yield event(_draft(answer.index, answer.item))
                    continue
                found[answer.index] = answer.item
                if len(found) == (self._body.n_cmpl or 1):
                    await self.remember([found[at] for at in sorted(found)])
                yield event(self.fields(answer.index, answer.item))
        except ApiError as error:
            yield event(error_body(error, Dialect.LLAMA_CPP))


def _draft(index: int, draft: Draft) -> dict[str, Any]:
    return {"index": index, "content": draft_text(draft), "stop": False, "draft": draft_object(draft)}


def select(whole: dict[str, Any], wanted: Sequence[str] | None) -> dict[str, Any]:
    """The wanted fields, flat under the names they were asked by; unknown ones are left out."""
    if not wanted:
        return whole
    found: dict[str, Any] = {}
    for name in wanted:
        value: Any = whole
        for part in name.split("/"):
            value = value.get(part) if isinstance(value, dict) else None
        if value is not None:
            found[name] = value
    return found


def indented(text: str, least: int) -> str:
    """The text up to the first later line that has something in it and is indented by less than `least`."""
    lines = text.split("\n")
    for at, line in enumerate(lines[1:], start=1):
        if line.strip() and len(line) - len(line.lstrip()) < least:
            return "\n".join(lines[:at])
    return text
