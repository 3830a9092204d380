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

    Text that was counted piece by piece may cost more as a whole: then what was chosen last is left out.
    """
    kept = list(taken)
    while True:
        costed = [Costed(each, count(f"{heading(each.path)}{each.text}\n")) for each in _snippets(kept)]
        if sum(each.tokens for each in costed) <= budget or not kept:
            return costed
        kept.pop()


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


def _snippets(taken: Sequence[Taken]) -> list[Snippet]:
    skeletons: dict[str, list[Taken]] = defaultdict(list)
    found: list[Snippet] = []
    whole = _lines_shown(taken)
    for each in taken:
        step = each.step
        if step.found is not None:
            path, _, line = step.key
            if path not in whole or not any(line in lines for lines in whole[path]):
                skeletons[path].append(each)
        elif step.example is not None:
            chunk = step.example.chunk
            found.append(
                Snippet(
                    chunk.path,
                    chunk.start_line,
                    chunk.end_line,
                    chunk.text,
                    "body",
                    round(each.value, 4),
                    step.example.reason,
                )
            )
    found += (_skeleton(path, chosen) for path, chosen in skeletons.items())
    allowed = map(safe, found)
    return sorted(
        (each for each in allowed if each is not None),
        key=lambda each: (each.path, each.resolution == "body", each.start_line, each.end_line),
    )


def _lines_shown(taken: Sequence[Taken]) -> dict[str, list[range]]:
    """The lines that are shown as they are, by file: their definitions need no line in a skeleton."""
    whole: dict[str, list[range]] = defaultdict(list)
    for each in taken:
        if each.step.example is not None:
            chunk = each.step.example.chunk
            whole[chunk.path].append(range(chunk.start_line, chunk.end_line + 1))
    return whole


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
