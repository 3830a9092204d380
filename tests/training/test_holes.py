"""Each kind of hole hides what it says, in real files and in text of many scripts."""

from __future__ import annotations

import ast
import random
from bisect import bisect_right
from typing import get_args

import pytest
import tree_sitter
import tree_sitter_python
from hypothesis import given
from hypothesis import strategies as st

from coderdiff.training.holes import PARSED_CHARS, DrawnHole, HoleDrawer, HoleKind, choose_kind

MOST = 700
KINDS: tuple[HoleKind, ...] = get_args(HoleKind)
FOREIGN = '''\
class Größe:
    """日本語の説明 🙂"""

    naïve = "é" * 3  # ünïcödé

    def fläche(self, höhe: int) -> str:
        if höhe > 1:
            text = f"Höhe: {höhe} µm 🙂"
            return text + "日本"
        for größe in range(höhe):
            print("ßßß", größe, sep="→")
        return "ende"
'''

places = st.floats(0, 1, exclude_max=True)
seeds = st.integers(0, 2**32)
drawer = HoleDrawer()


@pytest.fixture(scope="module")
def documents(texts: tuple[str, ...]) -> list[str]:
    return [*texts, FOREIGN]


def drawn_from(text: str, place: float, kind: HoleKind, seed: int) -> DrawnHole | None:
    return drawer.draw(text, int(place * len(text)), kind, random.Random(seed), most_chars=MOST)


@given(data=st.data(), place=places, kind=st.sampled_from(KINDS), seed=seeds)
def test_any_hole_hides_a_piece_of_its_text(
    documents: list[str], data: st.DataObject, place: float, kind: HoleKind, seed: int
) -> None:
    text = documents[data.draw(st.integers(0, len(documents) - 1))]
    drawn = drawn_from(text, place, kind, seed)
    if drawn is None:
        return
    assert drawn.kind == kind
    assert 0 <= drawn.hole.start < drawn.hole.end <= len(text)
    assert drawn.middle == text[drawn.hole.start : drawn.hole.end]
    assert drawn.middle.strip()
    assert len(drawn.middle) <= MOST
    assert drawn_from(text, place, kind, seed) == drawn, "the same seed draws the same hole"


@given(data=st.data(), place=places, seed=seeds)
def test_rest_ends_with_its_line_and_begins_within_its_code(
    documents: list[str], data: st.DataObject, place: float, seed: int
) -> None:
    text = documents[data.draw(st.integers(0, len(documents) - 1))]
    drawn = drawn_from(text, place, "rest", seed)
    start, end = line_around(text, int(place * len(text)))
    assert (drawn is None) == (not text[start:end].strip() or end - start > MOST)
    if drawn is not None:
        assert drawn.hole.end == end
        assert start <= drawn.hole.start
        assert drawn.hole.start == start or text[start : drawn.hole.start].strip() or text[start].isspace()
        assert not text[drawn.hole.start].isspace() or text[start : drawn.hole.start].strip()


@given(data=st.data(), place=places, seed=seeds)
def test_line_hides_one_to_three_whole_lines(
    documents: list[str], data: st.DataObject, place: float, seed: int
) -> None:
    text = documents[data.draw(st.integers(0, len(documents) - 1))]
    drawn = drawn_from(text, place, "line", seed)
    start, end = line_around(text, int(place * len(text)))
    if drawn is None:
        assert not text[start:end].strip()
        return
    assert not text[start : drawn.hole.start].strip(), "only the indentation is left"
    assert drawn.hole.end == len(text) or text[drawn.hole.end] == "\n"
    assert drawn.middle.count("\n") <= 2
    assert drawn.hole.end >= end


@given(data=st.data(), place=places, seed=seeds)
def test_block_is_a_whole_body(documents: list[str], data: st.DataObject, place: float, seed: int) -> None:
    text = documents[data.draw(st.integers(0, len(documents) - 1))]
    # Further on, what is parsed may begin within a docstring, whose example code then counts as code.
    place *= min(1, PARSED_CHARS // 2 / len(text))
    drawn = drawn_from(text, place, "block", seed)
    if drawn is None:
        return
    assert drawn.hole.start in bodies(text), "it begins where a body begins"
    statements = text[: drawn.hole.start] + "pass" + text[drawn.hole.end :]
    ast.parse(statements)  # nothing of the body is left, and nothing else is gone
    rest = text[bodies(text)[drawn.hole.start] : drawn.hole.end]
    assert all(line.strip()[:1] in {"", "#"} for line in rest.splitlines()[1:]), "comments at most behind it"


@given(place=places, kind=st.sampled_from(["node", "block"]), seed=seeds)
def test_nodes_of_text_in_many_scripts_are_whole(place: float, kind: HoleKind, seed: int) -> None:
    drawn = drawn_from(FOREIGN, place, kind, seed)
    if drawn is None:
        return
    start = len(FOREIGN[: drawn.hole.start].encode())
    end = start + len(drawn.middle.encode())
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_python.language()))
    node = parser.parse(FOREIGN.encode()).root_node.descendant_for_byte_range(start, end)
    assert node is not None
    assert (node.start_byte, node.end_byte) == (start, end)


@given(data=st.data(), place=places, seed=seeds)
def test_spans_and_open_holes_begin_at_the_cursor(
    documents: list[str], data: st.DataObject, place: float, seed: int
) -> None:
    text = documents[data.draw(st.integers(0, len(documents) - 1))]
    at = int(place * len(text))
    span, rest = (drawn_from(text, place, kind, seed) for kind in ("span", "open"))
    if span is not None:
        assert span.hole.start == at
        assert len(span.middle) <= 200
    if rest is not None:
        assert (rest.hole.start, rest.hole.end) == (at, min(len(text), at + MOST))


def test_every_kind_is_found_in_a_real_file(texts: tuple[str, ...]) -> None:
    for kind in KINDS:
        found = [drawn_from(texts[0], place / 100, kind, 0) for place in range(100)]
        assert sum(hole is not None for hole in found) >= 25, kind


def test_a_place_far_into_a_long_file_is_parsed_around_it(texts: tuple[str, ...]) -> None:
    text = "".join(f"def f{i}(a):\n    return a + {i}\n\n\n" for i in range(2000))
    at = text.index("return a + 1500")
    drawn = drawer.draw(text, at, "block", random.Random(0))
    assert drawn is not None
    assert drawn.middle == "return a + 1500"


def test_blank_text_has_no_hole() -> None:
    for kind in KINDS:
        assert drawn_from("\n   \n\n", 0.5, kind, 0) is None


def test_kinds_come_by_their_share() -> None:
    rng = random.Random(0)
    kinds = [choose_kind((("rest", 3), ("block", 1), ("open", 0)), rng) for _ in range(2000)]
    assert kinds.count("rest") == pytest.approx(1500, abs=100)
    assert kinds.count("open") == 0


def line_around(text: str, at: int) -> tuple[int, int]:
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    number = bisect_right(starts, at) - 1
    return starts[number], starts[number] + len(lines[number])


_bodies: dict[str, dict[int, int]] = {}


def bodies(text: str) -> dict[int, int]:
    """Start -> end of every indented body, found by Python's own parser."""
    if text not in _bodies:
        lines = text.split("\n")
        starts = [0]
        for line in lines:
            starts.append(starts[-1] + len(line) + 1)

        def offset(line: int, column: int) -> int:
            return starts[line - 1] + len(lines[line - 1].encode()[:column].decode())

        found = {}
        for node in ast.walk(ast.parse(text)):
            for name in ("body", "orelse", "finalbody"):
                body = getattr(node, name, None)
                if isinstance(node, ast.Module) or not isinstance(body, list) or not body:
                    continue
                first = min((*getattr(body[0], "decorator_list", ()), body[0]), key=lambda part: part.lineno)
                column = first.col_offset - (first is not body[0])  # the decorator's @
                found[offset(first.lineno, column)] = offset(body[-1].end_lineno, body[-1].end_col_offset)
        _bodies[text] = found
    return _bodies[text]
