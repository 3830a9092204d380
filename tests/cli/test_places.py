from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderdiff.cli.places import Place, Position, hole_at, offset_of, parse, position_of
from coderdiff.errors import InputError
from coderdiff.types import Hole

TEXT = "def f():\n\treturn é\n"


@pytest.mark.parametrize(
    ("argument", "place"),
    [
        ("app.py:3:7", Place(Path("app.py"), Position(3, 7), None)),
        ("app.py:3", Place(Path("app.py"), Position(3, None), None)),
        ("app.py:3:7-4:1", Place(Path("app.py"), Position(3, 7), Position(4, 1))),
        (r"C:\src\app.py:3:7", Place(Path(r"C:\src\app.py"), Position(3, 7), None)),
        (r"C:\src\app.py:3", Place(Path(r"C:\src\app.py"), Position(3, None), None)),
        ("a:b:c/app.py:3:7-3:9", Place(Path("a:b:c/app.py"), Position(3, 7), Position(3, 9))),
        ("12:30/app.py:3:7", Place(Path("12:30/app.py"), Position(3, 7), None)),
        ("a-b 1-2.py:3:7", Place(Path("a-b 1-2.py"), Position(3, 7), None)),
    ],
)
def test_reads_what_compilers_print(argument: str, place: Place) -> None:
    assert parse(argument) == place


@pytest.mark.parametrize(
    "argument",
    ["", "app.py", ":3", "app.py:", "app.py:x", "app.py:3:", "app.py:-1", "app.py:3:7-", "app.py:3-4",
     "app.py:3:7-4", "app.py:٣", "app.py:" + "9" * 5000],
)  # fmt: skip
def test_says_what_it_cannot_read(argument: str) -> None:
    with pytest.raises(InputError, match="FILE:LINE:COL"):
        parse(argument)


@pytest.mark.parametrize(
    ("line", "column", "offset"),
    [
        (1, 1, 0),
        (1, 9, 8),
        (1, None, 8),
        (2, 1, 9),
        (2, 9, 17),
        (2, 10, 18),
        (2, None, 18),
        (3, 1, 19),
        (3, None, 19),
    ],
)
def test_offsets(line: int, column: int | None, offset: int) -> None:
    assert offset_of(Position(line, column), TEXT, "app.py") == offset


@pytest.mark.parametrize(
    ("line", "column", "message"),
    [
        (0, 1, "line 0 is out of range: app.py has 2 lines"),
        (4, 1, "line 4 is out of range: app.py has 2 lines"),
        (120, None, "line 120 is out of range: app.py has 2 lines"),
        (1, 0, "column 0 is out of range: line 1 of app.py has 8 characters, so columns 1 to 9"),
        (1, 10, "column 10 is out of range: line 1 of app.py has 8 characters, so columns 1 to 9"),
        (3, 2, "column 2 is out of range: line 3 of app.py has 0 characters, so columns 1 to 1"),
    ],
)
def test_says_what_is_out_of_range(line: int, column: int | None, message: str) -> None:
    with pytest.raises(InputError) as caught:
        offset_of(Position(line, column), TEXT, "app.py")
    assert str(caught.value) == message


def test_an_empty_file_has_one_place() -> None:
    assert offset_of(Position(1, 1), "", "app.py") == 0
    with pytest.raises(InputError, match=r"has 1 line$"):
        offset_of(Position(2, 1), "", "app.py")


@given(st.text(st.sampled_from("ab\n\té\x0c\u2028𝒳")), st.data())
def test_every_offset_has_one_position(text: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    assert offset_of(position_of(offset, text), text, "app.py") == offset


def test_holes() -> None:
    assert hole_at(parse("app.py:2:2"), TEXT) == Hole(10, 10)
    assert hole_at(parse("app.py:1:5-2:8"), TEXT) == Hole(4, 16)
    with pytest.raises(InputError, match="ends before it starts"):
        hole_at(parse("app.py:2:2-1:1"), TEXT)
