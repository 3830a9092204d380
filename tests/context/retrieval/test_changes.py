"""The one stretch in which two texts differ."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from coderdiff.context.retrieval.changes import changed_lines


@given(st.lists(st.sampled_from("abc"), max_size=8), st.lists(st.sampled_from("abc"), max_size=8))
def test_the_stretch_is_all_that_differs(old: list[str], new: list[str]) -> None:
    start, old_end, new_end = changed_lines(old, new)
    assert old[:start] == new[:start]
    assert old[old_end:] == new[new_end:]
    assert start <= old_end <= len(old)
    assert start <= new_end <= len(new)
    assert (old == new) == (start == old_end == new_end)
