"""References that move when they are asked for, beside a plain list in which every edit moves all that follow."""

from __future__ import annotations

from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from coderdiff.context.records import Reference
from coderdiff.context.syntax.parts import Placed
from coderdiff.context.syntax.references import References, named

GAPS = st.lists(st.integers(1, 9), max_size=6)
EDIT = st.tuples(st.integers(0, 60), st.integers(0, 20), st.integers(0, 20), st.integers(-3, 3), GAPS)

Plain = list[tuple[int, Reference]]


def references(gaps: list[int], from_: int, tag: str) -> Plain:
    starts = [from_ + offset for offset in accumulate(gaps)]
    return [(start, Reference(f"{tag}{start}", "name", 100 + start, "")) for start in starts]


def placed(plain: Plain) -> Placed[Reference]:
    return Placed([start for start, _ in plain], [record for _, record in plain])


def moved(plain: Plain, by: int, lines: int) -> Plain:
    return [(start + by, record._replace(line=record.line + lines)) for start, record in plain]


@given(
    st.lists(st.integers(1, 9), max_size=12),
    st.lists(EDIT, max_size=6),
    st.integers(0, 30),
    st.integers(0, 30),
)
def test_says_what_a_list_says_after_any_edits(
    gaps: list[int], edits: list[tuple[int, int, int, int, list[int]]], low: int, high: int
) -> None:
    plain = references(gaps, 0, "old")
    found = References.of(placed(plain))
    for number, (first, old, room, lines, new_gaps) in enumerate(edits):
        second, by = first + old, room + sum(new_gaps) + 1 - old  # what is new fits in before what moves
        new = references(new_gaps, first, f"new{number}-")
        before = [each for each in plain if each[0] < first]
        plain = [*before, *new, *moved([each for each in plain if each[0] >= second], by, lines)]
        found = found.spliced(placed(new), first, second, by, lines)
    records = [record for _, record in plain]
    assert found == tuple(records)
    assert len(found) == len(records)
    assert found[low:high] == records[low:high]
    assert [found[at] for at in range(-len(records), len(records))] == records + records
    some = {record.name for record in records[low::3]}
    wanted = [record for record in records if record.name in some]
    assert named(found, some) == named(records, some) == wanted
