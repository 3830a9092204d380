"""Near duplicates: what counts as one, and which of two stays."""

from __future__ import annotations

import random

import numpy as np
import pytest

from coderdiff.training.corpus.dedupe import jaccard, remove_near_duplicates, shingles, signature
from coderdiff.training.corpus.manifest import Split
from coderdiff.training.corpus.shards import Document


def program(seed: int, lines: int = 200) -> list[str]:
    """Made-up code, unlike that of any other seed."""
    draw = random.Random(seed)
    words = ["".join(draw.choices("abcdefghij", k=6)) for _ in range(300)]
    return [f"{draw.choice(words)} = {draw.choice(words)}({draw.choice(words)})" for _ in range(lines)]


def changed(lines: list[str], every: int) -> str:
    """The program with one line in `every` replaced."""
    return "\n".join(f"new_{i} = other[{i}]" if i % every == 0 else line for i, line in enumerate(lines))


def document(package: str, text: str, path: str = "module.py") -> Document:
    return Document(package, "1.0", f"{package}/{path}", text)


def test_shingles_ignore_layout_but_not_order() -> None:
    assert np.array_equal(shingles("f(a, b, c)"), shingles("f( a,\n  b,\tc )"))
    assert not np.array_equal(shingles("f(a, b, c)"), shingles("f(a, c, b)"))
    assert len(shingles("x")) == 1


def test_signature_estimates_jaccard() -> None:
    lines = program(1)
    a, b = "\n".join(lines), changed(lines, every=12)
    exact = jaccard(shingles(a), shingles(b))
    assert 0.5 < exact < 0.9
    assert np.mean(signature(a) == signature(b)) == pytest.approx(exact, abs=0.15)


def test_jaccard_is_exact() -> None:
    a, b = np.array([1, 2, 3, 4], np.uint64), np.array([3, 4, 5], np.uint64)
    assert jaccard(a, b) == 2 / 5
    assert jaccard(a, a) == 1


@pytest.mark.parametrize("jobs", [1, 2])
def test_held_out_copies_stay_and_training_copies_go(jobs: int) -> None:
    lines = program(2)
    original, nearly = "\n".join(lines), changed(lines, every=40)
    splits: dict[Split, list[Document]] = {
        "train": [document("pip", nearly), document("own", "\n".join(program(3)))],
        "validation": [document("copier", nearly)],
        "test": [document("rich", original)],
    }
    kept, duplicates = remove_near_duplicates(splits, jobs=jobs)
    assert {split: [d.package for d in documents] for split, documents in kept.items()} == {
        "train": ["own"],
        "validation": [],
        "test": ["rich"],
    }
    assert [(d.split, d.document.package, d.kept_split, d.kept.package) for d in duplicates] == [
        ("validation", "copier", "test", "rich"),
        ("train", "pip", "test", "rich"),
    ]


def test_validation_comes_before_train() -> None:
    text = "\n".join(program(4))
    kept, _ = remove_near_duplicates({"train": [document("a", text)], "validation": [document("b", text)]})
    assert kept == {"train": [], "validation": [document("b", text)]}


def test_the_limit_is_stricter_towards_held_out_files() -> None:
    """Two files that overlap by some 0.65 may both be trained on, but not one trained on, one tested."""
    lines = program(5)
    a, b = document("a", "\n".join(lines)), document("b", changed(lines, every=14))
    assert 0.5 < jaccard(shingles(a.text), shingles(b.text)) < 0.8
    assert remove_near_duplicates({"train": [a, b]})[0]["train"] == [a, b]
    assert remove_near_duplicates({"train": [a], "test": [b]})[0] == {"train": [], "test": [b]}


def test_within_a_split_the_first_stays() -> None:
    lines = program(6)
    first, second = document("a", "\n".join(lines)), document("b", changed(lines, every=60))
    assert remove_near_duplicates({"train": [first, second]})[0]["train"] == [first]
