"""How a vocabulary writes bytes: GPT-2's printable stand-ins, or SentencePiece's blanks and byte tokens."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from coderdiff.errors import CheckpointError

BLANK = "\u2581"
"""SentencePiece's stand-in for a blank."""

_BYTE_TOKEN = re.compile(r"<0x([0-9A-F]{2})>\Z")
_SURROGATES = "\ud800-\udfff"
_BLANKS_ONLY = {"type": "Replace", "pattern": {"String": " "}, "content": BLANK}


@dataclass(frozen=True)
class Spelling:
    """One way. `of` gives a token's bytes, empty if it spells none; `beyond` finds the characters that an encoder
    cannot be given and that are spelled byte by byte; `normalizer` is what the encoder does to a text first."""

    of: Callable[[str], bytes]
    beyond: re.Pattern[str]
    normalizer: Mapping[str, object] | None

    def is_text(self, token: Mapping[str, Any]) -> bool:
        """Whether an added token is a run of blanks, which is text."""
        written = token["content"] if self.normalizer is None else token["content"].replace(BLANK, " ")
        return not token["special"] and not written.strip()


def spelling_of(content: Mapping[str, Any]) -> Spelling:
    """The way of a `tokenizer.json`; raises CheckpointError for one whose tokens do not spell every text."""
    model = content["model"]
    if model.get("type", "BPE") == "BPE":
        if '"ByteLevel"' in json.dumps(content["pre_tokenizer"]):
            return BYTE_LEVEL
        if model.get("byte_fallback") and content.get("normalizer") == _BLANKS_ONLY:
            return SENTENCE_PIECE
    raise CheckpointError(
        "only a BPE with a token for every byte can be used: byte-level, or with byte fallback"
    )


@functools.cache
def _byte_of_char() -> dict[str, int]:
    """GPT-2's table: the printable character that stands for each byte in a byte-level vocabulary."""
    printable = [
        *range(ord("!"), ord("~") + 1),
        *range(ord("¡"), ord("¬") + 1),
        *range(ord("®"), ord("ÿ") + 1),
    ]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + n): byte for n, byte in enumerate(others)}


def _byte_level(token: str) -> bytes:
    table = _byte_of_char()
    return bytes(table[char] for char in token) if all(char in table for char in token) else b""


def _sentence_piece(token: str) -> bytes:
    byte = _BYTE_TOKEN.match(token)
    return bytes.fromhex(byte[1]) if byte else token.replace(BLANK, " ").encode()


BYTE_LEVEL = Spelling(_byte_level, re.compile(f"[{_SURROGATES}]"), None)
SENTENCE_PIECE = Spelling(_sentence_piece, re.compile(f"[{_SURROGATES}{BLANK}]"), _BLANKS_ONLY)
