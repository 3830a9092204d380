"""OpenAI's completions, by its own SDK and by hand."""

from __future__ import annotations

import json

import openai
import pytest

from coderdiff.types import Document, FillRequest, Hole, Limits, Sampling, complete

from .conftest import Running, Serve

PREFIX, SUFFIX = "def area(radius):\n    return ", "\n\n\nprint(area(2))\n"


@pytest.fixture
def sdk(server: Running) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0)


def expected(server: Running, prefix: str = PREFIX, suffix: str = SUFFIX, tokens: int = 12, **more) -> str:
    """What the completer says without a server."""
    request = FillRequest(Document(prefix + suffix), Hole(len(prefix), len(prefix)), Limits(tokens), **more)
    return complete(server.completer, request).text


def test_the_sdk_gets_what_the_engine_says(server: Running, sdk: openai.OpenAI):
    answer = sdk.completions.create(model="default", prompt=PREFIX, suffix=SUFFIX, max_tokens=12)
    assert answer.choices[0].text == expected(server)
    assert answer.choices[0].finish_reason == "length"
    assert answer.model == "random"
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 12
    assert answer.usage.prompt_tokens > 5
    extra = answer.usage.model_extra
    assert extra is not None
    assert extra["tpf"] == pytest.approx(12 / extra["forwards"], abs=0.001)


def test_the_sdk_streams_the_same(server: Running, sdk: openai.OpenAI):
    stream = sdk.completions.create(model="default", prompt=PREFIX, suffix=SUFFIX, max_tokens=12, stream=True,
                                    stream_options={"include_usage": True})  # fmt: skip
    chunks = list(stream)
    assert "".join(choice.text for chunk in chunks for choice in chunk.choices) == expected(server)
    assert [c.finish_reason for chunk in chunks for c in chunk.choices][-1] == "length"
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 12
    assert len({chunk.id for chunk in chunks}) == 1


def test_the_sdk_lists_the_model(sdk: openai.OpenAI):
    assert [model.id for model in sdk.models.list()] == ["random"]


def test_the_sdk_finds_a_model(sdk: openai.OpenAI):
    assert sdk.models.retrieve("random").id == "random"
    assert sdk.models.retrieve("default").object == "model"
    with pytest.raises(openai.NotFoundError, match="not loaded here: ask for 'random'"):
        sdk.models.retrieve("somebody/gpt-4")


@pytest.mark.parametrize(("kind", "known"), [("fim", ["random"]), ("edit", ["random"]), ("chat", [])])
def test_inceptions_lists_have_what_can_be_asked_there(server: Running, kind: str, known: list[str]):
    listed = server.http.get(f"/v1/{kind}/completions/models").json()["data"]
    assert [each["id"] for each in listed] == known


def test_the_sdk_raises_its_own_errors(sdk: openai.OpenAI):
    with pytest.raises(openai.NotFoundError, match="not loaded here: ask for 'random'"):
        sdk.completions.create(model="gpt-4", prompt="x")
    with pytest.raises(openai.BadRequestError, match="temperature"):
        sdk.completions.create(model="default", prompt="x", temperature=9)
    with pytest.raises(openai.NotFoundError, match="instruct"):
        sdk.chat.completions.create(model="default", messages=[{"role": "user", "content": "hello"}])


def test_n_answers_differ_by_seed_and_can_be_had_again(server: Running, sdk: openai.OpenAI):
    def ask() -> list[str]:
        answer = sdk.completions.create(
            model="default", prompt=PREFIX, max_tokens=12, n=3, temperature=1.0, seed=5
        )
        assert [choice.index for choice in answer.choices] == [0, 1, 2]
        return [choice.text for choice in answer.choices]

    texts = ask()
    assert texts == ask()
    assert len(set(texts)) > 1
    assert texts[1] == expected(server, suffix="", sampling=Sampling(1.0, 6))


@pytest.mark.parametrize("temperature", [None, 0])
def test_several_answers_differ_unless_they_are_asked_to_be_greedy(
    server: Running, temperature: float | None
):
    body = {
        "prompt": PREFIX,
        "suffix": SUFFIX,
        "max_tokens": 12,
        "n": 3,
        "seed": 5,
        "temperature": temperature,
    }
    choices = server.http.post("/v1/completions", json=body).json()["choices"]
    texts = [choice["text"] for choice in choices]
    assert texts[0] == expected(server)
    assert texts[1] == (expected(server, sampling=Sampling(0.6, 6)) if temperature is None else texts[0])
    assert len(set(texts)) == (3 if temperature is None else 1)


def test_several_prompts_are_answered_in_order(server: Running, sdk: openai.OpenAI):
    answer = sdk.completions.create(model="default", prompt=["a = ", "import "], max_tokens=12)
    assert [c.text for c in answer.choices] == [expected(server, p, "") for p in ("a = ", "import ")]


def test_usage_counts_each_prompt_once_and_each_computation_once(server: Running):
    def cost(**body) -> dict:
        return server.http.post("/v1/completions", json={"max_tokens": 6, **body}).json()["usage"]

    one, other = cost(prompt="a = b + c"), cost(prompt="import os, sys")
    assert (
        cost(prompt=["a = b + c", "import os, sys"])["prompt_tokens"]
        == one["prompt_tokens"] + other["prompt_tokens"]
    )
    several = cost(prompt="a = b + c", n=3, temperature=0)
    assert several["prompt_tokens"] == one["prompt_tokens"]
    assert several["completion_tokens"] == one["completion_tokens"], (
        "greedy answers are the same, computed once"
    )
    assert cost(prompt="a = b + c", n=3, temperature=1)["completion_tokens"] > one["completion_tokens"]


def test_stop_strings_end_the_text_and_stay_out(server: Running, sdk: openai.OpenAI):
    whole = expected(server)
    stop = whole[4:7]
    answer = sdk.completions.create(model="default", prompt=PREFIX, suffix=SUFFIX, max_tokens=12, stop=[stop])
    assert stop not in answer.choices[0].text
    assert answer.choices[0].finish_reason == "stop"


def test_echo_begins_with_the_prompt(server: Running, sdk: openai.OpenAI):
    answer = sdk.completions.create(model="default", prompt=PREFIX, suffix=SUFFIX, max_tokens=12, echo=True)
    assert answer.choices[0].text == PREFIX + expected(server)


@pytest.mark.parametrize("policy", ["verified", "threshold", "entropy", "revise", "reference"])
def test_logprobs_spell_the_text(server: Running, policy: str):
    body = {"prompt": PREFIX, "suffix": SUFFIX, "max_tokens": 30, "logprobs": 1, "policy": policy}
    choice = server.http.post("/v1/completions", json=body).json()["choices"][0]
    told = choice["logprobs"]
    assert "".join(told["tokens"]) == choice["text"]
    assert [
        choice["text"][at:].startswith(token)
        for at, token in zip(told["text_offset"], told["tokens"], strict=True)
    ]
    assert all(value <= 0 for value in told["token_logprobs"])


@pytest.mark.parametrize(("asked", "told"), [(True, True), (0, True), (False, False), (None, False)])
def test_logprobs_may_be_asked_for_as_in_the_chat_api(server: Running, asked: bool | int | None, told: bool):
    body = {"prompt": PREFIX, "max_tokens": 4, "logprobs": asked}
    choice = server.http.post("/v1/completions", json=body).json()["choices"][0]
    assert (choice["logprobs"] is not None) is told


def events(server: Running, path: str, body: dict) -> list[dict]:
    with server.http.stream("POST", path, json=body) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = [line for line in response.iter_lines() if line]
    assert lines[-1] == "data: [DONE]"
    return [json.loads(line.removeprefix("data: ")) for line in lines[:-1]]


@pytest.mark.parametrize("path", ["/v1/completions", "/beta/completions", "/v1/fim/completions"])
def test_diffusing_sends_whole_drafts(server: Running, path: str):
    body = {"prompt": PREFIX, "suffix": SUFFIX, "max_tokens": 20, "stream": True, "diffusing": True}
    *drafts, last = events(server, path, body | {"policy": "threshold", "deadline_ms": 60_000})
    assert len(drafts) > 1
    for forwards, chunk in enumerate(drafts, 1):
        [choice] = chunk["choices"]
        draft = choice["draft"]
        assert draft["forwards"] == forwards
        assert choice["finish_reason"] is None
        assert choice["text"] == draft["settled"] + "".join(token["text"] for token in draft["tokens"])
        masked = [at for at, token in enumerate(draft["tokens"]) if token["state"] == "masked"]
        assert draft["open"] == masked
        assert all(0 <= token["confidence"] <= 1 for token in draft["tokens"])
    whole = server.http.post(path, json=body | {"stream": False, "policy": "threshold"}).json()
    assert last["choices"][0]["text"] == whole["choices"][0]["text"]
    assert last["usage"]["forwards"] == last["coderdiff"]["completions"][0]["forwards"] == len(drafts)


def test_holes_are_filled_each_in_its_place(server: Running):
    text = "a = \nb = 1\nc = old\n"
    holes = [{"start": 4, "end": 4}, {"start": 15, "end": 18}]
    answer = server.http.post(
        "/v1/completions", json={"prompt": text, "holes": holes, "max_tokens": 6}
    ).json()
    for hole, choice in zip(holes, answer["choices"], strict=True):
        assert (
            choice["text"]
            == complete(
                server.completer, FillRequest(Document(text), Hole(hole["start"], hole["end"]), Limits(6))
            ).text
        )


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"{bad", 400, "not JSON"),
        (b"[]", 400, "must be a JSON object"),
        (b"", 400, "is empty: send a JSON object"),
        (b'{"prompt": 3}', 400, "prompt"),
        (b'{"prompt": [1, 2]}', 400, "prompt: must be text: ids of tokens are another model's"),
        (b'{"prompt": [[1, 2]]}', 400, "prompt: must be text: ids of tokens are another model's"),
        (b'{"prompt": []}', 400, "empty list"),
        (b'{"prompt": "x", "max_tokens": "many"}', 400, "max_tokens"),
        (b'{"prompt": "x", "temperature": NaN}', 400, "temperature"),
        (b'{"prompt": "\\ud800"}', 400, "surrogate"),
        (b'{"prompt": "\xff"}', 400, ""),
        (b"[" * 100_000, 400, ""),
        (b'{"prompt": "x", "holes": [{"start": 3, "end": 3}]}', 400, "outside the text"),
        (b'{"prompt": "abcdef", "holes": [{"start": 3, "end": 4}, {"start": 1, "end": 2}]}', 400, "behind"),
        (b'{"prompt": "x", "policy": "magic"}', 400, "magic"),
        (b'{"prompt": "x", "policy": "magic", "stream": true}', 400, "magic"),
        (b'{"prompt": "x", "n": 64}', 400, "n: "),
        (b'{"prompt": ["x", "y", "z"], "n": 6}', 400, "at most 16"),
        (b'{"prompt": ["x", "y", "z"], "n": 6, "max_tokens": 0}', 400, "at most 16"),
        (b'{"prompt": "x", "workspace": "nowhere", "path": "a.py"}', 404, "no workspace"),
        (b'{"prompt": "x", "workspace": "shapes"}', 400, "needs path"),
        (b'{"prompt": "x", "workspace": "shapes", "path": "../a.py"}', 400, "not in"),
    ],
)
def test_what_cannot_be_used_is_said_in_openais_shape(server: Running, body: bytes, status: int, said: str):
    answer = server.http.post("/v1/completions", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    error = answer.json()["error"]
    assert said in error["message"]
    assert set(error) == {"message", "type", "param", "code"}


def test_an_unknown_policy_is_named_and_counted_as_nobodys_failure(serve: Serve):
    with serve() as server:
        answer = server.http.post("/v1/completions", json={"prompt": "x", "policy": "foo"})
        assert answer.status_code == 400
        assert answer.json()["error"]["param"] == "policy"
        assert server.metrics["coderdiff_engine_failed"] == 0


def test_clients_may_write_whole_numbers_as_floats_and_send_what_we_do_not_know(server: Running):
    body = {
        "prompt": "x = ",
        "max_tokens": 6.0,
        "seed": 3.0,
        "novelty": {"a": 1},
        "extra": None,
        "stop": None,
    }
    assert server.http.post("/v1/completions", json=body).status_code == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/completions", {"prompt": "x = ", "stop": ["\n"], "max_tokens": 1_000_000_000, "deadline_ms": 50}),
        ("/v1/completions", {"prompt": "x = ", "max_tokens": 4, "seed": 9223372036854775807, "temperature": 1}),
        ("/v1/completions", {"prompt": "x = ", "max_tokens": 4, "seed": -9223372036854775808, "temperature": 1}),
        ("/v1/completions", {"prompt": "x = ", "max_tokens": 4, "seed": 9223372036854776000, "n": 3}),
        ("/v1/fim/completions", {"prompt": "x = ", "max_tokens": 1_000_000_000, "deadline_ms": 50}),
        ("/infill", {"input_prefix": "x = ", "n_predict": 4, "temperature": 2.5}),
        ("/infill", {"input_prefix": "x = ", "n_predict": 4, "temperature": 1e308}),
        ("/infill", {"input_prefix": "x = ", "n_predict": 1_000_000_000, "deadline_ms": 50}),
        ("/api/generate", {"model": "default", "prompt": "x = ", "stream": False,
                           "options": {"num_predict": 4, "seed": 9223372036854775807, "temperature": 2.5}}),
    ],
)  # fmt: skip
def test_what_the_real_apis_take_is_taken(server: Running, path: str, body: dict):
    answer = server.http.post(path, json=body)
    assert answer.status_code == 200, answer.text


def test_a_negative_temperature_is_llama_cpps_greedy(server: Running):
    body = {"input_prefix": PREFIX, "input_suffix": SUFFIX, "n_predict": 12, "temperature": -1}
    assert server.http.post("/infill", json=body).json()["content"] == expected(server)


@pytest.mark.parametrize("echo", [True, False])
def test_no_tokens_are_answered_without_the_engine(serve: Serve, echo: bool):
    body = {"prompt": ["x = ", "y"], "max_tokens": 0, "echo": echo, "logprobs": 1}
    with serve() as server:
        answer = server.http.post("/v1/completions", json=body).json()
        assert [each["text"] for each in answer["choices"]] == (["x = ", "y"] if echo else ["", ""])
        assert {each["finish_reason"] for each in answer["choices"]} == {"length"}
        assert answer["choices"][0]["logprobs"]["tokens"] == (["x = "] if echo else [])
        assert answer["usage"]["completion_tokens"] == 0
        streamed = events(server, "/v1/completions", body | {"stream": True})
        told = "".join(each["text"] for event in streamed for each in event["choices"])
        assert told == ("x = y" if echo else "")
        assert server.metrics["coderdiff_engine_forwards"] == 0


def test_a_temperature_of_nearly_nothing_is_greedy(server: Running):
    body = {"prompt": PREFIX, "suffix": SUFFIX, "max_tokens": 12, "temperature": 5e-324}
    assert server.http.post("/v1/completions", json=body).json()["choices"][0]["text"] == expected(server)


def test_a_file_longer_than_the_window_is_cut_around_the_hole(server: Running):
    prefix = "".join(f"value_{n} = {n}\n" for n in range(4000))
    answer = server.http.post("/v1/completions", json={"prompt": prefix, "suffix": prefix, "max_tokens": 4})
    assert answer.status_code == 200
    assert answer.json()["usage"]["prompt_tokens"] <= 512


def test_a_deadline_of_nothing_gives_what_there_is(server: Running):
    body = {
        "prompt": PREFIX,
        "suffix": "",
        "max_tokens": 500,
        "deadline_ms": 1,
        "stream": True,
        "diffusing": True,
    }
    last = events(server, "/v1/completions", body)[-1]
    assert last["coderdiff"]["completions"][0]["finish_reason"] == "deadline"


def test_templates_of_other_models_are_undone(server: Running):
    body = {"prompt": f"<|fim_prefix|>{PREFIX}<|fim_suffix|>{SUFFIX}<|fim_middle|>", "max_tokens": 12,
            "stop": ["<|fim_prefix|>", "<|endoftext|>"]}  # fmt: skip
    assert server.http.post("/v1/completions", json=body).json()["choices"][0]["text"] == expected(server)


def test_the_workspace_is_shown(server: Running):
    body = {"prompt": "from circle import Circle\n\ncircle = Circle(3)\nprint(circle.", "suffix": ")\n",
            "workspace": "shapes", "path": "main.py", "max_tokens": 6, "stream": True, "diffusing": True,
            "show_context": True}  # fmt: skip
    last = events(server, "/v1/completions", body)[-1]
    # Other tests' documents are open in this workspace too, and may be shown.
    shown = {each["path"]: each for each in last["coderdiff"]["completions"][0]["context"]}
    assert "area" in shown["circle.py"]["text"]
    without = events(
        server, "/v1/completions", {k: v for k, v in body.items() if k != "workspace"} | {"path": None}
    )
    assert without[-1]["coderdiff"]["completions"][0]["context"] == []
