"""What a request can be refused for, and how each dialect says it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from coderdiff.errors import CoderdiffError


class Dialect(Enum):
    """Whose wire format a path speaks."""

    OPENAI = "openai"
    MISTRAL = "mistral"
    LLAMA_CPP = "llama.cpp"
    OLLAMA = "ollama"
    TABBY = "tabby"


_BY_PATH = {
    "/v1/fim/": Dialect.MISTRAL,
    "/infill": Dialect.LLAMA_CPP,
    "/health": Dialect.LLAMA_CPP,
    "/ready": Dialect.LLAMA_CPP,
    "/api/": Dialect.OLLAMA,
    "/v1/events": Dialect.TABBY,
    "/v1/health": Dialect.TABBY,
    "/v1beta/": Dialect.TABBY,
}


def dialect_of(path: str) -> Dialect:
    """The dialect of a path; OpenAI's where nothing else is known."""
    return next((dialect for start, dialect in _BY_PATH.items() if path.startswith(start)), Dialect.OPENAI)


class ApiError(CoderdiffError):
    """A refusal: HTTP status, one line for people, and a word for programs.

    `param` names the field at fault, `retry_after` the seconds after which the same request may succeed.
    """

    def __init__(
        self, status: int, message: str, code: str, param: str | None = None, retry_after: int | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.param = param
        self.retry_after = retry_after


def unexpected() -> ApiError:
    """What a client hears of an error that nobody expected."""
    return ApiError(500, "the server failed at this request; its log says where", "internal")


def stopping() -> ApiError:
    """What a client hears of a request that the server's end came before."""
    return ApiError(503, "the server is shutting down; try again in a few seconds", "stopping", retry_after=5)


@dataclass(frozen=True)
class Kinds:
    """The words that dialects have for a status."""

    openai: str
    llama_cpp: str


_KINDS = {
    401: Kinds("authentication_error", "authentication_error"),
    403: Kinds("permission_error", "permission_error"),
    404: Kinds("not_found_error", "not_found_error"),
    429: Kinds("rate_limit_error", "unavailable_error"),
    500: Kinds("server_error", "server_error"),
    503: Kinds("server_error", "unavailable_error"),
}
_INVALID = Kinds("invalid_request_error", "invalid_request_error")


def error_body(error: ApiError, dialect: Dialect) -> Any:
    """The body of a refusal in a dialect's shape; for Tabby's it is plain text."""
    kinds = _KINDS.get(error.status, _INVALID)
    match dialect:
        case Dialect.OPENAI:
            said = {"message": error.message, "type": kinds.openai, "param": error.param, "code": error.code}
            return {"error": said}
        case Dialect.MISTRAL:
            said = {"message": error.message, "type": kinds.openai, "param": error.param, "code": error.code}
            # Mistral's clients read the first four, Inception's the last.
            return {"object": "error", **said, "error": said}
        case Dialect.LLAMA_CPP:
            return {"error": {"code": error.status, "message": error.message, "type": kinds.llama_cpp}}
        case Dialect.OLLAMA:
            return {"error": error.message}
        case Dialect.TABBY:
            return error.message
