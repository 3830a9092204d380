"""Checkpoints by their published name, `ORG/NAME`: out of the Hugging Face cache, or downloaded into it.

What is in the cache whole is used as it is, without a network call. Only configs, tokenizers and safetensors are ever
fetched: no pickles, no code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from coderdiff.errors import CheckpointError
from coderdiff.model.files import one_line
from coderdiff.model.weights import stored_names, weight_files

DESCRIBING = (
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "chat_template.jinja",
)
"""The files that say what a checkpoint is: some megabytes."""

WEIGHTS = ("model*.safetensors", "model.safetensors.index.json")

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_TOKENIZERS = ({"tokenizer.json"}, {"vocab.json", "merges.txt"})


def is_name(text: str) -> bool:
    """Whether `text` has the shape `ORG/NAME`."""
    return _NAME.fullmatch(text) is not None


def name_of(folder: Path) -> str:
    """A checkpoint's name by its folder: `ORG/NAME` within the cache, else the folder's own."""
    folder = folder.absolute()
    repository = folder.parent.parent.name
    if folder.parent.name == "snapshots" and repository.startswith("models--"):
        return repository.removeprefix("models--").replace("--", "/")
    return folder.resolve().name


def cache_folder() -> Path:
    """Where downloaded checkpoints lie (`HF_HUB_CACHE`, `HF_HOME`)."""
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)


def cached(name: str, cache: Path | None = None) -> Path | None:
    """The folder of a checkpoint that is whole in the cache; None if it is not there or a file is missing."""
    repository = (cache or cache_folder()) / f"models--{name.replace('/', '--')}"
    try:
        commit = (repository / "refs" / "main").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
    folder = repository / "snapshots" / commit
    return folder if commit and _is_whole(folder) else None


def cached_names(cache: Path | None = None) -> Iterator[str]:
    """The names of all checkpoints that are whole in the cache, of whatever kind."""
    for folder in sorted((cache or cache_folder()).glob("models--*--*")):
        name = folder.name.removeprefix("models--").replace("--", "/")
        if cached(name, cache) is not None:
            yield name


def fetched(name: str, cache: Path | None = None, endpoint: str | None = None) -> Path:
    """The folder of a checkpoint: out of the cache, else downloaded, with progress on stderr.

    `endpoint` is the server, the public one (or `HF_ENDPOINT`) by default. Raises CheckpointError if there is
    no such checkpoint, no network, no right to it, or nothing in it that can be loaded.
    """
    folder = cached(name, cache)
    if folder is not None:
        return folder
    folder = _downloaded(name, (*DESCRIBING, *WEIGHTS), cache, endpoint)
    if not _is_whole(folder):
        raise CheckpointError(
            f"{name} has no config, tokenizer and safetensors weights that belong together: nothing else is loaded"
        )
    return folder


def fetched_description(name: str, cache: Path | None = None, endpoint: str | None = None) -> Path:
    """The folder of a checkpoint with the files that say what it is, without weights; raises as `fetched` does."""
    return _downloaded(name, DESCRIBING, cache, endpoint)


def _downloaded(name: str, files: tuple[str, ...], cache: Path | None, endpoint: str | None) -> Path:
    from huggingface_hub import constants, errors, snapshot_download

    if constants.HF_HUB_OFFLINE:
        raise CheckpointError(
            f"{name} is no folder here and not whole in {cache or cache_folder()}, and HF_HUB_OFFLINE is set: "
            "unset it to download"
        )
    try:
        return Path(snapshot_download(name, cache_dir=cache, endpoint=endpoint, allow_patterns=list(files)))
    except errors.GatedRepoError as error:
        raise CheckpointError(
            f"{name} is open only to those who accepted its terms: accept them on its page, then set HF_TOKEN"
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise CheckpointError(
            f"there is no checkpoint {name} on the server: `coderdiff models` lists names; a private one needs HF_TOKEN"
        ) from error
    # The client passes on its HTTP library's errors, and does not declare that it does.
    except (OSError, errors.HTTPError) as error:  # type: ignore[attr-defined]
        raise CheckpointError(
            f"cannot download {name} ({_cause(error)}): check the network and the disk, or give a model's folder"
        ) from error


def _is_whole(folder: Path) -> bool:
    """Whether a snapshot has a config, a tokenizer and all weights its index names."""
    present = {path.name for path in folder.glob("*") if path.is_file()}
    if "config.json" not in present or not any(needed <= present for needed in _TOKENIZERS):
        return False
    try:
        return bool(weight_files(folder)) and bool(stored_names(folder))
    except CheckpointError:
        return False


def _cause(error: Exception) -> str:
    """The innermost reason that has words, on one line."""
    while error.__cause__ is not None and isinstance(error.__cause__, Exception):
        error = error.__cause__
    return one_line(error)[:200] or type(error).__name__
