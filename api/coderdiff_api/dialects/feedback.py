"""Our own path for what became of a completion."""

from __future__ import annotations

from typing import Literal

from anyio import to_thread
from fastapi import APIRouter
from pydantic import ConfigDict, Field
from starlette.responses import JSONResponse

from coderdiff_api.dialects.common import Body, Characters, Index, Milliseconds, Reply, TheCaller, TheService
from coderdiff_api.dialects.responses import refusals, success
from coderdiff_api.errors import ApiError, Dialect
from coderdiff_api.feedback import Action, Event

router = APIRouter(tags=["Feedback"])


class FeedbackRequest(Body):
    """What became of a completion. `id` is that of the answer, also in its header `X-Request-Id`."""

    model_config = ConfigDict(json_schema_extra={"examples": [
        {"id": "cmpl-0123456789abcdef01234567", "action": "accepted", "retained_characters": 31}
    ]})  # fmt: skip

    id: str
    action: Action
    choice: Index = 0
    accepted_characters: Characters | None = Field(
        None, description="Characters taken over; all of them for `accepted` if not said."
    )
    retained_characters: Characters | None = Field(
        None, description="Characters of it that still stood when the client looked again."
    )
    elapsed_ms: Milliseconds | None = Field(None, description="How long it was shown.")


class FeedbackReply(Reply):
    """Kept."""

    kept: Literal[True]


@router.post(
    "/v1/feedback",
    response_model=FeedbackReply,
    responses=success({"kept": True}) | refusals(Dialect.OPENAI),
    summary="Say what became of a completion",
)
async def feedback(body: FeedbackRequest, service: TheService, caller: TheCaller) -> JSONResponse:
    """Keep it for `coderdiff stats`; nothing leaves the machine. It is on disk when this answers.

    Only the client that asked for a completion, known by its token, can say what became of it.
    """
    event = Event(
        body.id, body.choice, body.action, body.accepted_characters, body.retained_characters, body.elapsed_ms
    )
    if not await to_thread.run_sync(service.feedback.note, event, caller.name):
        raise ApiError(404, "there is no such completion", "completion_not_found", "id")
    return JSONResponse({"kept": True})
