"""Bodies of Tabby's API: what is asked, what is answered."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from coderdiff_api.dialects.common import NOT_READ, Body, Index, Reply, Seed, Temperature, Usage


class Declaration(Body):
    """A definition that the editor's language server found."""

    filepath: str
    body: str


class ChangedSnippet(Body):
    """Code of another file that was edited or opened."""

    filepath: str
    body: str
    score: float | None = None


class Segments(Body):
    """Where the cursor is, and what the client knows of the rest."""

    prefix: str
    suffix: str | None = None
    filepath: str | None = None
    git_url: str | None = Field(None, description=NOT_READ)
    declarations: list[Declaration] | None = None
    relevant_snippets_from_changed_files: list[ChangedSnippet] | None = None
    relevant_snippets_from_recently_opened_files: list[ChangedSnippet] | None = None
    clipboard: str | None = Field(None, description=NOT_READ)


class DebugOptions(Body):
    """What whoever tries out a model asks for."""

    raw_prompt: str | None = Field(
        None,
        description="Text before the hole, instead of `segments`; another model's template is recognised.",
    )
    return_snippets: bool | None = Field(None, description="Say which snippets the model was shown.")
    return_prompt: bool | None = Field(None, description=NOT_READ)
    disable_retrieval_augmented_code_completion: bool | None = Field(
        None, description="Show the model no other file."
    )


class CompletionRequest(Body):
    """Tabby's request: `segments`, or `debug_options` with a `raw_prompt`, which counts more."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": ["segments"]}, {"required": ["debug_options"]}]}
    )

    segments: Segments | None = None
    debug_options: DebugOptions | None = None
    language: str | None = None
    user: str | None = Field(None, description=NOT_READ)
    temperature: Temperature | None = None
    seed: Seed | None = None
    mode: str | None = Field(
        None, description='"standard", as any other but "next_edit_suggestion": that is not served.'
    )


class TabbyChoice(Reply):
    """One answer."""

    index: int
    text: str


class DebugSnippet(Reply):
    """A snippet that the model was shown."""

    filepath: str
    body: str
    score: float


class DebugData(Reply):
    """What `debug_options` asked for."""

    snippets: list[DebugSnippet] | None = None


class CompletionReply(Reply):
    """Tabby's answer; `debug_data` where there were `debug_options`."""

    id: str
    choices: list[TabbyChoice]
    debug_data: DebugData | None = None
    mode: str
    usage: Usage


class LogEvent(Body):
    """What became of a completion."""

    model_config = ConfigDict(json_schema_extra={"examples": [
        {"type": "select", "completion_id": "cmpl-0123456789abcdef01234567", "choice_index": 0, "elapsed": 900}
    ]})  # fmt: skip

    type: str = Field(description="view, select or dismiss; others are taken and not kept.")
    completion_id: str
    choice_index: Index = 0
    view_id: str | None = None
    elapsed: Annotated[float, Field(ge=0)] | None = None


class ServerVersion(Reply):
    """What serves."""

    build_date: str
    build_timestamp: str
    git_sha: str
    git_describe: str


class HealthState(Reply):
    """What Tabby's clients ask first."""

    model: str
    device: str
    arch: str
    cpu_info: str
    cpu_count: int
    cuda_devices: list[str]
    version: ServerVersion


class ServerSetting(Reply):
    """What the server wishes of clients."""

    disable_client_side_telemetry: Literal[True]


def is_ours(body: Any) -> bool:
    """Whether a request body of the path that OpenAI's clients ask too is Tabby's."""
    if isinstance(body, CompletionRequest):
        return True
    if not isinstance(body, dict):
        return False
    return bool({"segments", "debug_options"} & body.keys()) or (
        "prompt" not in body and bool({"language", "mode"} & body.keys())
    )
