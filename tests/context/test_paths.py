from __future__ import annotations

from pathlib import PurePosixPath

from hypothesis import given
from hypothesis import strategies as st

from coderdiff.context.paths import name_of, suffix_of

NAMES = st.text(alphabet="ab.Ä ", min_size=1, max_size=6).filter(lambda name: name not in {".", ".."})


@given(st.lists(NAMES, min_size=1, max_size=4).map("/".join))
def test_parts_are_those_of_pathlib(path: str) -> None:
    assert name_of(path) == PurePosixPath(path).name
    assert suffix_of(path) == PurePosixPath(path).suffix


def test_an_empty_path_has_no_parts() -> None:
    assert name_of("") == suffix_of("") == ""
