"""The app: dialects on one service, behind the gate; the model loads while the server already answers."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from anyio import to_thread
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from coderdiff import __version__
from coderdiff.config import ServerSettings
from coderdiff_api.dialects import (
    chat,
    edits,
    feedback,
    llamacpp,
    mistral,
    models,
    ollama,
    openai,
    operations,
    tabby,
    tabby_bodies,
)
from coderdiff_api.errors import ApiError, Dialect, dialect_of, error_body, unexpected
from coderdiff_api.feedback import FeedbackStore
from coderdiff_api.gate import Gate, refusal
from coderdiff_api.live import CLIENT_CLOSED, ClientGoneError
from coderdiff_api.service import Parts, Service

_ROUTERS = (openai, models, mistral, edits, llamacpp, ollama, tabby, chat, feedback, operations)
_ABOUT = """Code completion by masked diffusion, in the dialects that editors and SDKs already speak. See docs/http.md.

Not described here: `GET /`, a page for browsers, and `POST /v1/apply/completions`, which is refused with a word of why.
"""


def create_app(
    load: Callable[[], Parts], settings: ServerSettings, failed: Callable[[Exception], None]
) -> Gate:
    """The server as an ASGI app. `load` builds the engine: it is called in a thread when the server starts, and
    requests are answered 503 until it returns. What it raises is told to `failed`. Raises InputError if the feedback
    store cannot be opened."""
    service = Service(settings, FeedbackStore.open(settings.feedback))

    async def start() -> None:
        try:
            service.start(await to_thread.run_sync(load))
        except Exception as error:
            failed(error)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await to_thread.run_sync(service.feedback.forget_old)
        starting = asyncio.create_task(start())
        yield
        await starting
        await to_thread.run_sync(service.stop)

    app = FastAPI(
        title="coderdiff",
        version=__version__,
        description=_ABOUT,
        docs_url=None,  # its page would load scripts from elsewhere
        redoc_url=None,
        lifespan=lifespan,
        exception_handlers={
            ApiError: _on_api_error,
            RequestValidationError: _on_invalid,
            HTTPException: _on_http_error,
            ClientGoneError: _on_gone,
            Exception: _on_unexpected,
        },
    )
    app.state.service = service
    for module in _ROUTERS:
        app.include_router(module.router)
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]
    inner: ASGIApp = app
    if settings.origins:
        inner = CORSMiddleware(
            app,
            allow_origins=settings.origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type"],
            expose_headers=["X-Request-Id", "Retry-After"],
        )
    return Gate(inner, settings, service.metrics, service.wind_down)


def _dialect(request: Request) -> Dialect:
    dialect: Dialect | None = getattr(request.state, "dialect", None)
    return dialect or dialect_of(request.url.path)


async def _on_api_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return refusal(error, _dialect(request))


async def _on_gone(_request: Request, _error: Exception) -> Response:
    return Response(status_code=CLIENT_CLOSED)


async def _on_unexpected(request: Request, _error: Exception) -> Response:
    """The gate logs it: Starlette raises it again behind this."""
    return refusal(unexpected(), _dialect(request))


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    known = {404: "there is no such path here", 405: "this path does not take that method"}
    message = known.get(error.status_code, str(error.detail))
    refused = ApiError(
        error.status_code, message, "not_found" if error.status_code == 404 else "invalid_request"
    )
    return refusal(refused, _dialect(request), dict(error.headers or {}))


async def _on_invalid(request: Request, error: Exception) -> Response:
    """A body that is not JSON, or not of the right form: the first fault, without what the client wrote."""
    assert isinstance(error, RequestValidationError)
    dialect = _dialect(request)
    if request.url.path == "/v1/completions" and tabby_bodies.is_ours(error.body):
        dialect = request.state.dialect = Dialect.TABBY
    faults = [_fault(each) for each in error.errors()]
    if error.body and isinstance(error.body, bytes):  # not parsed, for its type
        faults = [([], "the body must have the type JSON: send `Content-Type: application/json`")]
    where, message = faults[0]
    param = ".".join(where) or None
    status = 422 if dialect is Dialect.MISTRAL else 400
    refused = ApiError(status, f"{param}: {message}" if param else message, "invalid_request", param)
    body = error_body(refused, dialect)
    if dialect is Dialect.MISTRAL:
        body["detail"] = [{"loc": ["body", *loc], "msg": said, "type": "value_error"} for loc, said in faults]
        return JSONResponse(body, status, headers={"X-Coderdiff-Error": refused.code})
    return refusal(refused, dialect)


def _fault(error: dict[str, Any]) -> tuple[list[str], str]:
    """Field and message of one of pydantic's errors."""
    where = [str(part) for part in error["loc"] if not _NOT_FIELDS.match(str(part))]
    if error["type"] == "json_invalid":
        return [], f"the body is not JSON: {error['ctx']['error']} at character {error['loc'][-1]}"
    if error["type"] == "missing" and not where:
        return [], "the body is empty: send a JSON object"
    if error["type"] in {"model_attributes_type", "model_type"}:
        return where, "must be a JSON object" if where else "the body must be a JSON object"
    return where, str(error["msg"])


_NOT_FIELDS = re.compile(r"(body|query|openai|tabby|str|int|float|bool|list\[.*|function-.*|constrained-.*)$")
"""What pydantic says of a place besides fields: where it came from, and which kind of several was tried."""


def _restore_examples(route: APIRoute, operations_: dict[str, Any]) -> None:
    """A route's own examples of answers: FastAPI leaves out what is null in them."""
    for operation in operations_.values():
        for status, told in route.responses.items():
            for type_, media in told.get("content", {}).items():
                shown = {key: media[key] for key in ("example", "examples") if key in media}
                operation["responses"][str(status)]["content"][type_] |= shown


def _document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, with the token, and without the validation errors that FastAPI adds by itself."""
    if app.openapi_schema is None:
        document = FastAPI.openapi(app)
        for operations_ in document["paths"].values():
            for operation in operations_.values():
                shape = operation["responses"].get("422", {})
                if "HTTPValidationError" in str(shape):
                    del operation["responses"]["422"]
        for route in (each for module in _ROUTERS for each in module.router.routes):
            if isinstance(route, APIRoute) and route.include_in_schema:
                _restore_examples(route, document["paths"][route.path_format])
        schemas = document["components"]["schemas"]
        schemas.pop("HTTPValidationError", None)
        schemas.pop("ValidationError", None)
        document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{}, {"token": []}]
        app.openapi_schema = document
    return app.openapi_schema
