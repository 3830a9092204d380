"""The list of models, for OpenAI's, Mistral's and Inception's clients: the loaded one and its other names."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse

from coderdiff_api.dialects import examples
from coderdiff_api.dialects.common import TheService
from coderdiff_api.dialects.openai_bodies import Model, Models
from coderdiff_api.dialects.responses import refusals, success
from coderdiff_api.errors import Dialect
from coderdiff_api.service import Service

router = APIRouter(tags=["OpenAI"])


@router.get(
    "/v1/models",
    response_model=Models,
    responses=success(examples.MODELS) | refusals(Dialect.OPENAI),
    summary="List the models",
)
async def models(service: TheService) -> JSONResponse:
    """The loaded model and its other names."""
    return _listed(service)


@router.get(
    "/v1/models/{model:path}",
    response_model=Model,
    responses=success(examples.MODEL) | refusals(Dialect.OPENAI),
    summary="A model",
)
async def model_named(model: str, service: TheService) -> JSONResponse:
    """What it can do; 404 for one that is not loaded."""
    service.check_model(model)
    return JSONResponse(_model(model, service))


@router.get(
    "/v1/fim/completions/models",
    response_model=Models,
    responses=success(examples.MODELS) | refusals(Dialect.MISTRAL),
    summary="List the models that fill in (Inception's)",
)
async def models_that_fill(service: TheService) -> JSONResponse:
    """As `/v1/models`: each fills in."""
    return _listed(service)


@router.get(
    "/v1/edit/completions/models",
    response_model=Models,
    responses=success(examples.MODELS) | refusals(Dialect.OPENAI),
    summary="List the models that edit (Inception's)",
)
async def models_that_edit(service: TheService) -> JSONResponse:
    """As `/v1/models`: each answers next edits."""
    return _listed(service)


@router.get(
    "/v1/chat/completions/models",
    response_model=Models,
    responses=success(examples.MODELS, also={"a base model is loaded": examples.NO_MODELS})
    | refusals(Dialect.OPENAI),
    summary="List the models that chat (Inception's)",
)
async def models_that_chat(service: TheService) -> JSONResponse:
    """As `/v1/models` where an instruct model is loaded, else none."""
    return _listed(service) if service.chats else JSONResponse({"object": "list", "data": []})


def _listed(service: Service) -> JSONResponse:
    names = [service.model, *service.settings.aliases]
    return JSONResponse({"object": "list", "data": [_model(name, service) for name in names]})


def _model(name: str, service: Service) -> dict[str, Any]:
    return {
        "id": name,
        "object": "model",
        "created": 0,
        "owned_by": "coderdiff",
        "type": "base",
        "capabilities": {"completion_fim": True, "completion_chat": service.chats},
    }
