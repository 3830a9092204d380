"""What was chosen -> snippets: the same choice always gives the same bytes, in the same order.

A file's chosen definitions are one snippet, a skeleton in source order, so that its path costs tokens once; chosen
lines are a snippet each, so that one that stays in the pack stays what it is. Snippets stand in the order of paths
and lines, not of merit: then a pack that loses one and gains one is the same elsewhere.

Nothing goes out that the index would not have let in: text passes the secret scan and the neutraliser once more, for
an open buffer never went through the index; neither did what a client sends.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from coderdiff.context.retrieval.costs import Count
from coderdiff.context.retrieval.pack import Taken
from coderdiff.context.retrieval.render import Shown, heading, skeleton
from coderdiff.context.safety.deny import denied
from coderdiff.context.safety.forgery import neutral, neutral_path
from coderdiff.context.safety.secrets import redact
from coderdiff.types import Resolution, Snippet

_MOST_REASONS = 3


@dataclass(frozen=True, slots=True)
class Costed:
    """A snippet and its tokens, heading included."""

    snippet: Snippet
    tokens: int


def compose(taken: Sequence[Taken], budget: int, count: Count) -> list[Costed]:
    """The snippets of a choice, in prompt order, at most `budget` tokens together as `count` has them.

    Text that was counted piece by piece may cost more as a whole: then what was chosen last is left out, and the
    snippets of its file are made anew.
    """
    kept = list(taken)
    chosen: dict[str, list[Taken]] = defaultdict(list)
    for each in kept:
        chosen[each.step.path].append(each)

    def costed(path: str) -> list[Costed]:
        return [
            Costed(each, count(f"{heading(each.path)}{each.text}\n")) for each in _of_file(path, chosen[path])
        ]

    files = {path: costed(path) for path in chosen}
    while kept and sum(each.tokens for listed in files.values() for each in listed) > budget:
        path = kept.pop().step.path
        chosen[path].pop()
        files[path] = costed(path)
    return sorted((each for listed in files.values() for each in listed), key=_in_order)


def _in_order(costed: Costed) -> tuple[str, bool, int, int]:
    snippet = costed.snippet
    return snippet.path, snippet.resolution == "body", snippet.start_line, snippet.end_line


def safe(snippet: Snippet, specials: Iterable[str] = ()) -> Snippet | None:
    """A snippet as it may be shown, wherever it comes from; None for one of a file that must not be read."""
    if denied(snippet.path):
        return None
    specials = frozenset(specials)
    path, text = _neutral_path(snippet.path, specials), _cleaned(snippet.text, specials)
    if (path, text) == (snippet.path, snippet.text):
        return snippet
    return replace(snippet, path=path, text=text)


@lru_cache(maxsize=1 << 12)
def _cleaned(text: str, specials: frozenset[str]) -> str:
    """Remembered: packs show the same few texts again and again."""
    return redact(neutral(text, specials))


_neutral_path = lru_cache(maxsize=1 << 12)(neutral_path)


def _of_file(path: str, taken: Sequence[Taken]) -> list[Snippet]:
    """What was chosen of one file: its definitions as one snippet, lines as one each."""
    lines = [(each.value, each.step.example) for each in taken if each.step.example is not None]
    found = [
        Snippet(
            path,
            example.chunk.start_line,
            example.chunk.end_line,
            example.chunk.text,
            "body",
            round(value, 4),
            example.reason,
        )
        for value, example in lines
    ]
    # Definitions within lines that are shown as they are need no line in a skeleton.
    shown = [range(example.chunk.start_line, example.chunk.end_line + 1) for _, example in lines]
    named = [
        each
        for each in taken
        if each.step.found is not None and not any(each.step.key[2] in lines_ for lines_ in shown)
    ]
    if named:
        found.append(_skeleton(path, named))
    return [each for each in map(safe, found) if each is not None]


def _skeleton(path: str, taken: Sequence[Taken]) -> Snippet:
    """The chosen definitions of one file as one snippet."""
    best: dict[tuple[str, int], Shown] = {}
    for each in taken:
        assert each.step.found is not None
        _, qualified, line = each.step.key
        signed = each.step.resolution == "signature"
        if signed or (qualified, line) not in best:
            best[qualified, line] = Shown(each.step.found.here.definition, signed)
    shown = list(best.values())
    resolution: Resolution = "signature" if any(each.signature for each in shown) else "name"
    return Snippet(
        path,
        min(each.definition.start_line for each in shown),
        max(each.definition.end_line for each in shown),
        skeleton(shown),
        resolution,
        round(sum(each.value for each in taken), 4),
        _reasons(taken),
    )


def _reasons(taken: Sequence[Taken]) -> str:
    """The reasons that carry most of the value, each once."""
    weight: dict[str, float] = defaultdict(float)
    for each in taken:
        assert each.step.found is not None
        weight[each.step.found.reason] += each.value
    first = sorted(weight, key=lambda reason: (-weight[reason], reason))
    more = len(first) - _MOST_REASONS
    return "; ".join(first[:_MOST_REASONS]) + (f"; {more} more" if more > 0 else "")
