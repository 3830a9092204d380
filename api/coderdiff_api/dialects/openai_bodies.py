"""Bodies of OpenAI's completions: what is asked, what is answered."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from coderdiff_api.dialects.common import (
    NOT_READ,
    Body,
    Characters,
    OurFigures,
    OurStreamFields,
    Reply,
    Seed,
    Several,
    Stop,
    Temperature,
    TokensOrNone,
    Usage,
    Whole,
    no_tokens,
    whole,
)


class HolePlace(Body):
    """A place to fill, in characters of `prompt`; start == end is a cursor."""

    start: Characters
    end: Characters


class StreamOptions(Body):
    """How to stream."""

    include_usage: bool | None = Field(
        None, description="Send one more event, with no choices, for the usage."
    )


class CompletionsRequest(OurStreamFields):
    """Fill between `prompt` and `suffix`, or fill `holes` of the file that `prompt` is."""

    prompt: Annotated[str | list[str], BeforeValidator(no_tokens)] = Field(
        description="Text before the hole; a template of another model (FIM sentinels) is recognised. Several "
        "prompts are answered each on its own."
    )
    suffix: str | None = Field(None, description="Text behind the hole.")
    model: str | None = Field(None, description='"default", or the loaded model\'s name.')
    max_tokens: TokensOrNone | None = Field(
        None, description="Most tokens of a completion; 128 if not said. With 0 the model is not asked."
    )
    temperature: Temperature | None = Field(None, description="0, the default, is greedy; more varies.")
    n: Several | None = Field(
        None,
        description="Answers to each prompt or hole. Without a temperature the first is greedy, the others vary.",
    )
    stop: Stop = Field(None, description="Ends the completion, and stays out of it.")
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    logprobs: Annotated[int, Field(ge=0, le=5), BeforeValidator(whole)] | bool | None = Field(
        None,
        description="Say the tokens and how sure the model was. Only the token itself is known, no others.",
    )
    echo: bool | None = Field(None, description="Begin the answer with the prompt.")
    seed: Seed | None = None
    holes: list[HolePlace] | None = Field(
        None,
        description="Places in `prompt`, which is then the whole file. Choice i fills hole i.",
        min_length=1,
    )
    top_p: float | None = Field(None, description=NOT_READ)
    best_of: Whole | None = Field(None, description=NOT_READ)
    frequency_penalty: float | None = Field(None, description=NOT_READ)
    presence_penalty: float | None = Field(None, description=NOT_READ)
    user: str | None = Field(None, description=NOT_READ)


class Logprobs(Reply):
    """Tokens of a choice, and the logarithm of the confidence each was committed with; None where that is not known."""

    tokens: list[str]
    token_logprobs: list[float | None]
    top_logprobs: list[dict[str, float]] | None
    text_offset: list[int]


class Choice(Reply):
    """One answer."""

    index: int
    text: str
    finish_reason: Literal["stop", "length"]
    logprobs: Logprobs | None


class CompletionsReply(Reply):
    """The answers."""

    id: str
    object: Literal["text_completion"]
    created: int
    model: str
    choices: list[Choice]
    usage: Usage
    coderdiff: OurFigures


class Capabilities(Reply):
    """What a model can do, in Mistral's words."""

    completion_fim: bool
    completion_chat: bool


class Model(Reply):
    """A model that can be asked for; `type` and `capabilities` are what Mistral's SDK looks for."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str
    type: Literal["base"]
    capabilities: Capabilities


class Models(Reply):
    """The models."""

    object: Literal["list"]
    data: list[Model]
