"""Document and hole -> token ids, in the order the shipped model reads them: `bos | pack | suffix | prefix`.

The slow part comes first, so that typing leaves what is cached in place; the canvas follows the prefix.
Windows snap to anchors: where a file is longer than the budget, its prefix window starts at a line that
depends on the place only in coarse strides, not on the cursor's very position. Training lays its samples out
with the same functions (`training/samples.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
    """Context ids in reading order, and the bytes before the cursor that the canvas must spell first."""

    ids: list[int]
    pending: bytes


def assemble(
    tokenizer: Tokenizer, prefix_ids: Sequence[int], suffix_ids: Sequence[int], pack_ids: Sequence[int] = ()
) -> list[int]:
    """`bos | pack | suffix | prefix` as one list of ids; the roles are the tokenizer's."""
    specials = tokenizer.specials
    assert specials.bos is not None
    assert specials.suffix is not None
    assert specials.prefix is not None
    return [specials.bos, *pack_ids, specials.suffix, *suffix_ids, specials.prefix, *prefix_ids]


def infill_prompt(
    tokenizer: Tokenizer, prefix: str, suffix: str, budget: int, pack: Sequence[Snippet] = ()
) -> Prompt:
    """The prompt for a hole between `prefix` and `suffix` in at most `budget` ids.

    The pack's snippets are kept whole, as many of the first ones as fit into half the budget. The suffix may
    take a quarter of the rest, or what a short prefix leaves, which shrinks in strides as one types: it stands
    before the prefix, so each time it does, the whole prompt is read again.
    """
    pack_ids = _pack_ids(tokenizer, pack, budget // 2)
    room = budget - len(pack_ids) - 3
    head = window_start(prefix, room * _CHARS_PER_TOKEN)
    healed = tokenizer.heal(prefix[head:])
    stride = max(1, room // 8)
    suffix_room = max(int(room * SUFFIX_SHARE), (room - len(healed.ids)) // stride * stride)
    suffix_ids = suffix_window(tokenizer, suffix, suffix_room)
    prefix_ids = prefix_window(tokenizer, healed.ids, room - len(suffix_ids))
    return Prompt(assemble(tokenizer, prefix_ids, suffix_ids, pack_ids), healed.pending)


def window_start(prefix: str, chars: int) -> int:
    """Where to begin reading a long prefix: a line at least `chars` before its end, moving in strides."""
    if len(prefix) <= chars:
        return 0
    stride = max(1, chars // 2)
    anchor = (len(prefix) - chars) // stride * stride
    return prefix.rfind("\n", 0, anchor) + 1


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


def _pack_ids(tokenizer: Tokenizer, pack: Sequence[Snippet], room: int) -> list[int]:
    """Snippets in prompt order, each behind its mark and a comment line with its path."""
    mark = tokenizer.specials.snippet
    ids: list[int] = []
    for snippet in pack:
        assert mark is not None
        encoded = [mark, *tokenizer.encode(f"# {snippet.path}\n{snippet.text}\n")]
        if len(ids) + len(encoded) > room:
            break
        ids += encoded
    return ids


def _ends_line(tokenizer: Tokenizer, token_id: int) -> bool:
    return tokenizer.token_bytes(token_id).endswith((b"\n", b"\r"))
