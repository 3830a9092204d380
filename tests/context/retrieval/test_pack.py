"""Spending a budget: never more than it, best value first, at three resolutions."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from coderdiff.context.records import Definition
from coderdiff.context.retrieval.costs import Costs
from coderdiff.context.retrieval.evidence import Example, Found
from coderdiff.context.retrieval.lexical import Chunk
from coderdiff.context.retrieval.lookup import Here
from coderdiff.context.retrieval.pack import (
    CHARS_PER_TOKEN,
    FLOOR,
    HELD,
    MIN_NAMES,
    MOST_SHARERS,
    QUALITY,
    SHARE_IN_PLAY,
    Key,
    Taken,
    choose,
)
from coderdiff.context.retrieval.rank import Ranking
from coderdiff.context.retrieval.render import heading
from coderdiff.types import Resolution


def count(text: str) -> int:
    return len(re.findall(r"\w+|[^\w\s]", text))


COSTS = Costs(count)


def found(name: str, path: str = "a.py", line: int = 1, signature: str | None = None) -> Found:
    return Found(
        Here(path, Definition(name, "function", "", line, line, signature or f"def {name}(x)")), "why"
    )


def example(path: str, first: int, text: str) -> Example:
    last = first + text.count("\n")
    return Example(Chunk(path, first, last, text, frozenset(re.findall(r"\w+", text))), "like it")


def ranking(
    names: dict[str, float],
    definitions: list[Found] | None = None,
    in_play: list[tuple[Found, float]] | None = None,
    examples: list[tuple[Example, float]] | None = None,
) -> Ranking:
    return Ranking(names, definitions or [], in_play or [], examples or [])


def shown(taken: list[Taken]) -> list[tuple[str, str]]:
    return [
        (each.step.found.name if each.step.found else each.step.path, each.step.resolution) for each in taken
    ]


def test_a_worthy_name_grows_to_its_signature() -> None:
    wanted = ranking({"one": 2.0, "two": 1.0}, [found("one"), found("two", line=5)])
    assert shown(choose(wanted, 100, COSTS)) == [
        ("one", "name"), ("two", "name"), ("one", "signature"), ("two", "signature"),
    ]  # fmt: skip


def test_code_that_uses_names_shows_them_best() -> None:
    code = example("b.py", 1, "one(two(three))")
    wanted = ranking({"one": 2.0, "two": 2.0, "three": 2.0}, [found("one")], examples=[(code, 0.1)])
    taken = choose(wanted, 100, COSTS)
    assert shown(taken) == [("b.py", "body")], "the name is told: nothing is left to add"


def test_what_is_worth_too_little_stays_out() -> None:
    cheap = count(" one") + count(heading("a.py"))
    assert choose(ranking({"one": FLOOR * cheap * 1.9}, [found("one")]), 100, COSTS) == []
    assert choose(ranking({"one": FLOOR * cheap * 2.1}, [found("one")]), 100, COSTS) != []
    assert choose(ranking({"one": 0.0}, [found("one")]), 100, COSTS) == []


def test_what_is_in_play_comes_first_up_to_its_share() -> None:
    used = [(found(f"used{each}", f"u{each}.py"), 2.0) for each in range(50)]
    taken = choose(ranking({"one": 9.0}, [found("one")], used), 200, COSTS)
    spent = sum(each.tokens for each in taken if each.step.path.startswith("u"))
    assert 0 < spent <= 200 * SHARE_IN_PLAY
    assert shown(taken)[0] == ("used0", "signature")
    assert ("one", "name") in shown(taken)


def test_of_very_many_definitions_the_worthiest_are_weighed() -> None:
    names = {f"name_{each}": 1.0 + each for each in range(2 * MIN_NAMES)}
    many = ranking(names, [found(name, line=line) for line, name in enumerate(names, 1)])
    weighed = {name for name, how in shown(choose(many, 10_000, COSTS)) if how == "name"}
    assert weighed == set(names), "a large budget has room for all"
    weighed = {name for name, how in shown(choose(many, 4 * MIN_NAMES, COSTS)) if how == "name"}
    assert weighed <= set(list(names)[MIN_NAMES:])


def test_code_is_not_shown_twice() -> None:
    first, again = example("b.py", 1, "one\ntwo\nthree\nfour"), example("b.py", 2, "two\nthree\nfour\nfive")
    apart = example("b.py", 20, "six")
    taken = choose(ranking({}, examples=[(first, 3.0), (again, 2.0), (apart, 1.0)]), 100, COSTS)
    assert [each.step.key[2] for each in taken] == [1, 20] or [each.step.key[2] for each in taken] == [20, 1]


def test_what_the_last_pack_showed_wins_a_near_tie() -> None:
    one, two = example("a.py", 1, "alpha beta"), example("b.py", 1, "gamma delta")
    wanted = ranking({}, examples=[(one, 1.05), (two, 1.0)])
    tight = count(f"{heading('a.py')}alpha beta")
    assert [each.step.path for each in choose(wanted, tight, COSTS)] == ["a.py"]
    assert [each.step.path for each in choose(wanted, tight, COSTS, {("b.py", "", 1)})] == ["b.py"]
    better = ranking({}, examples=[(one, 2.0), (two, 1.0)])
    assert [each.step.path for each in choose(better, tight, COSTS, {("b.py", "", 1)})] == ["a.py"]


WORDS = st.sampled_from([f"name_{each}" for each in range(12)])


@st.composite
def rankings(draw: st.DrawFn) -> Ranking:
    names = draw(st.dictionaries(WORDS, st.floats(0, 5), max_size=12))
    paths = st.sampled_from(["a.py", "b/c.py", "b/d.py"])
    definitions = [
        found(name, draw(paths), line, f"def {name}({', '.join(draw(st.lists(WORDS, max_size=4)))})")
        for line, name in enumerate(draw(st.lists(WORDS, unique=True)), 1)
    ]
    examples = [
        (example(draw(paths), draw(st.integers(1, 40)), "\n".join(lines)), draw(st.floats(0, 3)))
        for lines in draw(st.lists(st.lists(WORDS, min_size=1, max_size=6), max_size=6))
    ]
    in_play = [(each, draw(st.floats(0, 3))) for each in definitions[:3]]
    return Ranking(names, definitions, in_play, examples)


@given(rankings(), st.integers(0, 120))
@settings(max_examples=150)
def test_the_budget_is_never_exceeded_and_the_choice_is_the_same_each_time(
    wanted: Ranking, budget: int
) -> None:
    taken = choose(wanted, budget, COSTS)
    assert sum(each.tokens for each in taken) <= budget
    assert all(each.tokens > 0 and each.value > 0 for each in taken)
    headed: set[str] = set()
    for each in taken:
        opens = each.step.example is not None or each.step.path not in headed
        assert each.tokens == count(each.step.text) + (count(heading(each.step.path)) if opens else 0)
        if each.step.example is None:
            headed.add(each.step.path)
    assert choose(wanted, budget, COSTS) == taken
    keys = {each.step.key for each in taken}
    assert sum(each.tokens for each in choose(wanted, budget, COSTS, keys)) <= budget


def plainly(wanted: Ranking, budget: int, held: set[Key]) -> list[tuple[Key, str]]:
    """The same choice from its description, weighing everything anew from what is chosen so far."""
    taken: list[tuple[Key, str, tuple[str, ...], int]] = []

    def value(key: Key, resolution: Resolution, names: tuple[str, ...], extra: float, lines: int) -> float:
        for other, how, _, size in taken:
            if other == key and QUALITY[resolution] <= QUALITY[how]:
                return 0.0
            shared = min(key[2] + lines, other[2] + size) - max(key[2], other[2])
            if resolution == how == "body" and other[0] == key[0] and 2 * shared >= lines:
                return 0.0
        for name in names:
            told = max((QUALITY[how] for _, how, others, _ in taken if name in others), default=0.0)
            if QUALITY[resolution] > told:
                extra += (QUALITY[resolution] - told) * wanted.names[name]
        return extra * HELD if key in held else extra

    def costs(key: Key, resolution: str, text: str) -> tuple[int, float]:
        if resolution != "body" and any(how != "body" and other[0] == key[0] for other, how, _, _ in taken):
            return count(text), count(text)
        head = count(heading(key[0]))
        sharers = sum(each.here.path == key[0] for each in wanted.definitions)
        share = head if resolution == "body" else head / min(MOST_SHARERS, max(1, sharers))
        return count(text) + head, count(text) + share

    def of(found: Found, resolution: Resolution, extra: float) -> Candidate:
        definition = found.here.definition
        text = " " + found.name if resolution == "name" else definition.signature + "\n"
        told = [name for name in sorted(re.findall(r"\w+", text)) if name in wanted.names]
        key = found.here.path, definition.qualified, definition.start_line
        return key, resolution, text, tuple(dict.fromkeys(told)), extra, 0, found

    left, room = budget, budget * SHARE_IN_PLAY
    for found, score in wanted.in_play:
        key, how, text, names, extra, _, _ = of(found, "signature", score)
        tokens = costs(key, how, text)[0]
        if value(key, how, names, extra, 0) > 0 and tokens <= room:
            taken.append((key, how, names, 0))
            left, room = left - tokens, room - tokens
    open_: list[tuple[float, int, Candidate]] = []
    for found in wanted.definitions:
        open_.append((0.0, len(open_), of(found, "name", 0.0)))
    for each, score in wanted.examples:
        chunk = each.chunk
        names = tuple(sorted(chunk.names & wanted.names.keys()))
        lines = chunk.end_line - chunk.start_line + 1
        step: Candidate = ((chunk.path, "", chunk.start_line), "body", chunk.text, names, score, lines, None)
        open_.append((0.0, len(open_), step))
    open_ = [
        (value(key, how, names, extra, lines) / max(1.0, len(text) / CHARS_PER_TOKEN), serial, step)
        for _, serial, step in open_
        for key, how, text, names, extra, lines, _ in (step,)
    ]
    open_ = [each for each in open_ if each[0] > 0]
    while open_:
        best = max(open_, key=lambda each: (each[0], -each[1]))
        open_.remove(best)
        key, how, text, names, extra, lines, its = best[2]
        tokens, charged = costs(key, how, text)
        ratio = value(key, how, names, extra, lines) / charged
        if ratio < FLOOR or tokens > left:
            continue
        if any(ratio < other for other, _, _ in open_):
            open_.append((ratio, best[1], best[2]))
            continue
        taken.append((key, how, names, lines))
        left -= tokens
        if how == "name" and its is not None:
            better = of(its, "signature", 0.0)
            worth = value(better[0], "signature", better[3], 0.0, 0)
            open_.append((worth / max(1, costs(*better[:3])[0]), best[1], better))
    return [(key, how) for key, how, _, _ in taken]


Candidate = tuple[Key, Resolution, str, tuple[str, ...], float, int, Found | None]


@given(rankings(), st.integers(0, 200), st.booleans())
@settings(max_examples=150)
def test_it_is_what_weighing_everything_anew_would_choose(wanted: Ranking, budget: int, again: bool) -> None:
    held = {each.step.key for each in choose(wanted, budget, COSTS)[::2]} if again else set()
    taken = choose(wanted, budget, COSTS, held)
    assert [(each.step.key, each.step.resolution) for each in taken] == plainly(wanted, budget, held)


def test_members_behind_the_dot_come_before_other_names_up_to_their_share() -> None:
    long = [found(f"find_by_{'_'.join(['user', 'order'] * 4)}_{each}", "store.py", each) for each in (1, 2)]
    others = [found(f"x{each}", "other.py", each + 1) for each in range(60)]
    names = {each.name: 2.0 for each in long} | {each.name: 1.9 for each in others}

    def by_letters(text: str) -> int:
        return (len(text) + 3) // 4

    def taken(budget: int, receiver: list[Found]) -> list[Taken]:
        wanted = Ranking(names, [*long, *others], [], [], receiver=receiver)
        return choose(wanted, budget, Costs(by_letters))

    assert [each.step.found for each in taken(100, long)][:2] == long
    assert [each.step.found for each in taken(100, [])][:2] != long
    small = [each.step.found for each in taken(60, long)]
    assert small[0] == long[0]
    assert small[1] != long[1], "their share has no room for it"
    assert sum(each.tokens for each in taken(60, others)) <= 60
    roomy = [(each.step.found, each.step.resolution) for each in taken(2000, long)]
    assert (long[0], "signature") in roomy, "a name that came first may still grow"
