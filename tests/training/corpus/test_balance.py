"""The caps hold exactly, and what stays under them depends on seed and path alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from coderdiff.training.corpus.balance import cap_packages, cap_tests, package_room, shuffled, size
from coderdiff.training.corpus.shards import Document


def document(package: str, path: str, characters: int) -> Document:
    return Document(package, "1.0", path, "é" * (characters // 2))  # two bytes each


def total(documents: list[Document]) -> int:
    return sum(map(size, documents))


def test_tests_are_thinned_to_their_share() -> None:
    code = [document("a", f"a/{i}.py", 100) for i in range(30)]
    tests = [document("a", f"a/tests/test_{i}.py", 100) for i in range(100)]
    kept = cap_tests(code + tests, share=0.25, seed=0)
    assert total([d for d in kept if "tests" not in d.path]) == total(code)
    assert total([d for d in kept if "tests" in d.path]) == 1000  # a quarter of 4000


def test_few_tests_and_test_only_packages() -> None:
    few = [document("a", "a/core.py", 1000), document("a", "a/test_core.py", 100)]
    only = [document("b", "b/test_core.py", 1000)]
    assert set(cap_tests(few + only, share=0.25, seed=0)) == set(few)


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=60), st.sampled_from([0.05, 0.08, 0.3, 0.9]))
def test_package_room_solves_its_equation(sizes: list[int], share: float) -> None:
    room = package_room(sizes, share)
    kept = sum(min(one, room) for one in sizes)
    if len(sizes) * share <= 1:
        assert kept == sum(sizes)
    else:
        assert min(room, max(sizes)) <= share * (kept + len(sizes))  # rounded: a byte for every package
        more = sum(min(one, room + 2) for one in sizes)
        assert room >= max(sizes) or room + 2 > share * more - share * len(sizes)


def test_a_large_package_is_cut_to_its_share() -> None:
    large = [document("large", f"large/{i}.py", 100) for i in range(500)]
    small = [document(f"p{k}", f"p{k}/{i}.py", 100) for k in range(9) for i in range(10)]
    kept = cap_packages(large + small, share=0.2, seed=0)
    assert {d for d in kept if d.package != "large"} == set(small)
    of_large = total([d for d in kept if d.package == "large"])
    assert 0.19 < of_large / total(kept) <= 0.2


def test_order_and_choice_depend_on_seed_and_path_alone() -> None:
    documents = [document("a", f"a/{i}.py", 100) for i in range(50)]
    assert shuffled(documents, 1) == shuffled(documents[::-1], 1) != shuffled(documents, 2)
    fewer = [d for d in documents if d.path != "a/7.py"]
    assert shuffled(fewer, 1) == [d for d in shuffled(documents, 1) if d.path != "a/7.py"]
