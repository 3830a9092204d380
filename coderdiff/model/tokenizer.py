"""Text to token ids and back, for any BPE in a `tokenizer.json` that has a token for every byte (`spelling.py`); and
cursors inside a token.

What is guaranteed:

* `decode(encode(text)) == text` for every Python string, lone surrogates included (they travel in the three
  bytes that the `surrogatepass` handler gives them). So any bytes round-trip too, if they are read and
  written as UTF-8 with `errors="surrogateescape"`.
* `encode` never yields a special token: text that spells one is only text.

A cursor may stand inside what would be one token: `ret|urn`. `heal` gives back the end of the prefix that the
text behind the cursor may join, and `allowed_first` says which tokens can spell it again (token healing, as a
constraint on bytes). Ids that a network knows but the file does not (padding of its embedding) never occur
here.
"""

from __future__ import annotations

import bisect
import functools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tokenizers

from coderdiff.errors import CheckpointError
from coderdiff.model.spelling import BLANK, BYTE_LEVEL, SENTENCE_PIECE, spelling_of


@dataclass(frozen=True)
class SpecialIds:
    """The ids of the special tokens by role; None for a role the tokenizer has no token for.

    `mask` stands in the canvas where nothing is committed, `end` ends a completion, `pad` fills a canvas
    behind its end. `bos` opens a prompt; `suffix`, `prefix` and `snippet` open those parts of it, `middle`
    closes it. `expand` in the canvas stands for two masks or more, `delete` for none (DreamOn, arXiv 2602.01326).
    Where `insert` is chosen, the row keeps its token and a mask comes before it.
    """

    mask: int | None = None
    end: int | None = None
    pad: int | None = None
    bos: int | None = None
    suffix: int | None = None
    prefix: int | None = None
    middle: int | None = None
    snippet: int | None = None
    expand: int | None = None
    delete: int | None = None
    insert: int | None = None


ROLES = tuple(field.name for field in fields(SpecialIds) if field.name != "insert")
"""The roles that our own tokenizers have names for."""

LENGTH_ROLES = ("expand", "delete")
"""Roles that only a model whose canvas changes its length has tokens for."""


def special_token(name: str) -> str:
    """How our own `tokenizer.json` spells the special token of a role."""
    return f"<|{name}|>"


@dataclass(frozen=True)
class Healed:
    """A prefix whose last token is settled: `ids` spell all of it but `pending`, whole characters' bytes."""

    ids: list[int]
    pending: bytes


@dataclass(frozen=True)
class Mark:
    """A special token as a template spells it; `lstrip` and `rstrip`: the blanks on that side go into it."""

    text: str
    id: int
    lstrip: bool = False
    rstrip: bool = False


# How far back a word can be given back, in characters; longer words are cut, so healing stays quick.
_MAX_PIECE = 64
# The last piece of a text: blanks, a word or a run of punctuation. A single space belongs to what follows it.
_LAST_PIECE = re.compile(r"[ \t]+\Z|(?:(?<![ \t]) )?[^\W\d]+\Z|(?:(?<![ \t]) )?[^\w\s]+\Z")
# Tokens tried for each suffix of a piece before it is held that none can join it.
_GROWTH_TRIALS = 64


class Tokenizer:
    """A BPE with a token for every byte. Make one with `from_file`."""

    def __init__(
        self,
        encoder: tokenizers.Tokenizer,
        vocab_bytes: Sequence[bytes],
        specials: SpecialIds,
        marks: Sequence[Mark],
        beyond: re.Pattern[str] = BYTE_LEVEL.beyond,
    ) -> None:
        """`beyond` finds characters that are spelled byte by byte, since the encoder cannot be given them."""
        self._beyond = beyond
        self.specials = specials
        self.marks = tuple(marks)
        self.vocab_bytes = tuple(vocab_bytes)
        self._encoder = encoder
        self._by_bytes = sorted((token, id_) for id_, token in enumerate(self.vocab_bytes) if token)
        self._byte_ids = {token[0]: id_ for token, id_ in self._by_bytes if len(token) == 1}
        if len(self._byte_ids) != 256:
            raise CheckpointError("the tokenizer has no token for some byte")
        self._max_token_bytes = max(len(token) for token, _ in self._by_bytes)
        # Caches live and die with the tokenizer.
        self._allowed = functools.lru_cache(maxsize=4096)(self._find_allowed)
        self._grows = functools.lru_cache(maxsize=4096)(self._find_growth)

    @classmethod
    def from_file(cls, path: Path, specials: Mapping[str, str] | None = None) -> Tokenizer:
        """Load a `tokenizer.json`, ours or a published one.

        `specials` names the special tokens of a published file, role (a field of `SpecialIds`) to token;
        without it our own names are looked for. A Unicode normaliser in the file is left out: text must come
        back as it was. Raises `CheckpointError` if the file is missing, is no BPE with a token for every byte, or
        lacks a token named.
        """
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CheckpointError(f"cannot read the tokenizer {path}: {error}") from error
        with _usable(path):
            content = json.loads(text)
        return cls.from_content(content, path, specials)

    @classmethod
    def from_content(cls, content: Any, path: Path, specials: Mapping[str, str] | None = None) -> Tokenizer:
        """`from_file` for what a `tokenizer.json` says, wherever it is from; errors name `path`."""
        with _usable(path):
            return cls._from_json(content, specials)

    @classmethod
    def _from_json(cls, content: dict[str, Any], specials: Mapping[str, str] | None) -> Tokenizer:
        model = content["model"]
        spelling = spelling_of(content)
        # SentencePiece's runs of blanks are made by merges; that they are among the added tokens too changes nothing.
        added = [
            token
            for token in content["added_tokens"]
            if not (BLANK in token["content"] and spelling is SENTENCE_PIECE and spelling.is_text(token))
        ]
        ids = _token_ids(content)
        table = [b""] * (max(ids.values()) + 1)
        for token, id_ in model["vocab"].items():
            table[id_] = spelling.of(token)
        # Some published files keep runs of blanks among the added tokens; those are text. All other added
        # tokens go, so that no text can reach them.
        blanks = [token for token in added if spelling.is_text(token)]
        for token in added:
            table[token["id"]] = token["content"].encode() if token in blanks else b""
        # An added token gets the next free id, unless the model has one for it.
        model = {**model, "vocab": {**model["vocab"], **{token["content"]: token["id"] for token in blanks}}}
        content = {**content, "model": model, "added_tokens": blanks}
        content |= {"normalizer": spelling.normalizer, "post_processor": None}
        encoder = tokenizers.Tokenizer.from_str(json.dumps(content))
        encoder.no_truncation()
        encoder.no_padding()
        marks = [
            Mark(token["content"], token["id"], bool(token.get("lstrip")), bool(token.get("rstrip")))
            for token in added
            if token not in blanks and token["content"]
        ]
        return cls(encoder, table, _special_ids(ids, specials), marks, spelling.beyond)

    @property
    def vocab_size(self) -> int:
        """How many ids there are, special tokens included."""
        return len(self.vocab_bytes)

    def encode(self, text: str) -> list[int]:
        """The token ids of `text`; never a special token."""
        if self._beyond.search(text) is None:
            return list(self._encoder.encode(text, add_special_tokens=False).ids)
        ids: list[int] = []
        start = 0
        for match in self._beyond.finditer(text):
            ids += self._encoder.encode(text[start : match.start()], add_special_tokens=False).ids
            ids += (self._byte_ids[byte] for byte in _to_bytes(match.group()))
            start = match.end()
        return ids + self._encoder.encode(text[start:], add_special_tokens=False).ids

    def divide(self, text: str) -> list[str | int]:
        """The special tokens that `text` spells, as ids, and the texts between them.

        For text that may name them, as a chat template's; text of other people goes to `encode`.
        """
        parts: list[str | int] = []
        start = 0
        for match in self._spelled_marks.finditer(text):
            if match.start() > start:
                parts.append(text[start : match.start()])
            assert match.lastindex is not None
            parts.append(self._by_length[match.lastindex - 1].id)
            start = match.end()
        return [*parts, text[start:]] if start < len(text) else parts

    @functools.cached_property
    def _by_length(self) -> list[Mark]:
        return sorted(self.marks, key=lambda mark: -len(mark.text))

    @functools.cached_property
    def _spelled_marks(self) -> re.Pattern[str]:
        """A group for each special token: of those that begin at one place the longest is meant."""
        blanks = ("", r"\s*")
        groups = [
            f"{blanks[mark.lstrip]}({re.escape(mark.text)}){blanks[mark.rstrip]}" for mark in self._by_length
        ]
        return re.compile("|".join(groups) or r"(?!)")

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """`encode` of each text, on all cores."""
        if any(self._beyond.search(text) for text in texts):
            return [self.encode(text) for text in texts]
        return [encoding.ids for encoding in self._encoder.encode_batch_fast(texts, add_special_tokens=False)]

    def decode(self, ids: Iterable[int]) -> str:
        """The text that `ids` spell. Special tokens spell nothing; bytes that are no UTF-8 become U+FFFD."""
        content = self.decode_bytes(ids)
        try:
            return _to_text(content)
        except UnicodeDecodeError:
            return content.decode("utf-8", "replace")

    def decode_bytes(self, ids: Iterable[int]) -> bytes:
        """The bytes that `ids` spell, whole characters or not."""
        return b"".join(map(self.vocab_bytes.__getitem__, ids))

    def token_bytes(self, token_id: int) -> bytes:
        """The bytes of one token; empty for a special token."""
        return self.vocab_bytes[token_id]

    def heal(self, prefix: str) -> Healed:
        """Encode the text before a cursor, giving back what the text behind the cursor may change.

        Given back is the last word, run of punctuation or run of blanks, with all of each token it touches,
        and the tokens before it that one longer token could join with it; nothing where no token can reach
        across the cursor, as behind a line end. With `encode_after(pending, rest)` the whole text's own
        tokens come back for nearly every cursor (`docs/tokenizer.md` has the share).
        """
        ids = self.encode(prefix)
        piece = _to_bytes(_last_piece(prefix))
        kept, pending = len(ids), b""
        while kept and (len(pending) < max(1, len(piece)) or _is_continuation(pending[0])):
            kept -= 1
            pending = self.vocab_bytes[ids[kept]] + pending
        longer = pending
        for start in range(kept - 1, -1, -1):
            longer = self.vocab_bytes[ids[start]] + longer
            if len(longer) >= self._max_token_bytes:
                break
            if self._is_extended(longer) and not _is_continuation(longer[0]):
                kept, pending = start, longer
        return Healed(ids[:kept], pending) if self._grows(pending) else Healed(ids, b"")

    def encode_after(self, pending: bytes, text: str) -> list[int]:
        """The tokens that follow `Healed.ids` if `text` is behind the cursor: they spell `pending + text`."""
        return self.encode(_to_text(pending) + text)

    def allowed_first(self, pending: bytes) -> npt.NDArray[np.int64] | None:
        """The ids, ascending, that a completion may start with while `pending` is still to be spelled.

        These are the tokens that start with `pending`, and those that `pending` starts with. None when
        nothing is pending: then every token may come, special ones too.
        """
        return self._allowed(pending) if pending else None

    def advance(self, pending: bytes, token_id: int) -> bytes:
        """What is still to be spelled of `pending` after a token that `allowed_first` allows."""
        token = self.vocab_bytes[token_id]
        fits = token != b"" and (pending.startswith(token) or token.startswith(pending))
        assert fits, "the token breaks the constraint"
        return pending[len(token) :]

    def _starting_with(self, start: bytes) -> list[tuple[bytes, int]]:
        """All tokens that start with `start`, sorted."""
        first = bisect.bisect_left(self._by_bytes, (start, -1))
        beyond = start + b"\xff" * self._max_token_bytes
        last = bisect.bisect_left(self._by_bytes, (beyond, self.vocab_size), lo=first)
        return self._by_bytes[first:last]

    def _is_extended(self, start: bytes) -> bool:
        """Whether some token is longer than `start` and starts with it."""
        after = bisect.bisect_left(self._by_bytes, (start, self.vocab_size))
        return after < len(self._by_bytes) and self._by_bytes[after][0].startswith(start)

    def _find_allowed(self, pending: bytes) -> npt.NDArray[np.int64]:
        ids = [id_ for _, id_ in self._starting_with(pending)]
        for size in range(1, min(len(pending), self._max_token_bytes + 1)):
            first = bisect.bisect_left(self._by_bytes, (pending[:size], -1))
            last = bisect.bisect_left(self._by_bytes, (pending[:size], self.vocab_size), lo=first)
            ids += [id_ for _, id_ in self._by_bytes[first:last]]
        allowed = np.array(sorted(ids), dtype=np.int64)
        allowed.setflags(write=False)  # it is shared by all who ask
        return allowed

    def _find_growth(self, pending: bytes) -> bool:
        """Whether some text behind `pending` makes a token that reaches across the cursor."""
        for start in range(len(pending)):
            head, tail = pending[:start], pending[start:]
            longer = (token for token, _ in self._starting_with(tail) if len(token) > len(tail))
            for token in list(longer)[:_GROWTH_TRIALS]:
                try:
                    ids = self.encode(_to_text(head + token))
                except UnicodeDecodeError:
                    continue
                if not self._has_boundary(ids, len(pending)):
                    return True
        return False

    def _has_boundary(self, ids: Sequence[int], position: int) -> bool:
        """Whether a token of `ids` ends just at byte `position`."""
        for id_ in ids:
            if position <= 0:
                break
            position -= len(self.vocab_bytes[id_])
        return position == 0


def vocabulary(content: Any, path: Path, specials: Mapping[str, str] | None = None) -> tuple[SpecialIds, int]:
    """The special ids and how many ids there are, by what a `tokenizer.json` says, without making an encoder.

    `specials` and the errors are those of `Tokenizer.from_content`.
    """
    with _usable(path):
        ids = _token_ids(content)
        return _special_ids(ids, specials), max(ids.values()) + 1


def _token_ids(content: Mapping[str, Any]) -> dict[str, int]:
    return {
        **content["model"]["vocab"],
        **{token["content"]: token["id"] for token in content["added_tokens"]},
    }


@contextmanager
def _usable(path: Path) -> Iterator[None]:
    """Raise what goes wrong within as a CheckpointError that names `path`."""
    try:
        yield
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from error
    except Exception as error:  # `tokenizers` raises no narrower one for a file it cannot use
        raise CheckpointError(f"{path} is not a usable tokenizer.json: {error!r}") from error


def _special_ids(ids: Mapping[str, int], specials: Mapping[str, str] | None) -> SpecialIds:
    if specials is None:
        return SpecialIds(**{role: ids.get(special_token(role)) for role in ROLES})
    known = [field.name for field in fields(SpecialIds)]
    for role, token in specials.items():
        if role not in known:
            raise CheckpointError(f"there is no special token role {role!r}: use some of {', '.join(known)}")
        if token not in ids:
            raise CheckpointError(f"the tokenizer has no token {token!r} (wanted as {role})")
    return SpecialIds(**{role: ids[token] for role, token in specials.items()})


def _last_piece(text: str) -> str:
    match = _LAST_PIECE.search(text[-_MAX_PIECE:])
    return match.group() if match else ""


def _is_continuation(byte: int) -> bool:
    """Whether a byte is inside a UTF-8 character rather than at its start."""
    return byte & 0xC0 == 0x80


def _to_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _to_text(content: bytes) -> str:
    return content.decode("utf-8", "surrogatepass")
