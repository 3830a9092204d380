"""A checkpoint's tokenizer as the content of a `tokenizer.json`, also where it is published in older files.

Dream and its kin ship `vocab.json` and `merges.txt`, which their own code splits text before as Qwen2's does. Their
added tokens stand in `tokenizer_config.json` or `added_tokens.json`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from coderdiff.errors import CheckpointError
from coderdiff.model.files import existing, read_json

TOKENIZER_NAME = "tokenizer.json"
TOKENIZER_CONFIG_NAME = "tokenizer_config.json"
_VOCAB_NAME = "vocab.json"
_MERGES_NAME = "merges.txt"
_ADDED_NAME = "added_tokens.json"

_QWEN2 = {"Qwen2Tokenizer", "Qwen2TokenizerFast", "DreamTokenizer"}
_QWEN2_PIECES = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
    r"|[^\r\n\p{L}\p{N}]?\p{L}+"
    r"|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+"
    r"|\s+(?!\S)"
    r"|\s+"
)
"""Where Qwen2 (arXiv 2407.10671) divides text: words with what is before them, single digits, runs of the rest."""


def tokenizer_content(folder: Path) -> tuple[dict[str, Any], Path]:
    """What `tokenizer.json` says or would say, and the file it is from.

    Raises CheckpointError if there is no tokenizer, or one of a class whose splitting is not known.
    """
    path = folder / TOKENIZER_NAME
    if path.is_file() or not (folder / _VOCAB_NAME).is_file():
        return read_json(path), path
    config = tokenizer_config(folder)
    kind = config.get("tokenizer_class")
    if kind not in _QWEN2:
        raise CheckpointError(
            f"{folder} has no {TOKENIZER_NAME}, and {_VOCAB_NAME} of the tokenizer class {kind!r} cannot be used: "
            f"save it with its {TOKENIZER_NAME}"
        )
    vocab = read_json(folder / _VOCAB_NAME)
    lines = existing(folder / _MERGES_NAME).read_text(encoding="utf-8").split("\n")
    merges = [line for line in lines if line.strip() and not line.startswith("#version")]
    return _content(vocab, merges, _added(folder, config)), folder / _VOCAB_NAME


def tokenizer_config(folder: Path) -> dict[str, Any]:
    """`tokenizer_config.json`; empty if there is none."""
    path = folder / TOKENIZER_CONFIG_NAME
    return read_json(path) if path.is_file() else {}


def _added(folder: Path, config: dict[str, Any]) -> list[dict[str, Any]]:
    """The added tokens in id order; the newer file says more of each."""
    listed = config.get("added_tokens_decoder")
    if isinstance(listed, dict) and listed:
        return [
            {**token, "id": int(id_)} for id_, token in sorted(listed.items(), key=lambda pair: int(pair[0]))
        ]
    path = folder / _ADDED_NAME
    named = read_json(path) if path.is_file() else {}
    return [
        {"id": id_, "content": content, "special": True}
        for content, id_ in sorted(named.items(), key=lambda pair: str(pair[1]))
    ]


def _content(vocab: dict[str, Any], merges: list[str], added: list[dict[str, Any]]) -> dict[str, Any]:
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": False}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [flags | token for token in added],
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {
                    "type": "Split",
                    "pattern": {"Regex": _QWEN2_PIECES},
                    "behavior": "Isolated",
                    "invert": False,
                },
                {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False},
            ],
        },
        "post_processor": None,
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": "",
            "end_of_word_suffix": "",
            "fuse_unk": False,
            "byte_fallback": False,
            "vocab": vocab,
            "merges": merges,
        },
    }
