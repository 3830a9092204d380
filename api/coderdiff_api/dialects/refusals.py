"""The refusals of each dialect, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from coderdiff_api.errors import Dialect


class OpenAIError(BaseModel):
    """What went wrong: a line for people, a kind and a word for programs, the field at fault."""

    message: str
    type: str
    param: str | None
    code: str


class OpenAIRefusal(BaseModel):
    """OpenAI's shape."""

    error: OpenAIError


class MistralDetail(BaseModel):
    """One fault of a request body."""

    loc: list[str | int]
    msg: str
    type: str


class MistralRefusal(BaseModel):
    """Mistral's shape, and Inception's under `error`."""

    object: str
    message: str
    type: str
    param: str | None
    code: str
    error: OpenAIError
    detail: list[MistralDetail] | None = None


class LlamaError(BaseModel):
    """llama.cpp's words."""

    code: int
    message: str
    type: str


class LlamaRefusal(BaseModel):
    """llama.cpp's shape."""

    error: LlamaError


class OllamaRefusal(BaseModel):
    """Ollama's shape."""

    error: str


_SHAPES: dict[Dialect, type[BaseModel]] = {
    Dialect.OPENAI: OpenAIRefusal,
    Dialect.MISTRAL: MistralRefusal,
    Dialect.LLAMA_CPP: LlamaRefusal,
    Dialect.OLLAMA: OllamaRefusal,
}
_SAID = {
    400: "The request cannot be used.",
    401: "A token is needed.",
    403: "Another host, or a page of another origin.",
    404: "No such model, workspace or completion.",
    413: "The body is too large.",
    422: "The request body is not of the right form.",
    429: "Too many requests; `Retry-After` says when to come again.",
    500: "The server failed.",
    503: "The model is being loaded; `Retry-After` says when to come again.",
}
_WAIT = {"description": "Seconds after which the same request may succeed.", "schema": {"type": "integer"}}
_LATER = {"headers": {"Retry-After": _WAIT}}
_EVENT = {"type": "object", "properties": {"data": {"type": "string"}}, "required": ["data"]}
_STREAMS = {True: ("text/event-stream", _EVENT), "ndjson": ("application/x-ndjson", {"type": "string"})}


def refusals(
    dialect: Dialect, stream: bool | str = False, text: bool = False
) -> dict[int | str, dict[str, Any]]:
    """`responses` of a route: the statuses that it may answer with, in the dialect's shape.

    `stream` says that a success may be streamed: true for events, "ndjson" for lines; `text` that a refusal may
    be plain text as well, where Tabby's requests come too.
    """
    statuses = [status for status in _SAID if (status == 422) <= (dialect is Dialect.MISTRAL)]
    plain: dict[str, Any] = {"content": {"text/plain": {"schema": {"type": "string"}}}}
    shape = plain if dialect is Dialect.TABBY else {"model": _SHAPES[dialect]} | (plain if text else {})
    found: dict[int | str, dict[str, Any]] = {
        status: {"description": _SAID[status], **shape, **(_LATER if status in {429, 503} else {})}
        for status in statuses
    }
    if stream:
        kind, schema = _STREAMS[stream]
        found[200] = {"content": {kind: {"schema": schema}}}
    return found
