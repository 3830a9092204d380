"""A pack stays while it is nearly as good as the best one."""

from __future__ import annotations

import pytest

from coderdiff.context.records import Definition
from coderdiff.context.retrieval.costs import Costs
from coderdiff.context.retrieval.evidence import Example, Found
from coderdiff.context.retrieval.lexical import Chunk
from coderdiff.context.retrieval.lookup import Here
from coderdiff.context.retrieval.pack import choose
from coderdiff.context.retrieval.rank import Ranking
from coderdiff.context.retrieval.steady import stays, worth


def found(name: str) -> Found:
    return Found(Here("a.py", Definition(name, "function", "", 1, 2, f"def {name}(value)")), "imported")


def ranking(**names: float) -> Ranking:
    return Ranking(names, [found(name) for name in names], [], [])


def count(text: str) -> int:
    return len(text.split())


COSTS = Costs(count)


def test_a_choice_is_worth_by_a_ranking_what_it_was_chosen_for() -> None:
    chunk = Chunk("b.py", 1, 3, "alpha beta", frozenset({"alpha", "beta"}))
    wanted = Ranking(
        {"alpha": 2.0, "beta": 1.0},
        [found("alpha"), found("beta")],
        [(found("gamma"), 0.7)],
        [(Example(chunk, "similar"), 0.5)],
    )
    for budget in (4, 8, 30, 100):
        taken = choose(wanted, budget, COSTS)
        assert worth(taken, wanted) == pytest.approx(sum(each.value for each in taken))
    assert worth([], wanted) == 0.0


def test_it_is_worth_nothing_by_a_ranking_that_wants_other_names() -> None:
    taken = choose(ranking(alpha=1.0, beta=1.0), 100, COSTS)
    assert not stays(taken, choose(ranking(delta=5.0), 100, COSTS), ranking(delta=5.0))


def test_nearly_as_good_is_good_enough() -> None:
    held = choose(ranking(alpha=10.0, beta=10.0), 100, COSTS)
    wanted = ranking(alpha=10.0, beta=10.0, gamma=1.0)
    assert stays(held, choose(wanted, 100, COSTS), wanted)


def test_a_pack_that_lacks_what_is_wanted_goes() -> None:
    held = choose(ranking(alpha=10.0), 100, COSTS)
    wanted = ranking(alpha=10.0, gamma=10.0)
    assert not stays(held, choose(wanted, 100, COSTS), wanted)


def test_no_pack_does_not_stay() -> None:
    assert not stays([], [], ranking())
    wanted = ranking(alpha=1.0)
    assert not stays([], choose(wanted, 100, COSTS), wanted)
