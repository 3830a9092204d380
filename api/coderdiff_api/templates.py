"""FIM sentinels of other models inside a prompt: recognised, and undone into prefix, suffix and snippets.

Clients such as Continue, Zed and Twinny write the template of the model they believe is served. A prompt counts as
templated only if it begins with a template's first sentinel, or with file headings of the same model, and has each of
its sentinels once, in order: code that merely speaks of sentinels stays as it is. Where the suffix comes on its own,
or not at all, there may be only file headings and the sentinel before the prefix.
"""

from __future__ import annotations

import re
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
    _Template("<fim-prefix>", "<fim-suffix>", "<fim-middle>"),  # SantaCoder
    _Template("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"),  # DeepSeek
    _Template("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|file_sep|>", "<|repo_name|>"),  # Qwen
    _Template("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|file_separator|>"),  # CodeGemma
    _Template("<|code_prefix|>", "<|code_suffix|>", "<|code_middle|>"),  # GLM
)
_SEED = _Template("<[fim-prefix]>", "<[fim-suffix]>", "<[fim-middle]>")  # Seed-Coder: its suffix comes first
_CODESTRAL_SUFFIX, _CODESTRAL_PREFIX = "[SUFFIX]", "[PREFIX]"
_CODESTRAL_WORDS = frozenset({_CODESTRAL_SUFFIX, _CODESTRAL_PREFIX})
_CODESTRAL_FILE = re.compile(r"(?m)^\+\+\+\+\+ (.+)\n")
_START_TOKENS = ("<s>", "<bos>", "<|endoftext|>", "<｜begin▁of▁sentence｜>")
_END_TOKENS = {"<|endoftext|>", "<｜end▁of▁sentence｜>", "</s>", "<eos>", "<EOT>", "<|end_of_text|>"}


def undo(prompt: str, suffix: str = "") -> Undone | None:
    """The parts of a templated prompt; None for one that is plain text.

    A prompt that comes with a suffix can have file headings and the mark before the prefix: its hole is already told.
    """
    for start in _START_TOKENS:
        prompt = prompt.removeprefix(start)
    if not suffix:
        for template in _TEMPLATES:
            undone = _undo(prompt, template)
            if undone is not None:
                return undone
        undone = _undo_codestral(prompt) or _undo_suffix_first(prompt, _SEED)
        if undone is not None:
            return undone
    return _undo_headings(prompt, suffix)


def told_suffix(suffix: str | None) -> str:
    """A suffix without what only says that the text ends: Continue writes an end token where there is none."""
    return "" if suffix is None or suffix in _END_TOKENS else suffix


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
    if template.suffix.endswith("<SUF>"):
        suffix = _without_blank(suffix)
    if after and not prefix:
        prefix = after  # suffix first: the prefix stands where the middle begins
    elif after:
        return None
    path, snippets = _files(head, template)
    own_path, prefix = _own_path(prefix, template)
    return Undone(prefix, suffix, own_path or path, sent(snippets), _words(template))


def _words(template: _Template) -> frozenset[str]:
    """All that a template writes, with and without the blanks that belong to it."""
    all_ = (template.prefix, template.suffix, template.middle, template.file, template.repository)
    named = [each for each in all_ if each]
    return frozenset([*named, *(each.strip() for each in named)])


def _without_blank(suffix: str) -> str:
    """CodeLlama's suffix without the blank that some clients write before it, where the line or the text ends there:
    hardly any code has a single blank at a line's end. Elsewhere the blank may be the code's own."""
    return suffix[1:] if suffix == " " or suffix.startswith((" \n", " \r\n")) else suffix


def _is_heading(head: str, template: _Template) -> bool:
    """Whether what stands before the template is nothing, or files of the same repository."""
    heads = [each for each in (template.file, template.repository) if each]
    return not head or any(head.startswith(each) for each in heads)


def _files(head: str, template: _Template) -> tuple[str | None, list[tuple[str | None, str]]]:
    """Path of the last file, which the template is in, and the files before it."""
    files = _headed(head, template)
    if not files:
        return None, []
    path, text = files[-1]
    return (path, files[:-1]) if not text.strip() else (None, files)


def _headed(text: str, template: _Template) -> list[tuple[str | None, str]]:
    """Path and text of each file that has a heading."""
    if template.file is None:
        return []
    parts = [part.partition("\n") for part in text.split(template.file)[1:]]
    return [(path.strip() or None, body) for path, _, body in parts]


def _own_path(prefix: str, template: _Template) -> tuple[str | None, str]:
    """A file heading at the start of the prefix, as StarCoder has it."""
    if template.file is None or not prefix.startswith(template.file):
        return None, prefix
    path, _, text = prefix.removeprefix(template.file).partition("\n")
    return path.strip() or None, text


def _undo_suffix_first(prompt: str, template: _Template) -> Undone | None:
    """The suffix behind its sentinel, then the prefix behind its own, up to the one of the middle."""
    suffix, prefix_mark, rest = prompt.removeprefix(template.suffix).partition(template.prefix)
    prefix, middle_mark, after = rest.partition(template.middle)
    if not prompt.startswith(template.suffix) or not prefix_mark or not middle_mark or after:
        return None
    sentinels = (template.prefix, template.suffix)
    again = any(each in part for each in sentinels for part in (prefix, suffix))
    return None if again else Undone(prefix, suffix, None, (), _words(template))


def _undo_codestral(prompt: str) -> Undone | None:
    """`[SUFFIX]…[PREFIX]…`: the prefix may begin with other files, each under `+++++ path`."""
    if not prompt.startswith(_CODESTRAL_SUFFIX):
        return None
    suffix, mark, prefix = prompt.removeprefix(_CODESTRAL_SUFFIX).partition(_CODESTRAL_PREFIX)
    undone = _undo_codestral_headings(prefix, suffix) or Undone(prefix, suffix, None, (), _CODESTRAL_WORDS)
    return undone if mark and _CODESTRAL_PREFIX not in undone.prefix else None


def _undo_codestral_headings(prompt: str, suffix: str) -> Undone | None:
    """Files under `+++++ path`, the last one up to the cursor; some versions of Continue mark where its text begins."""
    if not _CODESTRAL_FILE.match(prompt):
        return None
    parts = [each.strip() if at % 2 else each for at, each in enumerate(_CODESTRAL_FILE.split(prompt))]
    *files, (path, prefix) = zip(parts[1::2], parts[2::2], strict=True)
    prefix = prefix.removeprefix(_CODESTRAL_PREFIX)
    return Undone(prefix, suffix, path or None, sent(files), _CODESTRAL_WORDS)


def _undo_headings(prompt: str, suffix: str) -> Undone | None:
    """File headings without sentinels: the last file is the prefix, those before it are snippets. Before the prefix its
    sentinel may stand, with or without headings: so Continue writes for Inception's models."""
    for template in _TEMPLATES:
        if template.file is None or any(each in prompt for each in (template.suffix, template.middle)):
            continue
        head, mark, prefix = prompt.partition(template.prefix)
        files = _headed(head, template) if head and _is_heading(head, template) else []
        if mark and files and not files[-1][1].strip():
            files[-1] = (files[-1][0], prefix)
        elif mark:
            files = [] if head else [(None, prefix)]
        if files and template.prefix not in prefix:
            path, prefix = files.pop()
            return Undone(prefix, suffix, path, sent(files), _words(template))
    return _undo_codestral_headings(prompt, suffix)
