"""What each path may answer with, for the OpenAPI document: a success with examples, and the dialect's refusals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from coderdiff_api.errors import ApiError, Dialect, error_body
from coderdiff_api.live import compact

Responses = dict[int | str, dict[str, Any]]


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
    400: ("The request cannot be used.", "unusable"),
    401: ("A token is needed.", "invalid_token"),
    403: ("Another host, or a page of another origin.", "host_not_allowed"),
    404: ("No such model, workspace or completion.", "model_not_found"),
    405: ("Not this method: `Allow` says which.", "invalid_request"),
    413: ("The body is too large.", "body_too_large"),
    422: ("The request body is not of the right form.", "invalid_request"),
    429: ("Too many requests; `Retry-After` says when to come again.", "overloaded"),
    500: ("The server failed.", "internal"),
    503: ("The model is being loaded, or the server ends; `Retry-After` says when to come again.", "loading"),
}
"""What each status means, and a word for it that programs are told."""
_WAIT = {"description": "Seconds after which the same request may succeed.", "schema": {"type": "integer"}}
_METHODS = {"description": "The methods that the path takes.", "schema": {"type": "string"}}
_HEADERS = {405: {"Allow": _METHODS}, 429: {"Retry-After": _WAIT}, 503: {"Retry-After": _WAIT}}
_EVENT = {
    "type": "object",
    "properties": {
        "data": {"type": "string", "description": "JSON; [DONE] behind the last, but for llama.cpp's."}
    },
    "required": ["data"],
}


def success(
    example: Any,
    *,
    also: Mapping[str, Any] | None = None,
    events: Mapping[str, Sequence[Any]] | None = None,
    lines: Sequence[Any] = (),
) -> Responses:
    """`responses` of a route whose success is JSON, with an example of it; `also` has others by their names.

    `events` are examples of the streams that it may be instead, each event's data by the stream's name; `lines` is one
    of a stream of NDJSON.
    """
    answers = {"an answer": example, **(also or {})}
    content: dict[str, Any] = {
        "application/json": {"examples": {name: {"value": value} for name, value in answers.items()}}
    }
    if events is not None:
        shown = {
            f"{name}, event {number}": {"value": {"data": compact(each).decode()}}
            for name, stream in events.items()
            for number, each in enumerate(stream, 1)
        }
        content["text/event-stream"] = {"schema": _EVENT, "examples": shown}
    if lines:
        text = "".join(f"{compact(each).decode()}\n" for each in lines)
        content["application/x-ndjson"] = {"schema": {"type": "string"}, "example": text}
    return {200: {"content": content}}


def success_in_text(example: str) -> Responses:
    """`responses` of a route whose success is plain text."""
    return {200: {"content": {"text/plain": {"schema": {"type": "string"}, "example": example}}}}


def refusals(dialect: Dialect, also: Dialect | None = None) -> Responses:
    """`responses` of a route: the statuses that it may refuse with, in the dialect's shape.

    `also` is another dialect whose clients are answered there, in plain text.
    """
    found: Responses = {}
    for status, (description, code) in _SAID.items():
        if status == 422 and dialect is not Dialect.MISTRAL:
            continue
        headers = {"headers": _HEADERS[status]} if status in _HEADERS else {}
        shape = {} if dialect is Dialect.TABBY else {"model": _SHAPES[dialect]}
        content = {}
        for each in filter(None, (dialect, also)):
            body = error_body(ApiError(status, description, code), each)
            plain = {"schema": {"type": "string"}} if each is Dialect.TABBY else {}
            content["text/plain" if plain else "application/json"] = {**plain, "example": body}
        found[status] = {"description": description, "content": content, **shape, **headers}
    return found
