"""What two texts have in common, found by halves as one would item by item."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from coderdiff.context.common import in_common

TEXTS = st.lists(st.sampled_from(["a", "b"]), max_size=12)


@given(TEXTS, TEXTS)
def test_is_what_a_comparison_item_by_item_finds(old: list[str], new: list[str]) -> None:
    most = min(len(old), len(new))
    start = next((at for at in range(most) if old[at] != new[at]), most)
    end = 0
    while end < most - start and old[-1 - end] == new[-1 - end]:
        end += 1
    assert in_common(old, new) == (start, end)
