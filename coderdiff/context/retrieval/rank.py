"""Weighing the evidence: reciprocal rank fusion of its lists into one score a name, a definition, an example.

A list that has a name at rank r (from 0) gives it `weight * K / (K + r)`, so the first of a list gets the list's whole
weight (Cormack, Clarke and Buettcher, 2009, with their K of 60). The weights are measured on packages that no
reported figure comes from (docs/context.md has how).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from coderdiff.context.retrieval.evidence import Evidence, Example, Found

K = 60.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Weights:
    """What the first of each list counts. Those of the first row are for names that the file does not show yet."""

    receiver: float = 4.0
    members: float = 1.0
    imported: float = 1.0
    modules: float = 0.15
    beside: float = 0.15
    votes: float = 2.0

    needed: float = 4.0
    in_play: float = 2.0
    alike: float = 1.0
    opened: float = 1.0
    related: float = 2.0
    edited: float = 2.0


WEIGHTS = Weights()


@dataclass(frozen=True, slots=True)
class Ranking:
    """The evidence in one currency.

    names        what each name is worth that the file does not show
    definitions  where such a name is defined, and why it may be needed
    in_play      what the file uses already, and what its signature is worth
    examples     lines of other files, and what they are worth beside the names in them
    needed       what the line, or the class around it, needs the signature of, and what that is worth
    receiver     those of the definitions that may stand behind the line's dot
    """

    names: Mapping[str, float]
    definitions: Sequence[Found]
    in_play: Sequence[tuple[Found, float]]
    examples: Sequence[tuple[Example, float]]
    needed: Sequence[tuple[Found, float]] = ()
    receiver: Sequence[Found] = ()


def fuse(evidence: Evidence, weights: Weights = WEIGHTS) -> Ranking:
    """Score everything that was found."""
    names: dict[str, float] = defaultdict(float)
    definitions: dict[tuple[str, str, str], Found] = {}
    for found, weight in (
        (evidence.receiver, weights.receiver),
        (evidence.members, weights.members),
        (evidence.imported, weights.imported),
        (evidence.modules, weights.modules),
        (evidence.beside, weights.beside),
    ):
        whole = weight * K
        for rank, each in enumerate(found):  # `_reciprocal` of each, written out: a cursor has a thousand
            (path, definition), _ = each
            name = definition.name
            if name[:1] != "_" or not _special(name):
                names[name] += whole / (K + rank)
                key = (path, definition.scope, name)
                if key not in definitions:
                    definitions[key] = each
    voted = sorted(evidence.votes, key=lambda name: (-evidence.votes[name], name))
    for rank, name in enumerate(voted):
        if not _special(name):
            names[name] += _reciprocal(weights.votes, rank)
    examples = [
        *_ranked(evidence.related, weights.related),
        *_ranked(evidence.edited, weights.edited),
        *_ranked(evidence.opened, weights.opened),
        *_ranked(evidence.alike, weights.alike),
    ]
    return Ranking(
        names,
        list(definitions.values()),
        list(_ranked(evidence.in_play, weights.in_play)),
        examples,
        list(_ranked((*evidence.needed, *evidence.missing), weights.needed)),
        [each for each in evidence.receiver if not _special(each.name)],
    )


def _reciprocal(weight: float, rank: int) -> float:
    return weight * K / (K + rank)


def _ranked(listed: Iterable[T], weight: float) -> list[tuple[T, float]]:
    return [(each, _reciprocal(weight, rank)) for rank, each in enumerate(listed)]


def _special(name: str) -> bool:
    """`__init__` and its like: every class has them, no line needs to be told."""
    return name.startswith("__") and name.endswith("__")
