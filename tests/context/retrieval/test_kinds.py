"""Which files are examples for which code, and which hold tests."""

from __future__ import annotations

import pytest

from coderdiff.context.retrieval.kinds import is_example, is_test


@pytest.mark.parametrize(
    ("path", "language", "whether"),
    [
        ("a.py", "python", True),
        ("a.ts", "tsx", True),
        ("a.vue", "typescript", True),
        ("a.vue", "python", False),
        ("a.h", "cpp", True),
        ("a.go", "python", False),
        ("README.md", "python", False),
        ("package.json", "typescript", False),
        (".gitmodules", "go", False),
        ("Makefile", "c", False),
        ("schema.sql", "php", True),
        ("README.md", None, True),
        ("a.py", None, True),
    ],
)
def test_examples_are_of_the_same_family(path: str, language: str | None, whether: bool) -> None:
    assert is_example(path, language) is whether


@pytest.mark.parametrize(
    "path", ["test_a.py", "x/a_test.go", "a.test.ts", "a.spec.js", "ATest.java", "a_spec.rb"]
)
def test_tests_are_told_by_their_names(path: str) -> None:
    assert is_test(path)


@pytest.mark.parametrize(
    "path", ["testing.py", "contest.py", "latest.ts", "Contest.java", "attest.go", "tests/a.py"]
)
def test_others_are_not(path: str) -> None:
    assert not is_test(path)
