"""Mistral's fill-in-the-middle, by its own SDK; Inception's reading of the same answers; next edits."""

from __future__ import annotations

import pytest
from mistralai.client import Mistral
from mistralai.client.errors import SDKError

from coderdiff.types import Document, FillRequest, Hole, Limits, complete
from coderdiff_api.dialects.edits import parse
from coderdiff_api.errors import ApiError

from .conftest import Running
from .test_openai import PREFIX, SUFFIX, events, expected


@pytest.fixture
def sdk(server: Running) -> Mistral:
    return Mistral(server_url=server.url, api_key="none")


def test_the_sdk_gets_what_the_engine_says(server: Running, sdk: Mistral):
    answer = sdk.fim.complete(model="default", prompt=PREFIX, suffix=SUFFIX, max_tokens=12, random_seed=3)
    choice = answer.choices[0]
    assert choice.message is not None
    assert choice.message.content == expected(server)
    assert choice.finish_reason == "length"
    assert answer.usage.completion_tokens == 12
    assert answer.usage.additional_properties["forwards"] > 0


def test_the_sdk_streams_the_same(server: Running, sdk: Mistral):
    chunks = [e.data for e in sdk.fim.stream(model="default", prompt=PREFIX, suffix=SUFFIX, max_tokens=12)]
    assert "".join(str(choice.delta.content) for chunk in chunks for choice in chunk.choices) == expected(
        server
    )
    assert chunks[-1].choices[0].finish_reason == "length"
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 12


def test_the_sdk_lists_the_model(sdk: Mistral):
    [model] = sdk.models.list().data or []
    assert (model.id, model.type) == ("random", "base")
    assert model.capabilities.completion_fim
    assert not model.capabilities.completion_chat


def test_the_sdk_raises_its_own_errors(sdk: Mistral):
    with pytest.raises(SDKError, match="not loaded here"):
        sdk.fim.complete(model="codestral-latest", prompt="x")


def test_inception_reads_text(server: Running):
    body = {"prompt": PREFIX, "suffix": SUFFIX, "max_tokens": 12, "presence_penalty": 1.5}
    answer = server.http.post("/v1/fim/completions", json=body).json()
    assert answer["choices"][0]["text"] == answer["choices"][0]["message"]["content"] == expected(server)
    assert answer["usage"]["reasoning_tokens"] == 0
    assert answer["usage"]["cached_input_tokens"] == answer["usage"]["prompt_tokens_details"]["cached_tokens"]
    [chunk] = events(server, "/v1/fim/completions", body | {"stream": True})
    assert chunk["choices"][0]["text"] == chunk["choices"][0]["delta"]["content"] == expected(server)


def test_a_body_of_the_wrong_form_is_said_in_mistrals_shape(server: Running):
    answer = server.http.post("/v1/fim/completions", json={"prompt": 3, "max_tokens": -1})
    assert answer.status_code == 422
    said = answer.json()
    assert [fault["loc"] for fault in said["detail"]] == [["body", "prompt"], ["body", "max_tokens"]]
    assert said["object"] == "error"
    assert said["error"]["message"] == said["message"]


INCEPTION = """<|recently_viewed_code_snippets|>
<|recently_viewed_code_snippet|>
code_snippet_file_path: circle.py
class Circle: ...
<|/recently_viewed_code_snippet|>
<|/recently_viewed_code_snippets|>

<|current_file_content|>
current_file_path: area.py
import math
<|code_to_edit|>
def area(radius):
    return <|cursor|>
<|/code_to_edit|>
print(area(2))
<|/current_file_content|>

<|edit_diff_history|>
--- area.py
+++ area.py
<|/edit_diff_history|>
"""


def test_the_tags_of_a_next_edit_are_read():
    region = parse([INCEPTION])
    assert region.text == "import math\ndef area(radius):\n    return \nprint(area(2))\n"
    assert region.text[region.start : region.end] == "def area(radius):\n    return \n"
    assert region.cursor is not None
    assert region.text[: region.cursor].endswith("return ")
    assert region.path == "area.py"
    assert [(each.path, each.text) for each in region.snippets] == [("circle.py", "class Circle: ...\n")]


def test_copilots_tags_are_read():
    region = parse([
        "<|current_file_content|>\ncurrent_file_path: a.py\nx = 1\ny = 2\n<|/current_file_content|>\n"
        "<|area_around_code_to_edit|>\nx = 1\n<|code_to_edit|>\ny = <|cursor|>2\n<|/code_to_edit|>\n"
        "<|/area_around_code_to_edit|>\n"
    ])  # fmt: skip
    assert region.text == "x = 1\ny = 2\n"
    assert region.path == "a.py"
    assert region.cursor == 10


def test_a_message_without_a_region_is_refused():
    for messages in ([], ["make it faster"]):
        with pytest.raises(ApiError, match="code_to_edit"):
            parse(messages)


def test_a_next_edit_is_the_region_in_a_fence(server: Running):
    # Without a path there is no grammar, and no guard that could withdraw what a random model writes.
    content = INCEPTION.replace("current_file_path: area.py\n", "")
    content = content.partition("<|/recently_viewed_code_snippets|>")[2]
    region = parse([content])
    assert region.cursor is not None
    request = FillRequest(Document(region.text), Hole(region.cursor, region.cursor), Limits(6))
    written = complete(server.completer, request).text
    assert written
    messages = [{"role": "system", "content": "be nice"}, {"role": "user", "content": content}]
    body = {"model": "default", "messages": messages, "max_tokens": 6}
    answer = server.http.post("/v1/edit/completions", json=body).json()
    said = answer["choices"][0]["message"]["content"]
    assert said == f"```\ndef area(radius):\n    return {written}\n```"
    [chunk] = events(server, "/v1/edit/completions", body | {"stream": True})
    assert chunk["choices"][0]["delta"]["content"] == said


def test_a_next_edit_may_be_asked_in_parts_of_text(server: Running):
    half = len(INCEPTION) // 2
    parts = [{"type": "text", "text": INCEPTION[:half]}, {"type": "text", "text": INCEPTION[half:]}]
    whole, parted = (
        server.http.post(
            "/v1/edit/completions", json={"messages": [{"role": "user", "content": content}], "max_tokens": 6}
        ).json()["choices"]
        for content in (INCEPTION, parts)
    )
    assert parted == whole
    picture = {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}
    answer = server.http.post("/v1/edit/completions", json=picture)
    assert answer.status_code == 400
    assert "only text" in answer.json()["error"]["message"]


def test_a_next_edit_shows_what_the_model_was_shown(server: Running):
    content = INCEPTION.replace("file_path: area.py", "file_path: /elsewhere/area.py")
    body = {"messages": [{"role": "user", "content": content}], "max_tokens": 6, "show_context": True}
    answer = server.http.post("/v1/edit/completions", json=body).json()
    shown = {each["path"]: each for each in answer["coderdiff"]["completions"][0]["context"]}
    assert shown["circle.py"]["text"] == "class Circle: ...\n"
    assert answer["usage"]["forwards"] > 0
    assert {"reasoning_tokens", "cached_input_tokens"} < set(answer["usage"])


def test_apply_says_what_is_served_instead(server: Running):
    answer = server.http.post("/v1/apply/completions", json={"messages": [{"role": "user", "content": "x"}]})
    assert answer.status_code == 404
    error = answer.json()["error"]
    assert error["code"] == "not_served"
    assert "/v1/edit/completions" in error["message"]


def test_no_cursor_is_no_edit(server: Running):
    body = {"messages": [{"role": "user", "content": INCEPTION.replace("<|cursor|>", "")}]}
    answer = server.http.post("/v1/edit/completions", json=body).json()
    assert answer["choices"][0]["message"]["content"] == "None"
    assert answer["usage"]["forwards"] == answer["usage"]["tpf"] == answer["usage"]["total_tokens"] == 0
    assert answer["coderdiff"] == {"completions": []}
