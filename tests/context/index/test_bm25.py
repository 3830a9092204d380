from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coderdiff.context.index import bm25
from coderdiff.context.index.bm25 import K1, B
from coderdiff.context.index.index import Index
from coderdiff.context.index.terms import terms_of

from ..indexing import SHAPES, module, update, write


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("repository")
    write(root, {f"m{number}.py": module(number) for number in range(20)} | {"shapes.py": SHAPES})
    return root


@pytest.fixture(scope="module")
def index(root: Path) -> Iterator[Index]:
    with Index.in_memory(root) as opened:
        update(opened, root)
        yield opened


def plainly(index: Index, weights: dict[str, float]) -> dict[tuple[str, int, int], float]:
    """BM25 by its formula, from the texts."""
    chunks: dict[tuple[str, int, int], set[str]] = {}
    for path in index.paths():
        symbols, text = index.symbols(path), index.text(path)
        assert symbols is not None
        assert text is not None
        for first, last in symbols.chunks:
            part = "\n".join(text.split("\n")[first - 1 : last])
            words = "".join(letter if letter.isalnum() or letter == "_" else " " for letter in part).split()
            chunks[path, first, last] = {term for word in words for term in terms_of(word)}
    wanted: dict[str, float] = {}
    for word, weight in weights.items():
        for term in terms_of(word):
            wanted[term] = max(weight, wanted.get(term, 0.0))
    average = sum(map(len, chunks.values())) / len(chunks)
    scores = {}
    for place, terms in chunks.items():
        score = 0.0
        for term, weight in wanted.items():
            if term in terms:
                count = sum(term in others for others in chunks.values())
                score += weight * math.log(1 + (len(chunks) - count + 0.5) / (count + 0.5))
        if score:
            scores[place] = score * (K1 + 1) / (1 + K1 * (1 - B + B * len(terms) / average))
    return scores


WORDS = st.sampled_from(
    ["step_3_1", "Circle", "totalArea", "self", "base", "radius", "nothing", "9", "math", "def"]
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(WORDS, st.floats(0, 3), max_size=5))
def test_scores_are_those_of_the_formula(index: Index, weights: dict[str, float]) -> None:
    expected = {place: score for place, score in plainly(index, weights).items() if score > 1e-6}
    hits = [hit for hit in index.search(weights, 10_000) if hit.score > 1e-6]
    assert {
        (hit.path, hit.start_line, hit.end_line): pytest.approx(hit.score, rel=1e-4) for hit in hits
    } == expected
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    few = index.search(weights, 3)
    assert [hit.score for hit in few] == [hit.score for hit in index.search(weights, 10_000)[:3]]


def test_a_plain_list_of_words_weighs_each_once(index: Index) -> None:
    assert index.search(["Circle", "area", "area"]) == index.search({"Circle": 1.0, "area": 1.0})
    assert index.search([]) == []
    assert index.search(["Circle"], 0) == []
    assert index.search(["nowhere_at_all_zz"]) == []


def test_files_may_be_left_out(index: Index) -> None:
    best = index.search(["Circle", "area", "step"], 5)
    assert best[0].path == "shapes.py"
    others = index.search(["Circle", "area", "step"], 5, without=["shapes.py"])
    assert len(others) == 5
    assert {hit.path for hit in others}.isdisjoint({"shapes.py"})


def test_chunks_of_contents_that_no_file_has_do_not_crowd_out_others(root: Path, tmp_path: Path) -> None:
    """The best 200 chunks are of the past; the search goes on until it finds those of the present."""
    write(tmp_path, {f"m{number}.py": f"# {number}\nneedle = straw\n" for number in range(200)})
    with Index.in_memory(tmp_path) as index:
        update(index, tmp_path)
        write(
            tmp_path,
            {f"m{number}.py": f"# {number}\n" for number in range(200)} | {"z.py": SHAPES + "needle = 1\n"},
        )
        update(index, tmp_path)
        assert [hit.path for hit in index.search(["needle", "straw"], 3)] == ["z.py"]


def test_equal_contents_are_one_hit_with_the_first_path(tmp_path: Path) -> None:
    write(tmp_path, {"b.py": "needle = 1\n", "a.py": "needle = 1\n"})
    with Index.in_memory(tmp_path) as index:
        update(index, tmp_path)
        assert [hit.path for hit in index.search(["needle"], 3)] == ["a.py"]
        assert [hit.path for hit in index.search(["needle"], 3, without=["a.py"])] == ["b.py"]


def test_terms_that_stand_everywhere_are_not_read_in_a_large_repository(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bm25, "COMMON_CHUNKS", 3)
    assert index.search(["self"]) == []
    rare = index.search(["Circle", "self"])
    assert rare == index.search(["Circle"])
    assert rare != []


def test_the_rarest_terms_are_read_first(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bm25, "MOST_PLACES", 5)
    assert index.search(["Circle", "step", "value", "base"]) == index.search(["Circle"])


def test_what_is_kept_from_one_search_to_the_next_is_forgotten_with_a_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bm25, "MOST_LISTS", 3)
    queries = (
        ["Circle", "area"],
        ["area", "step"],
        ["needle"],
        ["Circle", "needle", "value", "base", "step"],
    )
    write(tmp_path, {f"m{number}.py": module(number) for number in range(5)})
    with Index.in_memory(tmp_path) as index:
        for texts in ({"shapes.py": SHAPES}, {"a.py": "needle = Circle()\n"}, {"shapes.py": "needle = 2\n"}):
            write(tmp_path, texts)
            update(index, tmp_path)
            for _ in range(2):
                answers = [index.search(query) for query in queries]
                with Index.in_memory(tmp_path) as afresh:
                    update(afresh, tmp_path)
                    assert [{hit.path for hit in each} for each in answers] == [
                        {hit.path for hit in afresh.search(query)} for query in queries
                    ]


@given(st.lists(st.integers(0, 40), max_size=400), st.integers(1, 4))
@settings(max_examples=100)
def test_the_highest_are_those_that_sorting_would_find(values: list[int], count: int) -> None:
    """Blocks of 64 are only looked through where there are more of them than `count`."""
    scores = np.array(values, dtype=np.float32)
    top = bm25._highest(scores, count)
    assert len(set(top.tolist())) == len(top)
    found = sorted((values[place] for place in top), reverse=True)
    assert found == [value for value in sorted(values, reverse=True)[:count] if value > 0]
