"""Document and hole -> token ids, in the order the shipped model reads them: `bos | pack | suffix | prefix`
(`model/pack.py` says how the snippets of a pack stand in it).

The slow part comes first, so that typing leaves what is cached in place; the canvas follows the prefix.
Windows snap to anchors: where a file is longer than the budget, its prefix window starts at a line that
depends on the place only in coarse strides, not on the cursor's very position. Training lays its samples out
with the same functions (`training/samples.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from coderdiff.model.pack import snippet_ids
from coderdiff.model.tokenizer import Tokenizer
from coderdiff.types import Snippet

SUFFIX_SHARE = 0.25
"""Most of the budget that the suffix takes when the prefix wants the rest."""

_CHARS_PER_TOKEN = 6
"""More characters than this a token are never met on code: how much text to tokenize for a token budget."""

_STRIDE_SHARE = 0.25
"""The prefix window moves in strides of this share of its budget."""


@dataclass(frozen=True)
class Prompt:
    """What is read before the canvas.

    `ids`: the document's, in reading order, from the first token on. `pending`: the bytes before the cursor that
    the canvas must spell first. `pack`: the ids of each snippet, which stand behind the first token. `shown`: the
    snippets that these are. `behind`: what stands behind the canvas, where the model reads in document order.
    """

    ids: list[int]
    pending: bytes
    pack: tuple[tuple[int, ...], ...] = ()
    shown: tuple[Snippet, ...] = ()
    behind: tuple[int, ...] = ()

    @property
    def rows(self) -> int:
        """Rows of context, the pack's and those behind the canvas included."""
        return len(self.ids) + sum(map(len, self.pack)) + len(self.behind)


def assemble(tokenizer: Tokenizer, prefix_ids: Sequence[int], suffix_ids: Sequence[int]) -> list[int]:
    """`bos | suffix | prefix` as one list of ids; the roles are the tokenizer's."""
    specials = tokenizer.specials
    assert specials.bos is not None
    assert specials.suffix is not None
    assert specials.prefix is not None
    return [specials.bos, specials.suffix, *suffix_ids, specials.prefix, *prefix_ids]


def document_order(
    tokenizer: Tokenizer, prefix_ids: Sequence[int], canvas: Sequence[int], suffix_ids: Sequence[int]
) -> list[int]:
    """`bos | prefix | canvas | suffix`: what a network reads that is bidirectional over its context too."""
    assert tokenizer.specials.bos is not None
    return [tokenizer.specials.bos, *prefix_ids, *canvas, *suffix_ids]


def infill_prompt(
    tokenizer: Tokenizer,
    prefix: str,
    suffix: str,
    budget: int,
    pack: Sequence[Snippet] = (),
    pack_budget: int | None = None,
) -> Prompt:
    """The prompt for a hole between `prefix` and `suffix` in at most `budget` rows.

    The pack's snippets are kept whole and in order; those that do not fit into `pack_budget` (half the budget if
    None, or if that is less) are left out. The suffix may
    take a quarter of the rest, or what a short prefix leaves, which shrinks in strides as one types: it stands
    before the prefix, so each time it does, the whole prompt is read again.
    """
    most = budget // 2 if pack_budget is None else min(pack_budget, budget // 2)
    shown, packed = _fitting(tokenizer, pack, most)
    room = budget - sum(map(len, packed)) - 3
    windows = both_windows(tokenizer, prefix, suffix, room)
    return Prompt(assemble(tokenizer, windows.prefix, windows.suffix), windows.pending, packed, shown)


@dataclass(frozen=True)
class Windows:
    """What is read of both sides of a hole, and the bytes before the cursor that are given back."""

    prefix: list[int]
    suffix: list[int]
    pending: bytes


def both_windows(tokenizer: Tokenizer, prefix: str, suffix: str, room: int) -> Windows:
    """The text next to the hole that fits into `room` rows; see `infill_prompt` for the suffix' share."""
    head = window_start(prefix, room * _CHARS_PER_TOKEN)
    healed = tokenizer.heal(prefix[head:])
    stride = max(1, room // 8)
    suffix_room = max(int(room * SUFFIX_SHARE), (room - len(healed.ids)) // stride * stride)
    suffix_ids = suffix_window(tokenizer, suffix, suffix_room)
    return Windows(prefix_window(tokenizer, healed.ids, room - len(suffix_ids)), suffix_ids, healed.pending)


def window_start(prefix: str, chars: int) -> int:
    """Where to begin reading a long prefix: a line at least `chars` before its end, moving in strides; within a line
    that is far longer than that."""
    if len(prefix) <= chars:
        return 0
    stride = max(1, chars // 2)
    anchor = (len(prefix) - chars) // stride * stride
    line = prefix.rfind("\n", 0, anchor) + 1
    return line if anchor - line <= chars else anchor


def suffix_window(tokenizer: Tokenizer, suffix: str, room: int) -> list[int]:
    """The first whole lines of the suffix that fit into `room` ids; part of a line if lines are long."""
    ids = tokenizer.encode(suffix[: room * _CHARS_PER_TOKEN])
    if len(ids) <= room:
        return ids
    ids = ids[:room]
    ends = [at for at, id_ in enumerate(ids) if _ends_line(tokenizer, id_)]
    return ids[: ends[-1] + 1] if ends and ends[-1] >= room // 2 else ids


def prefix_window(tokenizer: Tokenizer, ids: list[int], room: int) -> list[int]:
    """The last ids of the prefix that fit into `room`, from a line start that moves in strides."""
    if len(ids) <= room:
        return ids
    stride = max(1, int(room * _STRIDE_SHARE))
    start = -(-(len(ids) - room) // stride) * stride
    for at in range(start, min(start + stride, len(ids))):
        if _ends_line(tokenizer, ids[at - 1]):
            return ids[at:]
    return ids[start:]


def _fitting(
    tokenizer: Tokenizer, pack: Sequence[Snippet], room: int
) -> tuple[tuple[Snippet, ...], tuple[tuple[int, ...], ...]]:
    """The snippets of a pack that fit into `room` rows together, and their ids."""
    shown: list[Snippet] = []
    packed: list[tuple[int, ...]] = []
    for snippet in pack:
        ids = snippet_ids(tokenizer, snippet.path, snippet.text) if room else ()
        if ids and len(ids) <= room:
            shown.append(snippet)
            packed.append(ids)
            room -= len(ids)
    return tuple(shown), tuple(packed)


def _ends_line(tokenizer: Tokenizer, token_id: int) -> bool:
    return tokenizer.token_bytes(token_id).endswith((b"\n", b"\r"))
