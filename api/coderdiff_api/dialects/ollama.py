"""Ollama's API: generate with a suffix, as NDJSON, and what clients ask before."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from pydantic import ConfigDict, Field
from starlette.responses import JSONResponse, Response

from coderdiff import __version__
from coderdiff.types import Completion
from coderdiff_api.ask import Caller
from coderdiff_api.dialects import examples
from coderdiff_api.dialects.common import (
    NOT_READ,
    AnyTemperature,
    Body,
    OurFigures,
    OurStreamFields,
    Reply,
    Seed,
    Stop,
    TheCaller,
    TheService,
    TokensOrAll,
    Usage,
    draft_object,
    draft_text,
    finish_reason,
    our_figures,
    stops,
    usage,
    wish_for,
)
from coderdiff_api.dialects.responses import refusals, success
from coderdiff_api.errors import ApiError, Dialect, error_body
from coderdiff_api.live import LiveResponse, line
from coderdiff_api.service import Service, new_id
from coderdiff_api.sharing import Answers

router = APIRouter(tags=["Ollama"])

TEMPLATE = "{{ .Prompt }}{{ .Suffix }}"
"""Clients look for `.Suffix` in a model's template to see whether it fills in."""


class Options(Body):
    """Those of Ollama's options that are read; `num_predict` below 1 is the default."""

    num_predict: TokensOrAll | None = None
    temperature: AnyTemperature | None = None
    seed: Seed | None = None
    stop: Stop = None


class GenerateRequest(OurStreamFields):
    """Fill between `prompt` and `suffix`."""

    model_config = ConfigDict(json_schema_extra={"examples": [
        {"model": "default", "prompt": "def add(a, b):\n    return ", "suffix": "\n", "stream": False}
    ]})  # fmt: skip

    model: str
    prompt: str | None = Field(None, description="Text before the hole; without it the model is only loaded.")
    suffix: str | None = Field(None, description="Text behind the hole.")
    stream: bool | None = Field(None, description="True if not said, as Ollama has it.")
    options: Options | None = None
    raw: bool | None = Field(None, description=NOT_READ)
    system: str | None = Field(None, description=NOT_READ)
    template: str | None = Field(None, description=NOT_READ)
    keep_alive: float | str | None = Field(None, description=NOT_READ)


class Generated(Reply):
    """Ollama's answer; durations in nanoseconds."""

    model: str
    created_at: str
    response: str
    done: bool
    done_reason: str
    usage: Usage
    coderdiff: OurFigures


class Details(Reply):
    """What a model is."""

    family: str
    families: list[str]
    format: str
    parent_model: str
    parameter_size: str
    quantization_level: str


class Tag(Reply):
    """A model."""

    name: str
    model: str
    modified_at: str
    size: int
    digest: str
    details: Details


class Tags(Reply):
    """The models."""

    models: list[Tag]


class ShowRequest(Body):
    """Which model."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"model": "default"}]})

    model: str | None = None
    name: str | None = None


class Shown(Reply):
    """A model's template and capabilities."""

    template: str
    capabilities: list[str]
    details: Details
    model_info: dict[str, Any]


class Version(Reply):
    """The server's."""

    version: str


@router.post(
    "/api/generate",
    response_model=Generated,
    responses=success(examples.GENERATED, lines=examples.GENERATED_LINES) | refusals(Dialect.OLLAMA),
    summary="Generate (Ollama's)",
)
async def generate(
    request: Request, body: GenerateRequest, service: TheService, caller: TheCaller
) -> Response:
    """Fill the place between prompt and suffix."""
    service.check_model(body.model)
    if not body.prompt and not body.suffix:
        nothing = _head(body.model) | {"response": "", "done": True, "done_reason": "load"} | _costs([], body)
        return JSONResponse(nothing)
    options = body.options or Options()
    wish = wish_for(
        body.prompt or "",
        body.suffix,
        max_tokens=options.num_predict if options.num_predict and options.num_predict > 0 else None,
        stop=stops(options.stop),
        deadline_ms=body.deadline_ms,
        temperature=options.temperature,
        seed=options.seed,
        policy=body.policy,
        path=body.path,
        workspace=body.workspace,
    )
    id_ = new_id()
    headers = {"X-Request-Id": id_}
    answers = await service.begin(request, service.asks(wish, caller))
    if body.stream is not False:
        return LiveResponse(
            _stream(answers, body, id_, service, caller), "application/x-ndjson", headers, answers.close
        )
    [found] = await service.collect(request, answers)
    await service.remember(id_, Dialect.OLLAMA, [found], caller)
    return JSONResponse(_head(body.model) | {"response": found.text} | _end(found, body), headers=headers)


@router.get(
    "/api/tags",
    response_model=Tags,
    responses=success(examples.TAGS) | refusals(Dialect.OLLAMA),
    summary="List the models",
)
async def tags(service: TheService) -> JSONResponse:
    """The loaded model and its other names."""
    names = [service.model, *service.settings.aliases]
    return JSONResponse({"models": [_tag(name, service) for name in names]})


@router.post(
    "/api/show",
    response_model=Shown,
    responses=success(examples.SHOWN) | refusals(Dialect.OLLAMA),
    summary="Show a model",
)
async def show(body: ShowRequest, service: TheService) -> JSONResponse:
    """Template, capabilities and kind."""
    service.check_model(body.model if body.model is not None else body.name)
    shown: dict[str, Any] = {
        "modelfile": "",
        "parameters": "",
        "template": TEMPLATE,
        "capabilities": ["completion", "insert"],
        "details": _details(),
        "model_info": {"general.architecture": "diffusion", "general.basename": service.model},
        "modified_at": _EPOCH,
    }
    return JSONResponse(shown)


@router.get(
    "/api/version",
    response_model=Version,
    responses=success(examples.VERSION) | refusals(Dialect.OLLAMA),
    summary="The version",
)
async def version() -> JSONResponse:
    """coderdiff's version."""
    return JSONResponse({"version": __version__})


async def _stream(
    answers: Answers, body: GenerateRequest, id_: str, service: Service, caller: Caller
) -> AsyncGenerator[bytes, None]:
    try:
        async for answer in answers:
            if isinstance(answer.item, Completion):
                await service.remember(id_, Dialect.OLLAMA, [answer.item], caller)
                if not body.diffusing:
                    yield line(_head(body.model) | {"response": answer.item.text, "done": False})
                said = answer.item.text if body.diffusing else ""
                yield line(_head(body.model) | {"response": said} | _end(answer.item, body))
            elif body.diffusing:
                said, draft = draft_text(answer.item), draft_object(answer.item)
                yield line(_head(body.model) | {"response": said, "done": False, "draft": draft})
    except ApiError as error:
        yield line(error_body(error, Dialect.OLLAMA))


_EPOCH = "1970-01-01T00:00:00Z"


def _head(model: str) -> dict[str, Any]:
    return {"model": model, "created_at": datetime.now(UTC).isoformat().replace("+00:00", "Z")}


def _costs(completions: Sequence[Completion], body: GenerateRequest) -> dict[str, Any]:
    return {"usage": usage(completions)} | our_figures(completions, body.show_context)


def _end(completion: Completion, body: GenerateRequest) -> dict[str, Any]:
    nanoseconds = int(completion.latency_ms * 1e6)
    return {
        "done": True,
        "done_reason": finish_reason(completion),
        "total_duration": nanoseconds,
        "load_duration": 0,
        "prompt_eval_count": completion.prompt_tokens,
        "prompt_eval_duration": 0,
        "eval_count": completion.tokens,
        "eval_duration": nanoseconds,
        "forwards": completion.forwards,
        "tpf": round(completion.tpf, 3),
    } | _costs([completion], body)


def _details() -> dict[str, Any]:
    return {
        "parent_model": "",
        "format": "safetensors",
        "family": "diffusion",
        "families": ["diffusion"],
        "parameter_size": "",
        "quantization_level": "",
    }


def _tag(name: str, service: Service) -> dict[str, Any]:
    return {
        "name": name,
        "model": name,
        "modified_at": _EPOCH,
        "size": 0,
        "digest": hashlib.sha256(service.model.encode()).hexdigest(),
        "details": _details(),
    }
