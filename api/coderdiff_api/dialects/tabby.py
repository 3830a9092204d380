"""Tabby's API: completions with `segments`, the events of what became of them, and what its clients probe."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

from anyio import to_thread
from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from coderdiff import __version__
from coderdiff.types import Completion
from coderdiff_api.ask import Caller, sent
from coderdiff_api.dialects import examples
from coderdiff_api.dialects.common import (
    TheCaller,
    TheService,
    between,
    usage,
    wish_for,
)
from coderdiff_api.dialects.responses import refusals, success, success_in_text
from coderdiff_api.dialects.tabby_bodies import (
    CompletionRequest,
    DebugOptions,
    HealthState,
    LogEvent,
    ServerSetting,
)
from coderdiff_api.errors import ApiError, Dialect
from coderdiff_api.feedback import Action, Event
from coderdiff_api.service import Service, Wish, new_id

router = APIRouter(tags=["Tabby"])

_LIKE_TABBY = "v0.30.0"
"""Which of Tabby's versions this does as: its agent asks for our settings, and so learns that there is no telemetry,
only from 0.9.0 on."""

_MAX_TOKENS = 64
"""As Tabby's own server has it."""

_NEXT_EDIT = "next_edit_suggestion"


_ENDINGS = {"python": ".py", "javascript": ".js", "typescript": ".ts", "rust": ".rs", "go": ".go", "java": ".java",
            "c": ".c", "cpp": ".cpp", "csharp": ".cs", "ruby": ".rb", "php": ".php", "shellscript": ".sh"}  # fmt: skip


async def complete(request: Request, body: CompletionRequest, service: Service, caller: Caller) -> Response:
    """Answer a completion request. Raises ApiError, also for a mode that is not served."""
    id_ = new_id()
    if body.mode == _NEXT_EDIT:
        raise ApiError(
            400,
            f"mode {_NEXT_EDIT!r} is not served: leave `mode` out for a completion at the cursor, or ask "
            "/v1/edit/completions for an edit there",
            "unusable",
            "mode",
        )
    wish = _wish(body, body.debug_options or DebugOptions.model_validate({}))
    found = await service.complete(request, service.asks(wish, caller))
    await service.remember(id_, Dialect.TABBY, found, caller)
    choices = [{"index": index, "text": each.text} for index, each in enumerate(found)]
    debug = {} if body.debug_options is None else {"debug_data": _debug_data(body.debug_options, found)}
    said = {"id": id_, "choices": choices, **debug, "mode": "standard", "usage": usage(found)}
    return JSONResponse(said, headers={"X-Request-Id": id_})


def _wish(body: CompletionRequest, options: DebugOptions) -> Wish:
    fields: dict[str, Any] = {
        "max_tokens": _MAX_TOKENS,
        "temperature": body.temperature,
        "seed": body.seed,
    }
    if options.raw_prompt is not None:
        return wish_for(options.raw_prompt, None, path=_unnamed(body.language), unaided=True, **fields)
    segments = body.segments
    if segments is None:
        raise ApiError(
            400,
            "empty prompt from completion request: send `segments`, or `debug_options` with a `raw_prompt`",
            "unusable",
            "segments",
        )
    told = [
        *(segments.declarations or ()),
        *(segments.relevant_snippets_from_changed_files or ()),
        *(segments.relevant_snippets_from_recently_opened_files or ()),
    ]
    unaided = bool(options.disable_retrieval_augmented_code_completion)
    text, holes = between(segments.prefix, segments.suffix)
    return Wish(
        text,
        holes,
        path=_path(segments.filepath) or _unnamed(body.language),
        snippets=() if unaided else sent((_path(each.filepath), each.body) for each in told),
        unaided=unaided,
        **fields,
    )


def _debug_data(options: DebugOptions, found: Sequence[Completion]) -> dict[str, Any]:
    """What the options ask to be told of an answer."""
    if not options.return_snippets:
        return {}
    shown = [snippet for each in found for snippet in each.context]
    return {"snippets": [{"filepath": at.path, "body": at.text, "score": at.score} for at in shown]}


@router.post(
    "/v1/events",
    response_class=PlainTextResponse,
    responses=success_in_text("") | refusals(Dialect.TABBY),
    summary="Say what became of a completion",
)
async def events(
    body: LogEvent, service: TheService, caller: TheCaller, select_kind: Annotated[str | None, Query()] = None
) -> Response:
    """Keep it for `coderdiff stats`; nothing leaves the machine."""
    actions: dict[str, Action] = {"view": "shown", "select": "accepted", "dismiss": "rejected"}
    action = actions.get(body.type)
    if action is None:
        return PlainTextResponse("")
    if action == "accepted" and select_kind == "line":
        action = "partly_accepted"
    event = Event(body.completion_id, body.choice_index, action, elapsed_ms=body.elapsed)
    if not await to_thread.run_sync(service.feedback.note, event, caller.name):
        raise ApiError(404, "there is no such completion", "completion_not_found")
    return PlainTextResponse("")


@router.get(
    "/v1/health",
    response_model=HealthState,
    responses=success(examples.HEALTHY) | refusals(Dialect.TABBY),
    summary="What serves",
)
# Its agent asks by POST. What answers is one route for both, or `Allow` would name one of them; the other describes it.
@router.api_route("/v1/health", methods=["GET", "POST"], include_in_schema=False)
async def health(service: TheService) -> JSONResponse:
    """Model and machine."""
    ours = f"{_LIKE_TABBY}+coderdiff-{__version__}"
    version = {"build_date": "", "build_timestamp": "", "git_sha": "", "git_describe": ours}
    state: dict[str, Any] = {
        "model": service.model,
        "device": service.device,
        "arch": platform.machine(),
        "cpu_info": platform.processor() or platform.machine(),
        "cpu_count": os.cpu_count() or 1,
        "cuda_devices": [],
        "version": version,
    }
    return JSONResponse(state)


@router.get(
    "/v1beta/server_setting",
    response_model=ServerSetting,
    responses=success({"disable_client_side_telemetry": True}) | refusals(Dialect.TABBY),
    summary="What the server wishes of clients",
)
async def server_setting() -> JSONResponse:
    """No telemetry."""
    return JSONResponse({"disable_client_side_telemetry": True})


def _path(filepath: str | None) -> str | None:
    """Tabby's agent sends the document's URI where it knows no root. Raises ApiError for one that is none."""
    if filepath is None or not filepath.startswith("file:"):
        return filepath or None
    try:
        return unquote(urlsplit(filepath).path) or None
    except ValueError as error:
        raise ApiError(400, "a filepath begins with file: and is no URI", "unusable", "filepath") from error


def _unnamed(language: str | None) -> str | None:
    ending = _ENDINGS.get(language or "")
    return f"untitled{ending}" if ending else None
