"""Inception's next edit: one message with the documented tags, also Copilot's; the region comes back in a fence.

The engine fills holes: what changes is the place of the cursor in the region to edit. A region without a cursor, or an
empty completion, is "None": no edit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import ConfigDict, Field
from starlette.responses import JSONResponse, Response

from coderdiff.types import Completion, Hole, Snippet
from coderdiff_api.ask import sent
from coderdiff_api.dialects import examples
from coderdiff_api.dialects.common import (
    Body,
    OurFields,
    OurFigures,
    Part,
    Reply,
    Stop,
    Temperature,
    TheCaller,
    TheService,
    Tokens,
    finish_reason,
    now,
    our_figures,
    stops,
    text_of,
)
from coderdiff_api.dialects.mistral import InceptionUsage, Message, inception_usage
from coderdiff_api.dialects.responses import refusals, success
from coderdiff_api.errors import ApiError, Dialect
from coderdiff_api.live import LiveResponse, event
from coderdiff_api.service import Wish, new_id

router = APIRouter(tags=["Mistral and Inception"])

NO_EDIT = "None"
_CURSOR = "<|cursor|>"
_SNIPPET_PATH = re.compile(r"\s*(?:code_snippet_file_path|current_file_path):[ \t]*(.*)\n")


class EditMessage(Body):
    """A message; a system message is accepted and not read."""

    role: str
    content: str | list[Part]


class EditRequest(OurFields):
    """The last user message holds the tags."""

    model_config = ConfigDict(json_schema_extra={"examples": [{
        "model": "default",
        "messages": [{"role": "user", "content": "<|current_file_content|>\ncurrent_file_path: sums.py\n"
                      "<|code_to_edit|>\ndef add(a, b):\n    return <|cursor|>\n<|/code_to_edit|>\n"
                      "<|/current_file_content|>"}],
    }]})  # fmt: skip

    messages: list[EditMessage] = Field(min_length=1)
    model: str | None = None
    max_tokens: Tokens | None = None
    temperature: Temperature | None = None
    stop: Stop = None
    stream: bool | None = None


class EditChoice(Reply):
    """The region as it should be, in a fence, or None."""

    index: int
    message: Message
    finish_reason: Literal["stop", "length"]


class EditReply(Reply):
    """Inception's answer."""

    id: str
    object: Literal["edit.completion"]
    created: int
    model: str
    choices: list[EditChoice]
    usage: InceptionUsage
    coderdiff: OurFigures


@dataclass(frozen=True)
class Region:
    """A file with a region to edit, and the cursor in it; `cursor` None if the client set none."""

    text: str
    start: int
    end: int
    cursor: int | None
    path: str | None
    snippets: tuple[Snippet, ...]


@router.post(
    "/v1/edit/completions",
    response_model=EditReply,
    responses=success(examples.EDITED, events={"a stream": examples.EDITED_EVENTS})
    | refusals(Dialect.OPENAI),
    summary="Next edit (Inception's)",
)
async def edit_completions(
    request: Request, body: EditRequest, service: TheService, caller: TheCaller
) -> Response:
    """The region to edit as it should be, in triple backticks; `None` for no edit."""
    service.check_model(body.model)
    region = parse([text_of(each.content) for each in body.messages if each.role == "user"][-1:])
    head: dict[str, Any] = {
        "id": new_id(),
        "object": "edit.completion",
        "created": now(),
        "model": service.model,
    }
    headers = {"X-Request-Id": head["id"]}
    content, reason = NO_EDIT, "stop"
    answered: list[Completion] = []
    if region.cursor is not None:
        wish = Wish(
            region.text,
            (Hole(region.cursor, region.cursor),),
            max_tokens=body.max_tokens,
            stop=stops(body.stop),
            deadline_ms=body.deadline_ms,
            temperature=body.temperature,
            policy=body.policy,
            path=body.path or region.path,
            workspace=body.workspace,
            snippets=region.snippets,
        )
        answered = await service.complete(request, service.asks(wish, caller))
        [found] = answered
        await service.remember(head["id"], Dialect.OPENAI, answered, caller)
        reason = finish_reason(found)
        if found.text.strip():
            edited = (
                region.text[region.start : region.cursor]
                + found.text
                + region.text[region.cursor : region.end]
            )
            content = fenced(edited)
    message = {"role": "assistant", "content": content}
    costs = {"usage": inception_usage(answered)} | our_figures(answered, body.show_context)
    choice: dict[str, Any] = {"index": 0, "message": message, "finish_reason": reason}
    if not body.stream:
        return JSONResponse(head | {"choices": [choice]} | costs, headers=headers)

    async def events() -> Any:
        chunk = head | {"object": "edit.completion.chunk"} | costs
        yield event(chunk | {"choices": [{"index": 0, "delta": message, "finish_reason": reason}]})
        yield b"data: [DONE]\n\n"

    return LiveResponse(events(), "text/event-stream", headers)


@router.post("/v1/apply/completions", include_in_schema=False)  # it would look as if it were served
async def apply_completions() -> Response:
    """Say what is served instead of Inception's apply, which Continue's provider for it asks."""
    raise ApiError(
        404,
        "merging a snippet into a file is a chat's task, and is not served here: this server fills holes. Ask "
        "/v1/edit/completions for an edit at the cursor",
        "not_served",
    )


def parse(messages: list[str]) -> Region:
    """The tags of a message. Raises ApiError for one without a region to edit."""
    content = messages[0] if messages else ""
    current = _between(content, "current_file_content")
    around = _between(content, "area_around_code_to_edit")  # Copilot's, behind the plain file
    file = next((each for each in (current, around) if each is not None and "<|code_to_edit|>" in each), None)
    if file is None:
        raise ApiError(
            400,
            "the message has no <|code_to_edit|> in its <|current_file_content|>: that is the region to edit",
            "unusable",
            "messages",
        )
    path, file = _path(file)
    if path is None and current is not None:
        path, _ = _path(current)
    above, _, rest = file.partition("<|code_to_edit|>")
    region, _, below = rest.partition("<|/code_to_edit|>")
    # The tags stand on lines of their own.
    region = region.removeprefix("\n")
    below = below.removeprefix("\n")
    at = region.find(_CURSOR)
    region = region.replace(_CURSOR, "")
    start = len(above)
    return Region(
        above + region + below,
        start,
        start + len(region),
        None if at < 0 else start + at,
        path,
        _snippets(content),
    )


def fenced(code: str) -> str:
    """Code between triple backticks."""
    return f"```\n{code}{'' if code.endswith(chr(10)) else chr(10)}```"


def _snippets(content: str) -> tuple[Snippet, ...]:
    viewed = _between(content, "recently_viewed_code_snippets") or ""
    parts = (part.partition("<|/recently_viewed_code_snippet|>")[0] for part in
             viewed.split("<|recently_viewed_code_snippet|>")[1:])  # fmt: skip
    return sent(_path(part) for part in parts)


def _path(text: str) -> tuple[str | None, str]:
    """The path that heads a file or snippet, and the rest."""
    found = _SNIPPET_PATH.match(text)
    if found is None:
        return None, text.removeprefix("\n")
    return found[1].strip() or None, text[found.end() :]


def _between(text: str, tag: str) -> str | None:
    _, opened, rest = text.partition(f"<|{tag}|>")
    return rest.partition(f"<|/{tag}|>")[0] if opened else None
