"""Lists of evidence -> one worth a name, a definition, an example."""

from __future__ import annotations

from dataclasses import replace

import pytest

from coderdiff.context.records import Definition
from coderdiff.context.retrieval.evidence import Evidence, Example, Found
from coderdiff.context.retrieval.lexical import Chunk
from coderdiff.context.retrieval.lookup import Here
from coderdiff.context.retrieval.rank import WEIGHTS, K, fuse


def found(name: str, path: str = "a.py", reason: str = "why") -> Found:
    return Found(Here(path, Definition(name, "function", "", 1, 2, f"def {name}()")), reason)


def example(path: str) -> Example:
    return Example(Chunk(path, 1, 2, "text", frozenset({"text"})), "like it")


def test_the_first_of_a_list_gets_its_weight_and_lists_add_up() -> None:
    ranking = fuse(Evidence(members=[found("one"), found("two")], beside=[found("two")], votes={"one": 2.0}))
    assert ranking.names["one"] == pytest.approx(WEIGHTS.members + WEIGHTS.votes)
    assert ranking.names["two"] == pytest.approx(WEIGHTS.members * K / (K + 1) + WEIGHTS.beside)
    assert [each.name for each in ranking.definitions] == ["one", "two"]


def test_a_definition_keeps_the_reason_of_the_best_list() -> None:
    ranking = fuse(Evidence(receiver=[found("one", reason="dot")], modules=[found("one", reason="module")]))
    assert [each.reason for each in ranking.definitions] == ["dot"]


def test_names_that_every_class_has_are_worth_nothing() -> None:
    ranking = fuse(Evidence(members=[found("__init__"), found("one")], votes={"__name__": 1.0}))
    assert set(ranking.names) == {"one"}
    assert [each.name for each in ranking.definitions] == ["one"]


def test_votes_count_by_rank_and_ties_by_name() -> None:
    ranking = fuse(Evidence(votes={"b": 1.0, "a": 1.0, "c": 5.0}))
    assert sorted(ranking.names, key=lambda name: -ranking.names[name]) == ["c", "a", "b"]


def test_examples_and_what_is_in_play_keep_their_order() -> None:
    evidence = Evidence(
        in_play=[found("x"), found("y")],
        alike=[example("a"), example("b")],
        opened=[example("o")],
        related=[example("r")],
        edited=[example("e")],
    )
    ranking = fuse(evidence)
    assert [each.chunk.path for each, _ in ranking.examples] == ["r", "e", "o", "a", "b"]
    assert [score for _, score in ranking.in_play] == pytest.approx(
        [WEIGHTS.in_play, WEIGHTS.in_play * K / (K + 1)]
    )
    without = fuse(evidence, replace(WEIGHTS, alike=0.0))
    assert [score for _, score in without.examples][-1] == 0.0


def test_no_evidence_is_no_ranking() -> None:
    ranking = fuse(Evidence())
    assert not ranking.names
    assert not ranking.definitions
    assert not ranking.examples
