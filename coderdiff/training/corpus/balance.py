"""No part of the corpus may drown the rest: caps on a package's tests and on its share of the training split.

Which files stay under a cap is decided by a hash of the seed and their path, as is the order of the shards:
the same on every machine, and unchanged for the other files when one file comes or goes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from hashlib import blake2b

from coderdiff.training.corpus.filters import is_test
from coderdiff.training.corpus.shards import Document


def size(document: Document) -> int:
    """Bytes of a document's text in UTF-8."""
    return len(document.text.encode("utf-8"))


def shuffled(documents: Sequence[Document], seed: int) -> list[Document]:
    """`documents` in the order that `seed` gives them."""

    def place(document: Document) -> tuple[bytes, str, str]:
        key = f"{seed}\n{document.package}\n{document.path}".encode()
        return blake2b(key, digest_size=8).digest(), document.package, document.path

    return sorted(documents, key=place)


def by_package(documents: Sequence[Document]) -> dict[str, list[Document]]:
    """Documents grouped by package, order kept."""
    groups: dict[str, list[Document]] = defaultdict(list)
    for document in documents:
        groups[document.package].append(document)
    return dict(groups)


def cap_tests(documents: Sequence[Document], share: float, seed: int) -> list[Document]:
    """`documents`, each package's tests thinned to at most `share` of its bytes. Shuffles by `seed`."""
    kept: list[Document] = []
    for group in by_package(documents).values():
        code = [document for document in group if not is_test(document.path)]
        tests = [document for document in group if is_test(document.path)]
        room = int(sum(map(size, code)) * share / (1 - share))
        kept += code + _first_that_fit(shuffled(tests, seed), room)
    return shuffled(kept, seed)


def cap_packages(documents: Sequence[Document], share: float, seed: int) -> list[Document]:
    """`documents`, each package thinned to at most `share` of what remains. Shuffles by `seed`.

    With fewer than 1 / share packages no cap can hold, and none is laid.
    """
    groups = by_package(documents)
    room = package_room([sum(map(size, group)) for group in groups.values()], share)
    kept = [d for group in groups.values() for d in _first_that_fit(shuffled(group, seed), room)]
    return shuffled(kept, seed)


def package_room(sizes: Sequence[int], share: float) -> int:
    """The most bytes c a package may keep, such that c is `share` of the sum of min(size, c)."""
    descending = sorted(sizes, reverse=True)
    if len(sizes) * share <= 1:
        return sum(sizes)
    rest = sum(sizes)
    for capped, largest in enumerate(descending):
        room = share * rest / (1 - share * capped)
        if room >= largest:
            return int(room)
        rest -= largest
    raise AssertionError("more than 1 / share packages always leave one under the cap")


def _first_that_fit(documents: Sequence[Document], room: int) -> list[Document]:
    kept = []
    for document in documents:
        if size(document) <= room:
            kept.append(document)
            room -= size(document)
    return kept
