"""Cutting files into chunks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from coderdiff.context.syntax.chunks import MAX_LINES, MIN_LINES, cut

LINES = st.lists(st.sampled_from(["", "def f():", "    x = 1", "        y = 2", "}"]), max_size=120)


def test_short_files_are_one_chunk() -> None:
    assert cut([]) == ()
    assert cut(["x"]) == ((1, 1),)
    assert cut(["x"] * MAX_LINES) == ((1, MAX_LINES),)


def test_a_chunk_ends_where_a_definition_starts_at_the_latest_of_the_best_places() -> None:
    lines = ["    x"] * 40
    assert cut(lines)[0] == (1, MAX_LINES)
    assert cut(lines, {14})[0] == (1, 13)
    lines[16] = ""
    assert cut(lines)[0] == (1, 17)


@given(lines=LINES, starts=st.sets(st.integers(1, 120)))
def test_chunks_cover_the_file_and_are_as_long_as_they_say(lines: list[str], starts: set[int]) -> None:
    ranges = cut(lines, starts)
    assert [line for first, last in ranges for line in range(first, last + 1)] == list(
        range(1, len(lines) + 1)
    )
    assert all(MIN_LINES <= last - first + 1 <= MAX_LINES for first, last in ranges[:-1])
