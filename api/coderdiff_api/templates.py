"""FIM sentinels of other models inside a prompt: recognised, and undone into prefix, suffix and snippets.

Clients such as Continue, Zed and Twinny write the template of the model they believe is served. A prompt counts as
templated only if it begins with a template's first sentinel, or with file headings of the same model, and has each of
its sentinels once, in order: code that merely speaks of sentinels stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from coderdiff.types import Snippet
from coderdiff_api.ask import sent


@dataclass(frozen=True)
class Undone:
    """What a templated prompt says. `sentinels` are the template's own words, no use as stop strings any more."""

    prefix: str
    suffix: str
    path: str | None
    snippets: tuple[Snippet, ...]
    sentinels: frozenset[str]


@dataclass(frozen=True)
class _Template:
    """Sentinels before the prefix, before the suffix and before the middle; `file` heads a file's path and text.

    `repository` heads a repository's name. A blank at a sentinel's side belongs to it.
    """

    prefix: str
    suffix: str
    middle: str
    file: str | None = None
    repository: str | None = None


_TEMPLATES = (
    _Template("<PRE> ", " <SUF>", " <MID>"),  # CodeLlama
    _Template("<PRE> ", "<SUF>", " <MID>"),  # CodeLlama, the blank left out
    _Template("<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<file_sep>", "<repo_name>"),  # StarCoder 2
    _Template("<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<filename>", "<reponame>"),  # StarCoder
    _Template("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"),  # DeepSeek
    _Template("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|file_sep|>", "<|repo_name|>"),  # Qwen
    _Template("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|file_separator|>"),  # CodeGemma
    _Template("<|code_prefix|>", "<|code_suffix|>", "<|code_middle|>"),  # GLM
)
_CODESTRAL_SUFFIX, _CODESTRAL_PREFIX = "[SUFFIX]", "[PREFIX]"
_CODESTRAL_FILE = re.compile(r"(?m)^\+\+\+\+\+ (.+)\n")
_START_TOKENS = ("<s>", "<bos>", "<|endoftext|>", "<｜begin▁of▁sentence｜>")


def undo(prompt: str) -> Undone | None:
    """The parts of a templated prompt; None for one that is plain text."""
    for start in _START_TOKENS:
        prompt = prompt.removeprefix(start)
    for template in _TEMPLATES:
        undone = _undo(prompt, template)
        if undone is not None:
            return undone
    return _undo_codestral(prompt)


def _undo(prompt: str, template: _Template) -> Undone | None:
    head, mark, body = prompt.partition(template.prefix)
    if not mark or not _is_heading(head, template):
        return None
    prefix, suffix_mark, rest = body.partition(template.suffix)
    suffix, middle_mark, after = rest.partition(template.middle)
    sentinels = (template.prefix, template.suffix, template.middle)
    again = any(each in part for each in sentinels for part in (prefix, suffix, after))
    if not suffix_mark or not middle_mark or again:
        return None
    if after and not prefix:
        prefix = after  # suffix first: the prefix stands where the middle begins
    elif after:
        return None
    path, snippets = _files(head, template)
    named = [each for each in (*sentinels, template.file, template.repository) if each]
    words = frozenset([*named, *(each.strip() for each in named)])
    own_path, prefix = _own_path(prefix, template)
    return Undone(prefix, suffix, own_path or path, sent(snippets), words)


def _is_heading(head: str, template: _Template) -> bool:
    """Whether what stands before the template is nothing, or files of the same repository."""
    heads = [each for each in (template.file, template.repository) if each]
    return not head or any(head.startswith(each) for each in heads)


def _files(head: str, template: _Template) -> tuple[str | None, list[tuple[str | None, str]]]:
    """Path of the last file, which the template is in, and the files before it."""
    if template.file is None or template.file not in head:
        return None, []
    parts = [part.partition("\n") for part in head.split(template.file)[1:]]
    files = [(path.strip() or None, text) for path, _, text in parts]
    path, text = files[-1]
    return (path, files[:-1]) if not text.strip() else (None, files)


def _own_path(prefix: str, template: _Template) -> tuple[str | None, str]:
    """A file heading at the start of the prefix, as StarCoder has it."""
    if template.file is None or not prefix.startswith(template.file):
        return None, prefix
    path, _, text = prefix.removeprefix(template.file).partition("\n")
    return path.strip() or None, text


def _undo_codestral(prompt: str) -> Undone | None:
    """`[SUFFIX]…[PREFIX]…`: the prefix may begin with other files, each under `+++++ path`."""
    if not prompt.startswith(_CODESTRAL_SUFFIX) or prompt.count(_CODESTRAL_PREFIX) != 1:
        return None
    suffix, _, prefix = prompt.removeprefix(_CODESTRAL_SUFFIX).partition(_CODESTRAL_PREFIX)
    path: str | None = None
    files: Sequence[tuple[str | None, str]] = ()
    if _CODESTRAL_FILE.match(prefix):
        parts = _CODESTRAL_FILE.split(prefix)[1:]
        named = list(zip(parts[::2], parts[1::2], strict=True))
        (path, prefix), files = named[-1], named[:-1]
    return Undone(prefix, suffix, path, sent(files), frozenset({_CODESTRAL_SUFFIX, _CODESTRAL_PREFIX}))
