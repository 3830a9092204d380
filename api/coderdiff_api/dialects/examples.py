"""Examples of what each path answers, for the OpenAPI document; tests hold them against the server's own answers."""

from __future__ import annotations

from typing import Any

from coderdiff import __version__

_ID = "cmpl-0123456789abcdef01234567"
_AT = 1764090000
_USAGE = {
    "prompt_tokens": 11,
    "completion_tokens": 5,
    "total_tokens": 16,
    "forwards": 3,
    "tpf": 1.667,
    "prompt_tokens_details": {"cached_tokens": 10},
}
_INCEPTION_USAGE = _USAGE | {"reasoning_tokens": 0, "cached_input_tokens": 10}
_SNIPPET = {
    "path": "sums.py",
    "start_line": 1,
    "end_line": 2,
    "resolution": "body",
    "reason": "sent by the client",
}


def _figures(*context: dict[str, Any], reason: str = "stop") -> dict[str, Any]:
    return {
        "index": 0,
        "finish_reason": reason,
        "policy": "verified",
        "latency_ms": 31.25,
        "forwards": 3,
        "tokens": 5,
        "tpf": 1.667,
        "withdrawn": False,
        "confidence": 0.62,
        "context": list(context),
    }


_OURS = {"coderdiff": {"completions": [_figures()]}}
_COMPLETION = {"id": _ID, "object": "text_completion", "created": _AT, "model": "base"}
_CHOICE = {"index": 0, "text": "a + b", "finish_reason": "stop", "logprobs": None}
_DRAFT = {
    "settled": "",
    "tokens": [
        {"text": "a", "state": "committed", "confidence": 0.97},
        {"text": " +", "state": "drafted", "confidence": 0.81},
        {"text": " b", "state": "masked", "confidence": 0.4},
    ],
    "open": [2],
    "shown": "a",
    "forwards": 1,
    "remasked": 0,
    "elapsed_ms": 9.5,
}

COMPLETED: dict[str, Any] = _COMPLETION | {"choices": [_CHOICE], "usage": _USAGE} | _OURS
COMPLETED_EVENTS: list[dict[str, Any]] = [
    _COMPLETION | {"choices": [_CHOICE | {"finish_reason": None}]},
    _COMPLETION | {"choices": [_CHOICE | {"text": ""}], "usage": _USAGE} | _OURS,
]
DRAFT_EVENTS: list[dict[str, Any]] = [
    _COMPLETION | {"choices": [_CHOICE | {"finish_reason": None, "draft": _DRAFT}]},
    COMPLETED,
]
TABBYS: dict[str, Any] = {
    "id": _ID,
    "choices": [{"index": 0, "text": "return a + b"}],
    "mode": "standard",
    "usage": _USAGE,
}

_SAID = {"role": "assistant", "content": "a + b"}
_FIM = {"id": _ID, "object": "chat.completion", "created": _AT, "model": "base"}
_FIM_CHOICE = {"index": 0, "text": "a + b", "finish_reason": "stop"}
FILLED: dict[str, Any] = (
    _FIM | {"choices": [_FIM_CHOICE | {"message": _SAID}], "usage": _INCEPTION_USAGE} | _OURS
)
FILLED_EVENTS: list[dict[str, Any]] = [
    FILLED | {"object": "chat.completion.chunk", "choices": [_FIM_CHOICE | {"delta": _SAID}]}
]
_REGION = {"role": "assistant", "content": "```\ndef add(a, b):\n    return a + b\n```"}
_EDITED_CHOICE = {"index": 0, "finish_reason": "stop"}
EDITED: dict[str, Any] = FILLED | {
    "object": "edit.completion",
    "choices": [_EDITED_CHOICE | {"message": _REGION}],
}
EDITED_EVENTS: list[dict[str, Any]] = [
    FILLED | {"object": "edit.completion.chunk", "choices": [_EDITED_CHOICE | {"delta": _REGION}]}
]

INFILLED: dict[str, Any] = {
    "index": 0,
    "content": "a + b",
    "stop": True,
    "id_slot": -1,
    "model": "base",
    "tokens_predicted": 5,
    "tokens_evaluated": 11,
    "tokens_cached": 10,
    "has_new_line": False,
    "stop_type": "eos",
    "timings": {
        "prompt_n": 1,
        "prompt_ms": 0.0,
        "prompt_per_token_ms": 0.0,
        "prompt_per_second": 0.0,
        "predicted_n": 5,
        "predicted_ms": 31.25,
        "predicted_per_token_ms": 6.25,
        "predicted_per_second": 160.0,
    },
    "truncated": False,
    "usage": _USAGE,
    "coderdiff": {"completions": [_figures(_SNIPPET)]},
}

_GENERATED = {"model": "default", "created_at": "2025-11-25T16:20:00.000000Z"}
GENERATED: dict[str, Any] = {
    **_GENERATED,
    "response": "a + b",
    "done": True,
    "done_reason": "stop",
    "total_duration": 31250000,
    "load_duration": 0,
    "prompt_eval_count": 11,
    "prompt_eval_duration": 0,
    "eval_count": 5,
    "eval_duration": 31250000,
    "forwards": 3,
    "tpf": 1.667,
    "usage": _USAGE,
    **_OURS,
}
GENERATED_LINES: list[dict[str, Any]] = [
    _GENERATED | {"response": "a + b", "done": False},
    GENERATED | {"response": ""},
]
_DETAILS = {
    "parent_model": "",
    "format": "safetensors",
    "family": "diffusion",
    "families": ["diffusion"],
    "parameter_size": "",
    "quantization_level": "",
}
_LONG_AGO = "1970-01-01T00:00:00Z"
TAGS: dict[str, Any] = {
    "models": [
        {
            "name": "base",
            "model": "base",
            "modified_at": _LONG_AGO,
            "size": 0,
            "digest": "cae662172fd450bb0cd710a769079c05bfc5d8e35efa6576edc7d0377afdd4a2",
            "details": _DETAILS,
        }
    ]
}
SHOWN: dict[str, Any] = {
    "modelfile": "",
    "parameters": "",
    "template": "{{ .Prompt }}{{ .Suffix }}",
    "capabilities": ["completion", "insert"],
    "details": _DETAILS,
    "model_info": {"general.architecture": "diffusion", "general.basename": "base"},
    "modified_at": _LONG_AGO,
}
VERSION = {"version": __version__}

MODEL: dict[str, Any] = {
    "id": "base",
    "object": "model",
    "created": 0,
    "owned_by": "coderdiff",
    "type": "base",
    "capabilities": {"completion_fim": True, "completion_chat": False},
}
MODELS: dict[str, Any] = {"object": "list", "data": [MODEL]}
NO_MODELS: dict[str, Any] = {"object": "list", "data": []}

_CHAT = {"id": f"chat{_ID}", "created": _AT, "model": "instruct"}
_TURN = "Use reversed(items), or items[::-1] for a copy."
CHATTED: dict[str, Any] = {
    **_CHAT,
    "object": "chat.completion",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": _TURN, "refusal": None},
            "finish_reason": "stop",
            "logprobs": None,
        }
    ],
    "usage": _USAGE,
    **_OURS,
}
CHATTED_EVENTS: list[dict[str, Any]] = [
    _CHAT
    | {
        "object": "chat.completion.chunk",
        "choices": [{"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}],
    }
    for delta, reason in (
        ({"role": "assistant", "content": ""}, None),
        ({"content": _TURN}, None),
        ({}, "stop"),
    )
]

HEALTHY: dict[str, Any] = {
    "model": "base",
    "device": "cpu",
    "arch": "x86_64",
    "cpu_info": "x86_64",
    "cpu_count": 8,
    "cuda_devices": [],
    "version": {
        "build_date": "",
        "build_timestamp": "",
        "git_sha": "",
        "git_describe": f"v0.30.0+coderdiff-{__version__}",
    },
}
METRICS = """# HELP coderdiff_tokens_total Tokens given.
# TYPE coderdiff_tokens_total counter
coderdiff_tokens_total 16.0
"""
