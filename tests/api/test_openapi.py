"""The OpenAPI document: complete, and true of what the server does."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from .conftest import Running

PATHS = {
    "/v1/completions", "/beta/completions", "/v1/engines/{model}/completions", "/v1/models", "/v1/models/{model}",
    "/v1/fim/completions/models", "/v1/edit/completions/models", "/v1/chat/completions/models",
    "/v1/fim/completions", "/v1/edit/completions", "/infill",
    "/api/generate", "/api/tags", "/api/show", "/api/version", "/v1/events", "/v1/health", "/v1beta/server_setting",
    "/v1/chat/completions", "/v1/feedback", "/health", "/ready", "/metrics",
}  # fmt: skip
EXAMPLES = 6
SHORT: dict[str, dict] = {
    "/v1/completions": {"max_tokens": 3, "n": 1},
    "/beta/completions": {"max_tokens": 3, "n": 1},
    "/v1/engines/{model}/completions": {"max_tokens": 3, "n": 1},
    "/v1/fim/completions": {"max_tokens": 3},
    "/v1/edit/completions": {"max_tokens": 3},
    "/infill": {"n_predict": 3, "n_cmpl": 1},
    "/api/generate": {"options": {"num_predict": 3}},
}
"""Random requests must not run for minutes."""


@pytest.fixture(scope="module")
def document(server: Running) -> dict:
    return server.http.get("/openapi.json").json()


@pytest.fixture
def api(document: dict, server: Running) -> schemathesis.schemas.BaseSchema:
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=server.url)
    return schema


def test_every_path_is_described(document: dict):
    assert set(document["paths"]) == PATHS
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            where = f"{method} {path}"
            assert operation["summary"], where
            assert operation["description"], where
            assert {"200", "401", "500"} <= set(operation["responses"]), where
            if "requestBody" in operation:
                assert {"400", "413"} <= set(operation["responses"]), where
            for status in ("429", "503"):
                assert "Retry-After" in operation["responses"][status]["headers"], where
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


def test_the_examples_of_the_document_work(document: dict, server: Running):
    # A base model chats not, and nobody was answered under the ids that feedback names.
    refused = {"/v1/feedback": "completion_not_found", "/v1/events": "completion_not_found",
               "/v1/chat/completions": "model_not_instruct"}  # fmt: skip
    for path, operations in document["paths"].items():
        for operation in operations.values():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            reference = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
            examples = [each["value"] for each in content.get("examples", {}).values()]
            examples += document["components"]["schemas"].get(reference, {}).get("examples", [])
            for example in examples:
                answer = server.http.post(path.replace("{model}", "default"), json=example)
                assert answer.headers.get("x-coderdiff-error") == refused.get(path), (path, answer.text)
                assert answer.is_success == (path not in refused)
            assert examples or "requestBody" not in operation, f"{path} has no example"


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("path", sorted(PATHS))
def test_what_the_server_does_is_what_the_document_says(
    api: schemathesis.schemas.BaseSchema, path: str, mode: GenerationMode
):
    """schemathesis: no 5xx, no answer beside the document, wrong bodies refused, right ones taken."""
    for method in api[path]:
        operation = api[path][method]
        if mode is GenerationMode.NEGATIVE and not (operation.body or operation.query):
            continue

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(max_examples=EXAMPLES, phases=[Phase.generate], derandomize=True, database=None,
                  suppress_health_check=list(HealthCheck))  # fmt: skip
        def check(case: schemathesis.Case) -> None:
            if mode is GenerationMode.POSITIVE and isinstance(case.body, dict):
                case.body |= SHORT.get(path, {})
            answer = case.call(timeout=30)
            # What no schema can say: two holes overlap, there is no such policy, a message has no region to edit.
            unusable = answer.headers.get("x-coderdiff-error") == ["unusable"]
            case.validate_response(answer, excluded_checks=[positive_data_acceptance] if unusable else [])

        check()
