"""For whoever runs the server: health, readiness, metrics; and the page at `/`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from fastapi import APIRouter
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response

from coderdiff import __version__
from coderdiff_api.dialects import examples
from coderdiff_api.dialects.common import Reply, TheService
from coderdiff_api.dialects.responses import refusals, success, success_in_text
from coderdiff_api.errors import Dialect

router = APIRouter(tags=["Operations"])

PLAYGROUND = Path(__file__).parents[1] / "static" / "playground.html"
# The page has its script and style in itself, and asks no other server for anything.
_PAGE_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Health(Reply):
    """The process answers."""

    status: Literal["ok", "loading"]


class Ready(Reply):
    """The model answers."""

    status: Literal["ok"]
    model: str


@router.get(
    "/health",
    response_model=Health,
    responses=success({"status": "ok"}) | refusals(Dialect.LLAMA_CPP),
    summary="Is it alive",
)
async def health(service: TheService) -> JSONResponse:
    """Answers as soon as the server runs, also while the model loads."""
    return JSONResponse({"status": "ok" if service.ready else "loading"})


@router.get(
    "/ready",
    response_model=Ready,
    responses=success({"status": "ok", "model": "base"}) | refusals(Dialect.LLAMA_CPP),
    summary="Can it complete",
)
async def ready(service: TheService) -> JSONResponse:
    """503 until the model is loaded."""
    return JSONResponse({"status": "ok", "model": service.model})


@router.get(
    "/metrics",
    response_class=Response,  # its success is text, and what it is refused with is not
    responses=success_in_text(examples.METRICS) | refusals(Dialect.OPENAI),
    summary="Metrics",
)
async def metrics(service: TheService) -> Response:
    """Counters and histograms in Prometheus' text format."""
    return Response(service.metrics.page(), media_type="text/plain; version=0.0.4; charset=utf-8")


@router.get("/", include_in_schema=False)  # for browsers, and no part of the API
async def page() -> Response:
    """The playground, or a line that says what this is."""
    if PLAYGROUND.is_file():
        headers: dict[str, Any] = {"Content-Security-Policy": _PAGE_POLICY, "Cache-Control": "no-cache"}
        return FileResponse(PLAYGROUND, media_type="text/html", headers=headers)
    return PlainTextResponse(
        f"coderdiff {__version__}: completions at /v1/completions, all paths in /openapi.json\n"
    )
