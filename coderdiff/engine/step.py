"""One denoising step of all fills under way: each says what it asks, one forward serves them, each takes what came.

What a step costs is rows. On few, forwards are what counts, and everything a fill can use is looked at in one. Where
many fills share a forward, its rows are what counts: a draft is then checked first and only what holds is looked
behind, and prompts are read in pieces, so that a long one does not hold up the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from coderdiff.decoding.session import Look, Scores
from coderdiff.engine.fill import Fill
from coderdiff.engine.kinds import AnySession
from coderdiff.engine.stats import Counts
from coderdiff.errors import EngineError
from coderdiff.model.shortage import out_of_memory

Evaluate = Callable[[Sequence[tuple[AnySession, Look]]], list[Scores]]
"""What each session asks -> what it gets (`Kind.evaluate`)."""


@dataclass(frozen=True)
class RowBounds:
    """`most`: rows of a lane's forward, as far as prompts make them; `joint`: while the fills' whole looks have at
    most so many rows, drafts are checked and looked behind in one forward; `least_read`: rows of prompt that a forward
    reads in any case, while there are some to read."""

    most: int = 256
    joint: int = 96
    least_read: int = 64


@dataclass(frozen=True)
class Outcome:
    """What a step was for one fill. `shown`: there is a new canvas to show."""

    fill: Fill
    shown: bool = False
    error: Exception | None = None


def plan(fills: Sequence[Fill], bounds: RowBounds, lanes: int = 1) -> list[tuple[Fill, Look]]:
    """Who asks what of the next forward: all fills that denoise, and prompts in order while rows are left.

    Of several `lanes` each gets a prompt to read, since one prompt is read in one lane.
    """
    reading = [fill for fill in fills if len(fill.denoising.unread) > bounds.least_read]
    denoising = [fill for fill in fills if fill not in reading]
    apart = sum(fill.denoising.rows for fill in denoising) > bounds.joint
    looks = [(fill, fill.denoising.ask(apart=apart)) for fill in denoising]
    room = max(bounds.least_read, bounds.most * lanes - sum(map(rows_of, (look for _, look in looks))))
    for number, fill in enumerate(reading):
        if room <= 0:
            break
        sharers = max(1, min(lanes, len(reading)) - number)
        most = room if sharers == 1 else max(bounds.least_read, room // sharers)
        looks.append((fill, look := fill.denoising.ask(most_read=most)))
        room -= len(look.read)
    return looks


def rows_of(look: Look) -> int:
    """Rows that a look has in a forward."""
    return len(look.read) + sum(map(len, look.canvases))


def step(
    evaluate: Evaluate,
    looks: Sequence[tuple[Fill, Look]],
    counts: Counts,
    free: Callable[[], None],
) -> list[Outcome]:
    """One forward for what the fills asked, and what it was for each. What fails in one fill stays with it.

    `free` is called when memory is short, before the forward is tried again in parts.
    """
    outcomes: list[Outcome] = []
    with counts.phase("forward"):
        scored = _evaluate(evaluate, looks, free)
    counts.forwards += 1
    counts.rows += sum(rows_of(look) for _, look in looks)
    counts.batch_sizes[len(looks)] += 1
    with counts.phase("decide"):
        for fill, scores in scored:
            try:
                if isinstance(scores, Exception):
                    raise scores
                outcomes.append(Outcome(fill, shown=fill.denoising.take(scores)))
            except Exception as error:  # whatever it is, it is this request's
                fill.sound = False
                outcomes.append(Outcome(fill, error=error))
    return outcomes


def _evaluate(
    evaluate: Evaluate, looks: Sequence[tuple[Fill, Look]], free: Callable[[], None]
) -> list[tuple[Fill, Scores | Exception]]:
    """The scores of each look, or why it has none: if all cannot be had together, each is tried alone."""
    try:
        return _together(evaluate, looks)
    except Exception as error:
        if out_of_memory(error):
            free()
    found: list[tuple[Fill, Scores | Exception]] = []
    for fill, look in looks:
        try:
            found += _together(evaluate, [(fill, look)])
        except Exception as error:
            found.append((fill, explained(error)))
    return found


def _together(
    evaluate: Evaluate, looks: Sequence[tuple[Fill, Look]]
) -> list[tuple[Fill, Scores | Exception]]:
    scores = evaluate([(fill.session, look) for fill, look in looks])
    return [(fill, each) for (fill, _), each in zip(looks, scores, strict=True)]


def explained(error: Exception) -> Exception:
    """The error in words for people where it is about memory."""
    if not out_of_memory(error):
        return error
    told = EngineError(
        "out of memory: let fewer requests be under way at once, or give the engine less KV memory"
    )
    told.__cause__ = error
    return told
