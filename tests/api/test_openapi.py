"""The OpenAPI document: complete, and true of what the server does."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema_rs import validator_for
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


def operations_of(document: dict) -> Iterator[tuple[str, str, dict]]:
    """Each operation with its method and path."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield method, path, operation


def examples_of(media: dict, document: dict) -> list:
    """Those that stand beside a schema, and its own."""
    reference = media["schema"].get("$ref", "").rpartition("/")[2]
    beside = [each["value"] for each in media.get("examples", {}).values()]
    return [
        *beside,
        *([media["example"]] if "example" in media else []),
        *document["components"]["schemas"].get(reference, {}).get("examples", []),
    ]


def check_schema(value: object, media: dict, document: dict) -> None:
    """Raise an error for a value that is not as its schema says."""
    validator_for(media["schema"] | {"components": document["components"]}).validate(value)


def requests_of(operation: dict, document: dict) -> list:
    media = operation.get("requestBody", {}).get("content", {}).get("application/json")
    return [] if media is None else examples_of(media, document)


def fields(value: object) -> object:
    """The names of the fields of an answer, all the way down; what was shown of other files may be nothing."""
    if isinstance(value, dict):
        return {name: fields(each) for name, each in value.items() if name != "context"}
    return fields(value[0]) if isinstance(value, list) and value else None


def test_every_example_is_what_its_schema_says(document: dict):
    """And there is one of each: of what is asked, and of all that may be answered."""
    for method, path, operation in operations_of(document):
        bodies = {"200": operation["requestBody"]} if "requestBody" in operation else {}
        for status, part in [*bodies.items(), *operation["responses"].items()]:
            for type_, media in part["content"].items():
                examples = examples_of(media, document)
                assert examples, f"{method} {path} has no example of {status} as {type_}"
                for example in examples:
                    check_schema(example, media, document)


def test_another_method_is_refused_as_the_document_says(document: dict, server: Running):
    for method, path, operation in operations_of(document):
        answer = server.http.request("PUT", path.replace("{model}", "default"))
        assert answer.status_code == 405
        assert method.upper() in answer.headers["allow"]
        told = operation["responses"]["405"]
        type_ = answer.headers["content-type"].partition(";")[0]
        said = answer.json() if type_ == "application/json" else answer.text
        check_schema(said, told["content"][type_], document)
        assert "Allow" in told["headers"]


def test_what_is_not_described_is_said(document: dict, server: Running):
    told = document["info"]["description"]
    assert "`GET /`" in told
    assert "`POST /v1/apply/completions`" in told
    assert server.http.get("/").status_code == 200
    assert server.http.post("/v1/apply/completions", json={}).json()["error"]["code"] == "not_served"


def test_the_examples_of_the_document_work(document: dict, server: Running):
    """Requests are taken, and answers have the fields of the examples."""
    # A base model chats not, and nobody was answered under the ids that feedback names.
    refused = {"/v1/feedback": "completion_not_found", "/v1/events": "completion_not_found",
               "/v1/chat/completions": "model_not_instruct"}  # fmt: skip
    for method, path, operation in operations_of(document):
        requests = requests_of(operation, document)
        assert requests or "requestBody" not in operation, f"{path} has no example"
        for body in requests or [None]:
            answer = server.http.request(method, path.replace("{model}", "default"), json=body)
            assert answer.headers.get("x-coderdiff-error") == refused.get(path), (path, answer.text)
            assert answer.is_success == (path not in refused)
            if answer.is_success and answer.headers["content-type"] == "application/json":
                told = examples_of(operation["responses"]["200"]["content"]["application/json"], document)
                assert fields(answer.json()) in [fields(each) for each in told], path


def test_the_examples_of_streams_are_what_streams_send(document: dict, server: Running):
    streams = 0
    for method, path, operation in operations_of(document):
        content = operation["responses"]["200"]["content"]
        for body in requests_of(operation, document):
            if path == "/v1/chat/completions" or len(content) == 1 or "segments" in body:
                continue
            short = SHORT[path] | ({"max_tokens": 3} if "prompt" in body else {})
            answer = server.http.request(
                method, path.replace("{model}", "default"), json=body | short | {"stream": True}
            )
            type_ = answer.headers["content-type"].partition(";")[0]
            lines = [line.removeprefix("data: ") for line in answer.text.splitlines() if line]
            told = examples_of(content[type_], document)
            if type_ == "text/event-stream":
                known = [fields(json.loads(each["data"])) for each in told]
            else:
                known = [fields(json.loads(line)) for each in told for line in each.splitlines()]
            for line in lines:
                assert line == "[DONE]" or fields(json.loads(line)) in known, (path, line)
            streams += 1
    assert streams > 5


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
