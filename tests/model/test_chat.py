"""Our rendering of chat templates against transformers' `apply_chat_template`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st

from coderdiff.errors import CheckpointError, InputError
from coderdiff.model.chat import ChatTemplate, chat_template
from coderdiff.types import Message

from .checkpoints import KINDS, write_tokenizer

# Written for these tests in the manner of published ones: markers, defaults, trimming, marks of the assistant's turns.
MARKERS = """
{%- if messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou fill holes in code.<|im_end|>\n' }}{% endif -%}
{%- for message in messages %}
    {{- '<|im_start|>' + message['role'] + '\n' }}
    {%- if message['role'] == 'assistant' %}
        {%- generation %}{{- message['content'] + '<|im_end|>' }}{%- endgeneration %}
    {%- else %}
        {{- message.content | trim }}<|im_end|>
    {%- endif %}
    {{ '' }}
{% endfor -%}
{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}
"""
STATEFUL = """
{%- set seen = namespace(count=0) -%}
{{ bos_token if bos_token is defined else '' }}
{%- for message in messages -%}
    {%- if message['role'] == 'system' -%}{% continue %}{%- endif -%}
    {%- set seen.count = seen.count + 1 -%}
    [{{ seen.count }}] {{ message | tojson }} {{ {'a': "<&>'"} | tojson(indent=2) }}{{ eos_token }}
    {%- if seen.count > 6 -%}{% break %}{%- endif -%}
{%- endfor -%}
{% if tools is not none %}tools{% endif %}{{ add_generation_prompt }}
"""
ALTERNATING = """
{%- for message in messages -%}
{%- if (message.role == 'user') != (loop.index0 % 2 == 0) -%}
{{ raise_exception('roles must take turns') }}
{%- endif -%}
{{ message.role }}: {{ message.content }}
{% endfor -%}
"""
TEMPLATES = {"markers": MARKERS, "stateful": STATEFUL}

TURNS = [
    Message("system", " Be <b>brief</b> & exact. "),
    Message("user", "def f(x):\n\treturn {{ x }}\n"),
    Message("assistant", "```python\nx + 1\n```"),
    Message("user", "and é, 漢字?"),
]


def write(folder: Path, template: str, in_config: bool = True) -> Path:
    folder.mkdir(exist_ok=True)
    write_tokenizer(folder, KINDS["a2d-qwen2-mdlm"])
    config = json.loads((folder / "tokenizer_config.json").read_text())
    config["bos_token"] = {"__type": "AddedToken", "content": "<|endoftext|>", "special": True}
    if in_config:
        config["chat_template"] = template
    else:
        (folder / "chat_template.jinja").write_text(template)
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    return folder


def dicts(turns: list[Message]) -> list[dict[str, str]]:
    return [asdict(turn) for turn in turns]


def rendered(folder: Path, messages: list[Message], answer: bool = True) -> str:
    template = chat_template(folder)
    assert template is not None
    return template.render(messages, answer=answer)


@pytest.fixture(scope="module", params=TEMPLATES)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("chat"), TEMPLATES[request.param])


@pytest.fixture(scope="module")
def theirs(folder: Path) -> transformers.PreTrainedTokenizerFast:
    return transformers.PreTrainedTokenizerFast.from_pretrained(folder)


@pytest.mark.parametrize("answer", [True, False])
@pytest.mark.parametrize("turns", [TURNS, TURNS[1:], TURNS[1:2]])
def test_the_text_is_transformers(
    folder: Path, theirs: transformers.PreTrainedTokenizerFast, turns: list[Message], answer: bool
) -> None:
    expected = theirs.apply_chat_template(dicts(turns), tokenize=False, add_generation_prompt=answer)
    assert rendered(folder, turns, answer) == expected


@settings(max_examples=40)
@given(contents=st.lists(st.text(), min_size=1, max_size=9))
def test_any_text_is_passed_on_alike(
    folder: Path, theirs: transformers.PreTrainedTokenizerFast, contents: list[str]
) -> None:
    turns = [Message("assistant" if at % 2 else "user", content) for at, content in enumerate(contents)]
    expected = theirs.apply_chat_template(dicts(turns), tokenize=False, add_generation_prompt=True)
    assert rendered(folder, turns) == expected


def test_a_file_of_its_own_goes_first(tmp_path: Path) -> None:
    write(tmp_path, "from the config")
    (tmp_path / "chat_template.jinja").write_text("from the file")
    assert rendered(tmp_path, TURNS) == "from the file"


def test_the_default_of_several(tmp_path: Path) -> None:
    write(tmp_path, "")
    config = json.loads((tmp_path / "tokenizer_config.json").read_text())
    config["chat_template"] = [
        {"name": "tool_use", "template": "tools"}, {"name": "default", "template": "plain"},
    ]  # fmt: skip
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
    assert rendered(tmp_path, TURNS) == "plain"


def test_a_base_model_has_none(tmp_path: Path) -> None:
    write_tokenizer(tmp_path, KINDS["dream"])
    assert chat_template(tmp_path) is None
    assert chat_template(tmp_path / "nowhere") is None


def test_messages_that_the_template_refuses(tmp_path: Path) -> None:
    write(tmp_path, ALTERNATING, in_config=False)
    assert rendered(tmp_path, TURNS[1:]).startswith("user: def f")
    with pytest.raises(InputError, match="roles must take turns"):
        rendered(tmp_path, TURNS)


@pytest.mark.parametrize(
    "source",
    [
        "{% for x in %}",
        "{{ messages[99].content.nothing }}",
        "{{ messages.__class__.__mro__ }}",
        "{{ ''.__class__.__subclasses__() }}",
        "{{ raise_exception.__globals__.os }}",
        "{{ messages.append(1) }}",
        "{{ 1 / 0 }}",
        "{{ range(10 ** 9) }}",
        "{% include 'x' %}",
    ],
)
def test_a_broken_or_prying_template_is_one_line(source: str) -> None:
    with pytest.raises(CheckpointError) as caught:
        ChatTemplate(source).render(TURNS)
    assert "chat template" in str(caught.value)
    assert "\n" not in str(caught.value)
