"""FIM templates of other models: what was written into one comes out of it, and code that speaks of them stays."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from coderdiff_api.templates import told_suffix, undo

# Written as the models' own documentation has them.
WRITERS = {
    "codellama": lambda p, s: f"<PRE> {p} <SUF>{s} <MID>",
    "codellama, suffix first": lambda p, s: f"<PRE> <SUF>{s} <MID>{p}",
    "starcoder": lambda p, s: f"<fim_prefix>{p}<fim_suffix>{s}<fim_middle>",
    "starcoder, suffix first": lambda p, s: f"<fim_prefix><fim_suffix>{s}<fim_middle>{p}",
    "santacoder": lambda p, s: f"<fim-prefix>{p}<fim-suffix>{s}<fim-middle>",
    "seed-coder": lambda p, s: f"<[fim-suffix]>{s}<[fim-prefix]>{p}<[fim-middle]>",
    "deepseek": lambda p, s: f"<｜fim▁begin｜>{p}<｜fim▁hole｜>{s}<｜fim▁end｜>",
    "deepseek, with its start": lambda p, s: (
        f"<｜begin▁of▁sentence｜><｜fim▁begin｜>{p}<｜fim▁hole｜>{s}<｜fim▁end｜>"
    ),
    "qwen": lambda p, s: f"<|fim_prefix|>{p}<|fim_suffix|>{s}<|fim_middle|>",
    "codegemma": lambda p, s: f"<bos><|fim_prefix|>{p}<|fim_suffix|>{s}<|fim_middle|>",
    "codestral": lambda p, s: f"[SUFFIX]{s}[PREFIX]{p}",
    "glm": lambda p, s: f"<|code_prefix|>{p}<|code_suffix|>{s}<|code_middle|>",
}
HEADED = re.compile(r"\+{5} .+\n")
code = st.text(st.sampled_from("ab =():\n\t+é🙂'\""), max_size=60)


@pytest.mark.parametrize("name", WRITERS)
@given(prefix=code, suffix=code)
@example(prefix="+++++ a", suffix="")
@example(prefix="", suffix="")
def test_what_was_written_comes_out(name: str, prefix: str, suffix: str):
    assume(not (name == "codestral" and HEADED.match(prefix)))
    assume(not (name.startswith("codellama") and (suffix == " " or suffix.startswith(" \n"))))
    undone = undo(WRITERS[name](prefix, suffix))
    assert undone is not None
    assert (undone.prefix, undone.suffix) == (prefix, suffix)
    assert undone.path is None
    assert undone.snippets == ()


@given(code)
def test_plain_code_is_no_template(text: str):
    assume(not HEADED.match(text))
    assert undo(text) is None
    assert undo(text, "x") is None


@pytest.mark.parametrize(
    "text",
    [
        'SENTINEL = "<|fim_prefix|>"\nx = "<|fim_suffix|>" + "<|fim_middle|>"\n',
        "<|fim_prefix|>a<|fim_suffix|>b",
        "<|fim_prefix|>a<|fim_suffix|>b<|fim_suffix|>c<|fim_middle|>",
        "<|fim_suffix|>a<|fim_prefix|>b<|fim_middle|>",
        "<|fim_prefix|>a<|fim_suffix|>b<|fim_middle|>c",
        "<[fim-suffix]>a<[fim-prefix]>b",
        "<[fim-suffix]>a<[fim-prefix]>b<[fim-suffix]>c<[fim-middle]>",
        'FIM = "<[fim-suffix]>" + "<[fim-prefix]>" + "<[fim-middle]>"',
        "# [SUFFIX] and [PREFIX]\n",
        "[SUFFIX]a[PREFIX]b[PREFIX]c",
    ],
)
def test_code_that_speaks_of_sentinels_stays(text: str):
    assert undo(text) is None


def test_qwens_other_files_are_snippets():
    undone = undo(
        "<|repo_name|>shapes\n<|file_sep|>circle.py\nclass Circle: ...\n<|file_sep|>main.py\n"
        "<|fim_prefix|>print(<|fim_suffix|>)<|fim_middle|>"
    )
    assert undone is not None
    assert (undone.prefix, undone.suffix, undone.path) == ("print(", ")", "main.py")
    assert [(each.path, each.text) for each in undone.snippets] == [("circle.py", "class Circle: ...\n")]


def test_codestrals_other_files_are_snippets():
    undone = undo("[SUFFIX])[PREFIX]+++++ circle.py\nclass Circle: ...\n\n+++++ main.py\nprint(")
    assert undone is not None
    assert (undone.prefix, undone.suffix, undone.path) == ("print(", ")", "main.py")
    assert [each.path for each in undone.snippets] == ["circle.py"]


def test_starcoders_file_heading_is_the_path():
    undone = undo("<fim_prefix><file_sep>main.py\nprint(<fim_suffix>)<fim_middle>")
    assert undone is not None
    assert (undone.prefix, undone.path) == ("print(", "main.py")


FILES = "+++++ circle.py\nclass Circle: ...\n\n+++++ main.py \n"


@pytest.mark.parametrize(
    ("prompt", "suffix"),
    [
        (f"{FILES}print(", ")"),
        (f"{FILES}[PREFIX]print(", ")"),
        (f"{FILES}[PREFIX]print(", ""),
        (f"[SUFFIX])[PREFIX]{FILES}[PREFIX]print(", ""),
    ],
)
def test_codestrals_files_are_read_beside_a_suffix_too(prompt: str, suffix: str):
    undone = undo(prompt, suffix)
    assert undone is not None
    assert (undone.prefix, undone.path) == ("print(", "main.py")
    assert undone.suffix == (")" if "[SUFFIX]" in prompt else suffix)
    assert [(each.path, each.text) for each in undone.snippets] == [("circle.py", "class Circle: ...\n\n")]


def test_a_mark_that_the_code_speaks_of_stays():
    undone = undo("+++++ main.py\n[PREFIX]MARK = '[PREFIX]'\n", "x")
    assert undone is not None
    assert undone.prefix == "MARK = '[PREFIX]'\n"


@pytest.mark.parametrize("suffix", ["", ")"])
@pytest.mark.parametrize(
    ("repository", "file"),
    [("<|repo_name|>shapes\n", "<|file_sep|>"), ("", "<|file_sep|>"), ("<repo_name>shapes\n", "<file_sep>"),
     ("<reponame>shapes", "<filename>"), ("", "<|file_separator|>")],
)  # fmt: skip
def test_headings_without_sentinels_tell_the_files(repository: str, file: str, suffix: str):
    undone = undo(f"{repository}{file}circle.py\nclass Circle: ...\n{file}main.py\nprint(", suffix)
    assert undone is not None
    assert (undone.prefix, undone.suffix, undone.path) == ("print(", suffix, "main.py")
    assert [(each.path, each.text) for each in undone.snippets] == [("circle.py", "class Circle: ...\n")]
    assert file in undone.sentinels


@pytest.mark.parametrize("suffix", ["", ")"])
@pytest.mark.parametrize(
    ("head", "path", "others"),
    [("", None, []), ("<|file_sep|>main.py\n", "main.py", []),
     ("<|file_sep|>circle.py \nclass Circle: ...\n\n<|file_sep|>main.py\n", "main.py", ["circle.py"])],
)  # fmt: skip
def test_the_mark_before_the_prefix_may_stand_alone(
    head: str, path: str | None, others: list[str], suffix: str
):
    """As Continue's provider for Inception writes it, the suffix in a field of its own."""
    undone = undo(f"{head}<|fim_prefix|>print(", suffix)
    assert undone is not None
    assert (undone.prefix, undone.suffix, undone.path) == ("print(", suffix, path)
    assert [each.path for each in undone.snippets] == others


@pytest.mark.parametrize(
    "text",
    ["<|fim_prefix|>a<|fim_prefix|>", "<|file_sep|>a.py\nx = '<|fim_prefix|>'", "<PRE> x", "x<|fim_prefix|>"],
)
def test_a_mark_elsewhere_stays(text: str):
    assert undo(text, ")") is None


def test_a_repository_without_a_file_is_no_heading():
    assert undo("<|repo_name|>shapes\nprint(") is None


@pytest.mark.parametrize(("rest", "suffix"), [("\nb", "\nb"), ("\r\nb", "\r\nb"), ("", ""), ("b", " b")])
def test_codellamas_blank_is_dropped_at_a_lines_end(rest: str, suffix: str):
    undone = undo(f"<PRE> a <SUF> {rest} <MID>")
    assert undone is not None
    assert undone.suffix == suffix


@pytest.mark.parametrize(
    ("sent", "told"),
    [("<|endoftext|>", ""), ("</s>", ""), (None, ""), ("", ""), ("x<|endoftext|>", "x<|endoftext|>")],
)
def test_a_suffix_that_is_an_end_token_is_none(sent: str | None, told: str):
    assert told_suffix(sent) == told
