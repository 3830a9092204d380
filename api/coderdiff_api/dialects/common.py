"""What several dialects have in common: field types, our own fields, usage, drafts on the wire."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from coderdiff.types import Completion, Draft, Hole, Snippet, TokenState
from coderdiff_api.ask import Caller
from coderdiff_api.errors import ApiError
from coderdiff_api.service import Service, Wish
from coderdiff_api.templates import told_suffix, undo


def whole(value: Any) -> Any:
    """64.0 is a whole number too: Lua's encoders write so."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


_LARGEST_SEED = 9_223_372_036_854_776_000
"""An int64's, rounded as JavaScript does: OpenAI's own document has this bound."""

# The bounds stand before the validator: behind it they would not get into the OpenAPI document.
Whole = Annotated[int, BeforeValidator(whole)]
# The server's settings say how many tokens it gives at most: who asks for more gets those.
Tokens = Annotated[int, Field(ge=1), BeforeValidator(whole)]
TokensOrNone = Annotated[int, Field(ge=0), BeforeValidator(whole)]
TokensOrAll = Annotated[int, Field(ge=-2), BeforeValidator(whole)]
Seed = Annotated[int, Field(ge=-_LARGEST_SEED, le=_LARGEST_SEED), BeforeValidator(whole)]
Index = Annotated[int, Field(ge=0, le=1000), BeforeValidator(whole)]
Characters = Annotated[int, Field(ge=0, le=100_000_000), BeforeValidator(whole)]
Several = Annotated[int, Field(ge=1, le=16), BeforeValidator(whole)]
Temperature = Annotated[float, Field(ge=0, le=2)]
AnyTemperature = Annotated[float, Field(description="0 and less is greedy, as is the default.")]
Milliseconds = Annotated[float, Field(ge=0, le=3_600_000)]
Stop = str | list[str] | None

NOT_READ = "Accepted, and not read."


class Body(BaseModel):
    """A request body: fields that are not known are accepted, as clients send many."""

    model_config = ConfigDict(extra="allow", strict=True, allow_inf_nan=False)


class Part(Body):
    """A part of a message; only those of type "text" can be read."""

    type: str
    text: str | None = None


class Reply(BaseModel):
    """A response body, for the OpenAPI document."""

    model_config = ConfigDict(extra="allow")


class OurFields(Body):
    """What is ours, beside a dialect's own fields."""

    deadline_ms: Milliseconds | None = Field(
        None, description="Answer within this time with the best draft so far."
    )
    workspace: str | None = Field(
        None, description="A workspace's name or folder: its other files are shown to the model."
    )
    path: str | None = Field(
        None, description="The file's path, relative to the workspace or absolute; it chooses the grammar."
    )
    policy: str | None = Field(
        None, max_length=64, description="What to commit at a step; the model's own by default."
    )
    show_context: bool | None = Field(None, description="Send the text of the snippets shown.")


class OurStreamFields(OurFields):
    """And what is ours where answers are streamed as they are made."""

    diffusing: bool | None = Field(
        None, description="With stream: send the whole draft after each step, to replace the one before."
    )


class PromptTokensDetails(Reply):
    """Of the prompt's tokens, those that were read before."""

    cached_tokens: int


class Usage(Reply):
    """What an answer cost: tokens, network evaluations, and tokens committed per evaluation."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    forwards: int
    tpf: float
    prompt_tokens_details: PromptTokensDetails


class ShownSnippet(Reply):
    """A snippet of the pack that the model was shown; its text only if `show_context` asks for it."""

    path: str
    start_line: int
    end_line: int
    resolution: str
    reason: str
    text: str | None = None


class OurCompletion(Reply):
    """What only we say of a completion. `finish_reason` is "stop", "length", "deadline" or "cancelled"."""

    index: int
    finish_reason: str
    policy: str
    latency_ms: float
    forwards: int
    tokens: int
    tpf: float
    withdrawn: bool
    confidence: float | None = Field(
        None, description="How likely the text is to be kept as it is; null for an empty one."
    )
    context: list[ShownSnippet]


class OurFigures(Reply):
    """What only we say, a completion a choice."""

    completions: list[OurCompletion]


def service_of(request: Request) -> Service:
    """The app's service."""
    service: Service = request.app.state.service
    return service


def caller_of(request: Request) -> Caller:
    """Who asks, as the gate found out."""
    caller: Caller = request.state.caller
    return caller


TheService = Annotated[Service, Depends(service_of)]
TheCaller = Annotated[Caller, Depends(caller_of)]


def between(prefix: str, suffix: str | None) -> tuple[str, tuple[Hole, ...]]:
    """Prefix and suffix as one text and the hole between them."""
    return prefix + (suffix or ""), (Hole(len(prefix), len(prefix)),)


def wish_for(prompt: str, suffix: str | None, **fields: Any) -> Wish:
    """A wish for what stands between; what a prompt has of another model's template is undone."""
    suffix = told_suffix(suffix)
    undone = undo(prompt, suffix)
    if undone is None:
        text, holes = between(prompt, suffix)
        return Wish(text, holes, **fields)
    text, holes = between(undone.prefix, undone.suffix)
    fields["path"] = fields.get("path") or undone.path
    fields["snippets"] = (*undone.snippets, *fields.get("snippets", ()))
    fields["stop"] = tuple(each for each in fields.get("stop", ()) if each not in undone.sentinels)
    return Wish(text, holes, **fields)


def stops(stop: Stop) -> tuple[str, ...]:
    """One stop string or several, as several; empty ones would stop everything and are left out."""
    return tuple(each for each in ([stop] if isinstance(stop, str) else stop or ()) if each)


def usage(completions: Sequence[Completion], prompts: Sequence[object] = ()) -> dict[str, Any]:
    """What answers cost together. One that was computed once and given twice is counted once; so is a prompt that
    several answers have: `prompts` tells them apart, by default all have the same. No completions cost nothing."""
    own = list({id(each): each for each in completions}.values())
    read: dict[object, Completion] = {}
    for asked, each in zip(prompts or [None] * len(completions), completions, strict=True):
        if (
            asked not in read or each.prompt_tokens > read[asked].prompt_tokens
        ):  # one that never ran has read nothing
            read[asked] = each
    prompt, tokens = sum(each.prompt_tokens for each in read.values()), sum(each.tokens for each in own)
    forwards = sum(each.forwards for each in own)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": tokens,
        "total_tokens": prompt + tokens,
        "forwards": forwards,
        "tpf": round(tokens / forwards, 3) if forwards else 0.0,
        "prompt_tokens_details": {"cached_tokens": sum(each.cached_tokens for each in read.values())},
    }


def finish_reason(completion: Completion) -> str:
    """As OpenAI says it: "stop", or "length" for all that was cut off."""
    return "stop" if completion.finish_reason == "stop" else "length"


def draft_text(draft: Draft) -> str:
    """The whole draft, with the model's guess where a position is open."""
    return draft.settled + "".join(token.text for token in draft.tokens)


def draft_object(draft: Draft) -> dict[str, Any]:
    """A draft as docs/http.md has it."""
    return {
        "settled": draft.settled,
        "tokens": [
            {"text": token.text, "state": token.state.value, "confidence": round(token.confidence, 4)}
            for token in draft.tokens
        ],
        "open": [at for at, token in enumerate(draft.tokens) if token.state is TokenState.MASKED],
        "shown": draft.text,
        "forwards": draft.forwards,
        "remasked": draft.remasked,
        "elapsed_ms": round(draft.elapsed_ms, 3),
    }


def completion_object(index: int, completion: Completion, show_context: bool) -> dict[str, Any]:
    """What only we say of a completion."""
    return {
        "index": index,
        "finish_reason": completion.finish_reason,
        "policy": completion.policy,
        "latency_ms": round(completion.latency_ms, 3),
        "forwards": completion.forwards,
        "tokens": completion.tokens,
        "tpf": round(completion.tpf, 3),
        "withdrawn": completion.withdrawn,
        "confidence": None if completion.confidence is None else round(completion.confidence, 4),
        "context": [_snippet_object(snippet, show_context) for snippet in completion.context],
    }


def our_figures(completions: Sequence[Completion], show_context: bool | None) -> dict[str, Any]:
    """What only we say of an answer, a completion a choice: a field to put beside a dialect's own."""
    said = [completion_object(index, each, bool(show_context)) for index, each in enumerate(completions)]
    return {"coderdiff": {"completions": said}}


def _snippet_object(snippet: Snippet, with_text: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "path": snippet.path,
        "start_line": snippet.start_line,
        "end_line": snippet.end_line,
        "resolution": snippet.resolution,
        "reason": snippet.reason,
    }
    return shown | ({"text": snippet.text} if with_text else {})


def text_of(content: str | list[Part]) -> str:
    """What a message says. Raises ApiError for a part that is no text."""
    if isinstance(content, str):
        return content
    other = next((part.type for part in content if part.type != "text"), None)
    if other is not None:
        raise ApiError(
            400, f"a message has a part of type {other[:80]!r}: only text can be read", "unusable", "messages"
        )
    return "".join(part.text or "" for part in content)


def now() -> int:
    """Seconds of the epoch."""
    return int(time.time())


def no_tokens(prompt: Any) -> Any:
    """A prompt before it is checked; ids of tokens are refused: they are of another model's vocabulary."""
    if isinstance(prompt, list) and any(isinstance(each, int | list) for each in prompt):
        raise PydanticCustomError(
            "token_ids", "must be text: ids of tokens are another model's, send what they spell"
        )
    return prompt
