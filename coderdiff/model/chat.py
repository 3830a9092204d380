"""Messages -> the prompt text that an instruct checkpoint was tuned on, by the template its tokenizer carries.

A template is a Jinja program out of the checkpoint (`chat_template.jinja`, or `chat_template` in
`tokenizer_config.json`). It runs in Jinja's sandbox and can reach nothing but what it is given here; the names are
those that published templates expect (the `transformers` chat template format).
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from coderdiff.errors import CheckpointError, InputError
from coderdiff.model.files import one_line
from coderdiff.model.vocab_files import tokenizer_config
from coderdiff.types import Message

TEMPLATE_NAME = "chat_template.jinja"


@dataclass(frozen=True)
class ChatTemplate:
    """A checkpoint's template; `tokens` are its special tokens by the names that templates call them."""

    source: str
    tokens: Mapping[str, str] = field(default_factory=dict)

    def render(self, messages: Sequence[Message], *, answer: bool = True) -> str:
        """The prompt text; with `answer` it ends where the assistant's next turn begins.

        Raises InputError for messages that the template refuses, CheckpointError for a template that is broken.
        """
        try:
            text = (
                _environment()
                .from_string(self.source)
                .render(
                    messages=[asdict(message) for message in messages],
                    tools=None,
                    documents=None,
                    add_generation_prompt=answer,
                    **self.tokens,
                )
            )
        except _RefusedError as error:
            raise InputError(f"the chat template refuses these messages: {one_line(error)}") from error
        except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as error:
            raise CheckpointError(f"the chat template cannot be rendered: {one_line(error)}") from error
        return text


def chat_template(folder: Path) -> ChatTemplate | None:
    """The template of a checkpoint's folder; None if it has none (a base model). Raises CheckpointError."""
    config = tokenizer_config(folder)
    path = folder / TEMPLATE_NAME
    if path.is_file():
        try:
            source: object = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CheckpointError(f"cannot read {path}: {one_line(error)}") from error
    else:
        source = config.get("chat_template")
    if isinstance(source, list):  # several, by name
        named = {
            each["name"]: each["template"] for each in source if isinstance(each, dict) and "name" in each
        }
        source = named.get("default")
    if source is None:
        return None
    if not isinstance(source, str):
        raise CheckpointError(f"{folder}: chat_template is no text: download tokenizer_config.json again")
    return ChatTemplate(source, _tokens(config))


def _tokens(config: Mapping[str, Any]) -> dict[str, str]:
    """`bos_token` and kin; older files wrap a token in an object."""
    found = {}
    for key, value in config.items():
        content = value.get("content") if isinstance(value, Mapping) else value
        if key.endswith("_token") and isinstance(content, str):
            found[key] = content
    return found


class _RefusedError(jinja2.TemplateError):
    """A template's own objection to the messages."""


class _Generation(Extension):
    """`{% generation %}`, by which some templates mark what the assistant says: here it changes nothing."""

    tags = {"generation"}  # noqa: RUF012 - as Jinja declares it

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        return nodes.Scope(parser.parse_statements(("name:endgeneration",), drop_needle=True), lineno=line)


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, loopcontrols]
    )
    environment.filters["tojson"] = _as_json
    environment.globals["raise_exception"] = _refuse
    environment.globals["strftime_now"] = _now
    return environment


def _as_json(value: object, ensure_ascii: bool = False, indent: int | None = None, **options: Any) -> str:
    """JSON as it is, where Jinja's own filter would escape it for HTML."""
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, **options)


def _refuse(message: str) -> None:
    raise _RefusedError(message)


def _now(form: str) -> str:
    return datetime.datetime.now().strftime(form)
