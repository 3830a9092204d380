"""What editors send that have no SDK: their requests, and the place where each looks for the text."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from .conftest import Running
from .test_openai import PREFIX, SUFFIX, expected

QWEN = f"<|fim_prefix|>{PREFIX}<|fim_suffix|>{SUFFIX}<|fim_middle|>"
CODELLAMA = f"<PRE> {PREFIX} <SUF>{SUFFIX} <MID>"
CODESTRAL = f"[SUFFIX]{SUFFIX}[PREFIX]{PREFIX}"

WHOLE: dict[str, tuple[str, dict[str, Any], Callable[[Any], str]]] = {
    "minuet": (
        "/v1/completions",
        {"model": "default", "prompt": PREFIX, "suffix": SUFFIX, "max_tokens": 12.0, "stream": False},
        lambda said: said["choices"][0]["text"],
    ),
    "minuet, Codestral": (
        "/v1/fim/completions",
        {"model": "default", "prompt": PREFIX, "suffix": SUFFIX, "max_tokens": 12, "stop": ["\n\n\n\n"]},
        lambda said: said["choices"][0]["message"]["content"],
    ),
    "Zed, Qwen's format": (
        "/v1/completions",
        {"model": "default", "prompt": QWEN, "max_tokens": 12, "temperature": None,
         "stop": ["<|endoftext|>", "<|file_sep|>", "<|fim_pad|>", "<|fim_prefix|>"]},
        lambda said: (said["id"], said["choices"][0]["text"])[1],
    ),
    "Zed, CodeLlama's format": (
        "/v1/completions",
        {"model": "default", "prompt": CODELLAMA, "max_tokens": 12, "stop": ["<EOT>"]},
        lambda said: said["choices"][0]["text"],
    ),
    "Continue, DeepSeek": (
        "/beta/completions",
        {"model": "default", "prompt": PREFIX, "suffix": SUFFIX, "max_tokens": 12, "frequency_penalty": None},
        lambda said: said["choices"][0]["text"],
    ),
    "Continue, a model behind vLLM": (
        "/v1/completions",
        {"model": "default", "prompt": CODESTRAL, "max_tokens": 12, "stop": ["[PREFIX]", "[SUFFIX]"]},
        lambda said: said["choices"][0]["text"],
    ),
    "Twinny": (
        "/api/generate",
        {"model": "default", "prompt": QWEN, "stream": False, "raw": True, "keep_alive": "5m",
         "options": {"temperature": 0.0, "num_predict": 12}},
        lambda said: said["response"],
    ),
    "llama.vscode": (
        "/infill",
        {"input_prefix": PREFIX, "input_suffix": SUFFIX, "prompt": "", "n_predict": 12, "input_extra": [],
         "top_k": 40, "top_p": 0.99, "stream": False, "n_cmpl": 1, "samplers": ["top_k", "top_p", "infill"],
         "cache_prompt": True, "t_max_prompt_ms": 500, "t_max_predict_ms": 60_000},
        lambda said: said["content"],
    ),
}  # fmt: skip

STREAMED: dict[str, tuple[str, dict[str, Any], Callable[[Any], str]]] = {
    "Continue, Mistral": (
        "/v1/fim/completions",
        {"model": "default", "prompt": PREFIX, "suffix": SUFFIX, "max_tokens": 12, "temperature": 0.0, "stream": True},
        lambda said: said["choices"][0]["delta"]["content"],
    ),
    "Continue, Mistral with other files": (
        "/v1/fim/completions",
        {"model": "default", "prompt": f"+++++ /elsewhere/main.txt\n[PREFIX]{PREFIX}", "suffix": SUFFIX,
         "max_tokens": 12, "stream": True},
        lambda said: said["choices"][0]["delta"]["content"],
    ),
    "Continue, Inception": (
        "/v1/completions",
        {"model": "default", "prompt": f"<|fim_prefix|>{PREFIX}", "suffix": SUFFIX, "max_tokens": 12,
         "presence_penalty": 1.5, "stream": True},
        lambda said: said["choices"][0]["text"],
    ),
    "Copilot's plugin": (
        "/v1/engines/default/completions",
        {"prompt": PREFIX, "suffix": SUFFIX, "max_tokens": 12, "temperature": 0, "top_p": 1, "n": 1, "stream": True,
         "stop": ["\n\n\n\n"], "extra": {"language": "python", "next_indent": 0, "trim_by_indentation": True}},
        lambda said: said["choices"][0]["text"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("client", WHOLE)
def test_a_client_finds_the_text(server: Running, client: str):
    path, body, read = WHOLE[client]
    assert read(server.http.post(path, json=body).json()) == expected(server)


@pytest.mark.parametrize("client", STREAMED)
def test_a_client_finds_the_text_in_the_stream(server: Running, client: str):
    path, body, read = STREAMED[client]
    with server.http.stream("POST", path, json=body) as response:
        events = [line for line in response.iter_lines() if line]
    assert events[-1] == "data: [DONE]"
    assert "".join(read(json.loads(each.removeprefix("data: "))) for each in events[:-1]) == expected(server)


def test_continues_end_token_for_an_empty_suffix_is_none(server: Running):
    for path in ("/v1/completions", "/v1/fim/completions"):
        body = {"prompt": PREFIX, "suffix": "<|endoftext|>", "max_tokens": 12}
        said = server.http.post(path, json=body).json()
        assert said["choices"][0]["text"] == expected(server, suffix="")
