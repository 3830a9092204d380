"""Spending a budget of tokens: a greedy knapsack over three resolutions, name, signature and body.

What a name is worth a step gives in part, more the better it shows it (`QUALITY`): in a list of names, with its
signature, or in code that uses it. The next step is always the one that adds most value a token to what is chosen
already; a floor keeps the pack from being filled up with what helps nobody. The signatures of what the line calls come
first, then the names behind its dot and the signatures of what the file uses already, up to a share of the budget
each.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from heapq import heapify, heappop, heapreplace
from operator import attrgetter
from typing import NamedTuple

from coderdiff.context.retrieval.costs import Costs
from coderdiff.context.retrieval.evidence import Example, Found
from coderdiff.context.retrieval.lexical import Chunk
from coderdiff.context.retrieval.rank import Ranking
from coderdiff.context.retrieval.render import heading, signature_line
from coderdiff.types import Resolution

QUALITY: dict[Resolution, float] = {"name": 0.5, "signature": 0.8, "body": 1.0}

SHARE_NEEDED = 0.4
"""Most of the budget that signatures of what the line calls or writes out take before anything else."""

SHARE_RECEIVER = 0.4
"""Most of the budget that names which may stand behind the line's dot take before others, however long they are."""

SHARE_IN_PLAY = 0.2
"""Most of the budget that signatures of what the file uses already take before anything else."""

FLOOR = 0.002
"""Value a token below which nothing is added."""

HELD = 1.15
"""What the last pack showed counts so much more: a snippet that stays is one that need not be read again."""

TOKENS_A_NAME = 5
MIN_NAMES = 200
"""Of more definitions than one in so many tokens of the budget, and than so many, the worthiest are weighed: the rest
would not get in (on a tree of 3,000 files the last one that did was the 620th of 2,000, in 3,500 tokens)."""

MOST_SHARERS = 4
"""A file's heading is charged to so many of its definitions, as long as none of them is in the pack."""

CHARS_PER_TOKEN = 3.0
"""For a first guess at a cost; what is taken is counted."""

Key = tuple[str, str, int]
"""What a step is about: a definition's file, dotted name and line; a file, "" and line for lines of code."""


_NAME_OF = attrgetter("here.definition.name")


class Step(NamedTuple):
    """One thing that can be shown, of a definition (`found`) or of code (`example`).

    `names` are the names that it tells and that are worth something; `extra` is what it is worth beside them.
    A tuple, since a choice looks at a thousand of them.
    """

    key: Key
    resolution: Resolution
    text: str
    names: tuple[str, ...]
    extra: float
    found: Found | None = None
    example: Example | None = None

    @property
    def path(self) -> str:
        """The file that it shows something of."""
        return self.key[0]


class Taken(NamedTuple):
    """A step that was chosen, its value then, and its cost in tokens."""

    step: Step
    value: float
    tokens: int


def choose(ranking: Ranking, budget: int, costs: Costs, held: Collection[Key] = ()) -> list[Taken]:
    """What to show for at most `budget` tokens, in the order chosen. `costs` are those of parts of a snippet (`Costs`);
    `held` is what the last pack showed."""
    choice = _Choice(ranking, budget, costs, held)
    choice.take_signatures(ranking.needed, SHARE_NEEDED)
    choice.take_receiver()
    choice.take_signatures(ranking.in_play, SHARE_IN_PLAY)
    choice.take_best()
    return choice.taken


class _Choice:
    """The state of one greedy choice."""

    def __init__(self, ranking: Ranking, budget: int, costs: Costs, held: Collection[Key]) -> None:
        self._ranking = ranking
        self._worth = ranking.names
        self._budget = self._left = budget
        self._tokens = costs
        self._held = held
        self._told: dict[str, float] = {}
        self._shown: dict[Key, float] = {}
        self._headed: set[str] = set()
        self._headings: dict[str, tuple[int, float]] = {}
        self._ranges: dict[str, list[range]] = defaultdict(list)
        self._sharers = Counter([found.here.path for found in ranking.definitions])
        self.taken: list[Taken] = []

    def take_signatures(self, wanted: Sequence[tuple[Found, float]], share: float) -> None:
        """Signatures, in the order of their merit, for at most a share of the budget."""
        room = self._budget * share
        for found, score in wanted:
            step = self._signature(key_of(found), found, score)
            value = self._value(step)
            tokens, _ = self._costs(step)
            if value > 0 and tokens <= min(room, self._left):
                room -= tokens
                self._take(step, value, tokens)

    def take_receiver(self) -> None:
        """Names that may stand behind the dot, in order of merit: by value a token the long ones would lose."""
        room = self._budget * SHARE_RECEIVER
        for found in self._ranking.receiver:
            step = _naming(found)
            value = self._value(step)
            tokens, _ = self._costs(step)
            if value > 0 and tokens <= min(room, self._left):
                room -= tokens
                self._take(step, value, tokens)

    def take_best(self) -> None:
        """Whatever adds most value a token, until the budget or the floor is reached.

        A ratio only falls while others are chosen: so the first of the heap, weighed anew, is taken if it is still
        as good as the next one was, and put back if it is not.
        """
        heap = self._starts()
        heapify(heap)
        while heap and self._left > 0:
            _, serial, start = heap[0]
            step = start if isinstance(start, Step) else _naming(start)
            value = self._value(step)
            tokens, charged = self._costs(step) if value > 0 else (0, 1.0)
            ratio = value / charged
            if ratio < FLOOR or tokens > self._left:
                heappop(heap)
            elif (len(heap) > 1 and ratio < -heap[1][0]) or (len(heap) > 2 and ratio < -heap[2][0]):
                heapreplace(heap, (-ratio, serial, step))
            else:
                self._take(step, value, tokens)
                if step.resolution == "name" and step.found is not None:
                    better = self._signature(step.key, step.found, 0.0)
                    value = self._value(better)
                    ratio = value / max(1, self._tokens[better.text])  # its file has a heading now
                    if ratio >= FLOOR:
                        heapreplace(heap, (-ratio, serial, better))
                        continue
                heappop(heap)

    def _starts(self) -> list[tuple[float, int, Step | Found]]:
        """Where every definition and example of any value starts, by a first guess at its ratio (negative): a signature
        can be chosen once the name is. A definition stands for the step that shows its name: few get their turn."""
        worth, told, shown, held = self._worth, self._told, self._shown, self._held
        definitions = self._ranking.definitions
        most = max(MIN_NAMES, self._budget // TOKENS_A_NAME)
        if len(definitions) > most:
            ranked = [-worth.get(name, 0.0) for name in map(_NAME_OF, definitions)]
            order = sorted(range(len(ranked)), key=ranked.__getitem__)
            definitions = [definitions[at] for at in order[:most]]
        starts: list[tuple[float, int, Step | Found]] = []
        quality = QUALITY["name"]
        lines = {line for _, _, line in (*shown, *held)}
        for found in definitions:  # `_value` of each, written out: a cursor has a thousand
            definition = found.here.definition
            name = definition.name
            value = (quality - told.get(name, 0.0)) * worth.get(name, 0.0)
            if value > 0:
                if (
                    definition.start_line in lines
                ):  # few can be shown, or have been: a key is made for these alone
                    key = key_of(found)
                    if quality <= shown.get(key, 0.0):
                        continue
                    if key in held:
                        value *= HELD
                tokens = max(1.0, (1 + len(name)) / CHARS_PER_TOKEN)
                starts.append((-value / tokens, len(starts), found))
        for found in self._ranking.receiver:
            key = key_of(found)
            if shown.get(key) == quality:
                step = self._signature(key, found, 0.0)
                ratio = self._value(step) / max(1.0, len(step.text) / CHARS_PER_TOKEN)
                starts.append((-ratio, len(starts), step))
        for example, score in self._ranking.examples:
            chunk = example.chunk
            names = tuple(sorted(chunk.names & worth.keys()))  # sums of floats depend on the order
            key = chunk.path, "", chunk.start_line
            step = Step(key, "body", chunk.text, names, score, example=example)
            value = self._value(step)
            if value > 0:
                starts.append((-value / max(1.0, len(chunk.text) / CHARS_PER_TOKEN), len(starts), step))
        return starts

    def _signature(self, key: Key, found: Found, extra: float) -> Step:
        text, words = signature_line(found.here.definition)
        worth = self._worth
        return Step(key, "signature", text, tuple([word for word in words if word in worth]), extra, found)

    def _value(self, step: Step) -> float:
        """What a step would add to what is chosen."""
        key, resolution, _, names, value, _, example = step
        quality = QUALITY[resolution]
        if example is None:
            if quality <= self._shown.get(key, 0.0):
                return 0.0
        elif key in self._shown or self._overlaps(example.chunk):
            return 0.0
        told, worth = self._told, self._worth
        for name in names:
            missing = quality - told.get(name, 0.0)
            if missing > 0:
                value += missing * worth[name]
        return value * HELD if key in self._held else value

    def _overlaps(self, chunk: Chunk) -> bool:
        """Whether half of these lines of code, or more, are chosen already."""
        if chunk.path not in self._ranges:
            return False
        size = chunk.end_line - chunk.start_line + 1
        return any(
            2 * (min(chunk.end_line, other[-1]) - max(chunk.start_line, other[0]) + 1) >= size
            for other in self._ranges[chunk.path]
        )

    def _costs(self, step: Step) -> tuple[int, float]:
        """Tokens of a step's text, with the heading of a snippet that it would open; and the cost to compare by:
        definitions of one file share its heading."""
        path = step.key[0]
        own = self._tokens[step.text]
        if step.example is None and path in self._headed:
            return own, own
        if path not in self._headings:
            head = self._tokens[heading(path)]
            self._headings[path] = head, head / min(MOST_SHARERS, max(1, self._sharers[path]))
        head, shared = self._headings[path]
        return own + head, own + (head if step.example is not None else shared)

    def _take(self, step: Step, value: float, tokens: int) -> None:
        self.taken.append(Taken(step, value, tokens))
        self._left -= tokens
        quality = QUALITY[step.resolution]
        self._shown[step.key] = quality
        if step.example is None:
            self._headed.add(step.key[0])
        else:
            chunk = step.example.chunk
            self._ranges[chunk.path].append(range(chunk.start_line, chunk.end_line + 1))
        told = self._told
        for name in step.names:
            if told.get(name, 0.0) < quality:
                told[name] = quality


def _naming(found: Found) -> Step:
    """The step that shows a definition's name."""
    name = found.here.definition.name
    return Step(key_of(found), "name", " " + name, (name,), 0.0, found)


def key_of(found: Found) -> Key:
    """What a step about a definition is about."""
    path, definition = found.here
    scope, name = definition.scope, definition.name
    return path, f"{scope}.{name}" if scope else name, definition.start_line
