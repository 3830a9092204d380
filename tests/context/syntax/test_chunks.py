"""Cutting files into chunks."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from coderdiff.context.syntax.chunks import MAX_LINES, MIN_LINES, cut, cut_all

LINES = st.lists(st.sampled_from(["", "def f():", "    x = 1", "        y = 2", "}"]), max_size=120)


def test_short_files_are_one_chunk() -> None:
    assert cut([]) == ()
    assert cut(["x"]) == ((1, 1),)
    assert cut(["x"] * MAX_LINES) == ((1, MAX_LINES),)


def test_a_chunk_ends_at_the_latest_of_the_best_places() -> None:
    lines = ["    x"] * 40
    assert cut(lines)[0] == (1, MAX_LINES)
    lines[12] = "x"
    assert cut(lines)[0] == (1, 12)
    lines[16] = "  "
    assert cut(lines)[0] == (1, 17)
    lines[13] = ""
    lines[14] = "x"
    assert cut(lines)[0] == (1, 14)


def plain_cost(lines: list[str], line: int) -> tuple[int, int]:
    """How bad it is to cut before a line: what stands above it, then its indentation."""
    text, above = lines[line - 1], lines[line - 2]
    if not text.strip():
        return 3, 0
    return 2 if above.strip() else 1, min(99, len(text) - len(text.lstrip()))


@given(lines=LINES)
def test_every_cut_is_the_best_within_its_reach(lines: list[str]) -> None:
    for first, last in cut(lines)[:-1]:
        reach = range(first + MIN_LINES, first + MAX_LINES + 1)
        best = min(reach, key=lambda line: (plain_cost(lines, line), -line))
        assert last == best - 1


@given(lines=LINES)
def test_chunks_cover_the_file_and_are_as_long_as_they_say(lines: list[str]) -> None:
    ranges = cut(lines)
    assert [line for first, last in ranges for line in range(first, last + 1)] == list(
        range(1, len(lines) + 1)
    )
    assert all(MIN_LINES <= last - first + 1 <= MAX_LINES for first, last in ranges[:-1])


@given(
    st.lists(
        st.lists(
            st.sampled_from(["", " ", "\t", "x", " x", "\t\tx", "        x", " " * 9 + "x", "\tx y"]),
            max_size=60,
        ),
        max_size=4,
    )
)
def test_many_files_at_once_are_cut_as_each_by_itself(files: list[list[str]]) -> None:
    assert all_at_once(files) == [cut(lines) for lines in files]


def test_very_long_indentations_count_as_long_ones_and_blank_lines_as_empty() -> None:
    for indent in (95, 96, 98, 99, 100, 103, 104, 105, 5_000):
        for other in (" " * indent, " " * 98 + "x", ""):
            lines = ["x"] * 10 + [" " * indent + "x", other] * 10 + ["y"] * 3
            assert all_at_once([lines]) == [cut(lines)]


def all_at_once(files: list[list[str]]) -> list[tuple[tuple[int, int], ...]]:
    text = "".join(line + "\n" for lines in files for line in lines).encode()
    line_ends = np.flatnonzero(np.frombuffer(text, dtype=np.uint8) == ord("\n"))
    lasts = np.cumsum([len(lines) for lines in files], dtype=np.intp).tolist()
    found = []
    for ends, before in zip(cut_all(text, line_ends, lasts), [0, *lasts], strict=False):
        own = [0, *(end - before for end in ends)]
        found.append(tuple((first + 1, last) for first, last in pairwise(own)))
    return found
