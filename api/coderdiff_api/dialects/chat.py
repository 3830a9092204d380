"""OpenAI's chat path: there for a clear answer, as no instruct checkpoint is served yet."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from coderdiff_api.dialects.common import Body, TheService
from coderdiff_api.dialects.refusals import refusals
from coderdiff_api.errors import ApiError, Dialect

router = APIRouter(tags=["OpenAI"])


class ChatMessage(Body):
    """A message."""

    role: str


class ChatRequest(Body):
    """A conversation."""

    model: str | None = None
    messages: list[ChatMessage]


@router.post(
    "/v1/chat/completions",
    status_code=404,
    responses=refusals(Dialect.OPENAI),
    summary="Chat (refused: needs an instruct model)",
)
async def chat_completions(body: ChatRequest, service: TheService) -> Response:
    """Say which kind of model a chat needs."""
    service.check_model(body.model)
    raise ApiError(
        404,
        f"{service.model} is a base model that fills code; a chat needs an instruct checkpoint, and none is loaded. "
        "Ask /v1/completions with prompt and suffix",
        "model_not_instruct",
        "model",
    )
